"""Did a poller stay down after the endpoint that it needs had its addresses back?

A poller that cannot reach the endpoint may end by it. It is another matter when the
name resolves again and nothing polls: then nobody has started it (X1 of the incident's
invariants). Pollers tell each poll, and the resolvers' answers say since when the name
has led to an address again.

When operators started it before the time allowed had passed, nobody knows what it would
have done; nor when the run ends too soon.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gameday.checkers.merging import seconds
from gameday.model.history import OpKind
from gameday.model.invocations_seen import polls
from gameday.model.resolver_answers import addresses_back_ns
from gameday.model.run_span import run_span
from gameday.model.verdict import Finding, Validity

if TYPE_CHECKING:
    from gameday.model.history import History
    from gameday.model.invocations_seen import PollSeen
    from gameday.model.world import World

__all__ = ["HAZARD", "check"]

HAZARD = "poller-stuck"
_RESTARTED = "restart_actor"


def check(history: History, world: World) -> Finding:
    """Return invalid when a poller did not poll again by itself."""
    by_poller: dict[str, list[PollSeen]] = {}
    for poll in polls(history):
        by_poller.setdefault(poll.poller, []).append(poll)
    if not by_poller:
        return _unknown("no poll was seen")
    failed = {
        name: seen
        for name, seen in by_poller.items()
        if not all(poll.reached for poll in seen)
    }
    if not failed:
        return _valid(f"{', '.join(sorted(by_poller))} polled throughout")
    endpoint = world.endpoints[0]
    back_ns = addresses_back_ns(history, endpoint)
    if back_ns is None:
        return _unknown(f"{endpoint} had no address as the run ended")
    findings = [
        _judge(name, seen, history, world, back_ns=back_ns)
        for name, seen in sorted(failed.items())
    ]
    gravest = (Validity.INVALID, Validity.UNKNOWN, Validity.VALID)
    return min(findings, key=lambda finding: gravest.index(finding.validity))


def _judge(
    poller: str,
    seen: list[PollSeen],
    history: History,
    world: World,
    *,
    back_ns: int,
) -> Finding:
    again = next((p for p in seen if p.reached and p.op.end_ns >= back_ns), None)
    until_ns = run_span(history).end_ns if again is None else again.op.end_ns
    silent_ms = (until_ns - back_ns) // 1_000_000
    if silent_ms > world.pollers_back_ms:
        until = "the run ended" if again is None else "it polled again"
        return Finding(
            hazard=HAZARD,
            validity=Validity.INVALID,
            summary=(
                f"{poller} did not poll for {silent_ms / 1000:.1f} s after the "
                f"addresses were back at {seconds(back_ns)}, until {until}"
            ),
            at_ns=back_ns + world.pollers_back_ms * 1_000_000,
        )
    if again is None:
        return _unknown(
            f"the run ended {silent_ms / 1000:.1f} s after the addresses were back; "
            f"{world.pollers_back_ms / 1000:.0f} s are allowed"
        )
    last_failed_ns = max(p.op.start_ns for p in seen if not p.reached)
    if _was_helped(history, poller, since_ns=last_failed_ns, until_ns=until_ns):
        return _unknown(f"operators started {poller} again, {silent_ms} ms later")
    return _valid(f"{poller} polled again by itself, {silent_ms} ms later")


def _was_helped(history: History, poller: str, *, since_ns: int, until_ns: int) -> bool:
    return any(
        op.kind is OpKind.MARK
        and op.operation == _RESTARTED
        and op.request.get("actor") == poller
        and since_ns <= op.start_ns <= until_ns
        for op in history
    )


def _valid(summary: str) -> Finding:
    return Finding(hazard=HAZARD, validity=Validity.VALID, summary=summary)


def _unknown(summary: str) -> Finding:
    return Finding(hazard=HAZARD, validity=Validity.UNKNOWN, summary=summary)
