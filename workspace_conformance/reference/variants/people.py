"""How people leave a portal: who is to be deleted may have to be disabled before."""

import re
from collections.abc import Callable

from .. import bodies, views
from ..faults.calls import where
from ..parts import Parts
from ..values import Call, Kind, Mistake, Outcome
from .model import Variant, deciding, parts

_LEAVING = "what a person has to be before they can be deleted"
_STATUS = re.compile(r"/api/2\.0/people/status/Terminated(\.json|\.xml)?", re.IGNORECASE)
_DELETES = where("DELETE", kinds=(Kind.PERSON,))
_UPDATES = where("PUT", kinds=(Kind.PERSON,))

NOT_SUSPENDED = Outcome(500, error="The user is not suspended")


def _by_status(to: Parts, call: Call, disabled: set[str]) -> Outcome | None:
    """PUT api/2.0/people/status/Terminated: disables those whose ids the body holds."""
    if call.asked.method != "PUT" or not _STATUS.fullmatch(call.asked.path):
        return None
    named = bodies.texts_of(to.read_fields(call.asked), "userIds") or []
    people = [person for name in named if (person := to.store.find_person(name)) is not None]
    disabled.update(person.id for person in people)
    return Outcome(200, value=[views.full_person(to.store, person) for person in people])


def _by_update(to: Parts, call: Call, disabled: set[str]) -> Outcome | None:
    """PUT api/2.0/people/{userid} with `disable`: the update itself is carried out as ever."""
    person = to.store.find_person(call.place.id) if _UPDATES(call) else None
    if person is not None:
        wanted = str(to.read_fields(call.asked).get("disable", "")).lower()
        if wanted == "true":
            disabled.add(person.id)
    return None


def _disabled_first(
    by: Callable[[Parts, Call, set[str]], Outcome | None],
) -> Callable[[Parts], None]:
    def apply(to: Parts) -> None:
        inner, disabled = to.perform, set[str]()

        def perform(call: Call) -> Outcome:
            person = to.store.find_person(call.place.id) if _DELETES(call) else None
            if person is not None and person.id not in disabled:
                return NOT_SUSPENDED
            try:
                done = by(to, call, disabled)
            except Mistake:  # a body that cannot be read is refused as ever
                done = None
            return inner(call) if done is None else done

        to.perform = perform

    return apply


VARIANTS = (
    Variant(
        name="people-terminated-first",
        leaves_open=_LEAVING,
        summary="a person is deleted once their status is Terminated, and 500 is answered before",
        apply=parts(_disabled_first(_by_status)),
        aspects=deciding("people"),
    ),
    Variant(
        name="people-disabled-first",
        leaves_open=_LEAVING,
        summary="a person is deleted once an update disabled them; before, 500 is answered",
        apply=parts(_disabled_first(_by_update)),
        aspects=deciding("people"),
    ),
)
