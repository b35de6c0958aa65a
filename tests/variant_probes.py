"""What shows each variant on the wire: a question whose answer tells it from the plain portal."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import re
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import brotli
import uvicorn
from lxml import etree

from workspace_conformance.reference import Options, Rate
from workspace_conformance.reference.application import PortalApp
from workspace_conformance.reference.assembly import complete, create_app
from workspace_conformance.reference.parts import respond
from workspace_conformance.reference.server import authority, bind, configuration
from workspace_conformance.reference.values import Asked
from workspace_conformance.reference.variants import company

API = "/api/2.0/"
UNKNOWN = "0ddba11c-0000-4000-8000-000000000001"
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


_SCOPE = {
    "type": "http",
    "method": "GET",
    "raw_path": b"/api/2.0/group",
    "query_string": b"",
    "headers": [],
    "client": ("127.0.0.1", 1),
}
"""A request of nobody, as ASGI puts it."""


@dataclass(frozen=True, slots=True)
class Raw:
    """An answer, byte by byte: what came before the head, the head's parts, and the rest."""

    whole: bytes

    @property
    def final(self) -> bytes:
        """The answer without interim ones."""
        rest = self.whole
        while rest[9:10] == b"1":
            rest = rest.partition(b"\r\n\r\n")[2]
        return rest

    @property
    def head(self) -> bytes:
        return self.final.partition(b"\r\n\r\n")[0]

    @property
    def status(self) -> int:
        return int(self.head.split(b" ", 2)[1])

    @property
    def reason(self) -> bytes:
        return self.head.split(b"\r\n")[0].split(b" ", 2)[2]

    @property
    def body(self) -> bytes:
        return self.final.partition(b"\r\n\r\n")[2]

    @property
    def text(self) -> str:
        return self.body.decode("utf-8")

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def response(self) -> Any:
        return self.json.get("response")

    @property
    def xml(self) -> etree._Element:
        return etree.fromstring(self.body)

    def all(self, name: str) -> list[str]:
        """The values of a header field, as they came."""
        lines = [line.partition(b":") for line in self.head.split(b"\r\n")[1:]]
        found = [value for key, _, value in lines if key.lower() == name.encode()]
        return [value.strip().decode("latin-1") for value in found]

    def header(self, name: str) -> str:
        """The first value of a header field, empty where there is none."""
        return next(iter(self.all(name)), "")

    @property
    def media(self) -> str:
        return self.header("content-type")


@dataclass(slots=True)
class Probe:
    """A client of one portal that runs in a thread of this process."""

    app: PortalApp
    address: tuple[str, int]
    tls: ssl.SSLContext | None = None

    def connect(self) -> socket.socket:
        """A new connection."""
        plain = socket.create_connection(self.address, timeout=10)
        return self.tls.wrap_socket(plain, server_hostname="localhost") if self.tls else plain

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        anonymous: bool = False,
        **headers: Any,
    ) -> Raw:
        """One request on a connection of its own; a path without slash is under api/2.0."""
        with self.connect() as connection:
            connection.sendall(self.request(method, path, body, anonymous, headers, last=True))
            return Raw(b"".join(iter(lambda: connection.recv(65536), b"")))

    def request(
        self,
        method: str,
        path: str,
        body: object,
        anonymous: bool,
        headers: Mapping[str, str],
        *,
        last: bool,
    ) -> bytes:
        """The bytes of a request."""
        content = b"" if body is None else json.dumps(body).encode()
        fields = {"host": "portal.test", "content-length": str(len(content))}
        fields |= {} if anonymous else {"authorization": self.app.credentials.token}
        fields |= {"content-type": JSON} if body is not None else {}
        fields |= {"connection": "close"} if last else {}
        fields |= {name.replace("_", "-"): value for name, value in headers.items()}
        target = path if path.startswith("/") else API + path
        lines = [f"{method} {target} HTTP/1.1", *(f"{n}: {v}" for n, v in fields.items())]
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + content

    def get(self, path: str, **headers: Any) -> Raw:
        """GET as the first account."""
        return self.ask("GET", path, **headers)

    def nobody(self, path: str, **headers: Any) -> Raw:
        """GET without a credential."""
        return self.ask("GET", path, anonymous=True, **headers)

    def made(self, path: str, fields: dict[str, object]) -> Any:
        """What creating a record answers."""
        return self.ask("POST", path, fields).response

    def group(self) -> Any:
        """A new group."""
        return self.made("group.json", {"groupName": "A group"})

    def first(self, collection: str) -> str:
        """The id of the first record of a collection."""
        return str(self.get(f"{collection}.json").response[0]["id"])

    def kept(self, requests: int) -> int:
        """How many of so many requests one connection carries."""
        with self.connect() as connection:
            for number in range(1, requests + 1):
                connection.sendall(self.request("HEAD", "group", None, False, {}, last=False))
                head = b""
                while b"\r\n\r\n" not in head:
                    chunk = connection.recv(65536)
                    if not chunk:
                        return number - 1
                    head += chunk
                if b"connection: close" in head.lower():
                    return number
        return requests


