"""Which errors does gameday raise, and who has to act on them?

Four kinds are kept apart, because they call for different reactions:

* *invalid input*: the person's document or flag is wrong, or the program that is to be
  explored is not fit for it. Carries every reason with its place; nothing was started.
* *refusal*: we declined to act; nothing changed.
* *rejection*: the world (AWS, an emulator) said no; nothing changed.
* *indeterminate*: the request may or may not have taken effect.

Broken invariants are assertions; findings about a run are values (verdicts),
never exceptions. The first line of a message stands alone.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "BatchRejected",
    "ContractBroken",
    "EdgeUnreachable",
    "EmulatorUnavailable",
    "GamedayError",
    "Indeterminate",
    "InvalidInput",
    "LaunchRefused",
    "LeaseHeld",
    "LeaseLost",
    "LockHeld",
    "NotLoopback",
    "Reason",
    "RegionFailed",
    "ServiceUnavailable",
    "StaleGeneration",
]


class GamedayError(Exception):
    """Everything gameday raises on purpose derives from this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One thing that is wrong with a person's input, and where it stands."""

    message: str
    file: str = ""
    line: int | None = None
    path: str = ""

    def __str__(self) -> str:
        place = self.file
        if self.line is not None:
            place = f"{place}:{self.line}" if place else f"line {self.line}"
        where = f"{self.path}: " if self.path else ""
        return f"{place}: {where}{self.message}" if place else f"{where}{self.message}"


class InvalidInput(GamedayError):
    """A document or flag is wrong; every reason is listed and nothing started."""

    def __init__(self, *reasons: Reason | str) -> None:
        self.reasons = tuple(
            reason if isinstance(reason, Reason) else Reason(message=reason)
            for reason in reasons
        )
        super().__init__("\n".join(str(reason) for reason in self.reasons))


class NotLoopback(InvalidInput):
    """A target is not on loopback; game days touch this machine only."""

    def __init__(self, target: str) -> None:
        self.target = target
        super().__init__(
            f"{target!r} is not a loopback address; gameday only drives emulators "
            "on 127.0.0.0/8 or [::1]"
        )


class EmulatorUnavailable(GamedayError):
    """The emulator cannot be started or does not answer."""


class ContractBroken(GamedayError):
    """The emulator breaks the AWS contract, so no verdict may be given on it."""


class EdgeUnreachable(GamedayError):
    """The edge's control interface does not answer."""


class RegionFailed(GamedayError):
    """An actor of the region could not be started or died while starting."""


class BatchRejected(GamedayError):
    """Route 53 refused a change batch; nothing of it was applied."""

    def __init__(self, code: str, messages: tuple[str, ...]) -> None:
        self.code = code
        self.messages = messages
        super().__init__(f"{code}: {'; '.join(messages)}")


class StaleGeneration(GamedayError):
    """A plan is not newer than the one already applied; it was not applied."""

    def __init__(self, *, generation: int, applied: int, endpoint: str) -> None:
        self.generation = generation
        self.applied = applied
        self.endpoint = endpoint
        super().__init__(
            f"plan {generation} is stale at {endpoint}: plan {applied} is active"
        )


class LockHeld(GamedayError):
    """Somebody else holds the endpoint's lock; nothing changed."""

    def __init__(self, *, endpoint: str, holder: str) -> None:
        self.endpoint = endpoint
        self.holder = holder
        super().__init__(f"the lock of {endpoint} is held by {holder}")


class LeaseHeld(GamedayError):
    """Somebody else holds a lease that has not expired; nothing changed."""

    def __init__(self, *, droplet: str, holder: str) -> None:
        self.droplet = droplet
        self.holder = holder
        super().__init__(f"the lease on {droplet} is held by {holder}")


class LeaseLost(GamedayError):
    """The lease is no longer ours: another holder wrote it since we did."""

    def __init__(self, *, droplet: str) -> None:
        self.droplet = droplet
        super().__init__(f"the lease on {droplet} was taken by another holder")


class LaunchRefused(GamedayError):
    """An instance was not launched, by EC2's own error code; nothing changed."""

    def __init__(self, code: str, why: str) -> None:
        self.code = code
        super().__init__(f"{code}: {why}")


class ServiceUnavailable(GamedayError):
    """A service of the region could not serve a customer's request."""

    def __init__(self, *, service: str, why: str) -> None:
        self.service = service
        self.why = why
        super().__init__(f"{service} did not serve: {why}")


class Indeterminate(GamedayError):
    """No reply came, so the write may or may not have taken effect."""
