"""Documented operations, carried out: the handlers of `Kind.DOCUMENTED`."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from ..bodies import Fields
from ..store import Store
from ..values import Asked, Call, Outcome
from .core_reads import CoreReads
from .folders import Folders
from .library import Library
from .reading import Reading

if TYPE_CHECKING:
    from .writing import Writing


class Needs(Protocol):
    """What is needed of a portal: its records, how many of each family there are, and how it reads a
    body.
    """

    store: Store
    few: int

    @property
    def read_fields(self) -> Callable[[Asked], Fields]:
        """What reads the fields of a body."""


class Serving:
    """Carries out documented operations on a library."""

    def __init__(self, parts: Needs) -> None:
        store = parts.store
        self._parts = parts
        self._writing: Writing | None = None
        self.library = Library(store, parts.few)
        self.reading = Reading(self.library)
        self.folders = Folders(self.library, self.reading.showing)
        self._core = CoreReads(store).readers()

    def serve(self, call: Call) -> Outcome:
        """Carry out an operation that is allowed. Raises Mistake where the client made one."""
        route = call.place.route
        assert route is not None
        method = "GET" if call.asked.method == "HEAD" else call.asked.method
        operation = route.operations[method]
        if method == "GET":
            reader = self._core.get(operation.name)
            if reader is not None:
                return reader(call, route.words)
            inside = self.folders.read(call, operation.name, route.words)
            if inside is not None:
                return inside
            return self.reading.read(call, operation)
        return self.writing.write(call, operation)

    @property
    def writing(self) -> "Writing":
        """What carries out writes; loaded with the first of them."""
        if self._writing is None:
            from .writing import Writing

            self._writing = Writing(
                self.library, self.reading, self.folders, self._parts.read_fields
            )
        return self._writing
