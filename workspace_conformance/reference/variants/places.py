"""Where URLs lead: undocumented methods and suffixes, slashes at the end, spellings of ids."""

import re
from collections.abc import Callable
from dataclasses import replace
from uuid import NAMESPACE_URL, uuid5

from ..bodies import Fields
from ..faults.calls import operation_of
from ..faults.wrapping import Apply as ToParts
from ..faults.wrapping import instead, map_texts, on_fields, on_success
from ..parts import Parts
from ..store import is_guid
from ..values import Asked, Call, Json, Kind, Outcome, Place
from .model import Variant, always, deciding, parts

_METHOD = "with which failure an undocumented method is answered (BC introduction)"
_SUFFIX = "with which failure an undocumented suffix is answered (BC Making requests)"
_SLASH = "what a URL with a slash at its end means"
_IDS = "what ids look like (BC Conventions)"
_SPELLED = "which spellings of an id mean the same (BC Conventions)"

_DOCUMENTED = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS")
_LISTS = (Kind.PEOPLE, Kind.GROUPS, Kind.POSTS, Kind.COMMENTS)
_NUMBERED = ("people/", "group/", "community/blog/")  # where groups and posts are shown
_ID_MEMBERS = ("id", "category", "parent", "parentId")


def _other_methods(status: int, words: str) -> ToParts:
    def find(to: Parts, call: Call) -> Outcome | None:
        undocumented = call.asked.method not in _DOCUMENTED and call.place.kind is not Kind.NOWHERE
        return Outcome(status, error=words) if undocumented else None

    return instead(find)


def _other_suffix(status: int, words: str) -> ToParts:
    def find(to: Parts, call: Call) -> Outcome | None:
        is_other = re.search(r"\.(yaml|yml|csv|html|txt)$", call.asked.path) is not None
        return Outcome(status, error=words) if is_other else None

    return instead(find)


def _slashed(call: Call) -> bool:
    return call.place.kind in _LISTS and call.asked.path.endswith("/")


def _slash(outcome: Callable[[Call], Outcome]) -> ToParts:
    return instead(lambda to, call: outcome(call) if _slashed(call) else None)


def _without_slash(call: Call) -> Outcome:
    there = call.asked.path.rstrip("/") + (f"?{call.asked.query}" if call.asked.query else "")
    return Outcome(301, error="Moved Permanently", headers=(("location", there),))


# --- ids ------------------------------------------------------------------------------------------


