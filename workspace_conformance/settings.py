"""What the user asked for: one frozen object, resolved once from option, environment and
pytest.ini.
"""

from __future__ import annotations

import ipaddress
import re
import socket
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from workspace_conformance.verdict.baseline import Baseline
from workspace_conformance.verdict.gate import Gate
from workspace_conformance.verdict.known import Known
from workspace_conformance.verdict.waivers import Waiver

if TYPE_CHECKING:
    from workspace_conformance.contract.described import Description

MAX_WAIT = 60.0  # seconds to wait, all told, for a target that throttles one request


class SettingsError(ValueError):
    """An option's value cannot be used; the message says why and what to give instead."""


@dataclass(frozen=True, slots=True)
class Rate:
    """So many requests per period in seconds: `Rate(500, 10.0)` is the documented limit."""

    requests: int
    period: float

    def __str__(self) -> str:
        return f"{self.requests}/{self.period:g}s"


DOCUMENTED_RATE = Rate(500, 10.0)  # Basic concepts, Rate limiting


PROFILES = {
    "read-only": "nothing allowed but reading",
    "read-only, burst": "allowed: to exceed the rate limit once; nothing to be written",
    "write": "allowed: to make, change and remove records of our own; no burst",
    "full": "allowed: to make, change and remove records of our own, and one burst over the limit",
}


