"""Does a fallback fire when the answer is wrong rather than missing?

Before a support case is opened, the account is looked up. The lookup has a fallback:
when it fails, the check is bypassed, so that nobody is locked out by our own trouble.
In October 2025 it did not fail. It answered, wrongly, and legitimate users were blocked
(AWS's post-event summary, Support). An answer has to be held against what was asked
before it may take something away.

A valid answer that says no is never bypassed.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = [
    "Access",
    "AccountAnswer",
    "AccountStatus",
    "FallsBackOn",
    "problems_of",
    "support_access",
]


class AccountStatus(StrEnum):
    """What the lookup may say of an account."""

    ACTIVE = "active"
    SUSPENDED = "suspended"


class FallsBackOn(StrEnum):
    """What makes the fallback fire."""

    ERRORS = "errors"
    """As built."""
    ERRORS_AND_INVALID_ANSWERS = "errors-and-invalid-answers"


class Access(StrEnum):
    """Whether somebody may open a case, and why."""

    ALLOWED = "allowed"
    BYPASSED = "bypassed"
    """Allowed, because the lookup could not be relied on."""
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountAnswer:
    """What the lookup answered, as it came.

    Attributes:
        account: whom the answer is about.
        status: one of AccountStatus, or whatever it said instead.
    """

    account: str
    status: str


def problems_of(answer: AccountAnswer, *, asked: str) -> tuple[str, ...]:
    """Return what is wrong with the answer to a question about `asked`."""
    problems = []
    if answer.account != asked:
        problems.append(f"it is about {answer.account or 'nobody'}, not {asked}")
    if answer.status not in set(AccountStatus):
        problems.append(f"{answer.status!r} is not a status of an account")
    return tuple(problems)


def support_access(
    answer: AccountAnswer | None, *, asked: str, falls_back_on: FallsBackOn
) -> Access:
    """Return whether `asked` may open a case; `answer` is None when there is none."""
    if answer is None:
        return Access.BYPASSED
    is_invalid = bool(problems_of(answer, asked=asked))
    if is_invalid and falls_back_on is FallsBackOn.ERRORS_AND_INVALID_ANSWERS:
        return Access.BYPASSED
    if is_invalid or answer.status != AccountStatus.ACTIVE:
        return Access.BLOCKED
    return Access.ALLOWED
