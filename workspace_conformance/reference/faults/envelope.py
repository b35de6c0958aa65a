"""Faults of the envelope around every answer."""

from collections.abc import Callable

from ..values import Call, Form, Json, Outcome
from .calls import ANY_RECORD, ITEMS, When, where
from .model import Fault
from .wrapping import Apply, Members, on_envelope, on_success_body

JSON, XML = Form.JSON, Form.XML


def _success(change: Callable[[Members], Json], *forms: Form, lists: bool | None = None) -> Apply:
    """Change the envelope of successes: of all, of lists only, or of all but lists."""

    def changed(call: Call, outcome: Outcome, members: Members) -> Json:
        fits = lists is None or isinstance(outcome.value, list) == lists
        return change(members) if outcome.error is None and fits else members

    return on_envelope(changed, *forms)


def _failure(change: Callable[[Members], Json], *forms: Form, when: When = ANY_RECORD) -> Apply:
    def changed(call: Call, outcome: Outcome, members: Members) -> Json:
        return change(members) if outcome.error is not None else members

    return on_envelope(changed, *forms, when=when)


def _rename(members: Members, old: str, new: str) -> Members:
    return {new if name == old else name: value for name, value in members.items()}


def _without(members: Members, *names: str) -> Members:
    return {name: value for name, value in members.items() if name not in names}


def _bare(members: Members) -> Json:
    return members["response"]


def _root(old: bytes, new: bytes) -> Apply:
    """Write the root element's tags another way."""
    opening, closing = b"<result>", b"</result>"

    def change(body: bytes) -> bytes:
        inside = body.removeprefix(opening).removesuffix(closing)
        return old + inside + new

    return on_success_body(change, XML)


def _count(value: Callable[[int, int], int], lists: bool) -> Apply:
    """Give count another value, from the number of records shown and the number of all."""

    def changed(call: Call, outcome: Outcome, members: Members) -> Json:
        shown = outcome.value
        if outcome.error is not None or isinstance(shown, list) != lists:
            return members
        number = len(shown) if isinstance(shown, list | dict) else 1
        return {"count": value(number, outcome.total or number), **_without(members, "count")}

    return on_envelope(changed)


_PUT = where("PUT", kinds=ITEMS)

FAULTS = (
    Fault("json-bare", "ENV-1", "JSON has no envelope", _success(_bare, JSON)),
    Fault(
        "json-bare-items",
        "ENV-1",
        "JSON of records has no envelope",
        _success(_bare, JSON, lists=False),
    ),
    Fault(
        "json-no-status",
        "ENV-1",
        "JSON has no status",
        _success(lambda m: _without(m, "status"), JSON),
    ),
    Fault(
        "json-no-status-code",
        "ENV-1",
        "JSON has no statusCode",
        _success(lambda m: _without(m, "statusCode"), JSON),
    ),
    Fault(
        "json-response-renamed",
        "ENV-1",
        "JSON has data in place of response",
        _success(lambda m: _rename(m, "response", "data"), JSON),
    ),
    Fault(
        "json-no-count",
        "ENV-1",
        "JSON of lists has no count",
        _success(lambda m: _without(m, "count"), JSON, lists=True),
    ),
    Fault(
        "count-as-text",
        "ENV-1",
        "count is a text in JSON",
        _success(lambda m: {**m, "count": str(m["count"])} if "count" in m else m, JSON),
    ),
    Fault(
        "json-error-beside",
        "ENV-1",
        "a JSON failure has response beside error",
        _failure(lambda m: {**m, "response": {"message": "Failed"}}, JSON),
    ),
    Fault(
        "json-error-renamed",
        "ENV-1",
        "a JSON failure has response in place of error",
        _failure(lambda m: _rename(m, "error", "response"), JSON),
    ),
    Fault(
        "json-error-bare-to-writes",
        "ENV-1",
        "a JSON failure of PUT or DELETE has no envelope",
        _failure(lambda m: m["error"], JSON, when=where("PUT", "DELETE")),
    ),
    Fault(
        "xml-other-root",
        "ENV-2",
        "the XML's root element is envelope",
        _root(b"<envelope>", b"</envelope>"),
    ),
    Fault(
        "xml-root-namespace",
        "ENV-2",
        "the XML's root element is in a namespace",
        _root(b'<result xmlns="urn:other">', b"</result>"),
    ),
    Fault(
        "xml-no-status",
        "ENV-2",
        "XML has no status",
        _success(lambda m: _without(m, "status"), XML),
    ),
    Fault(
        "xml-no-status-code",
        "ENV-2",
        "XML has no statusCode",
        _success(lambda m: _without(m, "statusCode"), XML),
    ),
    Fault(
        "xml-response-renamed",
        "ENV-2",
        "XML has item in place of response",
        _success(lambda m: _rename(m, "response", "item"), XML),
    ),
    Fault(
        "xml-bare-items",
        "ENV-2",
        "XML of records has no envelope",
        _success(_bare, XML, lists=False),
    ),
    Fault(
        "count-one-more",
        "ENV-3",
        "count of a list is one more than its items",
        _count(lambda n, _: n + 1, lists=True),
    ),
    Fault(
        "count-0-after-put",
        "ENV-3",
        "count in the answer to PUT is 0",
        on_envelope(lambda _, __, m: {**m, "count": 0} if "response" in m else m, when=_PUT),
    ),
    Fault("count-always-1", "ENV-3", "count of a list is 1", _count(lambda *_: 1, lists=True)),
    Fault(
        "count-of-all",
        "ENV-3",
        "count of a page is the number of all records",
        _count(lambda _, total: total, lists=True),
    ),
    Fault(
        "count-of-members",
        "ENV-3",
        "count of a record is the number of its members",
        _count(lambda n, _: n, lists=False),
    ),
)
