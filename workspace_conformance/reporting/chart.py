"""The limiter's measured facts as a picture: requests over time, served and refused, with the period
and Retry-After drawn in.

Only geometry is made here; the template writes the SVG.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

WIDTH, HEIGHT = 720, 320
LEFT, RIGHT, TOP, BOTTOM = 52, 16, 34, 78  # around the plot
LONGEST = 3  # periods that are drawn


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on an axis: where, in pixels, and what it says."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Positions are pixels in a picture of WIDTH by HEIGHT. Those of Retry-After and of the request
    asked after it are None where there was none; such a request also where it lies outside the
    picture. A Retry-After that ends outside reaches to the picture's edge, and its words say so.
    """

    served: str
    refused: str
    period: tuple[float, float]
    limit: Tick
    first_refusal: Tick | None
    wait: tuple[float, float] | None
    wait_words: str
    asked: Tick | None
    asked_served: bool
    x_ticks: Sequence[Tick]
    y_ticks: Sequence[Tick]
    words: str

    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    top: int = TOP
    bottom: int = HEIGHT - BOTTOM


def chart(measured: Mapping[str, Any] | None, rate_limit: str) -> Chart | None:
    """The picture of what was measured (`measured` of results.json); None where nothing was.

    rate_limit: the documented limit as the settings give it, "500/10s".
    """
    steps = (measured or {}).get("timeline") or []
    if measured is None or not steps:
        return None
    requests, _, period_text = rate_limit.removesuffix("s").partition("/")
    limit, period = int(requests), float(period_text)
    refusal = measured.get("first_refusal")
    recovery = measured.get("recovery")
    ends = [period, steps[-1]["seconds"]]
    if refusal and refusal["retry_after"]:
        ends.append(refusal["seconds"] + refusal["retry_after"])
    if recovery:
        ends.append(recovery["asked"])
    span = float(1.06 * max(end for end in ends if end <= LONGEST * period))
    total = sum(step["served"] + step["refused"] for step in steps)
    # A limit far above what was sent would press the curve to the floor.
    top = float(1.12 * (max(limit, total) if limit <= 4 * total or not total else total))

    def x(seconds: float) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * seconds / span, 1)

    def y(count: float) -> float:
        return round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * count / top, 1)

    served, refused = _areas(steps, x, y, min(span, max(period, steps[-1]["seconds"])))
    wait = None
    wait_words = ""
    if refusal and (refusal["retry_after"] or 0) > 0:
        end = refusal["seconds"] + refusal["retry_after"]
        wait = (x(refusal["seconds"]), min(x(end), float(WIDTH - RIGHT)))
        wait_words = f"Retry-After: {refusal['retry_after']}"
        wait_words += "" if end <= span else ", beyond this picture"
    seen = recovery and recovery["asked"] <= span
    return Chart(
        served=served,
        refused=refused,
        period=(x(0), x(period)),
        limit=Tick(y(limit), f"limit {limit}") if limit <= top else Tick(-1, ""),
        first_refusal=Tick(x(refusal["seconds"]), f"{refusal['seconds']:.1f} s")
        if refusal
        else None,
        wait=wait,
        wait_words=wait_words,
        asked=Tick(x(recovery["asked"]), f"{recovery['asked']:.1f} s")
        if seen and recovery
        else None,
        asked_served=bool(recovery and recovery["served"]),
        x_ticks=[Tick(x(at), f"{at:g}") for at in _steps(span, 8)],
        y_ticks=[Tick(y(at), f"{at:,.0f}") for at in _steps(top, 5)],
        words=_words(measured, limit, period),
    )


def _areas(
    steps: Sequence[Mapping[str, Any]],
    x: Callable[[float], float],
    y: Callable[[float], float],
    end: float,
) -> tuple[str, str]:
    """SVG paths: all served so far, and on top of it all refused so far."""
    lower: list[tuple[float, float]] = [(x(0), y(0))]
    upper: list[tuple[float, float]] = [(x(0), y(0))]
    good = bad = 0
    for step in steps:
        at = x(step["seconds"])
        lower.append((at, lower[-1][1]))
        upper.append((at, upper[-1][1]))
        good += step["served"]
        bad += step["refused"]
        lower.append((at, y(good)))
        upper.append((at, y(good + bad)))
    lower.append((x(end), lower[-1][1]))
    upper.append((x(end), upper[-1][1]))
    served = f"M{_points(lower)} L{x(end)} {y(0)} L{x(0)} {y(0)} Z"
    refused = f"M{_points(upper)} L{_points(reversed(lower))} Z" if bad else ""
    return served, refused


def _points(points: Iterable[tuple[float, float]]) -> str:
    return " L".join(f"{across} {up}" for across, up in points)


def _steps(most: float, count: int) -> list[float]:
    """Round numbers from 0 to `most`, about `count` of them."""
    rough = most / count
    scale = 10 ** math.floor(math.log10(rough))
    step = next(size * scale for size in (1, 2, 5, 10) if size * scale >= rough)
    return [round(number * step, 10) for number in range(int(most / step) + 1)]


def _words(measured: Mapping[str, Any], limit: int, period: float) -> str:
    """The picture in words, for those who cannot see it."""
    first = measured["bursts"][0]
    said = (
        f"In the first burst {first['sent']} requests were sent within {first['seconds']:.1f} s, "
        f"and {first['served']} of them served; the documented limit is {limit} in {period:g} s."
    )
    refusal, recovery = measured.get("first_refusal"), measured.get("recovery")
    if refusal:
        told = refusal["retry_after"]
        said += f" The first refusal came after {refusal['seconds']:.1f} s" + (
            f" and said Retry-After: {told}." if told is not None else "."
        )
    if recovery:
        outcome = "served" if recovery["served"] else "still refused"
        said += f" A request sent after {recovery['asked']:.1f} s was {outcome}."
    return said
