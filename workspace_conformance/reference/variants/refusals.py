"""How failures may be told: what a 401, a 404 and others say, and in which form."""

from collections.abc import Callable
from dataclasses import replace
from http import HTTPStatus

from ..faults.calls import RECORDS
from ..faults.wrapping import answer_with, on_outcome, on_refusal, with_header, without_header
from ..formats import MEDIA
from ..parts import Parts
from ..store import is_guid
from ..values import Answer, Call, Caller, Form, Kind, Outcome
from .model import Apply, Variant, always, bare, deciding, on_answer, parts

_REFUSAL = "what a refusal says, if anything (BC Authentication; Responses)"
_ERRORS = "what form an error has (BC Responses)"
_CHALLENGE = "which schemes a 401 offers, and how (RFC 9110, 11.6.1)"
_PARAMETERS = "what is answered to a parameter that is not documented (BC Making requests)"
_WRONG_ID = "which 4xx an id of the wrong form is answered (BC Conventions)"

_PAGING = frozenset(
    f"{begin}{end}"
    for begin, ends in {"filter": ("By", "Op", "Value"), "sort": ("By", "Order")}.items()
    for end in ends
) | {"count", "startIndex", "updatedSince", "fields"}

When = Callable[[Answer], bool]


def _is_documented(query: str) -> bool:
    """Whether a query names no parameter but those that any list takes."""
    names = {pair.partition("=")[0] for pair in query.split("&")}
    return not query or names <= _PAGING


def _is(*statuses: int) -> When:
    return lambda answer: answer.status in statuses


def _failed(answer: Answer) -> bool:
    return answer.status >= 400


def phrase(status: int) -> str:
    """The words that go with a status."""
    return HTTPStatus(status).phrase


def page(status: int) -> bytes:
    """A page like those of common front ends, which says no more than the status."""
    words = f"{status} {phrase(status)}"
    text = (
        f"<html>\r\n<head><title>{words}</title></head>\r\n<body>\r\n<h1>{words}</h1></body></html>"
    )
    return text.encode("ascii")


def _saying(when: When, body: Callable[[int], bytes], media: str | None) -> Apply:
    def change(call: Call, outcome: Outcome, answer: Answer) -> Answer:
        return bare(answer, body(answer.status), media) if when(answer) else answer

    return on_answer(change)


def _empty(when: When) -> Apply:
    return _saying(when, lambda status: b"", None)


def _words(status: int) -> bytes:
    return phrase(status).encode("ascii")


def _in_xml(when: Callable[[Outcome], bool]) -> Apply:
    def apply(to: Parts) -> None:
        inner = to.finish

        def finish(call: Call, outcome: Outcome, answer: Answer) -> Answer:
            if outcome.error is not None and when(outcome):
                filled = to.envelope(call, outcome, Form.XML)
                answer = bare(answer, to.write_xml(filled), MEDIA[Form.XML])
            return inner(call, outcome, answer)

        to.finish = finish

    return parts(apply)


def _challenges(*values: str) -> Apply:
    def change(to: Parts, call: Call, outcome: Outcome) -> Outcome:
        plain = without_header(outcome, "www-authenticate")
        fields = tuple(("www-authenticate", value) for value in values)
        return replace(plain, headers=(*plain.headers, *fields))

    return parts(on_refusal(change, when=always))


def _wrong_id(status: int, words: str) -> Apply:
    kinds = (Kind.GROUP, Kind.POST, Kind.COMMENT, Kind.COMMENTS)

    def change(call: Call, outcome: Outcome) -> Outcome:
        wrong = outcome.error is not None and not is_guid(call.place.id)
        if call.place.kind is Kind.DOCUMENTED and outcome.status == 400:
            return replace(outcome, status=status, error=words)
        if call.place.kind not in kinds or not wrong or outcome.status not in (400, 404):
            return outcome
        return replace(outcome, status=status, error=words)

    return parts(on_outcome(change, when=always))


def _unrouted_first(to: Parts) -> None:
    """Nothing is asked of a caller where nothing is."""
    inner, finish = to.closed, to.finish

    def closed(call: Call, caller: Caller) -> bool:
        return call.place.kind is not Kind.NOWHERE and inner(call, caller)

    def finished(call: Call, outcome: Outcome, answer: Answer) -> Answer:
        if call.place.kind is Kind.NOWHERE and answer.status == 404:
            answer = bare(answer, page(404), "text/html")
        return finish(call, outcome, answer)

    to.closed, to.finish = closed, finished


def _long_targets(status: int, longest: int, words: str) -> Apply:
    def apply(to: Parts) -> None:
        inner = to.perform

        def perform(call: Call) -> Outcome:
            if len(call.asked.path) > longest:
                return Outcome(status, error=words)
            return inner(call)

        to.perform = perform

    return parts(apply)


def _stated(to: Parts) -> None:
    """A 401 whose challenge changes with what was tried, as real portals do."""

    def change(to: Parts, call: Call, outcome: Outcome) -> Outcome:
        return with_header(
            outcome, "www-authenticate", 'Basic Realm="portal.test", charset="UTF-8"'
        )

    on_refusal(change, when=always)(to)


_NAME = "Research & Development"  # of the company, and of a group that it has


def _named_as_a_group(to: Parts) -> None:
    """What is said to anybody holds the portal's name, which a group bears, too."""

    def change(to: Parts, call: Call, outcome: Outcome) -> Outcome:
        named = with_header(outcome, "www-authenticate", f'Bearer realm="{_NAME}"')
        return replace(named, error=f"Log in to {_NAME} first")

    on_refusal(change, when=always)(to)


