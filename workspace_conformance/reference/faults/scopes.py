"""What a fault of the documented API is confined to: an operation, a module, a type of record."""

from collections.abc import Collection

from ..values import Call, Form
from .calls import When, module_of, operation_of

READ = ("GET", "HEAD")


def _of(
    methods: Collection[str], suffixes: Collection[Form | None], call: Call, *, about: bool
) -> bool:
    return (
        about
        and call.asked.method in methods
        and (not suffixes or call.place.suffix in suffixes)
        and call.place.route is not None
    )


def operation(
    *paths: str, methods: Collection[str] = READ, suffixes: Collection[Form | None] = ()
) -> When:
    """Calls of operations, by their documented paths below api/2.0, in these forms (none: all)."""
    return lambda call: _of(methods, suffixes, call, about=operation_of(call.place) in paths)


def module(
    name: str, methods: Collection[str] = READ, suffixes: Collection[Form | None] = ()
) -> When:
    """Calls of all documented operations of a module, in these forms (none given: all)."""
    return lambda call: _of(methods, suffixes, call, about=module_of(call.place) == name)


def record(
    type_name: str, methods: Collection[str] = READ, suffixes: Collection[Form | None] = ()
) -> When:
    """Calls of operations that answer records of a type, by the documentation's name for it."""

    def answers(call: Call) -> bool:
        route = call.place.route
        found = route.operations.get(call.asked.method) if route is not None else None
        return found is not None and found.answer is not None and found.answer.name == type_name

    return lambda call: _of(methods, suffixes, call, about=answers(call))
