"""Histories made by hand, in the shapes that the edge records.

`Recorder` keeps real zones and applies `model.zone.apply_batch`, so refused
batches carry AWS's words and nothing here can disagree with the contract.
`the_race` is October 2025 at one endpoint (plans 109, 110, 145, 146), with or
without the safeguards.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from gameday.model.enactment import (
    Lock,
    Stale,
    flip_changes,
    lock_record,
    observe,
    parse_lock,
    relock_changes,
    tree_changes,
    unlock_changes,
)
from gameday.model.endpoint_history import addresses
from gameday.model.history import History, Op, OpKind, Outcome
from gameday.model.plan import Generation, Plan, Weights, render_plan
from gameday.model.retention import delete_changes, select_victims
from gameday.model.safeguards import DESIGNS, CleanupGuard, Safeguards
from gameday.model.world import World
from gameday.model.zone import (
    Change,
    Rejection,
    Zone,
    apply_batch,
    new_zone,
    render_change,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

ENDPOINT = "dynamodb.us-east-1.gameday.test"
WORLD = World(endpoints=(ENDPOINT,))
EPOCH_MS = 1_760_000_000_000
LOAD_BALANCERS = {f"lb-{n}": f"127.0.10.{n}" for n in range(1, 5)}
LOCK_TTL_MS = 3_000
TTL_S = 1


@dataclass
class Recorder:
    """Writes a history op by op; times are milliseconds since the run began."""

    now_ms: int = 0
    ops: list[Op] = field(default_factory=list)
    zones: dict[str, Zone] = field(default_factory=dict)
    locks: dict[tuple[str, str], Lock] = field(default_factory=dict)

    def history(self) -> History:
        """Return what has been recorded."""
        return History(tuple(self.ops))

    def at(self, ms: int) -> Recorder:
        """Move the clock."""
        self.now_ms = ms
        return self

    def add(self, **fields: Any) -> Op:
        """Append an op that ends now and took `took_ms`."""
        fields.setdefault("end_ns", self.now_ms * 1_000_000)
        took_ns = fields.pop("took_ms", 5) * 1_000_000
        fields.setdefault("start_ns", max(0, fields["end_ns"] - took_ns))
        op = Op(index=len(self.ops), **fields)
        self.ops.append(op)
        return op

    def mark(self, operation: str, **request: Any) -> Op:
        """Record something that the harness did."""
        return self.add(
            kind=OpKind.MARK,
            actor="harness",
            service="gameday",
            operation=operation,
            request=request,
            took_ms=0,
        )

    def zone(self, endpoint: str = ENDPOINT) -> Zone:
        """Return the zone as it stands, made at first sight."""
        if endpoint not in self.zones:
            self.zones[endpoint] = new_zone(f"Z{len(self.zones)}", f"{endpoint}.")
        return self.zones[endpoint]

    def change(
        self,
        actor: str,
        changes: tuple[Change, ...],
        *,
        endpoint: str = ENDPOINT,
        reply_lost: bool = False,
        never_arrived: bool = False,
        **fields: Any,
    ) -> bool:
        """Send one batch; return whether it took effect."""
        zone = self.zone(endpoint)
        after = zone if never_arrived else apply_batch(zone, changes)
        refused = isinstance(after, Rejection)
        response: Mapping[str, Any] = {"ChangeInfo": {"Id": "C1", "Status": "PENDING"}}
        if isinstance(after, Rejection):
            messages = ", ".join(after.messages)
            response = {"Error": {"Code": after.code, "Message": f"[{messages}]"}}
        else:
            self.zones[endpoint] = after
        if reply_lost:
            response = {}
        outcome = Outcome.FAIL if refused else Outcome.OK
        self.add(
            kind=OpKind.CALL,
            actor=actor,
            service="route53",
            operation="ChangeResourceRecordSets",
            writes=tuple(
                f"route53:{endpoint}/{c.record_set.name[:-1]}/{c.record_set.type}"
                for c in changes
            ),
            request={
                "HostedZoneId": zone.id,
                "Zone": endpoint,
                "ChangeBatch": {"Changes": [render_change(c) for c in changes]},
            },
            response=response,
            outcome=Outcome.INFO if reply_lost else outcome,
            status=None if reply_lost else (400 if refused else 200),
            error=after.code if isinstance(after, Rejection) else "",
            ruling=fields.pop("ruling", "drop_response" if reply_lost else "pass"),
            via="gateway",
            **fields,
        )
        return not refused and not never_arrived

    def list_zone(self, actor: str, *, endpoint: str = ENDPOINT) -> None:
        """Record a listing."""
        self.add(
            kind=OpKind.CALL,
            actor=actor,
            service="route53",
            operation="ListResourceRecordSets",
            reads=(f"route53:{endpoint}/*",),
            request={"HostedZoneId": self.zone(endpoint).id, "Zone": endpoint},
        )

    # What an enactor does.

    def lock(self, actor: str, *, endpoint: str = ENDPOINT, **fields: Any) -> bool:
        """Try to take a free lock."""
        record = self._next_lock(actor, endpoint)
        changes = relock_changes(
            endpoint,
            current=None,
            holder=record.holder,
            alive_until_ms=record.alive_until_ms,
        )
        took = self.change(actor, changes, endpoint=endpoint, **fields)
        if took:
            self.locks[actor, endpoint] = record
        return took

    def under_lock(
        self,
        actor: str,
        changes: tuple[Change, ...],
        *,
        endpoint: str = ENDPOINT,
        **fields: Any,
    ) -> bool:
        """Send a batch that begins with the lock preamble."""
        renewed = self._next_lock(actor, endpoint)
        preamble = relock_changes(
            endpoint,
            current=self.locks[actor, endpoint].record,
            holder=renewed.holder,
            alive_until_ms=renewed.alive_until_ms,
        )
        took = self.change(actor, (*preamble, *changes), endpoint=endpoint, **fields)
        if took:
            self.locks[actor, endpoint] = renewed
        return took

    def unlock(self, actor: str, *, endpoint: str = ENDPOINT, **fields: Any) -> None:
        """Give the lock back."""
        lock = self.locks.pop((actor, endpoint))
        self.change(actor, unlock_changes(lock.record), endpoint=endpoint, **fields)

    def build(
        self,
        actor: str,
        generation: int,
        *,
        endpoint: str = ENDPOINT,
        load_balancers: Mapping[str, str] = LOAD_BALANCERS,
        **fields: Any,
    ) -> bool:
        """Build a plan's tree under the lock."""
        return self.under_lock(
            actor,
            tree_changes(
                Weights(
                    endpoint=endpoint, shares=tuple((n, 1) for n in load_balancers)
                ),
                Generation(generation),
                addresses=load_balancers,
                zone_id=self.zone(endpoint).id,
                ttl_s=TTL_S,
            ),
            endpoint=endpoint,
            **fields,
        )

    def flip(
        self,
        actor: str,
        generation: int,
        *,
        endpoint: str = ENDPOINT,
        safeguards: Safeguards | None = None,
        seen: Zone | None = None,
        **fields: Any,
    ) -> bool:
        """Flip by what the actor saw, the zone as it stands unless `seen`."""
        zone = seen or self.zone(endpoint)
        changes = flip_changes(
            observe(endpoint, zone.record_sets.values()),
            Generation(generation),
            zone_id=zone.id,
            safeguards=safeguards or Safeguards(),
        )
        if isinstance(changes, Stale):
            return False
        return self.under_lock(actor, changes, endpoint=endpoint, **fields)

    def enact(self, actor: str, generation: int, *, endpoint: str = ENDPOINT) -> None:
        """Lock, build, flip and unlock, 10 ms apart."""
        for step in (
            lambda: self.lock(actor, endpoint=endpoint),
            lambda: self.build(actor, generation, endpoint=endpoint),
            lambda: self.flip(actor, generation, endpoint=endpoint),
            lambda: self.unlock(actor, endpoint=endpoint),
        ):
            step()
            self.now_ms += 10

    def delete_trees(
        self,
        actor: str,
        *,
        applied: int,
        seen: Zone,
        guard: CleanupGuard = CleanupGuard.NONE,
        endpoint: str = ENDPOINT,
    ) -> bool:
        """Delete what clean-up selects from the zone it has `seen`."""
        view = observe(endpoint, seen.record_sets.values())
        victims = select_victims(
            view, applied=Generation(applied), keep_plans=3, guard=guard
        )
        changes = delete_changes(view, victims, guard=guard)
        return self.under_lock(actor, changes, endpoint=endpoint)

    def _next_lock(self, actor: str, endpoint: str) -> Lock:
        alive_until_ms = EPOCH_MS + self.now_ms + LOCK_TTL_MS
        return parse_lock(
            lock_record(endpoint, holder=f"{actor}/1", alive_until_ms=alive_until_ms)
        )

    # What everybody else does.

    def publish(
        self,
        generation: int,
        *,
        load_balancers: Mapping[str, str] = LOAD_BALANCERS,
        force: bool = False,
    ) -> None:
        """Write a plan as the planner does."""
        plan = self._plan(generation, load_balancers, force=force)
        self.add(
            kind=OpKind.CALL,
            actor="planner",
            service="dynamodb",
            operation="PutItem",
            writes=(f"dynamodb:gameday-plans/us-east-1/{generation}",),
            request={
                "TableName": "gameday-plans",
                "Item": {
                    "region": {"S": "us-east-1"},
                    "generation": {"N": str(generation)},
                    "document": {"S": render_plan(plan)},
                },
            },
            status=200,
        )

    def pick_up(
        self,
        actor: str,
        generation: int,
        *,
        load_balancers: Mapping[str, str] = LOAD_BALANCERS,
    ) -> None:
        """Read the newest plan as an enactor does."""
        plan = self._plan(generation, load_balancers)
        item = {
            "generation": {"N": str(generation)},
            "document": {"S": render_plan(plan)},
        }
        self.add(
            kind=OpKind.CALL,
            actor=actor,
            service="dynamodb",
            operation="Query",
            reads=("dynamodb:gameday-plans",),
            request={"TableName": "gameday-plans", "ScanIndexForward": False},
            response={"Items": [item], "Count": 1},
            status=200,
        )

    def resolve(
        self,
        *,
        endpoint: str = ENDPOINT,
        az: str = "az1",
        cached: bool = False,
        answers: tuple[str, ...] | None = None,
        rcode: str = "NOERROR",
    ) -> None:
        """Answer from the zone as it stands, or with `answers`."""
        if answers is None:
            answers = tuple(sorted(addresses(self.zone(endpoint), endpoint)))[:1]
        self.add(
            kind=OpKind.DNS,
            actor=az,
            service="dns",
            operation="A",
            reads=(f"dns:{endpoint}",),
            via=f"resolver-{az}",
            request={"name": endpoint, "client": "127.0.0.1"},
            response={
                "rcode": rcode,
                "answers": list(answers),
                "ttl_s": TTL_S,
                "cached": cached,
            },
            error="" if rcode == "NOERROR" else rcode,
            took_ms=1,
        )

    def renew_lease(
        self, droplet: str, *, ttl_ms: int, outcome: Outcome = Outcome.OK
    ) -> None:
        """Write a droplet's lease."""
        expires_at_ms = EPOCH_MS + self.now_ms + ttl_ms
        self.add(
            kind=OpKind.CALL,
            actor="lease-manager",
            service="dynamodb",
            operation="PutItem",
            writes=(f"dynamodb:gameday-leases/{droplet}",),
            request={
                "TableName": "gameday-leases",
                "Item": {
                    "droplet": {"S": droplet},
                    "holder": {"S": "lease-manager"},
                    "version": {"N": "1"},
                    "expires_at_ms": {"N": str(expires_at_ms)},
                },
            },
            outcome=outcome,
        )

    def alarm(self, state: str, *, endpoint: str = ENDPOINT) -> None:
        """Set the endpoint's alarm."""
        self.add(
            kind=OpKind.CALL,
            actor="canary",
            service="cloudwatch",
            operation="SetAlarmState",
            request={
                "AlarmName": f"endpoint-{endpoint}",
                "StateValue": state,
                "StateReason": "the canary's last three attempts",
            },
        )

    def look(self, service: str, *, works: bool) -> None:
        """Tell what a service's canary saw."""
        self._metric("gameday/services", "Works", ("Service", service), float(works))

    def launch_ended(self, outcome: str) -> None:
        """Tell how a request for an instance ended."""
        self._metric("gameday/ec2", "Launches", ("Outcome", outcome), 1.0)

    def _metric(
        self, namespace: str, name: str, dimension: tuple[str, str], value: float
    ) -> None:
        what, which = dimension
        datum = {
            "MetricName": name,
            "Dimensions": [{"Name": what, "Value": which}],
            "Value": value,
        }
        self.add(
            kind=OpKind.CALL,
            actor="canary",
            service="cloudwatch",
            operation="PutMetricData",
            request={"Namespace": namespace, "MetricData": [datum]},
        )

    def _plan(
        self, generation: int, load_balancers: Mapping[str, str], *, force: bool = False
    ) -> Plan:
        weights = Weights(
            endpoint=ENDPOINT, shares=tuple((n, 1) for n in load_balancers)
        )
        return Plan(
            generation=Generation(generation),
            endpoints=(weights,),
            made_by="planner",
            force=force,
        )


