"""Ways to wrap a portal's parts, from which faults are made.

Each function here gives the `apply` of a fault: something that, given the parts, puts a wrapper
around one of them.
"""

from collections.abc import Callable
from dataclasses import replace

from ..bodies import Fields, split_content_type
from ..parts import Parts
from ..values import Account, Answer, Asked, Call, Caller, Form, Json, Mistake, Outcome, Place
from .calls import ANY_RECORD, When, unknown_to

Apply = Callable[[Parts], None]

NOT_FOUND = Outcome(404, error="The record could not be found")
SERVER_ERROR = Outcome(500, error="Server error")


def both(*applies: Apply) -> Apply:
    """All of these at once."""

    def apply(parts: Parts) -> None:
        for one in applies:
            one(parts)

    return apply


def map_texts(value: Json, change: Callable[[str, str], Json], name: str = "") -> Json:
    """The value with each text in it changed; `change` gets the member's name and the text."""
    if isinstance(value, str):
        return change(name, value)
    if isinstance(value, list):
        return [map_texts(item, change, name) for item in value]
    if isinstance(value, dict):
        return {key: map_texts(member, change, key) for key, member in value.items()}
    return value


def on_path(change: Callable[[str], str]) -> Apply:
    """Locate another path than the one that was asked for."""

    def apply(parts: Parts) -> None:
        inner = parts.locate
        parts.locate = lambda asked: inner(replace(asked, path=change(asked.path)))

    return apply


def on_id(change: Callable[[Parts, Place], str]) -> Apply:
    """Read another record than the one that was asked for, where that is not there."""

    def apply(parts: Parts) -> None:
        inner = parts.locate

        def locate(asked: Asked) -> Place:
            place = inner(asked)
            if asked.method not in ("GET", "HEAD") or not unknown_to(parts, place):
                return place
            return replace(place, id=change(parts, place))

        parts.locate = locate

    return apply


def also_identify(find: Callable[[Parts, Asked], Account | None]) -> Apply:
    """Take a caller for the account that `find` gives, where no good credential came."""

    def apply(parts: Parts) -> None:
        inner = parts.identify

        def identify(asked: Asked) -> Caller:
            caller = inner(asked)
            account = find(parts, asked) if caller.account is None else None
            return caller if account is None else Caller(account, tried=True)

        parts.identify = identify

    return apply


def on_refusal(change: Callable[[Parts, Call, Outcome], Outcome], when: When = ANY_RECORD) -> Apply:
    """Change what somebody unknown is answered."""

    def apply(parts: Parts) -> None:
        inner = parts.refuse

        def refuse(call: Call) -> Outcome:
            outcome = inner(call)
            return change(parts, call, outcome) if when(call) else outcome

        parts.refuse = refuse

    return apply


def on_outcome(change: Callable[[Call, Outcome], Outcome], when: When = ANY_RECORD) -> Apply:
    """Change what came of calls that were carried out."""

    def apply(parts: Parts) -> None:
        inner = parts.perform

        def perform(call: Call) -> Outcome:
            outcome = inner(call)
            return change(call, outcome) if when(call) else outcome

        parts.perform = perform

    return apply


def on_success(change: Callable[[Call, Outcome], Outcome], when: When = ANY_RECORD) -> Apply:
    """Change what came of calls that succeeded."""
    return on_outcome(lambda call, out: change(call, out) if out.error is None else out, when)


def on_failure(change: Callable[[Call, Outcome], Outcome], when: When = ANY_RECORD) -> Apply:
    """Change what came of calls that failed."""
    return on_outcome(lambda call, out: change(call, out) if out.error is not None else out, when)


def status(number: int, when: When) -> Apply:
    """Answer successes with another status."""
    return on_success(lambda _, outcome: replace(outcome, status=number), when)


def instead(find: Callable[[Parts, Call], Outcome | None]) -> Apply:
    """Do something else than what was asked for, where `find` gives an outcome."""

    def apply(parts: Parts) -> None:
        inner = parts.perform

        def perform(call: Call) -> Outcome:
            try:
                outcome = find(parts, call)
            except Mistake:
                outcome = None
            return inner(call) if outcome is None else outcome

        parts.perform = perform

    return apply


def answer_with(outcome: Outcome, when: When) -> Apply:
    """Answer calls with a fixed outcome, carrying nothing out."""
    return instead(lambda _, call: outcome if when(call) else None)


