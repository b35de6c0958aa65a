"""What a request's body says: JSON and forms, read strictly.

Field names are matched without regard to letter case, as the documentation itself spells them in
several ways. A body that cannot be read is a client's mistake (`Mistake`, 400 or 415).
"""

import json
import re
from collections.abc import Mapping
from urllib.parse import unquote_to_bytes

from .records import Contact
from .store import read_date
from .values import Asked, Json, Mistake

Fields = Mapping[str, Json]
"""A body's fields, by name in lower case."""

_BROKEN_PERCENT = re.compile("%(?![0-9A-Fa-f]{2})")
_INDEX = re.compile(r"\[\d*\]$")
_SURROGATE = re.compile("[\ud800-\udfff]")
_TEXT_CHARSETS = ("", "utf-8", "utf8")


def split_content_type(value: str) -> tuple[str, str]:
    """A Content-Type's media type and charset, in lower case; "" where there is none."""
    media, *parameters = value.split(";")
    charset = ""
    for parameter in parameters:
        name, _, given = parameter.partition("=")
        if name.strip().lower() == "charset":
            charset = given.strip().strip('"').lower()
    return media.strip().lower(), charset


def read_fields(asked: Asked) -> Fields:
    """The fields of a request's body; none where it has no body.

    Raises Mistake: 415 for a media type or charset other than the documented ones, 400 for a
    body that is not what it says it is.
    """
    if not asked.body:
        return {}
    media, charset = split_content_type(asked.headers.get("content-type", ""))
    readers = {"application/json": parse_json, "application/x-www-form-urlencoded": parse_form}
    if media not in readers or charset not in _TEXT_CHARSETS:
        raise Mistake(415, "Bodies are read as application/json or a URL-encoded form, in UTF-8")
    try:
        return readers[media](asked.body.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise Mistake(400, "The body could not be read") from error


def _no_constant(name: str) -> Json:
    raise ValueError(f"{name} is no JSON")


def parse_json(text: str) -> Fields:
    """A JSON object's members. Raises ValueError (or RecursionError) for anything else."""
    value = json.loads(text, parse_constant=_no_constant)
    if not isinstance(value, dict):
        raise ValueError("not an object")
    if "\\u" in text and _SURROGATE.search(json.dumps(value, ensure_ascii=False)):
        raise ValueError("half a surrogate pair is no text")
    return {name.lower(): member for name, member in value.items()}


def _decode_form(text: str) -> str:
    if _BROKEN_PERCENT.search(text):
        raise ValueError("broken percent-encoding")
    return unquote_to_bytes(text.replace("+", " ")).decode("utf-8")


def parse_form(text: str) -> Fields:
    """A form's fields: a name that is repeated, or ends in brackets, is a list.

    Raises ValueError where the percent-encoding is broken, or hides something other than UTF-8.
    """
    fields: dict[str, Json] = {}
    for pair in text.split("&"):
        if not pair:
            continue
        raw_name, _, raw_value = pair.partition("=")
        name, value = _decode_form(raw_name).lower(), _decode_form(raw_value)
        plain = _INDEX.sub("", name)
        before = fields.get(plain)
        if isinstance(before, list):
            before.append(value)
        elif plain in fields:
            fields[plain] = [before, value]
        else:
            fields[plain] = [value] if plain != name else value
    return fields


def _wrong(name: str, wanted: str) -> Mistake:
    return Mistake(400, f"{name} must be {wanted}")


def text_of(fields: Fields, name: str) -> str | None:
    """The text in a field; None where it is missing or null. Raises Mistake for another type."""
    value = fields.get(name.lower())
    if value is None or isinstance(value, str):
        return value
    raise _wrong(name, "a text")


def need_text(fields: Fields, name: str) -> str:
    """The text in a mandatory field. Raises Mistake where it is missing or blank."""
    value = text_of(fields, name)
    if value is None or not value.strip():
        raise _wrong(name, "given")
    return value


def flag_of(fields: Fields, name: str) -> bool | None:
    """The truth value in a field, in a form as "true" or "false"; None where it is missing."""
    value = fields.get(name.lower())
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    raise _wrong(name, "true or false")


def texts_of(fields: Fields, name: str) -> list[str] | None:
    """The list of texts in a field, where a single text is a list of one; None where missing."""
    value = fields.get(name.lower())
    if value is None:
        return None
    if isinstance(value, str):
        return [value] if value else []
    if isinstance(value, list):
        texts = [item for item in value if isinstance(item, str)]
        if len(texts) == len(value):
            return texts
    raise _wrong(name, "a list of texts")


def date_of(fields: Fields, name: str) -> str | None:
    """The date-time in a field, in the round-trip form; None where it is missing or empty."""
    text = text_of(fields, name)
    if not text:
        return None
    try:
        return read_date(text)
    except (ValueError, OverflowError) as error:
        raise _wrong(name, "a date-time") from error


def contacts_of(fields: Fields, name: str) -> tuple[Contact, ...] | None:
    """The contacts in a field, objects with a type and a value; None where it is missing."""
    value = fields.get(name.lower())
    if value is None:
        return None
    contacts: list[Contact] = []
    for item in value if isinstance(value, list) else [value]:
        if not isinstance(item, dict):
            raise _wrong(name, "a list of contacts")
        members = {key.lower(): member for key, member in item.items()}
        contacts.append(Contact(need_text(members, "type"), need_text(members, "value")))
    return tuple(contacts)
