"""Where a URL leads.

The path is split on the slashes that are really there, and each segment decoded once after that:
an encoded slash, dot or null is data inside one id, and can reach nothing else.
"""

import re
from urllib.parse import unquote_to_bytes

from .store import LITERAL_NAMES
from .values import Asked, Form, Kind, Place

NOT_GROUPS = frozenset(("search", "user"))
"""Last segments under api/2.0/group that name something other than a group."""

NOT_POSTS = frozenset(("@self", "@search", "comment", "tag", "user"))
"""Last segments under api/2.0/community/blog that name something other than a post."""

_BROKEN_PERCENT = re.compile("%(?![0-9A-Fa-f]{2})")


def decode_segment(raw: str) -> str | None:
    """A path segment, percent-decoded once; None where that does not give a text."""
    if "%" not in raw:
        return raw
    if _BROKEN_PERCENT.search(raw):
        return None
    try:
        return unquote_to_bytes(raw).decode("utf-8")
    except UnicodeDecodeError:
        return None


def split_suffix(segment: str) -> tuple[str, Form | None]:
    """Take the format suffix off a path's last segment; one that stands alone is no suffix."""
    for form in Form:
        stem = segment.removesuffix(f".{form}")
        if stem and stem != segment:
            return stem, form
    return segment, None


def decode_path(path: str) -> tuple[list[str] | None, Form | None]:
    """A path's decoded segments, the last without its suffix, and the suffix.

    A trailing slash leaves an empty last segment. No segments (None) where one is no text.
    """
    raw = path.split("/")[1:]
    if not raw:
        return None, None
    segments = [decoded for decoded in map(decode_segment, raw) if decoded is not None]
    if len(segments) < len(raw):
        return None, split_suffix(raw[-1])[1]
    segments[-1], form = split_suffix(segments[-1])
    return segments, form


def place_of(segments: list[str]) -> tuple[Kind, str]:
    """The kind of resource that the segments name, and the record's id."""
    match segments:
        case ["api", "2.0", "authentication"] | ["api", "2.0", "authentication", ""]:
            return Kind.LOGIN, ""
        case ["api", "2.0", "people"] | ["api", "2.0", "people", ""]:
            return Kind.PEOPLE, ""
        case ["api", "2.0", "people", "@self"]:
            return Kind.SELF, "@self"
        case ["api", "2.0", "people", id] if id.lower() not in LITERAL_NAMES:
            return Kind.PERSON, id
        case ["api", "2.0", "group"] | ["api", "2.0", "group", ""]:
            return Kind.GROUPS, ""
        case ["api", "2.0", "group", id] if id.lower() not in NOT_GROUPS:
            return Kind.GROUP, id
        case ["api", "2.0", "community", "blog", *rest]:
            return _blog_place(rest)
    return Kind.NOWHERE, ""


def _blog_place(rest: list[str]) -> tuple[Kind, str]:
    match rest:
        case [] | [""]:
            return Kind.POSTS, ""
        case ["comment", id] if id:
            return Kind.COMMENT, id
        case [id, "comment"] | [id, "comment", ""] if id and id.lower() not in NOT_POSTS:
            return Kind.COMMENTS, id
        case [id] if id.lower() not in NOT_POSTS:
            return Kind.POST, id
    return Kind.NOWHERE, ""


def locate(asked: Asked) -> Place:
    """Where the request's URL leads; `Kind.NOWHERE` where nothing is documented."""
    segments, form = decode_path(asked.path)
    if segments is None:
        return Place(Kind.NOWHERE, suffix=form)
    kind, id = place_of(segments)
    if kind is Kind.NOWHERE and segments[:2] == ["api", "2.0"] and len(segments) > 2:
        from .documented import routes  # here: what serves nothing else need not load it

        route = routes.find(segments[2:], asked.method)
        if route is not None:
            return Place(Kind.DOCUMENTED, "", form, route)
    return Place(kind, id, form)