_401 = deciding("body of a 401")
_404 = deciding("body of a 404")
_ALL = _401 | _404 | deciding("body of errors")
_OFFERS = deciding("challenges")
_WRONG = deciding("wrong ids")
_LONG = deciding("long targets")

VARIANTS = (
    Variant(
        name="refusal-words",
        leaves_open=_REFUSAL,
        summary="a 401 says Unauthorized in plain text",
        apply=_saying(_is(401), _words, "text/plain; charset=utf-8"),
        aspects=_401,
    ),
    Variant(
        name="refusal-words-html",
        leaves_open=_REFUSAL,
        summary="a 401 says Unauthorized, declared as HTML",
        apply=_saying(_is(401), _words, "text/html"),
        aspects=_401,
    ),
    Variant(
        name="refusal-page",
        leaves_open=_REFUSAL,
        summary="a 401 is a page that says no more than the status",
        apply=_saying(_is(401), page, "text/html; charset=utf-8"),
        aspects=_401,
    ),
    Variant(
        name="refusal-empty",
        leaves_open=_REFUSAL,
        summary="a 401 has no body",
        apply=_empty(_is(401)),
        aspects=_401,
    ),
    Variant(
        name="refusal-xml",
        leaves_open=_REFUSAL,
        summary="a 401 is XML, also with .json",
        apply=_in_xml(lambda outcome: outcome.status == 401),
        aspects=_401,
    ),
    Variant(
        name="challenge-one",
        leaves_open=_CHALLENGE,
        summary="one challenge",
        apply=parts(_stated),
        aspects=_OFFERS,
    ),
    Variant(
        name="challenge-list",
        leaves_open=_CHALLENGE,
        summary="several challenges in one field",
        apply=_challenges(
            'Token, Basic realm="a, \\"b\\"", Bearer realm="x", error="invalid_token"'
        ),
        aspects=_OFFERS,
    ),
    Variant(
        name="challenge-many",
        leaves_open=_CHALLENGE,
        summary="many challenges, with schemes that nobody knows",
        apply=_challenges("Negotiate", "NTLM", "Negotiate YII=", 'Basic realm=""', "X-Portal"),
        aspects=_OFFERS,
    ),
    Variant(
        name="challenge-named",
        leaves_open=_CHALLENGE,
        summary="the realm is the portal's name, which a group bears, too",
        apply=parts(_named_as_a_group),
        aspects=_OFFERS,
    ),
    Variant(
        name="not-found-empty",
        leaves_open=_ERRORS,
        summary="a 404 has no body",
        apply=_empty(_is(404)),
        aspects=_404,
    ),
    Variant(
        name="not-found-page",
        leaves_open=_ERRORS,
        summary="a 404 is a page that says no more than the status",
        apply=_saying(_is(404), page, "text/html"),
        aspects=_404,
    ),
    Variant(
        name="errors-empty",
        leaves_open=_ERRORS,
        summary="no failure has a body",
        apply=_empty(_failed),
        aspects=_ALL,
    ),
    Variant(
        name="errors-words",
        leaves_open=_ERRORS,
        summary="failures say their status in plain text",
        apply=_saying(_failed, _words, "text/plain"),
        aspects=_ALL,
    ),
    Variant(
        name="errors-xml",
        leaves_open=_ERRORS,
        summary="failures are XML, also with .json",
        apply=_in_xml(lambda outcome: True),
        aspects=_ALL,
    ),
    Variant(
        name="unrouted-first",
        leaves_open="what somebody unknown is answered where nothing is documented",
        summary="404 and a page for undocumented paths, before any credential is looked at",
        apply=parts(_unrouted_first),
        aspects=_404,
    ),
    Variant(
        name="wrong-id-404",
        leaves_open=_WRONG_ID,
        summary="404",
        apply=_wrong_id(404, "The record could not be found"),
        aspects=_WRONG,
    ),
    Variant(
        name="wrong-id-400",
        leaves_open=_WRONG_ID,
        summary="400",
        apply=_wrong_id(400, "Invalid arguments"),
        aspects=_WRONG,
    ),
    Variant(
        name="wrong-id-422",
        leaves_open=_WRONG_ID,
        summary="422",
        apply=_wrong_id(422, "This is no id"),
        aspects=_WRONG,
    ),
    Variant(
        name="long-target-414",
        leaves_open=_WRONG_ID,
        summary="414 for a path of more than 1,000 characters",
        apply=_long_targets(414, 1000, "The URL is too long"),
        aspects=_LONG,
    ),
    Variant(
        name="long-target-413",
        leaves_open=_WRONG_ID,
        summary="413 for a path of more than 260 characters",
        apply=_long_targets(413, 260, "The request is too long"),
        aspects=_LONG,
    ),
    Variant(
        name="long-target-431",
        leaves_open=_WRONG_ID,
        summary="431 for a path of more than 2,000 characters",
        apply=_long_targets(431, 2000, "The head is too long"),
        aspects=_LONG,
    ),
    Variant(
        name="unknown-parameter-400",
        leaves_open=_PARAMETERS,
        summary="400",
        apply=parts(
            answer_with(
                Outcome(400, error="There is no such parameter"),
                lambda call: call.place.kind in RECORDS and not _is_documented(call.asked.query),
            )
        ),
        aspects=deciding("unknown parameters"),
        leaves=frozenset({"FMT-9"}),
    ),
)
"""What failures may look like."""
