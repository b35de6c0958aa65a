"""Faults of creations that make more than they were asked for."""

from dataclasses import replace

from ..bodies import split_content_type
from ..parts import Parts
from ..values import Call, Form, Kind, Outcome
from .calls import When, shelf_of, where
from .model import Fault
from .wrapping import Apply, on_success


def _in_json(when: When) -> When:
    """Those of these calls whose body is JSON."""

    def is_json(call: Call) -> bool:
        media, _ = split_content_type(call.asked.headers.get("content-type", ""))
        return media == "application/json"

    return lambda call: when(call) and is_json(call)


def _makes_two(when: When) -> Apply:
    """Keep a second record like the one that was just made."""

    def apply(parts: Parts) -> None:
        def change(call: Call, outcome: Outcome) -> Outcome:
            shelf = shelf_of(parts, call.place.kind)
            made = outcome.value.get("id") if isinstance(outcome.value, dict) else None
            record = shelf.find(str(made)) if shelf is not None else None
            if shelf is not None and record is not None:
                shelf.put(replace(record, id=parts.store.new_id(type(record), f"{made} again")))
            return outcome

        on_success(change, when)(parts)

    return apply


def _cells() -> list[tuple[str, str, When]]:
    found = []
    for word, kind in (
        ("post", Kind.POSTS),
        ("group", Kind.GROUPS),
        ("person", Kind.PEOPLE),
        ("comment", Kind.COMMENTS),
    ):
        every = where("POST", kinds=(kind,))
        found += [
            (f"{word}-made-twice-json", f"POST of a {word} in JSON", _in_json(every)),
            (
                f"{word}-made-twice-xml",
                f"POST of a {word} with .xml",
                where("POST", kinds=(kind,), suffixes=(Form.XML,)),
            ),
            (
                f"{word}-made-twice-bare",
                f"POST of a {word} with no suffix",
                where("POST", kinds=(kind,), suffixes=(None,)),
            ),
        ]
    return found


FAULTS = tuple(
    Fault(name=name, requirement="REST-2", summary=f"{words} makes two", apply=_makes_two(when))
    for name, words, when in _cells()
)
"""Faults of creations that make two."""