@contextlib.contextmanager
def portal(*variants: str, rate: Rate | None = None, **options: Any) -> Iterator[Probe]:
    """A portal with these variants, on a socket of this process."""
    wanted = complete(Options(rate=rate, variants=variants, **options))
    app = create_app(wanted)
    bound, _ = bind(wanted.host, 0)
    bound.listen(64)
    config = configuration(app, wanted)
    config.load()
    with contextlib.ExitStack() as stack:
        trust = None
        if wanted.tls:
            config.ssl = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            trust = ssl.create_default_context(cafile=stack.enter_context(authority(config.ssl)))
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([bound],), daemon=True)
        thread.start()
        while not server.started and thread.is_alive():
            time.sleep(0.005)
        try:
            yield Probe(app, bound.getsockname()[:2], trust)
        finally:
            server.should_exit = True
            thread.join(10)
            bound.close()


Shows = Callable[[Probe], bool]

_TEXTS = "people/@self"


def _xml(test: Callable[[bytes], object]) -> Shows:
    """The XML of a record with letters of many scripts, and of a failure."""
    return lambda p: bool(test(p.get(f"{_TEXTS}.xml").body) and test(p.get("group/x.xml").body))


def _json(test: Callable[[str], object]) -> Shows:
    return lambda p: bool(test(p.get("group.json").text))


def _own(p: Probe) -> Any:
    return p.get("people/@self.json").response


def _refusal(test: Callable[[Raw], object]) -> Shows:
    return lambda p: all(
        r.status == 401 and test(r) for r in (p.nobody("group.json"), p.nobody("group"))
    )


def _missing(test: Callable[[Raw], object]) -> Shows:
    return lambda p: all(
        r.status == 404 and test(r)
        for r in (p.get(f"group/{UNKNOWN}.json"), p.get(f"group/{UNKNOWN}"))
    )


def _status(status: int, method: str, path: str) -> Shows:
    return lambda p: p.ask(method, path).status == status


def _denied(collection: str, body: dict[str, object]) -> Shows:
    def shows(p: Probe) -> bool:
        item = f"{collection}/{UNKNOWN}"
        asked = [p.ask("POST", collection, body), p.ask("PUT", item, {}), p.ask("DELETE", item)]
        return all(each.status == 403 for each in asked) and p.get(collection).status == 200

    return shows


def _talk(p: Probe) -> tuple[int, ...]:
    """What is said to a comment that is made, to one that is changed, and one that is deleted."""
    post = p.get("community/blog.json").response[0]["id"]
    comment = p.get(f"community/blog/{post}/comment.json").response[0]["id"]
    said = {"content": "c"}
    return (
        p.ask("POST", f"community/blog/{post}/comment", said).status,
        p.ask("PUT", f"community/blog/comment/{comment}", said).status,
        p.ask("DELETE", f"community/blog/comment/{comment}").status,
    )


def _deleted(value: object) -> Shows:
    return lambda p: p.ask("DELETE", f"group/{p.group()['id']}.json").response == value


def _updated(members: set[str]) -> Shows:
    def shows(p: Probe) -> bool:
        changed = p.ask("PUT", f"group/{p.group()['id']}.json", {"groupName": "B"}).response
        return set(changed or ()) == members

    return shows