def afterwards(act: Callable[[Parts, Call], None], when: When = ANY_RECORD) -> Apply:
    """Do something more once a call has succeeded."""

    def apply(parts: Parts) -> None:
        def change(call: Call, outcome: Outcome) -> Outcome:
            act(parts, call)
            return outcome

        on_success(change, when)(parts)

    return apply


def on_fields(change: Callable[[str, Fields], Fields]) -> Apply:
    """Change a body's fields once they are read; `change` gets the body's media type too."""

    def apply(parts: Parts) -> None:
        inner = parts.read_fields

        def read(asked: Asked) -> Fields:
            media, _ = split_content_type(asked.headers.get("content-type", ""))
            return change(media, inner(asked))

        parts.read_fields = read

    return apply


def on_bad_body(find: Callable[[Asked, Mistake], Fields]) -> Apply:
    """Read a body that cannot be read as `find` says, or raise what it raises."""

    def apply(parts: Parts) -> None:
        inner = parts.read_fields

        def read(asked: Asked) -> Fields:
            try:
                return inner(asked)
            except Mistake as mistake:
                return find(asked, mistake)

        parts.read_fields = read

    return apply


def on_choice(change: Callable[[Asked, Place, Form], Form]) -> Apply:
    """Change the form that is answered in."""

    def apply(parts: Parts) -> None:
        inner = parts.choose
        parts.choose = lambda asked, place: change(asked, place, inner(asked, place))

    return apply


Members = dict[str, Json]


def on_envelope(
    change: Callable[[Call, Outcome, Members], Json], *forms: Form, when: When = ANY_RECORD
) -> Apply:
    """Change the envelope before it is written in one of these forms (none given: any)."""

    def apply(parts: Parts) -> None:
        inner = parts.envelope

        def envelope(call: Call, outcome: Outcome, form: Form) -> Json:
            members = inner(call, outcome, form)
            if (forms and form not in forms) or not isinstance(members, dict) or not when(call):
                return members
            return change(call, outcome, members)

        parts.envelope = envelope

    return apply


def on_response(change: Callable[[Json], Json], *forms: Form, when: When = ANY_RECORD) -> Apply:
    """Change what a success says, in one of these forms (none given: any)."""

    def changed(call: Call, outcome: Outcome, members: Members) -> Json:
        if "response" not in members:
            return members
        return {**members, "response": change(members["response"])}

    return on_envelope(changed, *forms, when=when)


def on_answer(
    change: Callable[[Call, Outcome, Answer], Answer], *forms: Form, when: When = ANY_RECORD
) -> Apply:
    """Change an answer as it leaves, where it is in one of these forms (none given: any)."""

    def apply(parts: Parts) -> None:
        inner = parts.finish

        def finish(call: Call, outcome: Outcome, answer: Answer) -> Answer:
            answer = inner(call, outcome, answer)
            fits = not forms or parts.choose(call.asked, call.place) in forms
            return change(call, outcome, answer) if fits and when(call) else answer

        parts.finish = finish

    return apply


def on_success_body(
    change: Callable[[bytes], bytes], *forms: Form, when: When = ANY_RECORD
) -> Apply:
    """Change the bytes of a success."""

    def changed(call: Call, outcome: Outcome, answer: Answer) -> Answer:
        if outcome.error is not None:
            return answer
        return replace(answer, body=change(answer.body))

    return on_answer(changed, *forms, when=when)


def media(declared: str, *forms: Form, when: When = ANY_RECORD) -> Apply:
    """Declare successes as another media type."""

    def changed(call: Call, outcome: Outcome, answer: Answer) -> Answer:
        return redeclare(answer, declared) if outcome.error is None else answer

    return on_answer(changed, *forms, when=when)


def redeclare(answer: Answer, declared: str) -> Answer:
    """The answer with another Content-Type."""
    others = tuple(header for header in answer.headers if header[0] != "content-type")
    return replace(answer, headers=(("content-type", declared), *others))


def without_header(outcome: Outcome, name: str) -> Outcome:
    """The outcome without a header field."""
    return replace(outcome, headers=tuple(h for h in outcome.headers if h[0] != name))


def keep_text(parts: Parts, call: Call) -> None:
    """Keep the text that a PUT sends to a post, and nothing else of it."""
    post = parts.store.posts.find(call.place.id)
    text = parts.read_fields(call.asked).get("content")
    if post is not None and isinstance(text, str):
        parts.store.posts.put(replace(post, text=text))


def with_header(outcome: Outcome, name: str, value: str) -> Outcome:
    """The outcome with a header field set to one value."""
    bare = without_header(outcome, name)
    return replace(bare, headers=(*bare.headers, (name, value)))