def started() -> Recorder:
    """Return a recorder of a run in which plan 109 is live."""
    recorder = Recorder()
    recorder.mark("run_started", epoch_ms=EPOCH_MS)
    recorder.at(100).publish(109)
    recorder.at(200).pick_up("enactor-az1", 109)
    recorder.at(300).enact("enactor-az1", 109)
    recorder.at(600).resolve()
    return recorder


def the_race(design: str = "as-built", *, repaired: bool = True) -> History:
    """Return the race of incident.md 2.5 at one endpoint."""
    safeguards = DESIGNS[design]
    recorder = started()
    recorder.at(900).mark(
        "set_rule",
        id="r1",
        rule={
            "match": {"actor": "enactor-az3", "service": "route53"},
            "fault": {"kind": "delay", "delay_ms": 1_200},
        },
    )
    recorder.at(1_000).publish(110)
    recorder.at(1_100).pick_up("enactor-az3", 110)
    recorder.at(1_150).pick_up("enactor-az1", 110)
    recorder.at(1_200).enact("enactor-az1", 110)
    for ms in (1_500, 2_700, 3_900):
        _lose_the_lock(recorder, ms)
    for generation in range(111, 146):
        recorder.at(1_300 + 80 * (generation - 110)).publish(generation)
    recorder.ops.sort(key=lambda op: op.end_ns)
    recorder.ops = [_renumbered(op, i) for i, op in enumerate(recorder.ops)]
    recorder.at(4_200).pick_up("enactor-az1", 145)
    recorder.at(4_250).enact("enactor-az1", 145)
    recorder.at(4_300).resolve(az="az2")
    recorder.at(4_400).list_zone("cleaner-az1")
    selected = recorder.zone()
    recorder.at(4_450).publish(146)
    recorder.at(4_480).pick_up("enactor-az2", 146)
    recorder.at(4_500).lock("enactor-az3", took_ms=1_200, ruling="delay", rule="r1")
    recorder.at(4_700).build("enactor-az3", 110)
    recorder.at(4_900).flip("enactor-az3", 110, safeguards=safeguards)
    recorder.at(4_950).unlock("enactor-az3")
    recorder.at(5_000).lock("cleaner-az1")
    if safeguards.cleanup_guard is CleanupGuard.IN_BATCH:
        selected = recorder.zone()
    recorder.at(5_100).delete_trees(
        "cleaner-az1", applied=145, seen=selected, guard=safeguards.cleanup_guard
    )
    recorder.at(5_150).unlock("cleaner-az1")
    _aftermath(recorder, safeguards, repaired=repaired)
    recorder.at(12_000).mark("run_ended")
    return recorder.history()