class _Numbers:
    """Whole numbers in place of GUIDs, given out in the order in which ids are first shown."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._ids: dict[int, str] = {}
        self._free: list[int] = []

    def number(self, id: str) -> int:
        """The number of a GUID."""
        if id not in self._numbers:
            number = self._free.pop() if self._free else 1000 + len(self._numbers)
            self._numbers[id], self._ids[number] = number, id
        return self._numbers[id]

    def free(self, id: str) -> None:
        """Give the number of a record that is gone to the next one."""
        number = self._numbers.pop(id, None)
        if number is not None:
            del self._ids[number]
            self._free.append(number)

    def id(self, text: str) -> str:
        """The GUID of a number; one that no record has, where the number is unknown; what is no
        number is no id either.
        """
        if not (text.isascii() and text.isdigit()) or (text[0] == "0" and text != "0"):
            return f"not a number: {text}"
        if len(text) > 18:
            return f"no number that fits: {text}"
        return self._ids.get(int(text)) or str(uuid5(NAMESPACE_URL, text))


def _integer_ids(to: Parts, *, again: bool = False) -> None:
    """Groups, posts and comments have numbers; people keep GUIDs, as user names are ids too.

    again: whether the number of a record that is gone is given to the next one.
    """
    numbers = _Numbers()
    locate = to.locate

    def outward(value: Json) -> Json:
        if isinstance(value, list):
            return [outward(item) for item in value]
        if not isinstance(value, dict):
            return value
        shown = {name: outward(item) for name, item in value.items()}
        is_person = "displayName" in value
        for name in _ID_MEMBERS:
            id = shown.get(name)
            if isinstance(id, str) and is_guid(id) and not is_person:
                shown[name] = numbers.number(id) if id.strip("0-") else 0
        return shown

    def located(asked: Asked) -> Place:
        place = locate(asked)
        if place.kind in (Kind.GROUP, Kind.POST, Kind.COMMENTS, Kind.COMMENT):
            return replace(place, id=numbers.id(place.id))
        return place

    def inward(media: str, fields: Fields) -> Fields:
        def id(value: Json) -> Json:
            if isinstance(value, list):
                return [id(item) for item in value]
            return numbers.id(str(value)) if str(value).isdigit() and str(value) != "0" else value

        changed = {name: id(fields[name]) for name in ("parentid", "department") if name in fields}
        return {**fields, **changed}

    def named(call: Call, outcome: Outcome) -> Outcome:
        value = outcome.value
        if operation_of(call.place) and not operation_of(call.place).startswith(_NUMBERED):
            return outcome
        if call.place.kind is Kind.COMMENT and isinstance(value, str) and is_guid(value):
            return replace(outcome, value=numbers.number(value))
        shown = replace(outcome, value=outward(value))
        if again and call.asked.method == "DELETE" and call.place.kind in (Kind.GROUP, Kind.POST):
            numbers.free(call.place.id)
        return shown

    to.locate = located
    on_fields(inward)(to)
    on_success(named, when=always)(to)


def _upper_ids(to: Parts) -> None:
    def raised(name: str, text: str) -> str:
        return text.upper() if is_guid(text) else text

    def change(call: Call, outcome: Outcome) -> Outcome:
        return replace(outcome, value=map_texts(outcome.value, raised))

    on_success(change, when=always)(to)
    # Members that name people and groups come back as they were shown.
    on_fields(lambda media, fields: {n: _lowered(v) for n, v in fields.items()})(to)


def _lowered(value: Json) -> Json:
    if isinstance(value, list):
        return [_lowered(item) for item in value]
    return value.lower() if isinstance(value, str) and is_guid(value) else value


def _exact_ids(to: Parts) -> None:
    """A GUID in capitals is another id than the same in small letters."""
    inner = to.locate

    def locate(asked: Asked) -> Place:
        place = inner(asked)
        is_other = is_guid(place.id) and place.id != place.id.lower()
        return replace(place, id=str(uuid5(NAMESPACE_URL, place.id))) if is_other else place

    to.locate = locate


def _guid_forms(to: Parts) -> None:
    """A GUID may be written with braces or parentheses, and without its dashes."""
    inner = to.locate

    def locate(asked: Asked) -> Place:
        place = inner(asked)
        text = place.id
        if text[:1] + text[-1:] in ("{}", "()"):
            text = text[1:-1]
        if re.fullmatch("[0-9A-Fa-f]{32}", text):
            text = "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
        return replace(place, id=text) if is_guid(text) else place

    to.locate = locate


def _padded(to: Parts) -> None:
    """White space and slashes around an id are overlooked."""
    inner = to.locate

    def locate(asked: Asked) -> Place:
        place = inner(asked)
        bare = place.id.removeprefix("./").removesuffix("/.").strip("/\\").strip()
        return replace(place, id=bare) if bare else place

    to.locate = locate


def _names_in_any_case(to: Parts) -> None:
    inner = to.locate

    def locate(asked: Asked) -> Place:
        place = inner(asked)
        if place.kind is not Kind.PERSON or to.store.find_person(place.id) is not None:
            return place
        wanted = place.id.casefold()
        found = (p for p in to.store.people.all() if p.user_name.casefold() == wanted)
        person = next(found, None)
        return place if person is None else replace(place, id=person.id)

    to.locate = locate


def _any_path_case(to: Parts) -> None:
    """Words of the path are taken in either case, as the vendor's own server does."""
    inner = to.locate
    words = re.compile("/(api|people|group|community|blog|comment|authentication)(?=[/.]|$)", re.I)

    def locate(asked: Asked) -> Place:
        path = words.sub(lambda found: found[0].lower(), asked.path)
        return inner(replace(asked, path=path))

    to.locate = locate


