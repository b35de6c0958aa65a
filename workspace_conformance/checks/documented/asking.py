"""What a documented GET can be asked with on this portal: the values that its own lists show."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode

from workspace_conformance.contract.documented import Operation
from workspace_conformance.contract.known_values import KnownValues, Role, Source, Value
from workspace_conformance.exchange import contents
from workspace_conformance.exchange.contents import View
from workspace_conformance.exchange.identifiers import encode
from workspace_conformance.exchange.messages import Exchange
from workspace_conformance.exchange.outcomes import Reason, Untested
from workspace_conformance.portal.records import Portal
from workspace_conformance.transport.client import PAGE, is_too_long, succeeded, unusable

_FIRST = 20  # records from the beginning of a list that values are taken from
_WORDS = 6  # enumerated words that an operation is asked with
_PARENTS = 3  # records above that are tried, until what lies below one of them shows something
_YEARS = (5, 1)  # of a range of dates, before and after now
_SOME_YEAR = 2026  # where the portal does not tell the time
_FORMS = {
    "int32": re.compile(r"-?[0-9]{1,10}"),
    "uint32": re.compile(r"[0-9]{1,10}"),
    "int64": re.compile(r"-?[0-9]{1,19}"),
    "uuid": re.compile(r"[0-9A-Fa-f]{8}(-?[0-9A-Fa-f]{4}){3}-?[0-9A-Fa-f]{12}"),
}


@dataclass(frozen=True, slots=True)
class Given:
    """A value that stands in a question: what it is for, its text, and who showed it.

    source, shown_by: the list and its answer; others: further values that the list shows in its
    place, the last one last.
    """

    value: Value
    text: str
    source: Source | None = None
    shown_by: Exchange | None = None
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """An operation and the values it is asked with. `path` is below api/2.0, without a suffix."""

    operation: Operation
    given: tuple[Given, ...]
    query: str

    @property
    def path(self) -> str:
        """The path with the values in it, each percent-encoded."""
        path = self.operation.name
        for given in self.given:
            path = path.replace(f"{{{given.value.field.name}}}", encode(given.text), 1)
        return path

    @property
    def identity(self) -> Given | None:
        """The innermost id of a record in the path; None where there is none."""
        found = [given for given in self.given if given.value.role is Role.ID]
        return found[-1] if found else None

    def of_a_page(self) -> Question:
        """The same question about the first page of a list."""
        page = urlencode({"count": PAGE})
        return replace(self, query=f"{self.query}&{page}" if self.query else page)

    def with_id(self, text: str) -> Question:
        """The same question about another record."""
        identity = self.identity
        changed = tuple(replace(it, text=text) if it is identity else it for it in self.given)
        return replace(self, given=changed)


def questions(portal: Portal, known: KnownValues, operation: Operation) -> list[Question]:
    """The questions that an operation can be asked: one for each combination of its enumerated
    words. Raises Untested (no-record) where nothing shows what to ask.
    """
    names = [field for field in operation.path_parameters if field.type.choices]
    found: list[Question] = []
    why: Untested | None = None
    for words in itertools.product(*(_some(field.type.choices) for field in names)):
        chosen = dict(zip((field.name for field in names), words, strict=True))
        try:
            found.append(_question(portal, known, operation, chosen))
        except Untested as untested:
            why = why or untested
    if not found:
        assert why is not None
        raise why
    return found


def _some(words: tuple[str, ...]) -> tuple[str, ...]:
    """All the words, but for a list as long as that of the ways to reach a person: some stand for
    them.
    """
    return words if len(words) <= _WORDS else (*words[: _WORDS - 1], words[-1])


def _question(
    portal: Portal, known: KnownValues, operation: Operation, chosen: Mapping[str, str]
) -> Question:
    path: list[Given] = []
    for value in known.of_path(operation, chosen):
        if value.role is Role.CHOICE:
            path.append(Given(value, chosen[value.field.name]))
        else:
            path.append(_given(portal, known, value, path))
    asked: list[Given] = []
    for value in known.of_query(operation):
        asked.append(_given(portal, known, value, [*path, *asked]))
    query = urlencode([(given.value.field.name, given.text) for given in asked])
    return Question(operation, tuple(path), query)


def _given(portal: Portal, known: KnownValues, value: Value, before: Sequence[Given]) -> Given:
    """A value for a parameter; `before` are those that stand before it."""
    if value.role is Role.FIXED:
        return Given(value, value.texts[0])
    if value.role in (Role.START, Role.END):
        year = _year(portal)
        text = (
            f"{year - _YEARS[0]}-01-01" if value.role is Role.START else f"{year + _YEARS[1]}-12-31"
        )
        return Given(value, text)
    empty: list[str] = []
    for source in value.sources:
        listed = _listed(portal, known, source, before)
        if listed is None:
            empty.append(source.list)
            continue
        texts = list(dict.fromkeys(_texts(value, source, listed.views)))
        if texts:
            return Given(value, texts[0], source, listed.exchange, tuple(texts[1:]))
        empty.append(source.list)
    what = f"{{{value.field.name}}}"
    if not value.sources:
        raise Untested(Reason.NO_RECORD, f"no documented list shows a {what}")
    lists = " nor ".join(dict.fromkeys(empty))
    raise Untested(Reason.NO_RECORD, f"nothing shows a {what}: not {lists}")


# --- what lists show ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Listed:
    """What a list shows: its answer, without its body, and the first records and the last."""

    exchange: Exchange
    views: tuple[View, ...]


def _listed(
    portal: Portal, known: KnownValues, source: Source, before: Sequence[Given]
) -> Listed | None:
    """What the list of a source shows, below the records named `before` where it lies below some;
    None where it is not served, or shows nothing.
    """
    operation = known.operation(source.list)
    if operation is None:
        return None
    if not operation.path_parameters:
        found = portal.known(
            ("documented list", source.list), lambda: _read(portal, known, operation, [])
        )
        return found if found is not None and found.views else None
    same = {(given.value.field.name, given.text): given for given in before}
    names = [field.name for field in operation.path_parameters]
    if all(any(name == key for key, _ in same) for name in names):
        by_name = {name: given for (name, _), given in same.items()}
        return _of_these(portal, operation, [by_name[name] for name in names])
    return portal.known(
        ("documented list", source.list), lambda: _below_some(portal, known, operation)
    )


def _read(
    portal: Portal, known: KnownValues, operation: Operation, above: Sequence[Given]
) -> Listed | None:
    asked = [_given(portal, known, value, above) for value in known.of_query(operation)]
    query = urlencode([(given.value.field.name, given.text) for given in asked])
    return listed_by(portal, Question(operation, tuple(above), query))


def _of_these(portal: Portal, operation: Operation, above: Sequence[Given]) -> Listed | None:
    key = ("documented list", operation.name, *(given.text for given in above))
    found = portal.known(key, lambda: listed_by(portal, Question(operation, tuple(above), "")))
    return found if found is not None and found.views else None


def _below_some(portal: Portal, known: KnownValues, operation: Operation) -> Listed | None:
    """The list below one of the first few records above it: the first that shows something."""
    try:
        first = questions(portal, known, operation)[0]
    except Untested:
        return None
    identity = first.identity
    others = identity.others[: _PARENTS - 1] if identity is not None else ()
    for question in (first, *(first.with_id(text) for text in others)):
        found = _of_these(portal, operation, question.given)
        if found is not None:
            return found
    return None


def listed_by(portal: Portal, question: Question) -> Listed | None:
    """What a question about a list shows, in whichever form; None where it does not succeed."""
    for fmt in ("json", "xml", ""):
        exchange = portal.get(question.path, fmt, query=question.query)
        if is_too_long(exchange):
            exchange = portal.get(question.path, fmt, query=question.of_a_page().query)
        if exchange.trouble is not None:
            raise unusable(exchange, f"the list {question.operation.name} cannot be read")
        if succeeded(exchange) and contents.value(exchange.response) is not None:
            views = contents.records(exchange)
            few = views if len(views) <= _FIRST else [*views[: _FIRST - 1], views[-1]]
            return Listed(_light(portal, exchange), tuple(few))
    return None


def _light(portal: Portal, exchange: Exchange) -> Exchange:
    """The exchange as the run's evidence keeps it: a long body only in part."""
    return portal.transport.exchanges.get(exchange.number, exchange)


