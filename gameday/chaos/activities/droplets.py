"""What can operators do about droplet hosts that are stuck, and what do they see?

Levers are left in AWS, where every host reads them, also one that starts later. A
restart empties a host's queue. `mitigation` names what stands in the table of
`gameday.model.mitigations`, measured out for the hosts of the region; whether it
helps is for the experiment to find out.
"""

from typing import TYPE_CHECKING

from chaoslib.exceptions import ActivityFailed
from chaoslib.types import Configuration, Secrets

from gameday.chaos.activities.polling import watch_until
from gameday.chaos.evidence import JsonList, JsonObject
from gameday.chaos.running import Running, failing_plainly, running

if TYPE_CHECKING:
    from gameday.aws.lever_store import LeverStore
    from gameday.model.levers import Levers

__all__ = [
    "change_levers",
    "pull_levers",
    "release_levers",
    "restart_hosts",
    "throttle_intake",
    "watch_leases",
]

_NEVER_BELOW = -1.0
_NEVER_ABOVE = 2.0


def pull_levers(
    levers: JsonObject = {},  # noqa: B006 - only read, and discovery shows it
    mitigation: str = "",
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> JsonObject:
    """Set what every droplet host works by; what is left out is as built.

    Args:
        levers: `order` ("fifo", "lifo", "earliest-deadline"), `jobs_max`,
            `drop_within_ms`, `one_per_droplet`, `throttle` {per_s, burst,
            renewals_too}, `breaker` {window_ms, open_ms, outcomes_min,
            failure_share, probes, slow_start_per_s}, `quota` {tokens_max,
            retry_cost, success_refund}, `wait` {fixed_ms | backoff_ms |
            full_jitter_ms}, `keep_on_unavailable`; what other programs read:
            `network_backlog_max`, `failover`, `velocity`, `internal_path_for`,
            `invocations`.
        mitigation: levers by name in place of these: "throttle", "drop", "lifo",
            "one-per-droplet", "bound", "slow-breaker", ...

    Returns:
        {"levers": what the hosts will read}.
    """
    from gameday.stage.droplet_hosts import chosen_levers

    stage = running(configuration)
    with failing_plainly():
        chosen = chosen_levers(stage.state, document=levers, mitigation=mitigation)
        return _leave(stage, chosen)


def change_levers(
    levers: JsonObject = {},  # noqa: B006 - only read, and discovery shows it
    let_go: JsonList = [],  # noqa: B006 - as above
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> JsonObject:
    """Pull some levers and let go of others; the rest stays as operators left it.

    Args:
        levers: as for pull_levers.
        let_go: names of levers; each must be pulled.

    Returns:
        {"levers": what the programs will read}.
    """
    from gameday.model.lever_document import parse_levers, render_levers

    stage = running(configuration)
    with failing_plainly():
        before = render_levers(_store(stage).read())
        for name in let_go:
            if name not in before:
                pulled = ", ".join(sorted(before)) or "none"
                raise ActivityFailed(f"no lever {name!r} is pulled; pulled: {pulled}")
        kept = {name: value for name, value in before.items() if name not in let_go}
        try:
            chosen = parse_levers({**kept, **levers})
        except ValueError as error:
            raise ActivityFailed(str(error)) from error
        return _leave(stage, chosen)


def release_levers(
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> JsonObject:
    """Let go of every lever: droplet hosts work as they were built.

    Returns:
        {"levers": {}}.
    """
    from gameday.model.levers import AS_BUILT

    return _leave(running(configuration), AS_BUILT)


def throttle_intake(
    share: float = 0.8,
    renewals_too: bool = False,
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> JsonObject:
    """Pace the leases that droplet hosts establish; the other levers stay.

    Args:
        share: of what a host's workers can establish, above 0.
        renewals_too: pace renewals by the same tokens. That starves them.

    Returns:
        {"levers": what the hosts will read}.
    """
    from gameday.stage.droplet_hosts import throttled

    stage = running(configuration)
    with failing_plainly():
        before = _store(stage).read()
        return _leave(
            stage,
            throttled(before, stage.state, share=share, renewals_too=renewals_too),
        )


def restart_hosts(
    over_s: float = 0,
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> JsonObject:
    """Restart every droplet host, one after the other; their queues are gone.

    The leases stand in the table and are found again.

    Args:
        over_s: turns are spread evenly over this many seconds.

    Returns:
        {"pids": {host: its new process id}}.
    """
    from gameday.clock import SystemClock
    from gameday.stage.droplet_hosts import restart_hosts as restart

    stage = running(configuration)
    with failing_plainly():
        stage.edge.mark("restart_hosts", {"over_s": over_s})
        pids = restart(stage.state, over_ms=over_s * 1000, clock=SystemClock())
    return {"pids": pids}


def watch_leases(
    at_most_s: float = 10,
    until_at_least: float = _NEVER_ABOVE,
    until_at_most: float = _NEVER_BELOW,
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> JsonObject:
    """Let time pass, and note which share of the droplet leases is held.

    Nothing is judged here: the hypothesis and the checkers do that.

    Args:
        at_most_s: seconds to watch.
        until_at_least: stop early once this share is held.
        until_at_most: stop early once no more than this share is held.

    Returns:
        {"shares": one every half second, "lowest", "highest", "last", "watched_s"}.
    """
    from gameday.chaos.probes import share_of_leases_kept

    shares, watched_s = watch_until(
        lambda: round(share_of_leases_kept(configuration=configuration), 3),
        at_most_s,
        lambda share: share >= until_at_least or share <= until_at_most,
    )
    return {
        "shares": shares,
        "lowest": min(shares),
        "highest": max(shares),
        "last": shares[-1],
        "watched_s": watched_s,
    }


def _store(stage: Running) -> "LeverStore":
    from gameday.aws.lever_store import LeverStore

    return LeverStore(stage.operator("dynamodb"), stage.policy())


def _leave(stage: Running, levers: "Levers") -> JsonObject:
    from gameday.model.lever_document import render_levers

    document = render_levers(levers)
    with failing_plainly():
        _store(stage).write(levers)
        stage.edge.mark("pull_levers", {"levers": document})
    return {"levers": document}
