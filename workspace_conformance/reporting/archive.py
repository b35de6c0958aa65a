"""exchanges.har: all traffic of a run, redacted, as an HTTP archive (HAR 1.2).

What other readers of archives have no field for stands in members that begin with an underscore, as
the format asks: the number that results.json refers to, who asked, what became of a request that
got no answer. With them a run can be judged again (`recording`).
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import harfile

from workspace_conformance import __version__
from workspace_conformance.exchange.messages import Exchange
from workspace_conformance.settings import Settings
from workspace_conformance.transport import recording
from workspace_conformance.transport.redaction import Redactor


def pieces(
    exchanges: Iterable[tuple[Exchange, str, bool]],
    about: Mapping[str, Any],
    redactor: Redactor,
) -> Iterator[str]:
    """An archive's text, an exchange at a time, for all of it may be large: exchanges (with who
    asked, and whether anew) in the order of sending; `about` is what a replay needs to know of the
    run. It is written in ASCII: what steers terminals, or the direction of text, is in bodies too.
    """
    log = _log(None, redactor)
    log["_workspace"] = {"format": recording.FORMAT, **redactor.data(dict(about))}
    del log["entries"]
    yield '{"log": ' + json.dumps(log)[:-1] + ', "entries": ['
    separator = "\n"
    for exchange, asker, anew in exchanges:
        (item,) = _log(exchange, redactor)["entries"]
        item["_workspace"] = _further(exchange, asker, anew, redactor)
        post = item["request"].get("postData")
        if post is not None:
            _, encoding = recording.text_of(exchange.request.body, redactor)
            if encoding:
                post["_encoding"] = encoding
        yield separator + json.dumps(item)
        separator = ",\n"
    yield "\n]}}\n"


def _further(exchange: Exchange, asker: str, anew: bool, redactor: Redactor) -> dict[str, Any]:
    response = exchange.response
    return {
        "number": exchange.number,
        "asker": redactor.text(asker),
        "anew": anew,
        "account": exchange.request.account,
        "address": exchange.request.address,
        "trouble": exchange.trouble and str(exchange.trouble),
        "words": redactor.text(exchange.words),
        "unreadable": response and response.trouble,
        "refused": bool(response and response.refused),
        "sent": exchange.sent,
        "received": exchange.received,
    }


def _log(exchange: Exchange | None, redactor: Redactor) -> dict[str, Any]:
    """The log of an archive of one exchange, or of none."""
    out = io.StringIO()
    creator = harfile.Creator("workspace-conformance", __version__)
    with harfile.HarFile.open(out, creator=creator) as archive:
        if exchange is not None:
            _add(archive, exchange, redactor)
    log: dict[str, Any] = json.loads(out.getvalue())["log"]
    return log


def told_of(settings: Settings) -> dict[str, Any]:
    """The settings that a replay needs; of secrets only whether they were given."""
    given = [
        name
        for name, value in (
            ("token", settings.token),
            ("second_token", settings.second_token),
            ("password", settings.password),
        )
        if value
    ]
    return {
        "target": settings.target,
        "given": given,
        "username": settings.username,
        "second_address": settings.second_address,
        "allow_writes": settings.allow_writes,
        "allow_burst": settings.allow_burst,
        "breadth": settings.breadth,
        "described": dict(settings.described.data) if settings.described else None,
        "id_examples": settings.id_examples,
        "rate": {"requests": settings.rate.requests, "period": settings.rate.period},
        "seed": settings.seed,
        "requirements": list(settings.requirements),
    }


def _add(archive: harfile.HarFile, exchange: Exchange, redactor: Redactor) -> None:
    request, response = exchange.request, exchange.response
    milliseconds = round((exchange.received - exchange.sent) * 1000, 3)
    archive.add_entry(
        startedDateTime=datetime.fromtimestamp(exchange.sent, UTC),
        time=milliseconds,
        request=harfile.Request(
            request.method,
            recording.url_of(request.url, redactor),
            "HTTP/1.1",
            headers=_lines(request.headers, redactor),
            queryString=[
                harfile.Record(redactor.text(name), redactor.text(value))
                for name, value in parse_qsl(urlsplit(request.url).query, keep_blank_values=True)
            ],
            postData=_post(exchange, redactor),
            bodySize=len(request.body),
        ),
        response=harfile.Response(
            response.status if response else 0,
            redactor.text(response.reason) if response else "",
            response.version if response else "",
            headers=_lines(response.headers, redactor) if response else [],
            content=_content(exchange, redactor),
            redirectURL=redactor.text(response.header("location") or "") if response else "",
            bodySize=-1,
        ),
        timings=harfile.Timings(send=0, wait=milliseconds, receive=0),
    )


def _lines(headers: Sequence[tuple[str, str]], redactor: Redactor) -> list[harfile.Record]:
    return [harfile.Record(redactor.text(name), redactor.text(value)) for name, value in headers]


def _post(exchange: Exchange, redactor: Redactor) -> harfile.PostData | None:
    if not exchange.request.body:
        return None
    text, _ = recording.text_of(exchange.request.body, redactor)
    return harfile.PostData(exchange.request.header("content-type") or "", text=text)


def _content(exchange: Exchange, redactor: Redactor) -> harfile.Content:
    response = exchange.response
    if response is None:
        return harfile.Content(size=0, mimeType="")
    text, encoding = recording.text_of(response.body, redactor)
    media = response.header("content-type") or ""
    return harfile.Content(
        size=len(response.body), mimeType=redactor.text(media), text=text, encoding=encoding
    )
