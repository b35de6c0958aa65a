"""What the user asked for: where a value comes from, and what is said about one that is wrong."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support import PASSWORD, ROOT, SECOND_TOKEN, TOKEN
from workspace_conformance.reporting.header import header
from workspace_conformance.session.keys import SETTINGS
from workspace_conformance.session.options import OPTIONS
from workspace_conformance.settings import Rate, Settings

URL = "https://portal.example.com"
QUIET = ("-p", "no:cacheprovider", "-p", "no:faulthandler", "-s", "--collect-only", "-q")


class Reader:
    """A plugin that keeps the settings of a run and ends it before anything is collected."""

    settings: Settings | None = None

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        self.settings = session.config.stash[SETTINGS]
        pytest.exit("seen", 0)


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith(("WORKSPACE_", "PYTEST_")) and name != "PYTEST_CURRENT_TEST":
            monkeypatch.delenv(name)


def read(*arguments: str, ini: Path = ROOT / "pytest.ini") -> Settings:
    """The settings that pytest itself ends up with."""
    reader = Reader()
    code = pytest.main(["-c", str(ini), "--rootdir", str(ROOT), *QUIET, *arguments], [reader])
    assert code == 0
    assert reader.settings is not None
    return reader.settings


def complaint(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The one sentence with which pytest refuses to run; exit code 4."""
    ini = ["-c", str(ROOT / "pytest.ini"), "--rootdir", str(ROOT)]
    code = pytest.main([*ini, *QUIET, *arguments])
    out = "".join(capsys.readouterr())
    assert code == pytest.ExitCode.USAGE_ERROR, out
    said = [line for line in out.splitlines() if "ERROR" in line]
    assert len(said) == 1, out
    assert "Traceback" not in out
    assert "  File " not in out
    return said[0].removeprefix("ERROR: ")


# --- where a value comes from ---------------------------------------------------------------------

# Option, two values of it, and what each comes to in the settings.
VALUES: list[tuple[str, str, object, str, object]] = [
    ("--target", "http://a.test/p/", "http://a.test/p", "http://b.test", "http://b.test"),
    ("--token", "one-token", "one-token", "two-token", "two-token"),
    ("--second-token", "one-second", "one-second", "two-second", "two-second"),
    ("--second-address", "127.0.0.3", "127.0.0.3", "::1", "::1"),
    ("--report-dir", "one", Path("one"), "two", Path("two")),
    ("--breadth", "core", "core", "documented", "documented"),
    ("--id-examples", "7", 7, "thorough", 200),
    ("--pace", "99", 99, "off", None),
    ("--rate-limit", "600/20s", Rate(600, 20.0), "50/0.5s", Rate(50, 0.5)),
    ("--overlap", "3", 3, "1", 1),
    ("--seed", "5", 5, "6", 6),
]


@pytest.mark.parametrize(("flag", "one", "is_one", "two", "is_two"), VALUES)
def test_an_option_goes_before_the_environment_and_that_before_the_ini_file(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    flag: str,
    one: str,
    is_one: object,
    two: str,
    is_two: object,
) -> None:
    member = {"--rate-limit": "rate"}.get(flag, flag.removeprefix("--").replace("-", "_"))
    variable = next(option.variable for option in OPTIONS if option.flag == flag)
    assert variable is not None
    given = [] if flag in ("--target", "--token") else ["--target", URL]
    given += ["--token", "any-token"] if flag != "--token" else ["--target", URL]
    given += ["--pace=off"] if flag == "--rate-limit" else []
    ini = tmp_path / "pytest.ini"
    ini.write_text(f"[pytest]\n{variable.lower()} = {one}\n")
    assert getattr(read(*given, ini=ini), member) == is_one
    monkeypatch.setenv(variable, two)
    assert getattr(read(*given, ini=ini), member) == is_two
    assert getattr(read(*given, flag, one, ini=ini), member) == is_one


