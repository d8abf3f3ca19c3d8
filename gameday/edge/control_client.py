"""How does another process talk to a running edge?

One method for each route of the control interface, over the standard library's
HTTP client, so that importing this costs next to nothing. Two errors come out:
`EdgeUnreachable` when nobody answers, `InvalidInput` with every reason when the
edge refuses what it was asked.

An interrupted POST may have taken effect: nothing here is retried.
"""

from __future__ import annotations

import http.client
import json
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote, urlencode, urlsplit

from gameday.errors import EdgeUnreachable, InvalidInput
from gameday.model.history import Op, parse_op

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["CHAOS_PREFIX", "PREFIX", "ControlClient"]

PREFIX = "/_gameday"
CHAOS_PREFIX = "/_localstack/chaos"
_TIMEOUT_S = 10.0


class ControlClient:
    """Speaks the control interface of one edge. Not for several threads."""

    def __init__(self, gateway_url: str, *, timeout_s: float = _TIMEOUT_S) -> None:
        self._url = gateway_url
        parts = urlsplit(gateway_url)
        if not parts.hostname or parts.scheme != "http":
            raise InvalidInput(f"{gateway_url!r} is not the URL of a gateway")
        self._host = parts.hostname
        self._port = parts.port or 80
        self._timeout_s = timeout_s
        self._connection: http.client.HTTPConnection | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection that is kept between calls."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def status(self, *, verify: bool = False) -> dict[str, Any]:
        """Return counts, drift, load balancers and the state of propagation.

        Args:
            verify: first compare every zone that changed with the emulator's, so
                that "drift" is complete. Takes a listing of each zone.
        """
        return dict(self._call("GET", "/status?verify=1" if verify else "/status"))

    def rules(self) -> list[dict[str, Any]]:
        """Return every rule with how often it was seen and fired, in order."""
        return list(self._call("GET", "/rules"))

    def set_rule(self, rule: Mapping[str, Any]) -> str:
        """Set one rule and return its id."""
        return str(self._call("POST", "/rules", rule)["id"])

    def set_dns_rule(self, rule: Mapping[str, Any]) -> dict[str, Any]:
        """Set one rule for DNS questions.

        It is listed, counted and removed like the rules for AWS calls.

        Returns:
            {"id"} and, for a stale answer, "held": the version of each zone.
        """
        return dict(self._call("POST", "/dns-rules", rule))

    def remove_rule(self, rule_id: str) -> dict[str, Any]:
        """Remove a rule, release what it holds, return its last counts."""
        return dict(self._call("DELETE", f"/rules/{quote(rule_id, safe='')}"))

    def remove_rules(self) -> list[dict[str, Any]]:
        """Remove every rule and return the last counts of each."""
        return list(self._call("DELETE", "/rules")["removed"])

    def set_latency(self, latency_ms: int) -> None:
        """Let every AWS call wait that long, besides what rules do; 0 ends it."""
        body = {"latency": latency_ms}
        self._call("POST", "/effects", body, prefix=CHAOS_PREFIX)

    def holds(self) -> list[dict[str, Any]]:
        """Return the calls that are held right now, oldest first."""
        return list(self._call("GET", "/holds"))

    def release(
        self,
        *,
        hold: str | None = None,
        rule: str | None = None,
        outcome: str = "deliver",
    ) -> int:
        """Let held calls go; returns how many.

        Args:
            hold: only this one.
            rule: only those that this rule holds. Without either, all.
            outcome: "deliver" forwards them, "lose-reply" forwards them and resets
                their connections in place of an answer, "drop" only resets those.
        """
        body = {"outcome": outcome}
        if hold is not None:
            body["hold"] = hold
        if rule is not None:
            body["rule"] = rule
        return int(self._call("POST", "/holds/release", body)["released"])

    def await_hold(self, rule: str, timeout_ms: int = 5000) -> list[dict[str, Any]]:
        """Wait until a rule holds a call; returns its holds, empty in vain."""
        query = urlencode({"what": "hold", "rule": rule, "timeout_ms": timeout_ms})
        status, answer = self._exchange(
            "GET", f"/wait?{query}", timeout_s=timeout_ms / 1000 + self._timeout_s
        )
        if status == 408:
            return []
        return list(self._checked(status, answer)["held"])

    def history(self, from_index: int = 0) -> list[Op]:
        """Return the ops recorded so far from an index on."""
        status, answer = self._exchange("GET", f"/history?from={from_index}")
        if status != 200:
            self._checked(status, answer)
        return [parse_op(line) for line in answer.split("\n") if line]

    def follow(self, from_index: int = 0, *, idle_s: float = 3600) -> Iterator[Op]:
        """Yield ops as they are recorded, until the edge stops.

        Args:
            from_index: the first op wanted.
            idle_s: end after so long without a new op.
        """
        connection = http.client.HTTPConnection(self._host, self._port, timeout=idle_s)
        try:
            connection.request("GET", f"{PREFIX}/history?from={from_index}&follow=1")
            for line in connection.getresponse():
                if line.endswith(b"\n") and line.strip():
                    yield parse_op(line.decode())
        except TimeoutError:
            return
        except (OSError, http.client.HTTPException) as error:
            raise self._unreachable(error) from error
        finally:
            connection.close()

    def mark(self, operation: str, request: Mapping[str, Any]) -> int:
        """Note in the history what the harness did; returns the op's index."""
        body = {"operation": operation, "request": request}
        return int(self._call("POST", "/marks", body)["index"])

    def zones(self) -> list[dict[str, Any]]:
        """Return id, name, version and size of every hosted zone."""
        return list(self._call("GET", "/zones"))

    def zone(self, name: str) -> dict[str, Any]:
        """Return a zone's record sets and the version each DNS edge serves."""
        return dict(self._call("GET", f"/zones/{quote(name, safe='')}"))

    def set_propagation(self, state: str, edge: str = "") -> None:
        """Set propagation "paused" or "running".

        Args:
            state: which of the two.
            edge: address of one DNS edge; every one when left out.
        """
        body = {"state": state, "edge": edge} if edge else {"state": state}
        self._call("POST", "/propagation", body)

    def set_load_balancer(self, name: str, state: str) -> None:
        """Set a load balancer "up", "refusing", "black-holed" or "resetting"."""
        path = f"/load-balancers/{quote(name, safe='')}"
        self._call("POST", path, {"state": state})

    def cut_off(self, az: str, *, how: str = "hang", direction: str = "both") -> None:
        """Cut a zone off; `how` is "hang" or "reset".

        Args:
            az: the zone.
            how: what a caller in the zone meets.
            direction: "both", "outbound-only" or "inbound-only", from the zone.
        """
        body = {"state": "cut", "as": how, "direction": direction}
        self._call("POST", f"/partitions/{quote(az, safe='')}", body)

    def heal(self, az: str) -> None:
        """Join a zone that was cut off."""
        self._call("POST", f"/partitions/{quote(az, safe='')}", {"state": "healed"})

    def _call(
        self, method: str, path: str, body: Any = None, *, prefix: str = PREFIX
    ) -> Any:
        return self._checked(*self._exchange(method, path, body, prefix=prefix))

    def _checked(self, status: int, answer: str) -> Any:
        try:
            document = json.loads(answer)
        except ValueError as error:
            raise self._unreachable(error) from error
        if 200 <= status < 300:
            return document
        raise InvalidInput(*_reasons(document, status))

    def _exchange(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        timeout_s: float | None = None,
        prefix: str = PREFIX,
    ) -> tuple[int, str]:
        data = None if body is None else json.dumps(body)
        headers = {} if data is None else {"Content-Type": "application/json"}
        try:
            if self._connection is None:
                self._connection = http.client.HTTPConnection(self._host, self._port)
            self._set_timeout(self._connection, timeout_s or self._timeout_s)
            self._connection.request(method, prefix + path, data, headers)
            response = self._connection.getresponse()
            return response.status, response.read().decode()
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise self._unreachable(error) from error

    @staticmethod
    def _set_timeout(connection: http.client.HTTPConnection, timeout_s: float) -> None:
        connection.timeout = timeout_s
        if connection.sock is not None:
            connection.sock.settimeout(timeout_s)

    def _unreachable(self, error: Exception) -> EdgeUnreachable:
        detail = str(error) or type(error).__name__
        return EdgeUnreachable(f"the edge at {self._url} does not answer: {detail}")


def _reasons(document: Any, status: int) -> Sequence[str]:
    errors = document.get("errors") if isinstance(document, dict) else None
    if isinstance(errors, list) and errors:
        return [str(error) for error in errors]
    return [f"the edge answered {status}: {document}"]
