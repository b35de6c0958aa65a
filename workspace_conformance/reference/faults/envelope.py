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
    Fault(
        name="json-bare",
        requirement="ENV-1",
        summary="JSON has no envelope",
        apply=_success(_bare, JSON),
    ),
    Fault(
        name="json-bare-items",
        requirement="ENV-1",
        summary="JSON of records has no envelope",
        apply=_success(_bare, JSON, lists=False),
    ),
    Fault(
        name="json-no-status",
        requirement="ENV-1",
        summary="JSON has no status",
        apply=_success(lambda m: _without(m, "status"), JSON),
    ),
    Fault(
        name="json-no-status-code",
        requirement="ENV-1",
        summary="JSON has no statusCode",
        apply=_success(lambda m: _without(m, "statusCode"), JSON),
    ),
    Fault(
        name="json-response-renamed",
        requirement="ENV-1",
        summary="JSON has data in place of response",
        apply=_success(lambda m: _rename(m, "response", "data"), JSON),
    ),
    Fault(
        name="json-no-count",
        requirement="ENV-1",
        summary="JSON of lists has no count",
        apply=_success(lambda m: _without(m, "count"), JSON, lists=True),
    ),
    Fault(
        name="count-as-text",
        requirement="ENV-1",
        summary="count is a text in JSON",
        apply=_success(lambda m: {**m, "count": str(m["count"])} if "count" in m else m, JSON),
    ),
    Fault(
        name="json-error-beside",
        requirement="ENV-1",
        summary="a JSON failure has response beside error",
        apply=_failure(lambda m: {**m, "response": {"message": "Failed"}}, JSON),
    ),
    Fault(
        name="json-error-renamed",
        requirement="ENV-1",
        summary="a JSON failure has response in place of error",
        apply=_failure(lambda m: _rename(m, "error", "response"), JSON),
    ),
    Fault(
        name="json-error-bare-to-writes",
        requirement="ENV-1",
        summary="a JSON failure of PUT or DELETE has no envelope",
        apply=_failure(lambda m: m["error"], JSON, when=where("PUT", "DELETE")),
    ),
    Fault(
        name="xml-other-root",
        requirement="ENV-2",
        summary="the XML's root element is envelope",
        apply=_root(b"<envelope>", b"</envelope>"),
    ),
    Fault(
        name="xml-root-namespace",
        requirement="ENV-2",
        summary="the XML's root element is in a namespace",
        apply=_root(b'<result xmlns="urn:other">', b"</result>"),
    ),
    Fault(
        name="xml-no-status",
        requirement="ENV-2",
        summary="XML has no status",
        apply=_success(lambda m: _without(m, "status"), XML),
    ),
    Fault(
        name="xml-no-status-code",
        requirement="ENV-2",
        summary="XML has no statusCode",
        apply=_success(lambda m: _without(m, "statusCode"), XML),
    ),
    Fault(
        name="xml-response-renamed",
        requirement="ENV-2",
        summary="XML has item in place of response",
        apply=_success(lambda m: _rename(m, "response", "item"), XML),
    ),
    Fault(
        name="xml-bare-items",
        requirement="ENV-2",
        summary="XML of records has no envelope",
        apply=_success(_bare, XML, lists=False),
    ),
    Fault(
        name="count-one-more",
        requirement="ENV-3",
        summary="count of a list is one more than its items",
        apply=_count(lambda n, _: n + 1, lists=True),
    ),
    Fault(
        name="count-0-after-put",
        requirement="ENV-3",
        summary="count in the answer to PUT is 0",
        apply=on_envelope(lambda _, __, m: {**m, "count": 0} if "response" in m else m, when=_PUT),
    ),
    Fault(
        name="count-always-1",
        requirement="ENV-3",
        summary="count of a list is 1",
        apply=_count(lambda *_: 1, lists=True),
    ),
    Fault(
        name="count-of-all",
        requirement="ENV-3",
        summary="count of a page is the number of all records",
        apply=_count(lambda _, total: total, lists=True),
    ),
    Fault(
        name="count-of-members",
        requirement="ENV-3",
        summary="count of a record is the number of its members",
        apply=_count(lambda n, _: n, lists=False),
    ),
)
