"""How the embedded portal is started: its options, from a command line or from Python."""

import re
from dataclasses import dataclass
from typing import Literal

LimiterKind = Literal["fixed", "clock", "sliding"]

_RATE = re.compile(r"(\d+)/(\d+(?:\.\d+)?)s?")


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate limit: `limit` requests in `period` seconds."""

    limit: int
    period: float

    def __str__(self) -> str:
        return f"{self.limit}/{self.period:g}s"


DOCUMENTED_RATE = Rate(500, 10.0)
"""Basic concepts, Rate limiting: up to 500 requests per 10-second period."""


def parse_rate(text: str) -> Rate | None:
    """Read "500/10s" (requests and seconds) or "off" (None, no limit).

    Raises ValueError for anything else, and for a limit or a period that is not positive.
    """
    if text == "off":
        return None
    match = _RATE.fullmatch(text)
    if match is None:
        raise ValueError(f'a rate limit is written like "500/10s" or "off", not {text!r}')
    rate = Rate(int(match[1]), float(match[2]))
    if rate.limit < 1 or rate.period <= 0:
        raise ValueError(f"a rate limit needs a positive limit and period, not {text!r}")
    return rate


@dataclass(frozen=True, slots=True)
class Options:
    """What can be chosen about the embedded portal.

    `port` 0 takes any free one. `faults` names deviations that the portal then has, `variants`
    lawful ways in which it then differs; `like` names a known server, whose faults and variants
    it then has as well. `tls` makes it speak TLS, with a certificate of a
    throw-away authority. `keep_alive` is for how many seconds an idle connection stays open.
    `latency_ms` is added to every answer, half before and half after the work. `rate` None
    means that there is no limiter. The same `seed` gives the same record ids.
    """

    host: str = "127.0.0.1"
    port: int = 0
    faults: tuple[str, ...] = ()
    latency_ms: float = 0.0
    rate: Rate | None = DOCUMENTED_RATE
    limiter: LimiterKind = "fixed"
    seed: str = "workspace"
    variants: tuple[str, ...] = ()
    like: str | None = None
    tls: bool = False
    keep_alive: int = 30
