"""A client for a portal in the same process, and a clock that tests move."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from lxml import etree

from workspace_conformance.reference.application import PortalApp
from workspace_conformance.reference.assembly import create_app
from workspace_conformance.reference.options import Options
from workspace_conformance.reference.parts import respond
from workspace_conformance.reference.values import Answer, Asked

FORM = "application/x-www-form-urlencoded"
UNKNOWN = "0ddba11c-0000-4000-8000-000000000001"


@dataclass
class Clock:
    """Seconds that pass when a test says so."""

    now: float = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass(frozen=True)
class Reply:
    """An answer, read."""

    answer: Answer

    @property
    def status(self) -> int:
        return self.answer.status

    @property
    def media(self) -> str:
        return self.header("content-type") or ""

    @property
    def text(self) -> str:
        return self.answer.body.decode("utf-8")

    @property
    def json(self) -> Any:
        assert self.media == "application/json; charset=utf-8", self.media
        return json.loads(self.answer.body)

    @property
    def xml(self) -> etree._Element:
        assert self.media == "text/xml; charset=utf-8", self.media
        return etree.fromstring(self.answer.body)

    @property
    def response(self) -> Any:
        return self.json["response"]

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.answer.headers if key == name), None)


@dataclass
class Client:
    """Asks a portal as its first account, unless told otherwise."""

    app: PortalApp
    clock: Clock
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def token(self) -> str:
        return self.app.credentials.token

    def ask(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        json_body: Any = None,
        form: Any = None,
        body: bytes = b"",
        address: str = "127.0.0.1",
        anonymous: bool = False,
    ) -> Reply:
        """One request to a path under /api/2.0/, or from the root if it begins with a slash."""
        given = {} if anonymous else {"authorization": self.token}
        if json_body is not None:
            body, given["content-type"] = json.dumps(json_body).encode(), "application/json"
        if form is not None:
            body, given["content-type"] = urlencode(form, doseq=True).encode(), FORM
        target, _, query = (path if path.startswith("/") else f"/api/2.0/{path}").partition("?")
        asked = Asked(method, target, query, {**given, **(headers or {})}, body, address)
        return Reply(respond(self.app.parts, asked))

    def get(self, path: str, **options: Any) -> Reply:
        return self.ask("GET", path, **options)

    def post(self, path: str, **options: Any) -> Reply:
        return self.ask("POST", path, **options)

    def put(self, path: str, **options: Any) -> Reply:
        return self.ask("PUT", path, **options)

    def delete(self, path: str, **options: Any) -> Reply:
        return self.ask("DELETE", path, **options)

    def new_post(self, title: str = "A post", **fields: Any) -> str:
        """The id of a new post."""
        made = self.post("community/blog.json", json_body={"title": title, **fields})
        return str(made.response["id"])


def make_client(options: Options | None = None) -> Client:
    """A client of a new portal, without a limit unless the options say so."""
    clock = Clock()
    app = create_app(options or replace(Options(), rate=None), clock)
    app.parts.store.now = lambda: datetime(2025, 5, 6, 7, 8, 9, 123456, tzinfo=UTC)
    return Client(app, clock)