# --- what stands in them --------------------------------------------------------------------------


def _texts(value: Value, source: Source, views: Sequence[View]) -> Iterator[str]:
    """What the records of a list show for a parameter, of the parameter's form."""
    form = _FORMS.get(value.field.type.name)
    for view in views:
        if source.where is not None and source.where[1] not in (
            text.lower() for text in values_at(view, (source.where[0],))
        ):
            continue
        for text in values_at(view, source.member):
            made = _made(value, text)
            if made and made not in (".", "..") and (form is None or form.fullmatch(made)):
                yield made


def _made(value: Value, text: str) -> str:
    """What a parameter says that stands for a text: the text, a word of it, a part of a date."""
    if value.role is Role.WORD:
        words = sorted(re.findall(r"[^\W\d_]{3,40}", text), key=len)
        return words[-1] if words else ""
    if value.role is Role.DATE:
        date = re.match(r"([0-9]{4})-([0-9]{2})-([0-9]{2})", text)
        part = {"year": 1, "month": 2, "day": 3}.get(value.field.name.lower(), 0)
        return str(int(date[part])) if date and part else ""
    return text


def values_at(view: Any, names: Sequence[str]) -> Iterator[str]:
    """The texts at a way of members in a record, of each item where a list stands on it."""
    if isinstance(view, list):
        for item in view:
            yield from values_at(item, names)
    elif not names:
        if isinstance(view, str) and view:
            yield view
    elif isinstance(view, dict):
        for name, inner in view.items():
            if name.lower() == names[0]:
                yield from values_at(inner, names[1:])


def _year(portal: Portal) -> int:
    """The year that it is, by the portal's own clock: a replay sees the same."""
    exchange = portal.get("people/@self", "json")
    told = exchange.response.header("date") if exchange.response is not None else None
    try:
        return parsedate_to_datetime(told or "").year
    except (TypeError, ValueError):
        return _SOME_YEAR
