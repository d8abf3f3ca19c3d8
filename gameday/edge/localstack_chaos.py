"""How does the edge answer LocalStack's Chaos API, in front of any emulator?

    GET POST PATCH DELETE /_localstack/chaos/faults     a list of fault rules
    GET POST              /_localstack/chaos/effects    {"latency": milliseconds}

A fault rule, every key optional, and the same from a stock Chaos Toolkit action:

    {"service": "dynamodb", "operation": "PutItem", "region": "us-east-1",
     "probability": 0.5, "error": {"statusCode": 400, "code": "ThrottlingException"}}

    {"type": "action", "name": "dynamodb-is-down", "provider": {
      "type": "http", "method": "POST", "url": "${edge}/_localstack/chaos/faults",
      "headers": {"Content-Type": "application/json"},
      "arguments": [{"service": "dynamodb"}]}}

Sources
    docs.localstack.cloud/aws/capabilities/chaos-engineering/chaos-api: fields,
    defaults, the first match wins, DELETE takes rules exactly as they are, [] clears,
    [{}] strikes every call. github.com/localstack/openapi, localstack-spec-latest
    .yml: methods, schemas, every answer is the list now in place. blog.localstack
    .cloud, "Simulating outages for local cloud apps with LocalStack Chaos API": the
    error's message. github.com/localstack/localstack-sdk-python: its client. What is
    wrong is {"message": "Error validating JSON schema: ..."} or "Error decoding
    JSON: ...", status 400; ours is "errors", every reason with the nearest name.

Where they are silent
    * PATCH leaves a rule that is in the list already where it is: a list holds every
      rule once. DELETE of a rule that is not there changes nothing and is a 200.
    * A rule whose dice say no lets the rules behind it have the call.
    * Latency comes before the rules and is not one of them: it adds up with faults.
    * A rule that can never strike (unknown names, probability 0, an earlier rule
      takes all) is taken, as LocalStack does, with the reason in an
      `X-Gameday-Warning` header and in "warnings" of the edge's rule.

Ours: `fault` instead of `error` (any fault of the edge's rules, such as {"kind":
"drop_response"}), `error.message`, and the keys MATCH_EXTRAS and RULE_EXTRAS.

Invariant: there is no second list. A fault rule is a rule of the rule book, owned
by "localstack-chaos", asked in the order in which all rules were set; the API's
list is read from the book, so a rule that is removed elsewhere is gone here too.
A request changes the list as a whole or, refused, not at all.
"""

from __future__ import annotations

import asyncio
import json
import logging
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any

from aiohttp import web

from gameday.edge.control_client import CHAOS_PREFIX
from gameday.edge.http_exchange import BodyTooLarge, read_body, request_target
from gameday.edge.localstack_chaos_rule import (
    OWNER,
    Shadows,
    doubts,
    edge_document,
    is_operation,
    named,
)
from gameday.edge.localstack_chaos_schema import (
    ChaosRefusal,
    decode,
    ensure_effects,
    ensure_faults,
    invalid,
)
from gameday.edge.rule_book import RULES_MAX
from gameday.errors import InvalidInput
from gameday.near_names import unknown_name

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Sequence

    from gameday.aws.service_models import ServiceModels
    from gameday.edge.holds import Holds
    from gameday.edge.rule_book import RuleBook
    from gameday.edge.rules import Rule

__all__ = ["WARNING_HEADER", "LocalStackChaos", "is_chaos"]

WARNING_HEADER = "X-Gameday-Warning"
WARNINGS_SHOWN_MAX = 10
_AS_IT_CAME = "localstack"
"""The key of the edge's rule that keeps LocalStack's."""
_log = logging.getLogger(__name__)


def is_chaos(request: web.BaseRequest) -> bool:
    """Whether a request is for the Chaos API, not for the emulator."""
    if CHAOS_PREFIX not in request.raw_path:
        return False
    path = request_target(request).partition("?")[0]
    return f"{path}/".startswith(f"{CHAOS_PREFIX}/")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    """A fault rule, checked, as it goes into the rule book."""

    fault: dict[str, Any]
    rule: Rule
    document: dict[str, Any]
    doubts: list[str]


