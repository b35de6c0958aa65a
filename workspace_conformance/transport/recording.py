"""A run's recorded traffic, asked in place of the target: the same verdicts, and nothing is sent.

A recording is the HTTP archive that a run wrote (`reporting.archive`). Its secrets are pseudonyms;
a replay makes up secrets of its own and compares what it asks with them taken out again.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
from collections import defaultdict, deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema_rs

from workspace_conformance.contract.data_files import schema_path
from workspace_conformance.exchange.messages import Exchange, Headers, Request, Response, Trouble
from workspace_conformance.exchange.texts import printable
from workspace_conformance.settings import Rate, Settings, SettingsError
from workspace_conformance.transport import confirmations
from workspace_conformance.transport.redaction import Redactor

if TYPE_CHECKING:
    from workspace_conformance.contract.described import Description

FORMAT = 1  # of what an archive holds for replaying

_SECRETS = {"token": "token", "second_token": "second-token", "password": "password"}
_PSEUDONYM = re.compile(r"\[(token|second-token|password|secret-[0-9a-f]{8})\]")
_ESCAPED = re.compile(_PSEUDONYM.pattern.replace(r"\[", "%5B").replace(r"\]", "%5D"))
_BASIC = re.compile(r"^(basic)\s+\S*(\[[^\]]+\]).*$", re.IGNORECASE)

Key = tuple[str, str, Headers, str, str, str | None]


@dataclass(frozen=True, slots=True)
class Entry:
    """One recorded exchange: who asked (a case or an experiment), and whether the same question was
    asked `anew`.
    """

    exchange: Exchange
    asker: str
    anew: bool


class Recording:
    """The exchanges of a recorded run, found by who asks what. Safe to use from several threads."""

    def __init__(self, entries: list[Entry], about: Mapping[str, Any], digest: str) -> None:
        self.about = about
        self.digest = digest  # SHA-256 of the archive, in hexadecimal
        self.not_run = frozenset(map(str, about.get("not_run", ())))  # cases that were not judged
        self.stand_ins = {name: stand_in(name) for name in _SECRETS.values()}
        self.exchanges = {entry.exchange.number: entry.exchange for entry in entries}
        self._lock = threading.Lock()
        self._once: dict[Key, Exchange] = {}
        self._anew: dict[tuple[str, Key], deque[Exchange]] = defaultdict(deque)
        for entry in entries:
            response = entry.exchange.response
            if response is not None:
                text = " ".join(
                    [response.body.decode("latin-1"), *(v for _, v in response.headers)]
                )
                self.stand_ins |= {name: stand_in(name) for name in _PSEUDONYM.findall(text)}
        for entry in sorted(entries, key=lambda entry: entry.exchange.sent):
            key = _key(entry.exchange.request, Redactor())
            if entry.anew:
                self._anew[entry.asker, key].append(entry.exchange)
            else:
                self._once[key] = entry.exchange
        self.exchanges = {number: _unveiled(one) for number, one in self.exchanges.items()}

    def find(self, request: Request, asker: str, anew: bool, redactor: Redactor) -> Exchange | None:
        """What came of `request` when `asker` asked it; None where the recording does not say.

        Asked `anew`, it is answered by the next exchange of the same asker, in the order of sending;
        else by the one that answered it for everybody.
        """
        key = _key(request, redactor)
        with self._lock:
            if anew:
                waiting = self._anew.get((redactor.text(asker), key))
                found = waiting.popleft() if waiting else None
            else:
                found = self._once.get(key)
            return self.exchanges[found.number] if found else None

    def confirmation(self, request: Request, after: float, redactor: Redactor) -> Exchange | None:
        """What came of `request` when it was first asked again after an instant, to confirm what had
        been seen; None where it was not.
        """
        with self._lock:
            asked = self._anew.get((confirmations.ASKER, _key(request, redactor)), ())
            found = next((one for one in asked if one.sent >= after), None)
            return self.exchanges[found.number] if found else None

    def settings(self, given: Settings) -> Settings:
        """The settings of the recorded run, but for what concerns judging and reporting."""
        told = self.about["settings"]
        secrets = {
            setting: stand_in(name)
            for setting, name in _SECRETS.items()
            if setting in told["given"]
        }
        return replace(
            given,
            target=told["target"],
            token=secrets.get("token"),
            second_token=secrets.get("second_token"),
            password=secrets.get("password"),
            username=told["username"],
            second_address=told["second_address"],
            allow_writes=told["allow_writes"],
            allow_burst=told["allow_burst"],
            breadth=told.get("breadth", "documented"),
            described=_described(told.get("described")),
            id_examples=told["id_examples"],
            rate=Rate(told["rate"]["requests"], told["rate"]["period"]),
            seed=told["seed"],
            requirements=given.requirements or tuple(told["requirements"]),
            pace=None,
            faults=(),
            variants=(),
            like=None,
        )


def _described(data: Mapping[str, Any] | None) -> Description | None:
    """The description that the recorded run was given; its file need not be there any more."""
    if data is None:
        return None
    from workspace_conformance.contract import described  # few runs are given one
    from workspace_conformance.contract.description_file import DescribedError

    try:
        return described.of_data(data)
    except DescribedError as error:
        raise SettingsError(f"--replay: {printable(str(error), 300)}") from None


def stand_in(name: str) -> str:
    """What stands in for a secret of the recorded run, by the name of its pseudonym. It looks like a
    token, so that it can be truncated, altered and spelled in other letters as that was.
    """
    return base64.urlsafe_b64encode(hashlib.sha256(name.encode()).digest()).decode().rstrip("=")


def _unveiled(exchange: Exchange) -> Exchange:
    """The exchange as a check saw it: stand-ins for secrets in place of pseudonyms."""
    response = exchange.response
    if response is None:
        return exchange

    def fill(text: str) -> str:
        return _PSEUDONYM.sub(lambda found: stand_in(found[1]), text)

    headers = tuple((name, fill(value)) for name, value in response.headers)
    body = fill(response.body.decode("latin-1")).encode("latin-1")
    return replace(exchange, response=replace(response, headers=headers, body=body))


def read(file: Path) -> Recording:
    """Read a recording; raises SettingsError for a file that is none, or not a whole one."""
    try:
        raw = file.read_bytes()
        log = _checked(file, json.loads(raw))["log"]
        entries = [_entry(item) for item in log["entries"]]
    except SettingsError:
        raise
    except OSError as error:
        raise SettingsError(f"--replay {file}: {error.strerror or error}") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise SettingsError(f"--replay {file}: {_NOT_OURS}") from None
    _check_digest(file, hashlib.sha256(raw).hexdigest())
    _check_whole(file, [entry.exchange.number for entry in entries])
    return Recording(entries, log["_workspace"], hashlib.sha256(raw).hexdigest())


def _check_digest(file: Path, digest: str) -> None:
    """The result that lies beside a recording names its digest; it may lie there alone."""
    beside = file.with_name("results.json")
    try:
        evidence = json.loads(beside.read_bytes()).get("evidence")
        named = evidence["sha256"] if evidence["file"] == file.name else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return
    if named is not None and named != digest:
        raise SettingsError(
            f"--replay {file}: {file.name} differs from the digest in results.json beside it: it was "
            "changed or cut off, or is of another run"
        )


_NOT_OURS = "not an archive that this suite wrote (exchanges.har)"


def _checked(file: Path, data: Any) -> dict[str, Any]:
    written = data["log"]["_workspace"]["format"]
    if written != FORMAT:
        raise SettingsError(
            f"--replay {file}: written by another version of the suite: its form is "
            f"{printable(str(written), 20)}, and this one reads {FORMAT}"
        )
    schema = json.loads(schema_path("recording.schema.json").read_text(encoding="utf-8"))
    trouble = next(jsonschema_rs.validator_for(schema).iter_errors(data), None)
    if trouble is not None:
        place = printable("/".join(map(str, trouble.instance_path)))
        words = printable(trouble.message, 120)
        raise SettingsError(f"--replay {file}: {_NOT_OURS}: at {place}: {words}")
    checked: dict[str, Any] = data
    return checked


def _check_whole(file: Path, numbers: Collection[int]) -> None:
    """A run's exchanges are numbered from 1 without a gap: a lack would be judged as silence."""
    known = set(numbers)
    lacking = next((n for n in range(1, len(numbers) + 1) if n not in known), None)
    if lacking is not None:
        raise SettingsError(
            f"--replay {file}: exchange {lacking} is missing: the archive was changed after the run"
        )