def profile_of(writes: bool, burst: bool) -> str:
    """The name of what was allowed: results of different profiles are not of the same scope."""
    if writes:
        return "full" if burst else "write"
    return "read-only, burst" if burst else "read-only"


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything a run was told. Secrets have no place in its repr."""

    target: str | None = None
    token: str | None = field(default=None, repr=False)
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    second_token: str | None = field(default=None, repr=False)
    second_address: str | None = None
    allow_writes: bool = False
    allow_burst: bool = False
    certify: bool = False
    strict: bool = False
    faults: tuple[str, ...] = ()
    variants: tuple[str, ...] = ()
    like: str | None = None  # a known server that the embedded portal is to resemble
    proxy: str | None = field(default=None, repr=False)  # to go through; may hold a password
    ca: Path | None = None  # certificate authorities to trust besides the usual ones (PEM)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)  # on every request; secret
    identity: tuple[Path, Path | None] | None = None  # our certificate and its key (PEM)
    report_dir: Path = Path("reports")
    breadth: str = "documented"  # how much is judged: the whole documented API, or its "core"
    described: Description | None = None  # operations of the target's own, beside the documented
    id_examples: int = 20
    rate: Rate = DOCUMENTED_RATE
    pace: int | None = 450  # requests in any period of the rate; None: off
    overlap: int = 16  # cases under way at once
    seed: int = 1
    latency_ms: int = 0
    timeout: float = 30.0  # seconds for one whole answer
    max_time: float | None = None  # seconds after which no further case begins
    requirements: tuple[str, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    baseline: Baseline | None = field(default=None, repr=False)
    gate: Gate = Gate.VIOLATIONS
    known: Known | None = field(default=None, repr=False)  # deviations that are no news
    min_judged: int = 0  # percent of the MUST requirements that must be judged whole
    plan: bool = False
    sign: Path | None = None  # the key that signs the certificate
    subject_digest: tuple[str, str] | None = None  # of the build that is judged: algorithm, digest
    replay: Path | None = None  # a recording that is judged in place of a target
    clean_up: Path | None = None  # the journal of an interrupted run

    @property
    def embedded(self) -> bool:
        """Whether the run judges the embedded portal."""
        return self.target is None


def check_digest(text: str) -> tuple[str, str]:
    """Algorithm and hexadecimal digest of `sha256:ab...`; raises SettingsError."""
    algorithm, _, digest = text.partition(":")
    lengths = {"sha1": 40, "sha256": 64, "sha512": 128}
    if lengths.get(algorithm) != len(digest) or not re.fullmatch("[0-9a-f]+", digest):
        raise SettingsError(
            f"--subject-digest {text}: write algorithm and digest, e.g. sha256:0123...cdef"
        )
    return algorithm, digest


def check_target(url: str) -> str:
    """The portal's root URL without a trailing slash, or SettingsError.

    Accepts a path prefix. Refuses what cannot be meant: no scheme, no host, a query, credentials.
    """
    if "@" in url:
        # First of all, and without the URL: a password in it may hold what else would end the host.
        raise SettingsError(
            "--target: give credentials by --token or WORKSPACE_TOKEN, not inside the URL"
        )
    if "?" in url or "#" in url:
        raise SettingsError("--target: the portal's root has no query and no fragment")
    url = _with_ascii_host(url)
    if any(ord(char) <= 0x20 or ord(char) >= 0x7F for char in url):
        raise SettingsError("--target: write the URL in ASCII, percent-encoded where needed")
    try:
        parts = urlsplit(url)
    except ValueError:
        raise SettingsError(f"--target {url}: the host is no IPv6 address in brackets") from None
    if parts.scheme not in ("http", "https") or "://" not in url:
        raise SettingsError(
            f"--target {url}: give the whole URL with its scheme, e.g. https://portal.example.com"
        )
    if not parts.hostname:
        raise SettingsError(f"--target {url}: the URL names no host")
    try:
        parts.port  # noqa: B018 - reading it is the check
    except ValueError:
        raise SettingsError(f"--target {url}: the port is not a number up to 65535") from None
    root = url.rstrip("/")
    below = f"{root.lower()}/"
    if "/api/2.0/" in below or "/api/2.0." in below or below.endswith("/api/"):
        raise SettingsError(
            f"--target {url}: give the portal's root; the suite adds api/2.0 itself"
        )
    return root


def _with_ascii_host(url: str) -> str:
    """The URL with a host beyond ASCII as names are looked up (IDNA); SettingsError for none."""
    scheme, mark, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    if not mark or host.isascii():
        return url
    import idna  # only for a name with other than ASCII letters

    name, colon, port = host.partition(":")
    try:
        name = idna.encode(name, uts46=True).decode("ascii")
    except idna.IDNAError as error:
        raise SettingsError(f"--target: no host can have that name: {error}") from None
    return f"{scheme}://{name}{colon}{port}{slash}{path}"


def check_rate(text: str) -> Rate:
    """Read '500/10s' (requests per seconds), or SettingsError."""
    requests, slash, period = text.strip().removesuffix("s").partition("/")
    try:
        rate = Rate(int(requests), float(period))
    except ValueError:
        rate = Rate(0, 0.0)
    if not slash or rate.requests < 1 or not 0.2 <= rate.period <= 3600:
        raise SettingsError(f"--rate-limit {text}: write requests per seconds, e.g. 500/10s")
    return rate


def check_pace(text: str, rate: Rate) -> int | None:
    """Read a number of requests per period, or 'off'; SettingsError for anything else."""
    if text.strip().lower() == "off":
        return None
    pace = whole_number(text)
    if pace is None or pace < 1:
        raise SettingsError(
            f"--pace {text}: give a number of requests per {rate.period:g} s, or off"
        )
    return pace


def whole_number(text: str) -> int | None:
    """A number written in at most 18 digits, or None for anything else."""
    return int(text) if re.fullmatch(r"\s*[0-9]{1,18}\s*", text) else None


def check_percent(option: str, text: str) -> int:
    """Read a whole number from 0 to 100, with or without its sign, or SettingsError."""
    number = whole_number(text.strip().removesuffix("%"))
    if number is None or number > 100:
        raise SettingsError(f"{option} {text}: give a whole number of percent, e.g. 90%")
    return number


def check_timeout(text: str) -> float:
    """Read a number of seconds from 0.1 to 600, or SettingsError."""
    try:
        seconds = float(text.strip().removesuffix("s"))
    except ValueError:
        seconds = 0.0
    if not 0.1 <= seconds <= 600:
        raise SettingsError(f"--timeout {text}: give a number of seconds from 0.1 to 600")
    return seconds


def check_duration(flag: str, text: str) -> float:
    """Seconds of a duration such as 90, 90s, 10m or 1h, from a second to a day; or SettingsError."""
    words = text.strip().lower()
    unit = {"s": 1, "m": 60, "h": 3600}.get(words[-1:])
    try:
        seconds = float(words[:-1] if unit else words) * (unit or 1)
    except ValueError:
        seconds = 0.0
    if not 1 <= seconds <= 86_400:
        raise SettingsError(f"{flag} {text}: give a duration from 1s to 24h, e.g. 90s or 10m")
    return seconds


def check_address(text: str) -> str:
    """A local IP address to send from, or SettingsError."""
    try:
        address = ipaddress.ip_address(text)
        family = socket.AF_INET if address.version == 4 else socket.AF_INET6
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.bind((str(address), 0))  # what nothing can be sent from shows here
    except (ValueError, OSError):
        address = None
    if address is None or address.is_unspecified or address.is_multicast:
        raise SettingsError(f"--second-address {text}: give an IP address of this machine")
    return str(address)


def check_secret(option: str, value: str) -> str:
    """A credential that can stand in a header (visible ASCII), or SettingsError that does not
    repeat it.
    """
    if any(not 0x20 <= ord(char) < 0x7F for char in value) or value != value.strip() or not value:
        raise SettingsError(
            f"{option}: the value cannot be sent in a header "
            "(empty, not plain ASCII, or with a blank at its beginning or end)"
        )
    return value


def check_words(option: str, value: str) -> str:
    """A user name or a password, which are sent in a body, or SettingsError that does not repeat
    it.
    """
    if not value or not value.isprintable():
        raise SettingsError(f"{option}: the value is empty, or holds what is no letter of a text")
    return value


def check_authorities(text: str) -> Path:
    """A file of certificates in PEM that can be trusted, or SettingsError."""
    import ssl  # slow to import, and needed by few

    try:
        authorities = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        authorities.load_verify_locations(text)
    except ssl.SSLError:
        raise SettingsError(f"--ca {text}: the file holds no certificate in PEM") from None
    except OSError as error:
        raise SettingsError(f"--ca {text}: cannot be read: {error.strerror or error}") from None
    return Path(text)


def check_writable(folder: Path) -> None:
    """Make the folder for reports where it is missing, and SettingsError where nothing can be
    written there: better before the first request than after the last.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise SettingsError(
            f"--report-dir {folder}: reports cannot be written there: {error.strerror or error}"
        ) from None


