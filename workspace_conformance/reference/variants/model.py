"""What a variant is, and the ways to make one."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..faults import wrapping
from ..options import Options
from ..parts import Parts
from ..shaping import Head
from ..values import Answer, Call, Json, Outcome

if TYPE_CHECKING:
    from ..application import PortalApp

Apply = Callable[["PortalApp"], None]


def _nothing(app: "PortalApp") -> None:
    """Change no part."""


def _as_they_are(options: Options) -> Options:
    return options


@dataclass(frozen=True, slots=True)
class Variant:
    """A lawful way to differ: its name, the point that the documentation leaves open, and one line
    of what it does.

    apply: puts it into a portal before the first request. options: what it changes of the portal's
    options. aspects: what it decides; two variants that decide the same cannot be combined.
    leaves: requirements that a run against it may lawfully leave untested, whole or in part.
    keeps: whether what a run makes cannot all be removed again.
    """

    name: str
    leaves_open: str
    summary: str
    apply: Apply = _nothing
    options: Callable[[Options], Options] = _as_they_are
    aspects: frozenset[str] = frozenset()
    leaves: frozenset[str] = frozenset()
    keeps: bool = False


def deciding(*aspects: str) -> frozenset[str]:
    """The aspects that a variant decides."""
    return frozenset(aspects)


def always(call: Call) -> bool:
    """Every call, also one that leads nowhere."""
    return True


def parts(apply: Callable[[Parts], None]) -> Apply:
    """A variant of the portal's parts."""
    return lambda app: apply(app.parts)


def anew(make: Callable[[], Apply]) -> Apply:
    """A variant that remembers something, with a new memory in each portal."""
    return lambda app: make()(app)


def on_answer(change: Callable[[Call, Outcome, Answer], Answer]) -> Apply:
    """Change every answer as it leaves the parts."""
    return parts(wrapping.on_answer(change, when=always))


def on_envelope(change: Callable[[Call, Outcome, wrapping.Members], Json]) -> Apply:
    """Change the envelope of every answer, in both forms."""
    return parts(wrapping.on_envelope(change, when=always))


def on_value(change: Callable[[Json], Json]) -> Apply:
    """Change what successes say, in both forms."""

    def changed(call: Call, outcome: Outcome) -> Outcome:
        return replace(outcome, value=change(outcome.value))

    return parts(wrapping.on_success(changed, when=always))


def on_head(change: Callable[[Head], Head]) -> Apply:
    """Change the head of every answer as it is written."""
    return lambda app: app.shape.heads.append(change)


def with_fields(answer: Answer, *fields: tuple[str, str]) -> Answer:
    """The answer with further header fields."""
    return replace(answer, headers=(*answer.headers, *fields))


def declared(answer: Answer) -> str:
    """The Content-Type of an answer, empty where it has none."""
    return next((value for name, value in answer.headers if name == "content-type"), "")


def is_xml(answer: Answer) -> bool:
    """Whether an answer declares XML."""
    return "xml" in declared(answer).partition(";")[0].lower()


def bare(answer: Answer, body: bytes = b"", media: str | None = None) -> Answer:
    """The answer with another body, declared as `media`; without one it declares nothing."""
    headers = tuple(field for field in answer.headers if field[0] != "content-type")
    if media is not None:
        headers = (("content-type", media), *headers)
    return replace(answer, headers=headers, body=body)
