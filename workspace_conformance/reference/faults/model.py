"""What a fault is."""

from collections.abc import Callable
from dataclasses import dataclass

from ..parts import Parts


@dataclass(frozen=True, slots=True)
class Fault:
    """A known deviation: its name, the requirement that it breaks, and one line of what it does.

    `apply` puts it into a portal's parts, by wrapping them, before the first request. `module` is
    the module of the documented API that it is confined to ("crm"); empty where it is about
    people, groups and blog posts, or about everything.
    """

    name: str
    requirement: str
    summary: str
    apply: Callable[[Parts], None]
    module: str = ""

    @property
    def documented(self) -> bool:
        """Whether it lies beyond the core of the API, where --breadth core does not look."""
        return bool(self.module)