def _all_dates(end: str) -> Shows:
    def shows(p: Probe) -> bool:
        dates = re.findall(r'"\d{4}-\d\d-\d\dT[^"]*"', p.get("people.json").text)
        return len(dates) > 5 and all(date[-7:-1] == end for date in dates)

    return shows


def _error(test: Callable[[Any], object]) -> Shows:
    return lambda p: bool(test(p.get("group/x.json").json["error"]))


def _heads(test: Callable[[bytes], object]) -> Shows:
    return lambda p: bool(test(p.get("group").head) and test(p.nobody("group").head))


def _wrong_ids(status: int) -> Shows:
    paths = ("group/x", "community/blog/x", "community/blog/x/comment")

    def shows(p: Probe) -> bool:
        found = {p.get(path).status for path in paths}
        return found | {p.ask("DELETE", "community/blog/comment/x").status} == {status}

    return shows


def _coded(asked: str, label: str, decode: Callable[[bytes], bytes]) -> Shows:
    def shows(p: Probe) -> bool:
        plain, packed = p.get("people.json"), p.get("people.json", accept_encoding=asked)
        refused = p.get("people.json", accept_encoding=f"{asked};q=0")
        return (
            packed.header("content-encoding") == label
            and decode(packed.body) == plain.body == refused.body
        )

    return shows


def _seconds(p: Probe, path: str = "group") -> float:
    began = time.monotonic()
    p.get(path)
    return time.monotonic() - began


def _over(p: Probe) -> Raw:
    """The first answer over the limit."""
    for _ in range(20):
        answer = p.get("group")
        if answer.status == 503:
            return answer
    raise AssertionError("the limit was never exceeded")


def _logged_in(p: Probe) -> str:
    who = {"userName": p.app.credentials.username, "password": p.app.credentials.password}
    return str(p.made("authentication.json", {**who})["token"])


def _login(p: Probe, password: str = "", **headers: str) -> Raw:
    who = {"userName": p.app.credentials.username}
    who["password"] = password or p.app.credentials.password
    return p.ask("POST", "authentication.json", who, anonymous=True, **headers)


def _single(p: Probe) -> bool:
    old, new = _logged_in(p), _logged_in(p)
    statuses = [p.get("group", authorization=token).status for token in (old, new)]
    return statuses == [401, 200]


def _nobody(p: Probe, address: str) -> int:
    """What somebody unknown at an address is answered."""
    asked = Asked("GET", f"{API}group", address=address)
    return respond(p.app.parts, asked).status


def _integer(p: Probe) -> bool:
    made = p.group()["id"]
    wrong = [p.get(f"group/{id}").status for id in (f"{made}x", f"0{made}", UNKNOWN, "9" * 30)]
    served = p.get(f"group/{made}.json").response["id"] == made
    post = p.get("community/blog.json").response[0]["id"]
    comment = p.made(f"community/blog/{post}/comment.json", {"content": "c"})
    answer = p.made(
        f"community/blog/{post}/comment.json", {"content": "d", "parentId": comment["id"]}
    )
    return (
        isinstance(made, int)
        and served
        and wrong == [400] * 4
        and p.get("group/999999").status == 404
        and answer["parentId"] == comment["id"]
        and p.ask("DELETE", f"community/blog/comment/{comment['id']}.json").response
        == comment["id"]
    )


def _given_again(p: Probe) -> bool:
    first = p.group()["id"]
    p.ask("DELETE", f"group/{first}")
    return p.get(f"group/{first}").status == 404 and p.group()["id"] == first


def _of_others(p: Probe) -> bool:
    """Whether a new post has a comment at once, that only its author may change."""
    post = p.made("community/blog.json", {"title": "t"})["id"]
    listed = p.get(f"community/blog/{post}/comment.json").response
    if len(listed) != 1 or listed[0]["createdBy"]["id"] == _own(p)["id"]:
        return False
    path = f"community/blog/comment/{listed[0]['id']}.json"
    return [p.ask(m, path, {"content": "x"}).status for m in ("PUT", "DELETE")] == [403, 403]


