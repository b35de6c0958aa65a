"""The question, the answer, and the pair of both: what every check looks at and every report shows."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from enum import StrEnum
from http import HTTPStatus

Headers = tuple[tuple[str, str], ...]

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})  # RFC 9110, 9.2.1, without TRACE


def is_field_value(text: str) -> bool:
    """Whether a text can be the value of a header as it is (RFC 9110, 5.5): no control characters,
    nothing beyond ISO 8859-1, no white space at an end.
    """
    return bool(_FIELD_VALUE.fullmatch(text))


_FIELD_VALUE = re.compile(r"[!-~\x80-\xff](?:[\t -~\x80-\xff]*[!-~\x80-\xff])?")


class Trouble(StrEnum):
    """Why a request got no answer."""

    CONNECT = "connect"  # no connection: refused, unknown host, TLS
    TIMEOUT = "timeout"  # a bound on time was passed
    DROPPED = "dropped"  # the connection ended before a whole answer
    PROTOCOL = "protocol"  # what came back is not HTTP
    THROTTLED = "throttled"  # refused with 503 or 429 for longer than we wait
    GATEWAY = "gateway"  # a gateway answered in the target's place (502, 504) for longer than that


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it leaves: `url` is absolute and goes out byte for byte.

    `account` names whose credential it carries ("account", "second account", "" for none or a bad
    one); pacing counts by it. `address` is the local source address to send from, or None.
    """

    method: str
    url: str
    headers: Headers = ()
    body: bytes = b""
    account: str = ""
    address: str | None = None

    @property
    def safe(self) -> bool:
        """Whether the method asks for no change (RFC 9110, 9.2.1)."""
        return self.method in SAFE_METHODS

    def header(self, name: str) -> str | None:
        """The first value of a header, whatever its letter case."""
        return _header(self.headers, name)


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Response:
    """One answer. `body` is without its content coding; `trouble` says why it could not be read
    whole, `refused` that this was for a bound of ours, which is no proof of a server's error.
    """

    status: int
    reason: str
    headers: Headers
    body: bytes
    version: str = "HTTP/1.1"
    trouble: str | None = None
    refused: bool = False

    def header(self, name: str) -> str | None:
        """The first value of a header, whatever its letter case."""
        return _header(self.headers, name)

    def header_values(self, name: str) -> list[str]:
        """Every value of a header, in order."""
        return [value for key, value in self.headers if key.lower() == name.lower()]

    @property
    def status_line(self) -> str:
        """Status and reason as a person reads them: '404 Not Found'."""
        return f"{self.status} {self.reason or phrase(self.status)}".strip()

    @property
    def succeeded(self) -> bool:
        """Whether the status is a success (2xx)."""
        return 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request, and what came of it: a response, or a trouble with words.

    `number` is unique within the run. `sent` and `received` are seconds since the epoch.
    """

    number: int
    request: Request
    response: Response | None
    trouble: Trouble | None = None
    words: str = ""
    sent: float = 0.0
    received: float = 0.0
    tags: tuple[str, ...] = field(default=())

    @property
    def succeeded(self) -> bool:
        """Whether there is an answer, and it is a success."""
        return self.response is not None and self.response.succeeded and self.trouble is None

    def tagged(self, *tags: str) -> Exchange:
        """The same exchange with labels added."""
        return replace(self, tags=(*self.tags, *tags))


def phrase(status: int) -> str:
    """The standard reason phrase of a status code, or an empty text."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _header(headers: Headers, name: str) -> str | None:
    wanted = name.lower()
    return next((value for key, value in headers if key.lower() == wanted), None)
