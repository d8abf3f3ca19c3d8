"""When has the region got to the point that an experiment waits for?

Each activity here asks until the answer is yes or its deadline has passed; in
the latter case it fails, and its first line says what was waited for and what
was there instead. None of them calls Route 53 or DynamoDB through the control
plane's own request rate unless it says so.
"""

from chaoslib.exceptions import ActivityFailed
from chaoslib.types import Configuration, Secrets

from gameday.chaos.activities.polling import wait_until
from gameday.chaos.evidence import JsonObject
from gameday.chaos.looking_up import look_up_everywhere
from gameday.chaos.running import Running, failing_plainly, running

__all__ = [
    "await_answer",
    "await_empty",
    "await_fired",
    "await_generation",
    "await_leases",
    "await_plans",
    "await_settled",
]


def await_generation(
    endpoint: str = "",
    generation: str = "newest",
    timeout_s: float = 30,
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> JsonObject:
    """Wait until an endpoint's root points at a plan, or at a newer one.

    Args:
        endpoint: the endpoint; the main one when left out.
        generation: the plan's number, or "newest" for the newest plan that is
            published when the activity begins.
        timeout_s: give up after this many seconds; the activity then fails.

    Returns:
        {"endpoint", "generation": what root points at, "wanted", "waited_s"}.
    """
    stage = running(configuration)
    name = stage.endpoint(endpoint)
    wanted = _generation(stage, generation)
    seen = 0

    def reached() -> int | None:
        nonlocal seen
        seen = int(stage.view(name).active)
        return seen if seen >= wanted else None

    with failing_plainly():
        found, waited_s = wait_until(
            reached,
            timeout_s,
            lambda: f"{name} still points at plan {seen}; waited for plan {wanted}",
        )
    return {
        "endpoint": name,
        "generation": found,
        "wanted": wanted,
        "waited_s": waited_s,
    }


def await_empty(
    endpoint: str = "",
    az: str = "all",
    timeout_s: float = 30,
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> JsonObject:
    """Wait until resolvers answer for an endpoint with no error and no address.

    Args:
        endpoint: the endpoint; the main one when left out.
        az: an availability zone, or "all" to wait for every resolver.
        timeout_s: give up after this many seconds; the activity then fails.

    Returns:
        {"endpoint", "az", "waited_s"}.
    """
    stage = running(configuration)
    name = stage.endpoint(endpoint)
    answers: list[str] = []

    def empty() -> bool | None:
        found = look_up_everywhere(stage, name, az)
        answers[:] = [f"{a.az} {', '.join(a.addresses) or a.rcode}" for a in found]
        return all(answer.is_empty for answer in found) or None

    with failing_plainly():
        _, waited_s = wait_until(
            empty,
            timeout_s,
            lambda: f"{name} is not empty yet; last answers: {'; '.join(answers)}",
        )
    return {"endpoint": name, "az": az, "waited_s": waited_s}


def await_answer(
    endpoint: str = "",
    az: str = "all",
    timeout_s: float = 30,
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> JsonObject:
    """Wait until resolvers answer for an endpoint with at least one address.

    After a repair this takes as long as resolvers remember that there was no
    answer: the negative-cache tail.

    Args:
        endpoint: the endpoint; the main one when left out.
        az: an availability zone, or "all" to wait for every resolver.
        timeout_s: give up after this many seconds; the activity then fails.

    Returns:
        {"endpoint", "az", "answers": {zone: addresses}, "waited_s"}.
    """
    stage = running(configuration)
    name = stage.endpoint(endpoint)
    silent: list[str] = []

    def answered() -> dict[str, list[str]] | None:
        found = look_up_everywhere(stage, name, az)
        silent[:] = [answer.az for answer in found if not answer.addresses]
        return None if silent else {a.az: list(a.addresses) for a in found}

    with failing_plainly():
        answers, waited_s = wait_until(
            answered,
            timeout_s,
            lambda: f"{name} has no answer yet in {', '.join(silent)}",
        )
    return {"endpoint": name, "az": az, "answers": answers, "waited_s": waited_s}


def await_settled(
    timeout_s: float = 30,
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> JsonObject:
    """Wait until the root of every endpoint points at a tree that exists.

    All endpoints must also point at the same plan or newer ones than the
    newest plan that was published when the activity began.

    Args:
        timeout_s: give up after this many seconds; the activity then fails.

    Returns:
        {"generations": {endpoint: what root points at}, "waited_s"}.
    """
    stage = running(configuration)
    wanted = _generation(stage, "newest")
    behind: list[str] = []

    def settled() -> dict[str, int] | None:
        views = {name: stage.view(name) for name in stage.endpoints}
        behind[:] = [
            f"{name} at plan {view.active}"
            for name, view in views.items()
            if view.active < wanted or view.active not in view.trees
        ]
        return None if behind else {n: int(v.active) for n, v in views.items()}

    with failing_plainly():
        generations, waited_s = wait_until(
            settled,
            timeout_s,
            lambda: f"not settled on plan {wanted}: {'; '.join(behind)}",
        )
    return {"generations": generations, "waited_s": waited_s}


def await_plans(
    count: int = 1,
    timeout_s: float = 30,
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> JsonObject:
    """Wait until the planner has published more plans.

    Args:
        count: how many plans from now on.
        timeout_s: give up after this many seconds; the activity then fails.

    Returns:
        {"generation": the newest plan now, "waited_s"}.
    """
    stage = running(configuration)
    wanted = _generation(stage, "newest") + count
    seen = 0

    def published() -> int | None:
        nonlocal seen
        seen = _generation(stage, "newest")
        return seen if seen >= wanted else None

    with failing_plainly():
        generation, waited_s = wait_until(
            published,
            timeout_s,
            lambda: f"the newest plan is {seen}; waited for plan {wanted}",
        )
    return {"generation": generation, "waited_s": waited_s}


def await_fired(
    rule: str,
    count: int = 1,
    timeout_s: float = 30,
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> JsonObject:
    """Wait until a fault has happened.

    Args:
        rule: the name of the rule.
        count: how many calls it must have decided.
        timeout_s: give up after this many seconds; the activity then fails.

    Returns:
        {"rule", "fired": how many calls it has decided, "waited_s"}.
    """
    stage = running(configuration)
    seen = 0

    def fired() -> int | None:
        nonlocal seen
        rules = {entry["id"]: entry for entry in stage.edge.rules()}
        if rule not in rules:
            raise ActivityFailed(f"no rule is named {rule!r}; set: {sorted(rules)}")
        seen = int(rules[rule]["fired"])
        return seen if seen >= count else None

    with failing_plainly():
        found, waited_s = wait_until(
            fired,
            timeout_s,
            lambda: f"rule {rule!r} has fired {seen} times; waited for {count}",
        )
    return {"rule": rule, "fired": found, "waited_s": waited_s}


def await_leases(
    share: float = 1,
    timeout_s: float = 30,
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> JsonObject:
    """Wait until at least a share of the droplets' leases is held.

    Reads the lease table as the operator, by the internal gateway.

    Args:
        share: 0 to 1.
        timeout_s: give up after this many seconds; the activity then fails.

    Returns:
        {"share": the share held now, "waited_s"}.
    """
    from gameday.chaos.probes import share_of_leases_kept

    seen = 0.0

    def held() -> float | None:
        nonlocal seen
        seen = share_of_leases_kept(configuration=configuration)
        return seen if seen >= share else None

    found, waited_s = wait_until(
        held,
        timeout_s,
        lambda: f"{seen:.0%} of the leases are held; waited for {share:.0%}",
    )
    return {"share": found, "waited_s": waited_s}


def _generation(stage: Running, generation: str | int) -> int:
    if str(generation) != "newest":
        return int(generation)
    from gameday.chaos.observing import newest_plan

    return newest_plan(stage)