def _busy(p: Probe) -> bool:
    """Whether lists change while nobody of us writes."""
    before = p.get("community/blog.json").text, p.get("group.json").text
    time.sleep(12 * company.EVERY)
    return all(
        one != p.get(path).text
        for one, path in zip(before, ("community/blog.json", "group.json"), strict=True)
    )


def _person(**more: str) -> dict[str, object]:
    return {"email": "x.y@portal.test", "firstname": "X", "lastname": "Y", **more}


def _leaves_last(disable: Callable[[Probe, str], Raw]) -> Shows:
    """A person who was made is not deleted before, and is after they were disabled."""

    def show(p: Probe) -> bool:
        made = p.ask("POST", "people.json", _person()).response["id"]
        early = p.ask("DELETE", f"people/{made}").status
        disable(p, made)
        return early == 500 and p.ask("DELETE", f"people/{made}").status == 200

    return show


def _pieces(p: Probe) -> bool:
    """Whether a body is handed to the server in three pieces."""
    bodies: list[bytes] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.body":
            bodies.append(message["body"])

    asyncio.run(p.app(dict(_SCOPE), receive, send))
    return [len(body) for body in bodies[:2]] == [3, 50] and len(bodies) == 3


_CHEAP = {
    "calendar": "calendar/subscriptions",
    "capabilities": "capabilities",
    "community": "community/event",
    "crm": "crm/task/filter",
    "feed": "feed/filter",
    "files": "files/@my",
    "mail": "mail/tags",
    "mailserver": "mailserver/domains/get",
    "migration": "migration/list",
    "portal": "portal",
    "project": "project",
    "security": "security/audit/types",
    "settings": "settings/logo",
}
"""Something in each module."""


def _lacks(module: str) -> Shows:
    """Whether a module is there in no form."""
    return lambda p: (
        {
            (p.get(f"{_CHEAP[module]}{suffix}").status, p.nobody(_CHEAP[module]).status)
            for suffix in ("", ".json", ".xml")
        }
        == {(404, 401)}
    )


def _closes(module: str) -> Shows:
    """Whether a module is closed to the account in every form."""
    return lambda p: (
        {p.get(f"{_CHEAP[module]}{suffix}").status for suffix in ("", ".json", ".xml")} == {403}
    )