class LocalStackChaos:
    """Answers the Chaos API with the rules of a rule book."""

    def __init__(self, *, rules: RuleBook, holds: Holds, models: ServiceModels) -> None:
        self._rules = rules
        self._holds = holds
        self._models = models
        self._numbers = count(1)
        self._routes: dict[str, dict[str, Callable[[bytes], Awaitable[web.Response]]]]
        self._routes = {
            "faults": {
                "GET": self._get_faults,
                "POST": self._set_faults,
                "PATCH": self._add_faults,
                "DELETE": self._delete_faults,
            },
            "effects": {"GET": self._get_effects, "POST": self._set_effects},
        }

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request of the Chaos API."""
        path = request_target(request).partition("?")[0]
        name = path.removeprefix(CHAOS_PREFIX).strip("/")
        methods = self._routes.get(name)
        if methods is None:
            return _refusal(
                404, unknown_name("part of the Chaos API", name, self._routes)
            )
        handler = methods.get(request.method)
        if handler is None:
            allowed = ", ".join(methods)
            message = f"{name} takes {allowed}, not {request.method}"
            return _refusal(405, message, headers={"Allow": allowed})
        try:
            return await handler(await read_body(request))
        except ChaosRefusal as error:
            reasons = [str(reason) for reason in error.reasons]
            return _refusal(400, error.message, reasons)
        except BodyTooLarge:
            response = _refusal(413, "the body is too large")
            response.force_close()
            return response
        except Exception as error:  # noqa: BLE001 - one request only
            _log.exception("the edge failed at %s %s", request.method, path)
            return _refusal(500, f"the edge failed: {error!r}")

    async def _get_faults(self, _: bytes) -> web.Response:
        return self._faults_now(())

    async def _set_faults(self, body: bytes) -> web.Response:
        made = await self._make(body)
        gone = tuple(self._owned())
        self._ensure_room(len(made) - len(gone))
        self._remove(gone)
        return self._faults_now(self._set(made))

    async def _add_faults(self, body: bytes) -> web.Response:
        made = await self._make(body)
        now = self._faults()
        new = [each for each in made if each.fault not in now]
        self._ensure_room(len(new))
        return self._faults_now(self._set(new))

    async def _delete_faults(self, body: bytes) -> web.Response:
        wanted = await asyncio.to_thread(self._checked, body)
        owned = self._owned()
        self._remove([rule for rule, fault in owned.items() if fault in wanted])
        there = list(owned.values())
        return self._faults_now(
            f"[{at}]: there is no such rule: {json.dumps(fault)}"
            for at, fault in enumerate(wanted)
            if fault not in there
        )

    async def _get_effects(self, _: bytes) -> web.Response:
        return _answer({"latency": self._rules.latency_ms})

    async def _set_effects(self, body: bytes) -> web.Response:
        latency_ms = await asyncio.to_thread(lambda: ensure_effects(decode(body)))
        self._rules.set_latency(latency_ms)
        return await self._get_effects(body)

    def _checked(self, body: bytes) -> list[dict[str, Any]]:
        """Return the fault rules of a body. May read models: for a thread."""
        return ensure_faults(
            decode(body),
            is_operation=lambda service, name: is_operation(
                self._models, service, name
            ),
        )

    async def _make(self, body: bytes) -> list[_Made]:
        return await asyncio.to_thread(self._made, body)

    def _made(self, body: bytes) -> list[_Made]:
        made: list[_Made] = []
        problems: list[str] = []
        for at, fault in enumerate(self._checked(body)):
            try:
                made.append(self._made_one(fault))
            except InvalidInput as error:
                problems += [_at(at, str(reason)) for reason in error.reasons]
        if problems:
            raise invalid(problems)
        return made

    def _made_one(self, fault: dict[str, Any]) -> _Made:
        if "fault" in fault and "error" in fault:
            raise InvalidInput("fault: give either 'fault' or 'error', not both")
        ours = edge_document(fault, self._next_id(), self._models)
        rule, document = named(self._rules.check(ours), ours, fault, self._models)
        return _Made(
            fault=fault,
            rule=rule,
            document={**document, _AS_IT_CAME: fault},
            doubts=doubts(fault, self._models),
        )

    def _next_id(self) -> str:
        taken = self._rules.ids()
        ids = (f"localstack-{number}" for number in self._numbers)
        return next(each for each in ids if each not in taken)

    def _ensure_room(self, more: int) -> None:
        if len(self._rules) + more > RULES_MAX:
            raise invalid((f"the edge takes {RULES_MAX} rules, counting its own",))

    def _set(self, made: Sequence[_Made]) -> list[str]:
        """Set rules behind all others; returns why some of them never strike."""
        told = []
        first = self._faults()
        shadows = Shadows(first)
        for at, each in enumerate(made, start=len(first)):
            shadowed = shadows.add(each.fault)
            warnings = [*each.doubts, shadowed] if shadowed else each.doubts
            told += [f"[{at}] never strikes: {why}" for why in warnings]
            extra = {"warnings": warnings} if warnings else {}
            self._rules.set(each.rule, {**each.document, **extra})
        return told

    def _remove(self, rule_ids: Iterable[str]) -> None:
        for rule_id in rule_ids:
            self._rules.remove(rule_id)
            self._holds.release(rule_id=rule_id)

    def _owned(self) -> dict[str, dict[str, Any]]:
        """Return the fault rules as they came, by the id of the edge's rule."""
        return {
            entry["id"]: entry["rule"][_AS_IT_CAME]
            for entry in self._rules.documents()
            if entry["rule"].get("owner") == OWNER and _AS_IT_CAME in entry["rule"]
        }

    def _faults(self) -> list[dict[str, Any]]:
        return list(self._owned().values())

    def _faults_now(self, warnings: Iterable[str]) -> web.Response:
        response = _answer(self._faults())
        for warning in list(warnings)[:WARNINGS_SHOWN_MAX]:
            response.headers.add(WARNING_HEADER, warning)
        return response


def _at(index: int, reason: str) -> str:
    """Return a reason about our rule as one about the fault rule it came from."""
    return f"[{index}].{reason.removeprefix('match.')}"


def _answer(document: Any, *, status: int = 200) -> web.Response:
    # Without a charset: Chaos Toolkit compares the type as a whole.
    body = json.dumps(document).encode()
    return web.Response(status=status, body=body, content_type="application/json")


def _refusal(
    status: int,
    message: str,
    reasons: Sequence[str] = (),
    *,
    headers: dict[str, str] | None = None,
) -> web.Response:
    document = {"message": message, "errors": list(reasons) or [message]}
    response = _answer(document, status=status)
    response.headers.update(headers or {})
    return response
