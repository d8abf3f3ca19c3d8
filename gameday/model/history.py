"""What happened during a run, in one total order?

The history is the product: the edge writes it, every checker, story and report
reads it. An *op* is one call to AWS, one DNS answer, or one mark (something
the harness did). Its outcome has Jepsen's three values: `ok` took effect,
`fail` did not, `info` may have. A write whose reply was lost is `info`; it is
never called a failure.

On disk a history is NDJSON, one op a line, in index order. `start_ns` and
`end_ns` count from the beginning of the run.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = ["History", "Op", "OpKind", "Outcome", "parse_op", "render_op"]

# Ops hold what was parsed from requests and replies, which is never circular.
_encode = json.JSONEncoder(
    separators=(",", ":"), default=str, check_circular=False
).encode


class OpKind(StrEnum):
    """What an op records."""

    CALL = "call"
    """One AWS request that an actor made."""
    DNS = "dns"
    """One answer that a resolver gave, or a DNS server behind it under a rule."""
    MARK = "mark"
    """Something the harness did: a rule set or removed, an actor stopped."""


class Outcome(StrEnum):
    """Whether the effect took place."""

    OK = "ok"
    FAIL = "fail"
    INFO = "info"


@dataclass(frozen=True, slots=True, kw_only=True)
class Op:
    """One entry of a history.

    Attributes:
        index: position in the total order, from 0, by completion.
        kind: call, dns or mark.
        start_ns: when it began, nanoseconds since the run began.
        end_ns: when it ended; `end_ns >= start_ns`.
        actor: who did it, e.g. "enactor-az3"; "harness" for marks; the resolver's
            client for DNS answers; "" when nobody could be named.
        service: botocore service name ("route53", "dynamodb"), "dns" for DNS
            answers, "gameday" for marks.
        operation: AWS operation, DNS record type, or the mark's name.
        region: AWS region of the credential scope, "" when there is none.
        reads: resources read, e.g. "dynamodb:plans", "route53:<zone>/<name>/A".
        writes: resources written.
        ruling: what the fault rules decided: "pass", "delay", "error",
            "throttle", "drop_request", "drop_response", "hold", "servfail", ...
        rule: id of the rule that decided, "" for "pass".
        outcome: ok, fail or info.
        status: HTTP status the caller saw, None when it saw none.
        error: AWS error code, DNS rcode other than NOERROR, or "".
        via: where it entered: "gateway", a load balancer's name, a resolver's AZ.
        request: parsed parameters (AWS names), bounded in size.
        response: parsed reply where it is small enough to keep, else empty.
    """

    index: int
    kind: OpKind
    start_ns: int
    end_ns: int
    actor: str
    service: str
    operation: str
    region: str = ""
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    ruling: str = "pass"
    rule: str = ""
    outcome: Outcome = Outcome.OK
    status: int | None = None
    error: str = ""
    via: str = ""
    request: Mapping[str, Any] = field(default_factory=dict)
    response: Mapping[str, Any] = field(default_factory=dict)

    @property
    def faulted(self) -> bool:
        """Whether one of our rules decided the fate of this op."""
        return self.ruling != "pass"


@dataclass(frozen=True, slots=True)
class History:
    """All ops of a run, in index order."""

    ops: tuple[Op, ...]

    def __iter__(self) -> Iterator[Op]:
        """Iterate over the ops in index order."""
        return iter(self.ops)

    def __len__(self) -> int:
        """Return the number of ops."""
        return len(self.ops)

    @classmethod
    def parse(cls, lines: Iterable[str]) -> History:
        """Read a history from NDJSON lines.

        A last line cut short by a crash is dropped; a broken line before the
        last raises ValueError with its number.
        """
        texts = [line for line in lines if line.strip()]
        ops = []
        for number, text in enumerate(texts, start=1):
            try:
                ops.append(parse_op(text))
            except (ValueError, KeyError, TypeError) as error:
                if number == len(texts):
                    break
                raise ValueError(f"history line {number}: {error}") from error
        return cls(tuple(ops))


def render_op(op: Op) -> str:
    """Return `op` as one line of JSON, without the newline."""
    fields = {
        "index": op.index,
        "kind": op.kind.value,
        "start_ns": op.start_ns,
        "end_ns": op.end_ns,
        "actor": op.actor,
        "service": op.service,
        "operation": op.operation,
        "region": op.region,
        "reads": op.reads,
        "writes": op.writes,
        "ruling": op.ruling,
        "rule": op.rule,
        "outcome": op.outcome.value,
        "status": op.status,
        "error": op.error,
        "via": op.via,
        "request": op.request,
        "response": op.response,
    }
    return _encode(fields)


def parse_op(text: str) -> Op:
    """Return the op that `render_op` wrote; raises ValueError or KeyError."""
    fields = json.loads(text)
    return Op(
        index=fields["index"],
        kind=OpKind(fields["kind"]),
        start_ns=fields["start_ns"],
        end_ns=fields["end_ns"],
        actor=fields["actor"],
        service=fields["service"],
        operation=fields["operation"],
        region=fields["region"],
        reads=tuple(fields["reads"]),
        writes=tuple(fields["writes"]),
        ruling=fields["ruling"],
        rule=fields["rule"],
        outcome=Outcome(fields["outcome"]),
        status=fields["status"],
        error=fields["error"],
        via=fields["via"],
        request=fields["request"],
        response=fields["response"],
    )