@pytest.mark.parametrize("flag", ["--allow-writes", "--allow-burst", "--certify"])
def test_consent_and_certify(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, flag: str) -> None:
    member = flag.removeprefix("--").replace("-", "_")
    variable = "WORKSPACE_" + member.upper()
    given = ("--target", URL, "--token", "any-token")
    ini = tmp_path / "pytest.ini"
    ini.write_text("[pytest]\n")
    assert getattr(read(*given, ini=ini), member) is False
    assert getattr(read(*given, flag, ini=ini), member) is True
    for text, meant in (("1", True), ("true", True), ("0", False), ("no", False), ("", False)):
        monkeypatch.setenv(variable, text)
        assert getattr(read(*given, ini=ini), member) is meant
    ini.write_text(f"[pytest]\n{variable.lower()} = 1\n")
    assert getattr(read(*given, ini=ini), member) is True
    monkeypatch.setenv(variable, "0")
    assert getattr(read(*given, ini=ini), member) is False


def test_strict_is_pytests_own_option(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not read().strict
    assert read("--strict").strict
    monkeypatch.setenv("WORKSPACE_STRICT", "1")
    assert read().strict


def test_login_by_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKSPACE_TARGET", URL)
    monkeypatch.setenv("WORKSPACE_USERNAME", "mike")
    monkeypatch.setenv("WORKSPACE_PASSWORD", PASSWORD)
    settings = read()
    assert (settings.target, settings.token) == (URL, None)
    assert (settings.username, settings.password) == ("mike", PASSWORD)
    assert (settings.allow_writes, settings.allow_burst) == (False, False)


def test_a_password_may_hold_any_letter() -> None:
    """It is sent in a body, never in a header."""
    settings = read("--target", URL, "--username", "jürgen", "--password", " pässwörd ")
    assert (settings.username, settings.password) == ("jürgen", " pässwörd ")


def test_the_embedded_portal_is_ours_to_write_to() -> None:
    settings = read()
    assert settings.embedded
    assert settings.allow_writes
    assert settings.allow_burst
    assert settings == Settings(allow_writes=True, allow_burst=True)


def test_the_pace_keeps_a_margin_below_any_limit() -> None:
    assert read().pace == 450
    assert read("--rate-limit", "50/1s").pace == 45
    assert read("--rate-limit", "1/1s").pace == 1


# --- what is wrong --------------------------------------------------------------------------------

GIVEN = ("--token", "any-token")
WRONG = {
    "no scheme": (("--target", "portal.example.com", *GIVEN), "whole URL with its scheme"),
    "host and port": (("--target", "localhost:8080", *GIVEN), "whole URL with its scheme"),
    "ftp": (("--target", "ftp://portal.example.com", *GIVEN), "whole URL with its scheme"),
    "one slash": (("--target", "http:/portal.example.com", *GIVEN), "whole URL with its scheme"),
    "no host": (("--target", "https:///x", *GIVEN), "names no host"),
    "the API": (("--target", f"{URL}/api/2.0", *GIVEN), "adds api/2.0 itself"),
    "a list": (("--target", f"{URL}/api/2.0/people.json", *GIVEN), "adds api/2.0 itself"),
    "the API, slash": (("--target", f"{URL}/api/2.0/", *GIVEN), "adds api/2.0 itself"),
    "a query": (("--target", f"{URL}/?a=b", *GIVEN), "no query"),
    "a port": (("--target", "http://portal.example.com:99999", *GIVEN), "port is not a number"),
    "a space": (("--target", f"{URL}/a b", *GIVEN), "percent-encoded"),
    "a line after the URL": (("--target", f"{URL}\n", *GIVEN), "percent-encoded"),
    "half a bracket": (("--target", "http://[::1", *GIVEN), "no IPv6 address in brackets"),
    "no credential": (("--target", URL), "WORKSPACE_TOKEN"),
    "no password": (("--target", URL, "--username", "mike"), "--password is missing"),
    "no user name": (("--target", URL, "--password", "secret"), "--username is missing"),
    "a line in a token": (("--target", URL, "--token", "a\nb"), "cannot be sent in a header"),
    "an empty token": (("--target", URL, "--token="), "the value is empty"),
    "a blank token": (("--target", URL, "--token", " "), "cannot be sent in a header"),
    "a blank after a token": (("--target", URL, "--token", "a "), "cannot be sent in a header"),
    "no user name at all": (
        ("--target", URL, "--username=", "--password", "x"),
        "the value is empty",
    ),
    "a line in a user name": (
        ("--target", URL, "--username", "a\nb", "--password", "x"),
        "no letter of a text",
    ),
    "no journal": (("--clean-up=",), "the value is empty"),
    "no recording": (("--replay=",), "the value is empty"),
    "no target": (("--target=",), "the value is empty"),
    "the same account": (
        ("--target", URL, *GIVEN, "--second-token", "any-token"),
        "another account",
    ),
    "an address": (("--second-address", "localhost"), "give an IP address"),
    "an address elsewhere": (("--second-address", "203.0.113.5"), "of this machine"),
    "every address": (("--second-address", "0.0.0.0"), "of this machine"),
    "a fault": (("--fault", "default-jsn"), "near it are default-json"),
    "fault and target": (("--target", URL, *GIVEN, "--fault", "default-json"), "embedded portal"),
    "latency and target": (("--target", URL, *GIVEN, "--latency-ms", "5"), "embedded portal"),
    "pace": (("--pace", "fast"), "number of requests per 10 s, or off"),
    "pace 0": (("--pace", "0"), "number of requests per 10 s, or off"),
    "pace over the limit": (("--pace", "501"), "above the limit of 500/10s"),
    "rate": (("--rate-limit", "500"), "e.g. 500/10s"),
    "rate 0": (("--rate-limit", "0/10s"), "e.g. 500/10s"),
    "rate without a period": (("--rate-limit", "500/0s"), "e.g. 500/10s"),
    "breadth": (("--breadth", "all"), "write documented or core"),
    "id examples": (("--id-examples", "many"), "whole number from 1 to"),
    "no id examples": (("--id-examples", "0"), "whole number from 1 to"),
    "overlap": (("--overlap", "0"), "whole number from 1 to"),
    "overlap without end": (("--overlap", "9" * 5000), "whole number from 1 to"),
    "a digit that is none": (("--pace", "\u00b2"), "number of requests per 10 s, or off"),
    "another script's digit": (("--seed", "\u0663"), "whole number from 0 to"),
    "seed": (("--seed", "-1"), "whole number from 0 to"),
    "latency": (("--latency-ms", "slow"), "whole number from 0 to"),
    "a requirement": (("--requirement", "FMT-99"), "no requirement or section 'FMT-99'"),
    "a section": (("--requirement", "FTM"), "no requirement or section 'FTM'"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_said_in_one_sentence(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments, words = WRONG[name]
    said = complaint(capsys, *arguments)
    assert words in said
    flags = [word.partition("=")[0] for word in arguments if word.startswith("--")]
    assert any(flag in said for flag in (*flags, "credential", "requirement", "missing"))


@pytest.mark.parametrize(
    "variable", ["WORKSPACE_ALLOW_WRITES", "WORKSPACE_CERTIFY", "WORKSPACE_STRICT"]
)
def test_a_switch_that_is_neither_on_nor_off(
    variable: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(variable, "maybe")
    monkeypatch.setenv("WORKSPACE_TARGET", URL)
    monkeypatch.setenv("WORKSPACE_TOKEN", TOKEN)
    assert complaint(capsys) == f"{variable}=maybe: write 1 or 0"


def test_a_wrong_value_in_the_environment(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WORKSPACE_TARGET", "portal.example.com")
    assert "whole URL with its scheme" in complaint(capsys)


# --- secrets --------------------------------------------------------------------------------------


def test_no_complaint_repeats_a_secret(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (
        ("--target", URL, "--token", TOKEN + "ж"),
        ("--target", URL, "--token", TOKEN, "--second-token", TOKEN),
        ("--target", URL, "--password", PASSWORD),
        ("--target", f"https://mike:{TOKEN}@portal.example.com"),
        ("--target", f"https://{TOKEN}@portal.example.com"),
        ("--target", f"mike:{TOKEN}@portal.example.com"),
        ("--target", f"{URL}/?token={TOKEN}"),
    ):
        assert TOKEN not in complaint(capsys, *arguments)


def test_the_header_names_what_was_given_and_shows_no_secret() -> None:
    settings = Settings(
        target=URL,
        token=TOKEN,
        second_token=SECOND_TOKEN,
        username="mike",
        password=PASSWORD,
        allow_writes=True,
    )
    said = "\n".join(header(settings))
    assert URL in said
    assert "given token, user name and password, second token" in said
    assert "allowed: writes" in said
    assert "nothing but reading" in "\n".join(header(Settings(target=URL, token=TOKEN)))
    for secret in (TOKEN, SECOND_TOKEN, PASSWORD):
        assert secret not in said
        assert secret not in repr(settings)
    assert "default-json" in "\n".join(header(Settings(faults=("default-json",))))


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("https://bücher.example/p/", "https://xn--bcher-kva.example/p"),
        ("https://BÜCHER.example:8443", "https://xn--bcher-kva.example:8443"),
        ("https://例え.テスト", "https://xn--r8jz45g.xn--zckzah"),
    ],
)
def test_a_host_beyond_ascii_is_taken_as_it_is(written: str, read_as: str) -> None:
    assert read("--target", written, "--token", "any-token").target == read_as


def test_a_name_that_no_host_can_have(capsys: pytest.CaptureFixture[str]) -> None:
    assert "no host can have that name" in complaint(capsys, "--target", "https://a☃☃..b")
    words = complaint(capsys, "--target", "https://a.test/bücher")
    assert "percent-encoded" in words


# --- the embedded portal, never by accident -------------------------------------------------------


@pytest.mark.parametrize(
    "given",
    [
        ("--certify",),
        ("--min-judged=50",),
        ("--token=any-token",),
        ("--second-token=any-token",),
        ("--username=mike", "--password=any"),
        ("--allow-writes",),
        ("--allow-burst",),
        ("--plan", "--allow-writes"),
    ],
)
def test_what_expects_a_target_does_not_take_the_embedded_portal(
    given: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    words = complaint(capsys, *given)
    assert "none is given" in words
    assert "--embedded" in words
    assert read("--embedded", *given).embedded


@pytest.mark.parametrize(
    "name", ["TOKEN", "CERTIFY", "ALLOW_WRITES", "WAIVERS", "BASELINE", "SIGN"]
)
def test_a_variable_expects_a_target_too(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(f"WORKSPACE_{name}", "1")
    assert f"--{name.lower().replace('_', '-')} needs a target" in complaint(capsys)


def test_a_target_that_is_set_and_empty_is_a_mistake(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As a pipeline sets it whose variable is missing."""
    monkeypatch.setenv("WORKSPACE_TARGET", "")
    assert "WORKSPACE_TARGET is set, and empty" in complaint(capsys)
    assert read("--embedded").embedded
    assert read("--fault=json-as-html").embedded


def test_switches_that_are_off_expect_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKSPACE_CERTIFY", "0")
    monkeypatch.setenv("WORKSPACE_ALLOW_WRITES", "")
    monkeypatch.setenv("WORKSPACE_TOKEN", "")
    assert read().embedded


def test_the_embedded_portal_can_be_meant_where_a_target_is_set(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WORKSPACE_TARGET", URL)
    monkeypatch.setenv("WORKSPACE_TOKEN", TOKEN)
    settings = read("--embedded", "--certify")
    assert settings.embedded
    assert settings.allow_writes
    assert "--embedded: leave --target out" in complaint(capsys, "--embedded", "--target", URL)


@pytest.mark.parametrize(("text", "percent"), [("80%", 80), ("0", 0), (" 100 ", 100)])
def test_percent(text: str, percent: int) -> None:
    assert read("--embedded", f"--min-judged={text}").min_judged == percent


@pytest.mark.parametrize("text", ["101%", "-1", "half", "8.5"])
def test_what_is_no_percent(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert "percent" in complaint(capsys, "--embedded", f"--min-judged={text}")