def _aftermath(recorder: Recorder, safeguards: Safeguards, *, repaired: bool) -> None:
    recorder.at(5_300).resolve(az="az1")
    recorder.at(5_310).resolve(az="az2")
    recorder.at(5_350).lock("enactor-az2")
    recorder.at(5_400).build("enactor-az2", 146)
    for ms in range(5_500, 7_500, 500):
        recorder.at(ms)
        if recorder.flip("enactor-az2", 146, safeguards=safeguards):
            break
        recorder.at(ms + 100).resolve(az="az1")
    recorder.at(7_500).unlock("enactor-az2")
    if addresses(recorder.zone(), ENDPOINT):
        recorder.at(8_000).resolve(az="az1")
        return
    recorder.at(7_600).alarm("ALARM")
    if repaired:
        recorder.at(9_000).mark("repair_endpoint", endpoint=ENDPOINT)
        _repair(recorder)
        recorder.at(9_500).resolve(az="az1", answers=(), cached=True)
        recorder.at(10_500).resolve(az="az1")
        recorder.at(10_600).alarm("OK")


def _repair(recorder: Recorder) -> None:
    """The operator points the root at the tree that was built last."""
    zone = recorder.zone()
    view = observe(ENDPOINT, zone.record_sets.values())
    trees = {k: v for k, v in view.trees.items() if v}
    newest = max(trees)
    without = observe(
        ENDPOINT,
        [r for r in zone.record_sets.values() if r.name != f"{ENDPOINT}."],
    )
    changes = flip_changes(without, newest, zone_id=zone.id, safeguards=Safeguards())
    assert not isinstance(changes, Stale)
    recorder.at(9_100).change("operator", changes)


def _lose_the_lock(recorder: Recorder, ms: int) -> None:
    recorder.at(ms - 10).lock("enactor-az2")
    recorder.at(ms).lock("enactor-az3", took_ms=1_000, ruling="delay", rule="r1")
    recorder.at(ms + 10).unlock("enactor-az2")


def _renumbered(op: Op, index: int) -> Op:
    return replace(op, index=index)
