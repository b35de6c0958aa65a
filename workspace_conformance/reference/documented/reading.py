"""Documented GETs: lists, items, what lies below them, and values."""

import re
from collections.abc import Sequence
from datetime import datetime

from workspace_conformance.contract.documented import Operation, Type, record_types

from ..bodies import date_of
from ..paging import paged
from ..paging import shown as shown_already
from ..store import read_date
from ..values import Call, Json, Mistake, Outcome
from .families import DATES, WORDS, Name, family_of_answer, family_of_parameter
from .library import Library, Record, check_form, fullest_type
from .showing import Showing, moment

_ENTITIES = ("project", "milestone", "task", "subtask", "team", "comment", "message")
_SINGLE = re.compile(r"(sample|current|template|single|setups|common)$")


class Reading:
    """Answers documented GETs from a library."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self.showing = Showing(library)

    def read(self, call: Call, operation: Operation) -> Outcome:
        """Carry out a GET. Raises Mistake for an id that is unknown (404) or wrong (400)."""
        assert call.place.route is not None
        given = call.place.route.words
        above = self.resolve(operation, given)
        if "fromCurrency" in operation.path:
            return Outcome(200, value=self._rate(*given))
        if operation.answer is not None and operation.answer.name == "SearchWrapper":
            return paged(call, self._found(given[-1]), shown_already)
        answer = operation.answer
        if answer is None:
            return Outcome(200)
        if operation.shape == "list":
            return paged(call, self._list(operation, answer, above, given), shown_already)
        record = self._record(operation, above)
        if operation.shape == "value" or answer.name not in record_types():
            name = operation.name.rpartition("/")[2].strip("{}")
            return Outcome(200, value=self.showing.value(record, name, answer))
        shown = self.showing.record(record, answer.name)
        if operation.module == "calendar" and "endDate" in operation.path:
            shown = _between(shown, *given[-2:])
        return Outcome(200, value=shown)

    def _rate(self, one: str, other: str) -> Json:
        """The rate between two currencies."""
        for record in self._library.all(("crm", "currencyrate")):
            shown = self.showing.record(record, "CurrencyRateWrapper")
            if isinstance(shown, dict) and (shown["fromCurrency"], shown["toCurrency"]) == (
                one,
                other,
            ):
                return shown
        raise Mistake(404, "The record could not be found")

    def _found(self, text: str) -> list[Json]:
        """What is found in projects, each with the project that it is in."""
        found: list[Json] = []
        for what in ("project", "milestone", "task", "message"):
            for record in self._library.all(("project", what)):
                title = self.showing.title(record)
                item: dict[str, Json] = {
                    "id": str(record.id),
                    "entityType": _ENTITIES.index(what),
                    "title": title,
                    "created": record.created or moment(record.chance("created"), record.place),
                }
                if _mentioned(title, text):
                    found.append({"item": item, "owner": None})
        return found

    def resolve(self, operation: Operation, given: Sequence[str]) -> list[Record]:
        """The records that a path names, in its order, each below the one before.

        Raises Mistake where one is unknown (404), or a value has the wrong form (400).
        """
        found: list[Record] = []
        for place, (field, text) in enumerate(zip(operation.path_parameters, given, strict=True)):
            family = family_of_parameter(operation, place, tuple(given))
            if family is None:
                self._check(field.name.lower(), text, field.type)
                continue
            record = self._library.find(family, text, field.type)
            if found and family == found[-1].family:
                pass
            elif found and not self._library.is_below(record, found[-1]) and _nests(operation):
                raise Mistake(404, "The record could not be found")
            found.append(record)
        return found

    def _check(self, name: str, text: str, kind: Type) -> None:
        check_form(text, kind)
        if name in ("startdate", "enddate"):
            date_of({name: text}, name)
        elif name in DATES:
            least, most = {"year": (1, 9999), "month": (1, 12), "day": (1, 31)}[name]
            if not least <= int(text) <= most:
                raise Mistake(400, f"{name} must be between {least} and {most}")

    # Lists

    def _list(
        self, operation: Operation, answer: Type, above: list[Record], given: Sequence[str]
    ) -> list[Json]:
        family = family_of_answer(operation)
        if family is None:
            return self._values(operation, answer, above)
        records = self._library.all(family)
        for record in above:
            if record.family == family:
                records = [record]
            else:
                records = [one for one in records if self._library.is_below(one, record)]
        kind = answer.name if answer.name in record_types() else fullest_type(family)
        shown = [self.showing.record(one, kind) for one in records]
        for field, text in zip(operation.path_parameters, given, strict=True):
            if field.type.choices and field.name == "status":
                kept = self._with_status(records, field.type, text)
                shown = [item for one, item in zip(records, shown, strict=True) if one in kept]
                records = kept
            elif field.name.lower() in WORDS or "/search/" in operation.name:
                shown = self._searched(operation, family, field.name.lower(), text, shown)
        if operation.module == "calendar" and "endDate" in operation.path:
            shown = [_between(item, *given[-2:]) for item in shown]
        return self._on_day(operation, given, shown)

    def _with_status(self, records: list[Record], kind: Type, text: str) -> list[Record]:
        wanted = [choice.casefold() for choice in kind.choices].index(text.casefold())
        return [one for one in records if one.place % len(kind.choices) == wanted]

    def _searched(
        self, operation: Operation, family: Name, name: str, text: str, shown: list[Json]
    ) -> list[Json]:
        if name == "tag":
            module = operation.module
            tags = [
                self.showing.record(tag, "TagWrapper") for tag in self._library.all((module, "tag"))
            ]
            return shown if _mentioned(tags, text) else []
        return [item for item in shown if _mentioned(item, text)]

    def _on_day(self, operation: Operation, given: Sequence[str], shown: list[Json]) -> list[Json]:
        names = [field.name for field in operation.path_parameters]
        if "year" not in names:
            return shown
        wanted = [int(given[names.index(n)]) for n in ("year", "month", "day") if n in names]
        return [item for item in shown if _day(item)[: len(wanted)] == wanted]

    def _values(self, operation: Operation, answer: Type, above: list[Record]) -> list[Json]:
        base = self._record(operation, above)
        if self._library.few == 0:
            return []
        item = Type(answer.name, answer.lists - 1)
        if item.lists:
            return [
                [self.showing.value(base, f"{n} {m}", Type(item.name)) for m in range(n + 1)]
                for n in range(2)
            ]
        if answer.name == "uuid":
            return [person.id for person in self._library.people()]
        name = operation.name.rpartition("/")[2].strip("{}")
        return [
            self.showing.value(Record(base.family, None, n), name, item)
            for n in range(self._library.few)
        ]

    # Records

    def _record(self, operation: Operation, above: list[Record]) -> Record:
        """The record that an operation answers, or one that stands for what it answers."""
        family = family_of_answer(operation)
        if above and above[-1].family == family:
            return above[-1]
        number = above[-1].place if above else 0
        if family is not None and not above and (_SINGLE.search(operation.name)):
            known = self._library.all(family)
            if known:
                return known[0]
        module = family[0] if family is not None else operation.module
        what = family[1] if family is not None else operation.name.rpartition("/")[2].strip("{}")
        name = (module, what)
        if name in (("people", "person"), ("group", "group")):
            return self._library.all(name)[0]
        return Record(name, self._library._new_id(name, number), number)


def _nests(operation: Operation) -> bool:
    """Whether a path names a record below another: contact/{contactid}/data/{id}."""
    return operation.method == "GET" and operation.name.endswith("}")


def _mentioned(value: Json, text: str) -> bool:
    """Whether a text stands anywhere in a value, in letters of either case."""
    if isinstance(value, str):
        return text.casefold() in value.casefold()
    if isinstance(value, dict):
        return any(_mentioned(member, text) for member in value.values())
    return isinstance(value, list) and any(_mentioned(item, text) for item in value)


def _between(calendar: Json, begin: str, end: str) -> Json:
    """A calendar with those of its events that touch a range of days."""
    events = calendar.get("events") if isinstance(calendar, dict) else None
    if not isinstance(calendar, dict) or not isinstance(events, list):
        return calendar
    first, last = read_date(begin)[:10], read_date(end)[:10]
    shown: list[Json] = [
        event
        for event in events
        if isinstance(event, dict)
        and str(event["start"])[:10] <= last
        and str(event["end"])[:10] >= first
    ]
    return {**calendar, "events": shown}


def _day(item: Json) -> list[int]:
    """Year, month and day of a record's deadline."""
    text = item.get("deadline") if isinstance(item, dict) else None
    if not isinstance(text, str):
        return []
    moment = datetime.fromisoformat(text[:10])
    return [moment.year, moment.month, moment.day]