def _entry(item: Mapping[str, Any]) -> Entry:
    ours, sent, came = item["_workspace"], item["request"], item["response"]
    request = Request(
        sent["method"],
        _ESCAPED.sub(r"[\1]", sent["url"]),
        tuple((line["name"], line["value"]) for line in sent["headers"]),
        content(sent.get("postData", {}), "_encoding"),
        ours["account"],
        ours["address"],
    )
    response = None
    if came["status"]:
        response = Response(
            came["status"],
            came["statusText"],
            tuple((line["name"], line["value"]) for line in came["headers"]),
            content(came["content"], "encoding"),
            came["httpVersion"],
            ours["unreadable"],
            ours["refused"],
        )
    exchange = Exchange(
        ours["number"],
        request,
        response,
        Trouble(ours["trouble"]) if ours["trouble"] else None,
        ours["words"],
        ours["sent"],
        ours["received"],
    )
    return Entry(exchange, ours["asker"], ours["anew"])


def content(told: Mapping[str, Any], encoding: str) -> bytes:
    """The bytes that an archive holds as text, or as base64 where `encoding` says so."""
    text = str(told.get("text", ""))
    return base64.b64decode(text) if told.get(encoding) == "base64" else text.encode()


def url_of(url: str, redactor: Redactor) -> str:
    """A URL as an archive holds it, without secrets: brackets have no place in its query."""
    return _PSEUDONYM.sub(r"%5B\1%5D", redactor.text(url))


def text_of(body: bytes, redactor: Redactor) -> tuple[str, str | None]:
    """A body as an archive holds it, without secrets: text, or base64 where it is not UTF-8."""
    for coding in ("utf-8", "utf-16"):
        marked = coding == "utf-8" or body[:2] in (b"\xff\xfe", b"\xfe\xff")
        try:
            text = body.decode(coding) if marked else ""
        except UnicodeDecodeError:
            continue
        if coding == "utf-8":
            return redactor.text(text), None
        if marked and redactor.text(text) != text:
            body = redactor.text(text).encode("utf-16")
    cleared = redactor.text(body.decode("latin-1"))
    return base64.b64encode(cleared.encode("latin-1", "replace")).decode(), "base64"


def _key(request: Request, redactor: Redactor) -> Key:
    headers = tuple(
        (name, _BASIC.sub(r"\1 \2", redactor.text(value)))
        for name, value in request.headers
        # Whose credential it is says the account: it may have been renewed meanwhile.
        if not (request.account and name.lower() == "authorization")
    )
    body, _ = text_of(request.body, redactor)
    url = redactor.text(request.url)
    return request.method, url, headers, body, request.account, request.address
