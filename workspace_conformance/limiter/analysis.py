"""What the times and outcomes of requests say about a rate limiter: judged without sending anything.

The documentation (Basic concepts, Rate limiting): up to N requests per period P are served, from
one address with one account; then 503. Where a period begins it leaves open, so three kinds of
limiter are lawful: a fixed window that begins with its first request, a window aligned to a clock
that we do not see, and a log that slides. When a request was counted is not known either, only that
it was after it was sent and before its answer had come. Nothing is said against a limiter here
unless no lawful kind, and no placement of the counting within those bounds, explains what was seen.

All times are seconds on one clock.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise

from workspace_conformance.limiter.counting import (
    EPSILON,
    Fate,
    Hit,
    Tally,
    grace,
    only,
    refused,
    served,
    span,
)
from workspace_conformance.settings import Rate

MARGIN = 0.05  # seconds between a burst and the nearest instant at which a window may begin


class Judgement(StrEnum):
    """What counting came to."""

    EXACT = "exact"  # the limit is the documented one
    TOO_FEW = "too few"  # refused before the limit was reached
    TOO_MANY = "too many"  # served more than any lawful limiter would
    OPEN = "open"  # cannot be told (yet)


@dataclass(frozen=True, slots=True)
class Finding:
    """A judgement over counts: the limit found (None: not told), the hit that shows a violation.

    `phases`: where the windows of a clock-aligned limiter may begin, as instants in the period
    after the first hit; empty where no such limiter is needed, or none fits.
    """

    judgement: Judgement
    limit: int | None = None
    shown_by: Hit | None = None
    phases: tuple[float, ...] = field(default=())


def judge(
    counts: Sequence[Sequence[Hit]],
    others: Sequence[Hit],
    rate: Rate,
    later: Sequence[Hit] = (),
) -> Finding:
    """Judge bursts, the first of them sent from quiet, each until it was refused.

    `others` are further hits of the same account and address that may weigh on later bursts;
    `later` are those that were sent when a target had said that it would serve again.

    From quiet a fixed window and a sliding one serve exactly N. A clock-aligned one may begin anew
    in the middle and serve up to 2N: then where it began is known within bounds, hence also where
    the next one begins, and a further burst inside one window must be served exactly N. (That one
    of N - 1 begins anew just between the very first requests, and so serves N in all, is not seen.)
    """
    for number, count in enumerate(counts):
        before = [*others, *(hit for earlier in counts[:number] for hit in earlier)]
        shown = _refused_early(count, before, rate)
        if shown is not None:
            return Finding(Judgement.TOO_FEW, served(count), shown)
    finding = _judge_counts(counts, others, rate, later)
    if finding.judgement in (Judgement.EXACT, Judgement.OPEN):
        groups = [*counts, others, later]
        shown = renewed_twice({hit.number: hit for hits in groups for hit in hits}.values(), rate)
        if shown is not None:
            return Finding(Judgement.TOO_MANY, None, shown)
    return finding


def _judge_counts(
    counts: Sequence[Sequence[Hit]], others: Sequence[Hit], rate: Rate, later: Sequence[Hit]
) -> Finding:
    first = counts[0]
    total = served(first)
    sure = not any(hit.fate is Fate.LOST for hit in first)
    begin = min(hit.sent for hit in first)
    quick = served(hit for hit in first if hit.received < begin + rate.period - EPSILON)
    if not refused(first):
        if quick > 2 * rate.requests:
            return Finding(Judgement.TOO_MANY, None, max(first, key=lambda hit: hit.sent))
        return Finding(Judgement.OPEN)
    if total == quick == rate.requests and sure:
        return Finding(Judgement.EXACT, total)
    if quick <= rate.requests:
        return Finding(Judgement.OPEN)
    return _judge_by_clock(counts, others, rate, later)


def _judge_by_clock(
    counts: Sequence[Sequence[Hit]], others: Sequence[Hit], rate: Rate, later: Sequence[Hit]
) -> Finding:
    phases = consistent_phases([*counts, later], others, rate)
    told = [
        count
        for count in counts[1:]
        if served(count)
        and refused(count)
        and not only(count, Fate.LOST)
        and span(count) < rate.period / 2
    ]
    limit = served(told[-1]) if told else None
    if not phases:
        last = told[-1] if told else counts[-1]
        few = served(last) < rate.requests
        shown = refused(last) if few else only(last, Fate.SERVED)[-1:]
        return Finding(
            Judgement.TOO_FEW if few else Judgement.TOO_MANY,
            None if limit == rate.requests else limit,  # each window is right, but they are short
            shown[0] if shown else None,
        )
    if any(served(count) == rate.requests for count in told):
        return Finding(Judgement.EXACT, rate.requests, phases=tuple(phases))
    return Finding(Judgement.OPEN, phases=tuple(phases))


def renewed_early(burst: Sequence[Hit], hit: Hit, rate: Rate) -> bool:
    """Whether a hit was served when what the burst used up can only be free again because a window
    aligned to the clock began anew; or because windows are shorter than the period.
    """
    begin = min(other.sent for other in burst)
    return hit.fate is Fate.SERVED and hit.received < begin + rate.period - grace(rate)


def renewed_twice(hits: Iterable[Hit], rate: Rate) -> Hit | None:
    """A request that was served although N others had been, all within a period of a refusal; or for
    which a window must have begun anew, as one had less than a period before.

    Where a request is refused its window is full, and of the windows after it, whatever they begin
    with, at most one begins within a period; a log that slides serves N in any period.
    """
    hits = list(hits)
    good = only(hits, Fate.SERVED)
    tally = Tally(good)
    for hit in refused(hits):
        end = hit.sent + rate.period - grace(rate)
        if tally.certain(hit.received, end) > rate.requests:
            return max((one for one in good if one.received < end), key=lambda one: one.sent)
    found = renewals(hits, rate)
    if all(slid for _, _, slid in found):
        return None  # a sliding log explains it
    return _second_within_a_period([(last, first) for last, first, _ in found], rate)


def renewals(hits: Iterable[Hit], rate: Rate) -> list[tuple[Hit, Hit, bool]]:
    """Each time that a target served again: the last refusal before it, the first request served, and
    whether an old request that left a sliding log in between explains it.
    """
    events = sorted(hits, key=lambda hit: hit.sent)
    refusals = refused(events)
    found: list[tuple[Hit, Hit, bool]] = []
    last: Hit | None = None  # the latest refusal that had come before a request was sent
    known = 0
    for hit in only(events, Fate.SERVED):
        while known < len(refusals) and refusals[known].received < hit.sent:
            one = refusals[known]
            # What was under way together with the request served may have been refused before it.
            if not found or one.sent > found[-1][1].received:
                last = one if last is None or one.sent > last.sent else last
            known += 1
        if last is None:
            continue
        slid = any(
            old.sent + rate.period - grace(rate) <= hit.received
            and old.received + rate.period + grace(rate) >= last.sent
            for old in events
        )
        found.append((last, hit, slid))
        last = None
    return found


def _second_within_a_period(found: Iterable[tuple[Hit, Hit]], rate: Rate) -> Hit | None:
    for (first, _), (_, second) in pairwise(found):
        if second.received < first.sent + rate.period - grace(rate):
            return second
    return None


def _refused_early(count: Sequence[Hit], before: Sequence[Hit], rate: Rate) -> Hit | None:
    """A refusal that came although fewer than N requests can have been counted in its period."""
    refusals = refused(count)
    if not refusals:
        return None
    # Whichever was refused first was counted before any refusal had come: of this burst, only
    # served requests weighed on it. A lawful log may count refused ones too: of earlier ones, all.
    first = refusals[0].received
    since = min(hit.sent for hit in refusals) - rate.period
    weighing = Tally(only(count, Fate.SERVED, Fate.LOST)).possible(since, first)
    weighing += Tally(hit for hit in before if hit.sent <= first).possible(since, first)
    if weighing < rate.requests:
        return refusals[0]
    everything = Tally([*count, *before])
    for hit in refusals:
        if everything.possible(hit.sent - rate.period, hit.received) - 1 < rate.requests:
            return hit
    return None


def consistent_phases(
    counts: Sequence[Sequence[Hit]], others: Sequence[Hit], rate: Rate
) -> list[float]:
    """Where windows aligned to a clock may begin so that they explain all hits of the bursts.

    `others` may have filled windows too.

    The result: instants in [begin, begin + P), `begin` being when the first hit was sent; one for
    each stretch between two instants at which the explanation could change.
    """
    hits = [hit for count in counts for hit in count]
    begin = min(hit.sent for hit in hits)
    end = max(hit.received for hit in hits)
    period = rate.period
    steps = {
        (instant + shift - begin) % period
        for hit in (*hits, *others)
        for instant in (hit.sent, hit.received)
        for shift in (-EPSILON, EPSILON)
    }
    edges = sorted(steps | {0.0})
    middles = [(low + high) / 2 for low, high in zip(edges, [*edges[1:], period], strict=True)]
    sure = Tally(only(hits, Fate.SERVED))
    maybe = Tally(only([*hits, *others], Fate.SERVED, Fate.LOST))
    refusals = refused(hits)
    return [
        begin + offset
        for offset in sorted([*edges, *middles])
        if _explains(begin + offset, end, sure, maybe, refusals, rate)
    ]


def _explains(
    phase: float,
    end: float,
    sure: Tally,
    maybe: Tally,
    refusals: Sequence[Hit],
    rate: Rate,
) -> bool:
    period = rate.period
    bounds = [phase - period]
    while bounds[-1] <= end:
        bounds.append(bounds[-1] + period)
    # Hits can be dealt out to windows exactly where no run of windows is given too many.
    for low in range(len(bounds) - 1):
        for high in range(low + 1, len(bounds)):
            if sure.certain(bounds[low], bounds[high]) > (high - low) * rate.requests:
                return False
    return all(
        any(
            maybe.possible(low, min(hit.received, low + period)) >= rate.requests
            for low in bounds
            if low - EPSILON <= hit.received and low + period + EPSILON >= hit.sent
        )
        for hit in refusals
    )


def undisturbed(due: float, length: float, phases: Sequence[float], rate: Rate) -> float:
    """The first instant not before `due` from which a burst of `length` seconds keeps clear of all
    `phases`, at which a window might begin anew; `due` itself where there is none.
    """

    def clear(begin: float) -> bool:
        return all((phase - begin + MARGIN) % rate.period > length + 2 * MARGIN for phase in phases)

    after = sorted(due + (phase + 1.01 * MARGIN - due) % rate.period for phase in phases)
    return next((begin for begin in [due, *after] if clear(begin)), due)


def leak(
    hits: Sequence[Hit], limit: int, rate: Rate, suspects: Container[int] | None = None
) -> Hit | None:
    """A request that was served although the account was over its limit before and after it.

    `hits` are those of one account and address, in any order; `limit` is the number that the
    target was found to serve; `suspects`, where given, are the numbers of the hits that are looked
    at. What a window that begins anew, or an old request that leaves a
    sliding one, can explain is no leak.
    """
    counted = Tally(only(hits, Fate.SERVED, Fate.LOST))
    refusals = refused(hits)
    over = [
        hit for hit in refusals if counted.possible(hit.sent - rate.period, hit.received) >= limit
    ]
    slack = grace(rate)
    for hit in only(hits, Fate.SERVED):
        if suspects is not None and hit.number not in suspects:
            continue
        before = [other for other in over if other.received < hit.sent]
        after = [other for other in refusals if other.sent > hit.received]
        if not before or not after:
            continue
        last, following = max(before, key=lambda other: other.sent), after[0]
        renewed = (
            following.received >= last.sent + rate.period
            or counted.possible(last.sent, following.received) >= limit
        )
        slid = any(
            old.sent + rate.period - slack <= hit.received
            and old.received + rate.period + slack >= last.sent
            for old in hits
        )
        if not renewed and not slid:
            return hit
    return None


def gave_up(hits: Sequence[Hit], told: Mapping[int, int | None], rate: Rate) -> Hit | None:
    """A request that was served although refusals before it had announced a later time, when that
    had happened once before within a period: a limiter that is asked on, and gives up.

    `told`: the whole seconds that each refusal announced, by the number of its hit. A window that
    begins anew may serve earlier than was announced (some always announce the whole period), but
    once in a period; and what leaves a sliding log may be served at any time.
    """
    return _second_within_a_period(served_early(hits, told, rate), rate)


def served_early(
    hits: Iterable[Hit], told: Mapping[int, int | None], rate: Rate
) -> list[tuple[Hit, Hit]]:
    """Those renewals that came before what the last refusal had announced, less the second of
    rounding.
    """
    return [
        (last, hit)
        for last, hit, slid in renewals(hits, rate)
        if not slid and hit.received < last.sent + (told.get(last.number) or 0) - 1 - grace(rate)
    ]
