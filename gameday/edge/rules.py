"""What happens to this call: does it pass, or does a fault rule decide otherwise?

`decide` is a pure function: the rules with their counters, one call and the time
go in; a ruling and the rules with their new counters come out.

The law
    1. Rules are asked in the order they were set; the first ruling wins, and the
       rules behind it never see the call.
    2. A rule *sees* a call that its match and its time window fit and that its
       kind of fault can strike. It *fires* when it rules; a rule that sees a call
       may still let it go on to the next rule: the wrong nth call, the count used
       up, the dice, a full bucket, a signature of the right time.
    3. Chance is a function of the rule's seed and of how many calls it has seen,
       so the same calls in the same order meet the same fate.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from gameday.edge.fault_kinds import Delay, Fault, RejectSkew, StaleRead, Throttle
from gameday.edge.rule_limits import any_fits, chance, in_window, strikes
from gameday.edge.stale_read import may_be_stale

if TYPE_CHECKING:
    from collections.abc import Callable

    from gameday.edge.call import Call

__all__ = ["ArmedRule", "Match", "Rule", "Ruling", "decide"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Which calls a rule is about. Every condition given must hold.

    Each of the tuples holds names or globs, of which one must fit; an empty one
    fits everything. `resources` fit if any resource read or written does. `callers`
    are the actors of the availability zones that are meant, None for anybody
    anywhere. `parameters` is given the parsed parameters and answers whether it
    fits.
    """

    actors: tuple[str, ...] = ()
    callers: frozenset[str] | None = None
    services: tuple[str, ...] = ()
    operations: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    vias: tuple[str, ...] = ()
    parameters: Callable[[Any], bool] | None = None

    def fits(self, call: Call) -> bool:
        """Whether a call is one of those that the rule is about."""
        return (
            any_fits(self.actors, call.actor)
            and (self.callers is None or call.actor in self.callers)
            and any_fits(self.services, call.service)
            and any_fits(self.operations, call.operation)
            and any_fits(self.regions, call.region)
            and any_fits(self.vias, call.via)
            and (
                not self.resources
                or any(
                    any_fits(self.resources, resource)
                    for resource in (*call.reads, *call.writes)
                )
            )
            and (self.parameters is None or self.parameters(call.parameters))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A fault, the calls it is about, and when it strikes.

    Attributes:
        id: unique among the rules that are set.
        match: which calls it sees.
        fault: what happens to those that it rules on.
        nth: only the nth call it sees, from 1.
        count: it fires at most so often.
        probability: the share of the calls it sees that it rules on.
        seed: decides `probability` and jitter.
        after_ms: it sees calls from so long after it was set, milliseconds.
        until_ms: and before so long after it was set, milliseconds.
    """

    id: str
    match: Match
    fault: Fault
    nth: int | None = None
    count: int | None = None
    probability: float = 1.0
    seed: int = 0
    after_ms: float = 0
    until_ms: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmedRule:
    """A rule that is set, and its counters.

    Attributes:
        rule: the rule.
        set_at_ms: when it was set.
        seen: calls it has seen.
        fired: calls it has ruled on.
        tokens: what is left in the bucket of a throttle, None before its first
            call.
        filled_at_ms: when `tokens` was reckoned.
    """

    rule: Rule
    set_at_ms: float
    seen: int = 0
    fired: int = 0
    tokens: float | None = None
    filled_at_ms: float = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What one rule decided about one call.

    Attributes:
        rule_id: the rule.
        fault: what it does.
        delay_ms: how long this call waits, drawn, for a `Delay`.
    """

    rule_id: str
    fault: Fault
    delay_ms: float = field(default=0)


def decide(
    armed: tuple[ArmedRule, ...],
    call: Call,
    *,
    now_ms: float,
    skew_ms: float | None = None,
) -> tuple[Ruling | None, tuple[ArmedRule, ...]]:
    """Return the first ruling, None to let the call pass, and the new counters.

    Args:
        armed: every rule that is set, in that order.
        call: the call to decide on.
        now_ms: milliseconds on the clock of `ArmedRule.set_at_ms`.
        skew_ms: how far ahead of the edge's clock the call's signature is dated,
            None for one without a date.
    """
    after = list(armed)
    for at, one in enumerate(armed):
        if not (
            in_window(one.rule, now_ms - one.set_at_ms)
            and one.rule.match.fits(call)
            and _can_strike(one.rule.fault, call)
        ):
            continue
        fires, after[at] = _strike(replace(one, seen=one.seen + 1), now_ms, skew_ms)
        if fires:
            return _ruling(after[at]), tuple(after)
    return None, tuple(after)


def _can_strike(fault: Fault, call: Call) -> bool:
    return not isinstance(fault, StaleRead) or may_be_stale(
        call, consistent_too=fault.consistent_too
    )


def _strike(
    one: ArmedRule, now_ms: float, skew_ms: float | None
) -> tuple[bool, ArmedRule]:
    """Decide on the call that the rule has just seen."""
    rule = one.rule
    fires = not (
        isinstance(rule.fault, RejectSkew) and _in_time(rule.fault, skew_ms)
    ) and strikes(rule, seen=one.seen, fired=one.fired)
    if fires and isinstance(rule.fault, Throttle):
        fires, one = _take_token(one, rule.fault, now_ms)
    return fires, replace(one, fired=one.fired + 1) if fires else one


def _in_time(fault: RejectSkew, skew_ms: float | None) -> bool:
    return skew_ms is None or abs(skew_ms) <= fault.skew_ms_max


def _take_token(
    one: ArmedRule, bucket: Throttle, now_ms: float
) -> tuple[bool, ArmedRule]:
    """Refill the bucket and take one token; an empty bucket is what fires."""
    tokens = float(bucket.burst) if one.tokens is None else one.tokens
    if one.tokens is not None:
        gained = (now_ms - one.filled_at_ms) / 1000 * bucket.rate_per_s
        tokens = min(float(bucket.burst), tokens + gained)
    empty = tokens < 1
    left = tokens if empty else tokens - 1
    return empty, replace(one, tokens=left, filled_at_ms=now_ms)


def _ruling(one: ArmedRule) -> Ruling:
    fault = one.rule.fault
    delay_ms = _drawn_delay_ms(one, fault) if isinstance(fault, Delay) else 0
    return Ruling(rule_id=one.rule.id, fault=fault, delay_ms=delay_ms)


def _drawn_delay_ms(one: ArmedRule, delay: Delay) -> float:
    if delay.jitter_ms == 0:
        return delay.delay_ms
    dice = chance(one.rule, "delay", one.seen)
    match delay.distribution:
        case "uniform":
            jitter_ms = dice.uniform(-delay.jitter_ms, delay.jitter_ms)
        case "normal":
            jitter_ms = dice.gauss(0, delay.jitter_ms)
        case "exponential":
            jitter_ms = dice.expovariate(1 / delay.jitter_ms)
    return max(0.0, delay.delay_ms + jitter_ms)
