"""What may a harness ask of the edge while it runs?

JSON under /_gameday/ on the gateway's own port: rules, holds, the history, marks,
zones, DNS, load balancers and partitions. Whatever is changed leaves a mark in the
history, so that a reader of it needs nothing else to know what was done.

A refusal is {"errors": [...]} with every reason and the nearest valid name.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

from aiohttp import web

from gameday.edge.control_client import PREFIX
from gameday.edge.control_messages import Asked, answer, refusal
from gameday.edge.dns_control import DnsControl
from gameday.edge.document_fields import Fields
from gameday.edge.http_exchange import BodyTooLarge, request_target
from gameday.edge.load_balancer import STATES
from gameday.edge.partition import parse_cut
from gameday.errors import InvalidInput
from gameday.near_names import unknown_name

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from gameday.edge.dns_plane import DnsPlane
    from gameday.edge.guard import Guard
    from gameday.edge.holds import Holds
    from gameday.edge.load_balancer import LoadBalancers
    from gameday.edge.partitions import Partitions
    from gameday.edge.recorder import Recorder
    from gameday.edge.rule_book import RuleBook
    from gameday.edge.zones import ZoneLog

__all__ = ["Control", "is_control"]

WAIT_MS_MAX = 600_000
OUTCOMES = ("deliver", "lose-reply", "drop")
"""How a hold may end."""

_log = logging.getLogger(__name__)
_ROUTES = (
    "GET status",
    "GET rules",
    "POST rules",
    "DELETE rules",
    "DELETE rules/{id}",
    "POST dns-rules",
    "GET holds",
    "POST holds/release",
    "GET history",
    "GET wait",
    "POST marks",
    "GET zones",
    "GET zones/{name}",
    "POST propagation",
    "POST load-balancers/{name}",
    "POST partitions/{az}",
)


def is_control(request: web.BaseRequest) -> bool:
    """Whether a request is for the control interface."""
    return request.raw_path.startswith(f"{PREFIX}/")


class Control:
    """Answers the control interface."""

    def __init__(
        self,
        *,
        rules: RuleBook,
        holds: Holds,
        guard: Guard,
        zones: ZoneLog,
        recorder: Recorder,
        dns: DnsPlane,
        load_balancers: LoadBalancers,
        partitions: Partitions,
    ) -> None:
        self._rules = rules
        self._holds = holds
        self._guard = guard
        self._recorder = recorder
        self._dns_control = DnsControl(dns=dns, zones=zones, recorder=recorder)
        self._load_balancers = load_balancers
        self._partitions = partitions
        self._stopping = False
        self._routes: dict[str, Callable[[Asked], Awaitable[web.StreamResponse]]] = {
            "GET status": self._status,
            "GET rules": self._get_rules,
            "POST rules": self._set_rule,
            "DELETE rules": self._remove_rules,
            "DELETE rules/{}": self._remove_rule,
            "POST dns-rules": self._set_dns_rule,
            "GET holds": self._get_holds,
            "POST holds/release": self._release,
            "GET history": self._history,
            "GET wait": self._wait,
            "POST marks": self._mark,
            "GET zones": self._get_zones,
            "GET zones/{}": self._get_zone,
            "POST propagation": self._set_propagation,
            "POST load-balancers/{}": self._set_load_balancer,
            "POST partitions/{}": self._set_partition,
        }

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request of the control interface."""
        path, _, query = request_target(request).partition("?")
        steps = [
            unquote(step) for step in path.removeprefix(PREFIX).strip("/").split("/")
        ]
        for route in ("/".join(steps), f"{steps[0]}/{{}}"):
            handler = self._routes.get(f"{request.method} {route}")
            if handler is not None and len(steps) == route.count("/") + 1:
                asked = Asked(request, dict(parse_qsl(query)), steps[-1])
                try:
                    return await handler(asked)
                except InvalidInput as error:
                    return refusal([str(reason) for reason in error.reasons])
                except BodyTooLarge:
                    return refusal(["the body is too large"], status=413)
                except Exception as error:  # noqa: BLE001 - one request only
                    _log.exception("the edge failed at %s", route)
                    return refusal([f"the edge failed: {error!r}"], status=500)
        wanted = f"{request.method} {'/'.join(steps)}"
        return refusal([unknown_name("route", wanted, _ROUTES)], status=404)

    def stop(self) -> None:
        """End the histories that are being followed."""
        self._stopping = True

    async def _status(self, asked: Asked) -> web.StreamResponse:
        if asked.query.get("verify"):
            await self._guard.verify()
        return answer(
            {
                "started_ns": 0,
                "now_ns": self._recorder.now_ns(),
                "ops": len(self._recorder),
                "rules": len(self._rules) + len(self._dns_control.ids()),
                "latency_ms": self._rules.latency_ms,
                "holds": len(self._holds),
                "drift": self._guard.drift,
                "load_balancers": self._load_balancers.states(),
                **self._dns_control.status(),
                "partitions": self._partitions.documents(),
            }
        )

    async def _get_rules(self, _: Asked) -> web.StreamResponse:
        return answer([*self._rules.documents(), *self._dns_control.documents()])

    async def _set_rule(self, asked: Asked) -> web.StreamResponse:
        document = await asked.document()
        rule = await asyncio.to_thread(self._rules.check, document)
        self._dns_control.ensure_free(rule.id)
        return answer({"id": self._rules.set(rule, document)}, status=201)

    async def _set_dns_rule(self, asked: Asked) -> web.StreamResponse:
        document, taken = await asked.document(), self._rules.ids()
        return answer(self._dns_control.set_rule(document, taken=taken), status=201)

    async def _remove_rule(self, asked: Asked) -> web.StreamResponse:
        return answer(self._remove(asked.name))

    async def _remove_rules(self, _: Asked) -> web.StreamResponse:
        ids = (*self._rules.ids(), *self._dns_control.ids())
        return answer({"removed": [self._remove(each) for each in ids]})

    def _remove(self, rule_id: str) -> dict[str, Any]:
        for_dns = self._dns_control.remove(rule_id)
        if for_dns is not None:
            return for_dns
        counts = self._rules.remove(rule_id)
        self._holds.release(rule_id=rule_id)
        return counts

    async def _get_holds(self, _: Asked) -> web.StreamResponse:
        return answer([one.document() for one in self._holds.held()])

    async def _release(self, asked: Asked) -> web.StreamResponse:
        fields = Fields(await asked.document())
        hold = fields.text("hold", None)
        rule = fields.text("rule", None)
        outcome = fields.choice("outcome", OUTCOMES, "deliver")
        fields.refuse_unknown()
        fields.raise_if_wrong()
        released = self._holds.release(hold_id=hold, rule_id=rule, outcome=outcome)
        fact = {"hold": hold, "rule": rule, "outcome": outcome, "released": released}
        self._recorder.mark("release", fact)
        return answer({"released": released})

    async def _history(self, asked: Asked) -> web.StreamResponse:
        index = asked.integer("from", default=0, high=len(self._recorder))
        follow = asked.query.get("follow") not in (None, "", "0")
        response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
        await response.prepare(asked.request)
        while not self._stopping:
            lines = self._recorder.lines_from(index)
            if lines:
                index += len(lines)
                await response.write(("\n".join(lines) + "\n").encode())
            elif not follow:
                break
            else:
                await self._next_op(asked.request, index)
                if asked.request.transport is None:
                    break
        await response.write_eof()
        return response

    async def _next_op(self, request: web.BaseRequest, index: int) -> None:
        """Wait for an op, but not for ever: the reader may have gone."""
        while request.transport is not None and not self._stopping:
            try:
                async with asyncio.timeout(0.5):
                    return await self._recorder.wait_beyond(index)
            except TimeoutError:
                continue
        return None

    async def _wait(self, asked: Asked) -> web.StreamResponse:
        what, rule = asked.query.get("what", "hold"), asked.query.get("rule", "")
        if what != "hold":
            raise InvalidInput(unknown_name("thing to wait for", what, ("hold",)))
        if rule not in self._rules.ids():
            raise InvalidInput(unknown_name("rule", rule, self._rules.ids()))
        timeout_ms = asked.integer("timeout_ms", default=5000, high=WAIT_MS_MAX)
        held = await self._holds.wait_held(rule, timeout_ms / 1000)
        if not held:
            message = f"rule {rule!r} held no call within {timeout_ms} ms"
            return refusal([message], status=408)
        return answer({"held": [one.document() for one in held]})

    async def _mark(self, asked: Asked) -> web.StreamResponse:
        fields = Fields(await asked.document())
        operation = fields.text("operation")
        request = fields.take("request")
        if not isinstance(request, dict | None):
            fields.wrong("request", f"should be an object, not {request!r}")
        fields.refuse_unknown()
        fields.raise_if_wrong()
        return answer({"index": self._recorder.mark(operation, request or {}).index})

    async def _get_zones(self, _: Asked) -> web.StreamResponse:
        return answer(self._dns_control.zones())

    async def _get_zone(self, asked: Asked) -> web.StreamResponse:
        zone = self._dns_control.zone(asked.name)
        if zone is None:
            names = [each["name"].rstrip(".") for each in self._dns_control.zones()]
            message = unknown_name("hosted zone", asked.name, names)
            return refusal([message], status=404)
        return answer(zone)

    async def _set_propagation(self, asked: Asked) -> web.StreamResponse:
        return answer(self._dns_control.set_propagation(await asked.document()))

    async def _set_load_balancer(self, asked: Asked) -> web.StreamResponse:
        state = await self._state(asked, STATES)
        names = self._load_balancers.states()
        if asked.name not in names:
            message = unknown_name("load balancer", asked.name, names)
            return refusal([message], status=404)
        await self._load_balancers.set_state(asked.name, state)
        self._recorder.mark("load_balancer", {"name": asked.name, "state": state})
        return answer({"name": asked.name, "state": state})

    async def _set_partition(self, asked: Asked) -> web.StreamResponse:
        az = self._partitions.known(asked.name)
        cut = parse_cut(await asked.document(), az)
        if cut is None:
            await self._partitions.heal(az)
            return answer({"az": az, "state": "healed"})
        await self._partitions.cut(cut)
        return answer({"az": az, **cut.document()})

    async def _state(self, asked: Asked, states: tuple[str, ...]) -> Any:
        fields = Fields(await asked.document())
        if "state" not in fields:
            fields.wrong("state", "this key is required")
        state = fields.choice("state", states, "")
        fields.refuse_unknown()
        fields.raise_if_wrong()
        return state