PROBES: dict[str, Shows] = {
    # when, where, how much
    "limiter-sliding": lambda p: type(p.app.parts.limiter).__name__ == "SlidingLog",
    "limiter-clock": lambda p: type(p.app.parts.limiter).__name__ == "ClockWindow",
    "retry-generous": lambda p: _over(p).header("retry-after") == "61",
    "over-limit-page": lambda p: b"<h1>503" in _over(p).body and "html" in _over(p).media,
    "over-limit-empty": lambda p: not _over(p).body and not _over(p).media,
    "nobody-uncounted": lambda p: [_nobody(p, "127.0.0.1") for _ in range(5)] == [401] * 5,
    "nobody-together": lambda p: [_nobody(p, f"127.0.0.{n}") for n in range(1, 5)][-1] == 503,
    "latency-50": lambda p: min(_seconds(p) for _ in range(2)) >= 0.05,
    "latency-jitter": lambda p: max(_seconds(p) for _ in range(12)) >= 0.06,
    "few-at-once": lambda p: _most_at_once(p) == 4,
    "ipv6": lambda p: p.address[0] == "::1" and p.get("group").status == 200,
    "tls": lambda p: p.tls is not None and p.get("group").status == 200,
    # what is held
    "empty": lambda p: [len(p.get(f"{k}.json").response) for k in ("people", "group")] == [2, 0],
    "people-1000": lambda p: p.get("people.json").json["count"] == 1000,
    "people-10000": lambda p: p.get("people.json").json["count"] == 10_000,
    "pages-25": lambda p: all(
        p.get(f"{kind}.json").json["count"] == 25 and p.get(f"{kind}.json").json["total"] > 30
        for kind in ("people", "group", "community/blog")
    ),
    "newest-first": lambda p: p.group()["id"] == p.first("group"),
    "deletes-null": _deleted(None),
    "deletes-nothing": _deleted({}),
    "deletes-text": _deleted("deleted"),
    "deletes-unsaid": lambda p: (
        b"<count>1</count>" in (said := p.ask("DELETE", f"group/{p.group()['id']}.xml").body)
        and b"response" not in said
    ),
    "deletes-true": _deleted(True),
    "creates-brief": lambda p: set(p.group()) == {"id"},
    "updates-brief": _updated({"id", "name"}),
    "updates-null": _updated(set()),
    "not-found-named": _missing(lambda r: b"Group not found" in r.body),
    # members
    "members-more": lambda p: _own(p).get("one") == ["a"] and b"<one>" in p.get(_TEXTS).body,
    "members-of-other-types": lambda p: (
        p.get(f"group/{p.first('group')}.json").response["parent"] == ["one", "two"]
    ),
    "last-seen": lambda p: _own(p).get("lastSeen", "") != _own(p).get("lastSeen", ""),
    "two-hosts": lambda p: len({_own(p).get("image") for _ in range(20)}) == 2,
    "dates-east": _all_dates("+05:30"),
    "dates-west": _all_dates("-07:00"),
    "envelope-more": lambda p: (
        p.get("group.json").json.get("requestId") != p.get("group.json").json.get("requestId")
    ),
    "count-zero": lambda p: p.get("group.json?startIndex=99").json.get("count") == 0,
    "paging-shown": lambda p: p.get("group.json").json.get("total") == 3,
    "error-message-only": _error(lambda error: set(error) == {"message"}),
    "error-stack": _error(lambda error: "stack" in error),
    "error-text": _error(lambda error: isinstance(error, str)),
    "nulls-left-out": lambda p: "terminated" not in _own(p) and "id" in _own(p),
    "members-backwards": lambda p: (
        list(_own(p))[-1] == "id" and p.get("people/@self").xml[0].tag == "response"
    ),
    # places
    "methods-404": _status(404, "PATCH", "group"),
    "methods-501": _status(501, "PATCH", "group"),
    "methods-400": _status(400, "PATCH", "group"),
    "suffix-404": _status(404, "GET", "group/x.yaml"),
    "suffix-406": _status(406, "GET", "group.yaml"),
    "suffix-415": _status(415, "GET", "group.yaml"),
    "slash-404": _status(404, "GET", "group/"),
    "slash-redirect": lambda p: p.get("group/?count=1").header("location") == f"{API}group?count=1",
    "ids-integer": _integer,
    "ids-given-again": _given_again,
    "ids-upper": lambda p: p.first("group").isupper() and _own(p)["id"].isupper(),
    "ids-exact": lambda p: p.get(f"group/{p.first('group').upper()}").status == 404,
    "ids-braces": lambda p: (
        p.get(f"group/%7B{p.first('group')}%7D").status == 200
        and p.get(f"group/{p.first('group').replace('-', '')}").status == 200
    ),
    "ids-padded": lambda p: (
        p.get(f"group/%20{p.first('group')}").status == 200
        and p.get(f"group/{p.first('group')}%2F").status == 200
    ),
    "names-any-case": _status(200, "GET", "people/mike.ZANYATSKI"),
    "paths-any-case": _status(200, "GET", "/API/2.0/Community/BLOG.json"),
    # who may what
    "no-blogs": _status(404, "GET", "community/blog"),
    "no-groups": _status(404, "GET", "group"),
    "blogs-read-only": _denied("community/blog", {"title": "t"}),
    "groups-read-only": _denied("group", {"groupName": "g"}),
    "people-read-only": _denied("people", {}),
    "people-hidden": lambda p: (p.get("people").status, p.get("people/@self").status) == (403, 200),
    "all-read-only": lambda p: all(
        _denied(kind, {})(p) for kind in ("people", "group", "community/blog")
    ),
    "no-comments": lambda p: (
        {p.get(f"community/blog/{p.get('community/blog.json').response[0]['id']}/comment").status}
        == {404}
    ),
    "comments-closed": lambda p: _talk(p) == (403, 403, 403),
    "comments-for-good": lambda p: _talk(p) == (201, 403, 403),
    "no-deletes": lambda p: p.ask("DELETE", f"group/{p.group()['id']}").status == 403,
    "raw-token-only": lambda p: (
        p.get("group", authorization=f"Bearer {p.app.credentials.token}").status == 401
        and p.get("group").status == 200
    ),
    "login-closed": lambda p: p.nobody("authentication").status == 401 and bool(_logged_in(p)),
    "single-session": _single,
    "same-token": lambda p: _logged_in(p) == _logged_in(p),
    "login-says-more": lambda p: (
        "tfa"
        in p.made(
            "authentication.json",
            {
                "userName": p.app.credentials.username,
                "password": p.app.credentials.password,
            },
        )
    ),
    "options-closed": lambda p: p.ask("OPTIONS", "group", anonymous=True).status == 401,
    "options-204": _status(204, "OPTIONS", "group"),
    "options-405": _status(405, "OPTIONS", "group"),
    "head-404": _status(404, "HEAD", "group"),
    "head-405": _status(405, "HEAD", "group"),
    # what a login wants
    "login-second-factor": lambda p: "tfaKey" in _login(p).response,
    "login-sms": lambda p: "phoneNoise" in _login(p).response,
    "login-captcha": lambda p: b"Captcha" in _login(p).body,
    "login-restricted": lambda p: b"IP address" in _login(p).body,
    "login-form-only": lambda p: _login(p).status == 415,
    "login-json-only": lambda p: _login(p, content_type=FORM).status == 415,
    "login-locks": lambda p: [_login(p, "wrong").status for _ in range(6)][-1] == 500,
    "login-locks-at-once": lambda p: (
        [_login(p, password).header("retry-after") for password in ("wrong", "wrong", "")]
        == ["", "", "2"]
    ),
    "login-get-404": lambda p: p.get("authentication").status == 404,
    # modules
    **{f"no-{module}": _lacks(module) for module in _CHEAP},
    **{f"{module}-forbidden": _closes(module) for module in _CHEAP},
    # other people, and what things are called
    "people-terminated-first": _leaves_last(
        lambda p, id_: p.ask("PUT", "people/status/Terminated", {"userIds": [id_]})
    ),
    "people-disabled-first": _leaves_last(
        lambda p, id_: p.ask("PUT", f"people/{id_}", {"disable": True})
    ),
    "others-work": _busy,
    "others-comment": _of_others,
    "names-once": lambda p: (
        p.group()["name"] == "A group"
        and p.ask("POST", "group", {"groupName": "A GROUP"}).status == 409
    ),
    "passwords-needed": lambda p: (
        p.ask("POST", "people", _person()).status == 400
        and p.ask("POST", "people", _person(password="long enough")).status == 201
    ),
    "updates-need-fields": lambda p: (
        p.ask("PUT", f"group/{p.group()['id']}").status == 400
        and p.ask("PUT", f"group/{p.group()['id']}", {"groupName": "B"}).status == 200
    ),
    "names-ascii": lambda p: p.ask("POST", "group", {"groupName": "Ünal"}).status == 422,
    "names-short": lambda p: (
        p.ask("POST", "group", {"groupName": "A" * 49}).status == 400
        and p.ask("POST", "group", {"groupName": "A" * 48}).status == 201
    ),
    "texts-capital": lambda p: p.made("group.json", {"groupName": "a b "})["name"] == "A b",
    "texts-escaped": lambda p: (
        p.made("group.json", {"groupName": "<ü>"})["name"] == "&lt;&#252;&gt;"
    ),
    # failures
    "refusal-words": _refusal(lambda r: r.body == b"Unauthorized" and "plain" in r.media),
    "refusal-words-html": _refusal(lambda r: r.body == b"Unauthorized" and "html" in r.media),
    "refusal-page": _refusal(lambda r: b"<h1>401" in r.body),
    "refusal-empty": _refusal(lambda r: not r.body and not r.media),
    "refusal-xml": _refusal(lambda r: r.xml.tag == "result" and "xml" in r.media),
    "challenge-one": lambda p: (
        p.nobody("group").all("www-authenticate") == ['Basic Realm="portal.test", charset="UTF-8"']
    ),
    "challenge-list": lambda p: (
        len(p.nobody("group").all("www-authenticate")) == 1
        and "Token, Basic" in p.nobody("group").header("www-authenticate")
    ),
    "challenge-many": lambda p: len(p.nobody("group").all("www-authenticate")) == 5,
    "challenge-named": lambda p: "Log in to Research" in p.nobody("group").text,
    "not-found-empty": _missing(lambda r: not r.body and not r.media),
    "not-found-page": _missing(lambda r: b"<h1>404" in r.body),
    "errors-empty": lambda p: not p.get("group/x").body + p.nobody("group").body,
    "errors-words": lambda p: p.get("group/x").body == b"Bad Request",
    "errors-xml": lambda p: (
        "xml" in p.get("group/x.json").media and bool(len(p.get("group/x").xml))
    ),
    "unrouted-first": lambda p: p.nobody("nothing").status == 404,
    "wrong-id-404": _wrong_ids(404),
    "wrong-id-400": _wrong_ids(400),
    "wrong-id-422": _wrong_ids(422),
    "long-target-414": _status(414, "GET", "group/" + "x" * 1001),
    "long-target-413": _status(413, "GET", "group/" + "x" * 261),
    "long-target-431": _status(431, "GET", "group/" + "x" * 2001),
    "unknown-parameter-400": _status(400, "GET", "group?conformance=1"),
    # XML
    "xml-pretty": _xml(lambda body: b">\n\t<" in body),
    "xml-cdata": lambda p: b"<![CDATA[" in p.get(_TEXTS).body,
    "xml-comments": _xml(lambda body: b"<!--" in body and b"<?portal" in body),
    "xml-attributes": _xml(lambda body: b' type="object"' in body),
    "xml-namespace": _xml(lambda body: b"<result xmlns:i=" in body),
    "xml-char-refs": lambda p: p.get(_TEXTS).body.isascii() and b"R&#299;ga" in p.get(_TEXTS).body,
    "xml-declaration": _xml(lambda body: body.startswith(b'<?xml version="1.0"?>')),
    "xml-declaration-encoding": _xml(lambda body: b'encoding="utf-8"?>\r\n<result' in body),
    "xml-declaration-standalone": _xml(lambda body: b"standalone='yes'" in body),
    "xml-media-application": lambda p: p.get("group").media.startswith("application/xml"),
    "xml-media-vendor": lambda p: p.get("group").media.startswith("application/vnd.portal.api+xml"),
    "xml-bom": _xml(lambda body: body.startswith(b"\xef\xbb\xbf<")),
    "xml-utf16": _xml(lambda body: body.startswith(b"\xff\xfe<\0") and _reads(body)),
    "xml-utf16-be": _xml(lambda body: body.startswith(b"\xfe\xff\0<") and _reads(body)),
    "xml-latin1": lambda p: (
        "iso-8859-1" in p.get("group").media and b"Mu\xf1oz" in p.get("people").body
    ),
    # JSON
    "json-spaced": _json(lambda text: text.startswith("\r\n\t {\n") and text.endswith("\n\n")),
    "json-ascii": _json(
        lambda text: text.isascii() and "\\u0411" in text and "\\u0044" not in text
    ),
    "json-escaped": _json(lambda text: "\\u0044" in text and json.loads(text)["count"] == 3),
    "json-solidus": lambda p: "\\/skins\\/" in p.get("people/@self.json").text,
    "json-media-vendor": lambda p: "vnd.portal.api+json" in p.get("group.json").media,
    "media-parameters": lambda p: p.get("group.json").media.startswith(
        'application/json ;charset="utf-8"; version'
    ),
    "media-case": lambda p: p.get("group").media == "Text/XML;CharSet=UTF-8",
    "media-no-charset": lambda p: p.get("group.json").media == JSON,
    # heads and framing
    "headers-security": _heads(lambda head: b"strict-transport-security: max-age" in head),
    "headers-proxy": _heads(lambda head: b"via: 1.1 gateway" in head),
    "headers-repeated": lambda p: p.get("group").all("x-note") == ["one", "", "three"],
    "etag-fresh": lambda p: p.get("group").header("etag") != p.get("group").header("etag"),
    "cookie-token": lambda p: (
        f"={p.app.credentials.token};" in p.get("group").header("set-cookie")
        and not p.nobody("group").header("set-cookie")
    ),
    "cookie-fresh": lambda p: (
        "session=" in (first := p.get("group").header("set-cookie"))
        and first != p.get("group").header("set-cookie")
    ),
    "location": lambda p: (
        p.ask("POST", "group.json", {"groupName": "G"})
        .header("location")
        .startswith(f"{API}group/")
    ),
    "gzip": _coded("gzip", "gzip", gzip.decompress),
    "gzip-members": lambda p: (
        _coded("gzip", "gzip", gzip.decompress)(p)
        and p.get("group", accept_encoding="gzip").body.count(b"\x1f\x8b\x08") == 3
    ),
    "gzip-label": _coded("gzip", "X-GZip", gzip.decompress),
    "deflate": _coded("deflate", "deflate", zlib.decompress),
    "brotli": _coded("br", "br", brotli.decompress),
    "identity": lambda p: p.get("group").header("content-encoding") == "identity",
    "chunked": lambda p: (
        p.get("group").header("transfer-encoding") == "chunked"
        and p.get("group").body.startswith(b"1\r\n<\r\n7\r\n")
    ),
    "chunked-annotated": lambda p: (
        p.get("group").body.startswith(b'1;note="a, b"\r\n<\r\n')
        and b"0\r\nx-checksum: none\r\n" in p.get("group").body
    ),
    "until-closed": lambda p: (
        not p.get("group").header("content-length") + p.get("group").header("transfer-encoding")
        and p.kept(3) == 1
    ),
    "http-1.0": lambda p: p.get("group").head.startswith(b"HTTP/1.0 200 ") and p.kept(3) == 1,
    "slow-bodies": _pieces,
    "connection-close": lambda p: p.kept(3) == 1,
    "connection-close-sometimes": lambda p: p.kept(9) == 7,
    "keep-alive-short": lambda p: _closed_when_idle(p),
    "early-hints": lambda p: p.get("group").whole.startswith(b"HTTP/1.1 103 Early Hints\r\nlink: "),
    "names-upper": _heads(lambda head: b"CONTENT-TYPE: " in head),
    "names-title": _heads(lambda head: b"Content-Type: " in head),
    "headers-spaced": _heads(lambda head: b"content-type:\t  " in head),
    "headers-tight": _heads(lambda head: b"content-type:text" in head),
    "reason-odd": _heads(lambda head: b"All is " in head),
    "reason-empty": lambda p: p.get("group").reason == b"",
    "reason-foreign": lambda p: p.get("group").reason == "Всё хорошо".encode(),
}
"""What tells each variant from the plain portal; of a limiter, with three requests a minute."""


def shows(name: str, p: Probe) -> bool:
    """Whether a portal differs as a variant says; one whose answers are of another form does not."""
    try:
        return PROBES[name](p)
    except (ValueError, LookupError, TypeError, etree.XMLSyntaxError):
        return False


def _reads(body: bytes) -> bool:
    return bool(etree.fromstring(body).tag == "result")


def _most_at_once(p: Probe) -> int:
    """How many of eight simultaneous requests are worked on at once."""
    now = most = 0

    async def many() -> int:
        nonlocal now, most

        async def receive() -> dict[str, Any]:
            nonlocal now, most
            now += 1
            most = max(most, now)
            await asyncio.sleep(0.01)
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            nonlocal now
            now -= message["type"] == "http.response.body"

        await asyncio.gather(*(p.app(dict(_SCOPE), receive, send) for _ in range(8)))
        return most

    return asyncio.run(many())


def _closed_when_idle(p: Probe) -> bool:
    with p.connect() as connection:
        connection.sendall(p.request("GET", "group", None, False, {}, last=False))
        answer = connection.recv(65536)
        connection.settimeout(2.5)
        try:
            while chunk := connection.recv(65536):
                answer += chunk
        except TimeoutError:
            return False
        return b"connection: close" not in answer.lower()