_OTHERS = deciding("other methods")
_OTHER_SUFFIX = deciding("other suffixes")
_SLASHES = deciding("slashes")
_CASE = deciding("case of ids")

VARIANTS = (
    Variant(
        name="methods-404",
        leaves_open=_METHOD,
        summary="404",
        apply=parts(_other_methods(404, "There is nothing at this address")),
        aspects=_OTHERS,
    ),
    Variant(
        name="methods-501",
        leaves_open=_METHOD,
        summary="501",
        apply=parts(_other_methods(501, "Not Implemented")),
        aspects=_OTHERS,
    ),
    Variant(
        name="methods-400",
        leaves_open=_METHOD,
        summary="400",
        apply=parts(_other_methods(400, "Bad Request")),
        aspects=_OTHERS,
    ),
    Variant(
        name="suffix-404",
        leaves_open=_SUFFIX,
        summary="404",
        apply=parts(_other_suffix(404, "Not Found")),
        aspects=_OTHER_SUFFIX,
    ),
    Variant(
        name="suffix-406",
        leaves_open=_SUFFIX,
        summary="406",
        apply=parts(_other_suffix(406, "Not Acceptable")),
        aspects=_OTHER_SUFFIX,
    ),
    Variant(
        name="suffix-415",
        leaves_open=_SUFFIX,
        summary="415",
        apply=parts(_other_suffix(415, "Unsupported Media Type")),
        aspects=_OTHER_SUFFIX,
    ),
    Variant(
        name="slash-404",
        leaves_open=_SLASH,
        summary="a list with a slash at its end is not there",
        apply=parts(_slash(lambda call: Outcome(404, error="Not Found"))),
        aspects=_SLASHES,
    ),
    Variant(
        name="slash-redirect",
        leaves_open=_SLASH,
        summary="a slash at the end of a list is redirected away",
        apply=parts(_slash(_without_slash)),
        aspects=_SLASHES,
    ),
    Variant(
        name="ids-integer",
        leaves_open=_IDS,
        summary="groups, posts and comments have whole numbers for ids",
        apply=parts(_integer_ids),
        aspects=_CASE | deciding("ids"),
    ),
    Variant(
        name="ids-given-again",
        leaves_open=_IDS,
        summary="the number of a record that is gone is the next one's",
        apply=parts(lambda to: _integer_ids(to, again=True)),
        aspects=_CASE | deciding("ids"),
        leaves=frozenset(("STA-5",)),  # nothing tells that the old one cannot be found
    ),
    Variant(
        name="ids-upper",
        leaves_open=_IDS,
        summary="GUIDs are shown in capitals",
        apply=parts(_upper_ids),
        aspects=_CASE,
    ),
    Variant(
        name="ids-exact",
        leaves_open=_SPELLED,
        summary="a GUID in capitals is another id",
        apply=parts(_exact_ids),
        aspects=_CASE,
    ),
    Variant(
        name="ids-braces",
        leaves_open=_SPELLED,
        summary="a GUID is taken in braces, and without dashes",
        apply=parts(_guid_forms),
        aspects=deciding("ids"),
    ),
    Variant(
        name="ids-padded",
        leaves_open=_SPELLED,
        summary="white space and encoded slashes around an id are overlooked",
        apply=parts(_padded),
    ),
    Variant(
        name="names-any-case",
        leaves_open=_SPELLED,
        summary="user names are taken in either case",
        apply=parts(_names_in_any_case),
    ),
    Variant(
        name="paths-any-case",
        leaves_open="whether paths are taken in either case",
        summary="the words of a path are taken in either case",
        apply=parts(_any_path_case),
    ),
)
"""Where URLs may lead."""