def consistent(settings: Settings) -> Settings:
    """Check what only shows when options are seen together; SettingsError, or the settings
    unchanged.
    """
    if (settings.username is None) != (settings.password is None):
        missing = "--password" if settings.password is None else "--username"
        raise SettingsError(f"{missing} is missing: a login needs both user name and password")
    if settings.gate is Gate.REGRESSIONS and settings.baseline is None:
        raise SettingsError("--gate regressions needs --baseline: an earlier results.json")
    if settings.gate is Gate.REGRESSIONS and settings.certify:
        raise SettingsError("--certify excuses nothing: it cannot be given with --gate regressions")
    if settings.faults and not settings.embedded:
        raise SettingsError(
            "--fault is for the embedded portal: it cannot be given together with --target"
        )
    if settings.variants and not settings.embedded:
        raise SettingsError(
            "--variant is for the embedded portal: it cannot be given together with --target"
        )
    if settings.like and not settings.embedded:
        raise SettingsError(
            "--like is for the embedded portal: it cannot be given together with --target"
        )
    if settings.latency_ms and not settings.embedded:
        raise SettingsError(
            "--latency-ms is for the embedded portal: it cannot be given with --target"
        )
    if not settings.embedded and settings.token is None and settings.username is None:
        raise SettingsError(
            "no credential for the target: set WORKSPACE_TOKEN, "
            "or WORKSPACE_USERNAME and WORKSPACE_PASSWORD"
        )
    if settings.described is not None and settings.breadth == "core":
        raise SettingsError("--openapi goes beyond the core of the API: leave --breadth core out")
    if settings.pace is not None and settings.pace > settings.rate.requests:
        raise SettingsError(f"--pace {settings.pace} is above the limit of {settings.rate}")
    if settings.proxy is not None and settings.second_address is not None:
        raise SettingsError(
            "--second-address needs connections of our own, and a proxy is set in the environment: "
            "leave the option out, or except the target by NO_PROXY"
        )
    if settings.second_token is not None and settings.second_token == settings.token:
        raise SettingsError("--second-token is the same as --token: RATE-6 needs another account")
    return settings
