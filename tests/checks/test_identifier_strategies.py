"""Every id that is drawn can be sent as it is, and is what its strategy says it is."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from urllib.parse import unquote

import pytest
from hypothesis import find, given, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample
from hypothesis.strategies import SearchStrategy

from workspace_conformance.checks import identifier_strategies as ids
from workspace_conformance.exchange.identifiers import Form, Identifier

QUICK = settings(max_examples=40, derandomize=True, database=None, deadline=None)
SEGMENT = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})+")
REAL = {
    Form.GUID: "6f9619ff-8b86-4d01-b42d-00cf4fc964ff",
    Form.INTEGER: "1234",
    Form.NAME: "Mike.Zanyatski",
}
RESERVED = ("@self", "email", "null", "Undefined")
FORMS = pytest.mark.parametrize("form", list(Form))

STRATEGIES: dict[str, Callable[[Form], SearchStrategy[Identifier]]] = {
    "unknown": lambda form: ids.unknown(form, [REAL[form]], RESERVED),
    "near_misses": lambda form: ids.near_misses(REAL[form], form, (), RESERVED),
    "wrong_form": lambda form: ids.wrong_form(form, [REAL[form]], RESERVED),
    "escapes": lambda form: ids.escapes(reserved=RESERVED),
    "placeholders": lambda form: ids.placeholders(reserved=RESERVED),
    "anything": lambda form: ids.anything(form, REAL[form], [REAL[form]], RESERVED),
}


def drawn(strategy: SearchStrategy[Identifier], examples: int = 40) -> list[Identifier]:
    found: list[Identifier] = []

    @settings(QUICK, max_examples=examples)
    @given(strategy)
    def draw(identifier: Identifier) -> None:
        found.append(identifier)

    draw()
    return found


@FORMS
@pytest.mark.parametrize("name", STRATEGIES)
def test_every_id_can_be_sent_and_is_no_other_url(name: str, form: Form) -> None:
    found = drawn(STRATEGIES[name](form))
    assert len(found) > 5
    for identifier in found:
        assert SEGMENT.fullmatch(identifier.wire), identifier
        assert unquote(identifier.wire) == identifier.text
        for suffix in ("", ".json", ".xml"):
            bare = identifier.text.removesuffix(suffix)
            assert bare not in ("", ".", "..")
            assert bare.casefold() not in ("@self", "email", "null", "undefined")
            assert ids.meaning(bare, form) != ids.meaning(REAL[form], form)
        assert repr(identifier).isascii()
        assert repr(identifier).isprintable()
        assert len(repr(identifier)) < 300


@FORMS
@pytest.mark.parametrize("name", STRATEGIES)
def test_the_same_ids_are_drawn_every_time(name: str, form: Form) -> None:
    assert drawn(STRATEGIES[name](form)) == drawn(STRATEGIES[name](form))


@FORMS
def test_spellings_of_an_id_mean_that_id_and_near_misses_do_not(form: Form) -> None:
    real = REAL[form]
    spellings = ids.same_id_list(real, form)
    misses = ids.near_miss_list(real, form)
    assert spellings
    assert len(misses) > 40
    for spelling in spellings:
        assert SEGMENT.fullmatch(spelling.wire)
        assert spelling.wire != real
        assert ids.meaning(spelling.text, form) == ids.meaning(real, form)
    assert not {miss.text for miss in misses} & {spelling.text for spelling in spellings}
    assert len({miss.wire for miss in misses}) == len(misses)


@pytest.mark.parametrize("real", ["Ünïcode & <b>", "a", "x.json", "é", "..", "100%"])
def test_near_misses_of_awkward_names_can_be_sent(real: str) -> None:
    for miss in ids.near_miss_list(real, Form.NAME) + ids.same_id_list(real, Form.NAME):
        assert SEGMENT.fullmatch(miss.wire), miss
        assert unquote(miss.wire) == miss.text
    assert all(miss.text != real for miss in ids.near_miss_list(real, Form.NAME))


def test_near_misses_try_what_servers_get_wrong() -> None:
    wires = {miss.wire for miss in ids.near_miss_list("abc", Form.NAME)}
    expected = {
        "ab",
        "abcx",
        "abcabc",
        "abc%20x",
        "x%20abc",
        "abc%00",
        "abc%2Fx",
        "abc.",
        "abc;a=b",
    }
    assert expected | {"%EF%BB%BFabc", "%2561%2562%2563", "ab~", "abc%3F", "ab%3F"} <= wires


def test_near_misses_are_no_other_real_id() -> None:
    texts = {miss.text for miss in ids.near_miss_list("user10", Form.NAME, ["USER1"], ["ser10"])}
    assert "user10x" in texts
    assert not texts & {"user1", "ser10"}
    assert not any(miss.text.isdigit() for miss in ids.near_miss_list("1234", Form.INTEGER))


@FORMS
@QUICK
@given(data=st.data())
def test_unknown_ids_have_the_right_form(form: Form, data: st.DataObject) -> None:
    found = data.draw(ids.unknown(form, [REAL[form]]))
    if form is Form.GUID:
        assert str(uuid.UUID(found.text)) == found.text
    elif form is Form.INTEGER:
        assert 0 < int(found.text) < 2**31
    else:
        assert re.fullmatch(r"[A-Za-z0-9.-]{1,43}", found.text)
        assert "conformance" in found.text
    assert found.wire == found.text


@FORMS
def test_known_ids_are_never_drawn(form: Form) -> None:
    free = {found.text for found in drawn(ids.unknown(form, ()))}
    known = {text.upper() for text in free}
    left = {found.text for found in drawn(ids.unknown(form, known))}
    assert free
    assert left
    assert not free & left


def test_wrong_forms_are_not_of_the_form() -> None:
    for found in drawn(ids.wrong_form(Form.GUID), 300):
        assert not re.fullmatch(r"[0-9a-fA-F]{32}", re.sub(r"[-{}()\s]", "", found.text))
    for found in drawn(ids.wrong_form(Form.INTEGER), 300):
        assert not re.fullmatch(r"\s*\+?[0-9]{1,9}\s*", found.text)
    for found in drawn(ids.wrong_form(Form.NAME), 300):
        could_be_a_name = re.fullmatch(r"[\w.~-]{1,64}", found.text)
        assert not could_be_a_name or "conformance" in found.text


@FORMS
def test_wrong_forms_reach_every_class(form: Form) -> None:
    kinds = {found.kind for found in drawn(ids.wrong_form(form), 600)}
    for kind in ("letters", "combining marks", "symbols", "control characters", "very long"):
        assert kind in kinds
    for kind in ("markup", "wildcard", "astral characters", "percent-encoding", "quotes"):
        assert kind in kinds


def test_failures_shrink_to_the_simplest_id() -> None:
    def simplest(strategy: SearchStrategy[Identifier], fails: Callable[[str], bool]) -> str:
        options = settings(QUICK, max_examples=2_000)
        return find(strategy, lambda found: fails(found.text), settings=options).text

    assert simplest(ids.unknown(Form.NAME, ()), lambda text: True) == "no-conformance"
    assert simplest(ids.unknown(Form.NAME, ()), lambda text: text[-1] == "0") == "no-conformance-0"
    assert simplest(ids.wrong_form(Form.GUID), lambda text: True) == "abc"
    with pytest.raises(NoSuchExample):
        simplest(ids.placeholders(), lambda text: "/" in text)


def test_escapes_lead_to_the_targets() -> None:
    wires = {found.wire for found in ids.escape_list(["@self", "people/@self"])}
    assert {"..%2F..%2F@self", "%2E%2E%2F@self", "..%5Cpeople%5C@self"} <= wires
    assert {"x%2F..%2F..%2F@self", "%C0%AE%C0%AE%2F@self", "..%252F@self"} <= wires
    assert "%2Fapi%2F2.0%2Fpeople%2F@self" in wires
    assert not any(unquote(wire) in ("@self", "people/@self") for wire in wires)


def test_placeholders_carry_the_name_of_the_parameter() -> None:
    wires = [found.wire for found in ids.placeholder_list("groupid")]
    assert wires[0] == "%7Bgroupid%7D"
    assert {":groupid", "%3Cid%3E", "$id", "undefined", "%5Bobject%20Object%5D"} <= set(wires)


def test_the_empty_id_is_its_own_strategy() -> None:
    assert drawn(ids.empty()) == [Identifier("", "", "empty id")]


@pytest.mark.parametrize(
    ("real", "form"),
    [
        ([REAL[Form.GUID], REAL[Form.GUID].upper()], Form.GUID),
        (["1", "20"], Form.INTEGER),
        (["1", "a"], Form.NAME),
        ([REAL[Form.GUID], "1"], Form.NAME),
        ([], Form.NAME),
    ],
)
def test_the_form_is_told_from_real_ids(real: list[str], form: Form) -> None:
    assert ids.form_of(real) is form


@QUICK
@given(st.text())
def test_encoding_can_be_undone(text: str) -> None:
    wire = ids.encode(text)
    assert unquote(wire) == text
    assert not text or SEGMENT.fullmatch(wire)
    assert wire not in (".", "..")


def test_encoding_leaves_only_unreserved_characters() -> None:
    assert ids.encode("aZ0-._~ /@:é") == "aZ0-._~%20%2F%40%3A%C3%A9"
    assert ids.encode("..") == "%2E%2E"
    assert ids.encode("\ud800") == "%ED%A0%80"


def test_an_id_is_shown_readably() -> None:
    found = Identifier("a\u202eb\x1b", "a%E2%80%AEb%1B", "unknown id")
    assert repr(found) == r"<unknown id 'a\u202eb\x1b', sent as a%E2%80%AEb%1B>"
