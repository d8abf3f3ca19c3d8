"""X4: a fallback fires on invalid answers too."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gameday.model.fallback import (
    Access,
    AccountAnswer,
    FallsBackOn,
    problems_of,
    support_access,
)

AS_BUILT, MENDED = FallsBackOn.ERRORS, FallsBackOn.ERRORS_AND_INVALID_ANSWERS
GOOD = AccountAnswer(account="111122223333", status="active")
SUSPENDED = AccountAnswer(account="111122223333", status="suspended")
OTHERS = AccountAnswer(account="444455556666", status="active")
EMPTY = AccountAnswer(account="", status="")


# (what the lookup answered, access as built, access when mended)
ROWS = [
    (GOOD, Access.ALLOWED, Access.ALLOWED),
    (None, Access.BYPASSED, Access.BYPASSED),
    (SUSPENDED, Access.BLOCKED, Access.BLOCKED),
    (OTHERS, Access.BLOCKED, Access.BYPASSED),
    (EMPTY, Access.BLOCKED, Access.BYPASSED),
]


@pytest.mark.parametrize(("answer", "as_built", "mended"), ROWS)
def test_an_invalid_answer_locks_out_as_built_and_is_bypassed_when_mended(
    answer: AccountAnswer | None, as_built: Access, mended: Access
):
    found = [
        support_access(answer, asked="111122223333", falls_back_on=each)
        for each in (AS_BUILT, MENDED)
    ]

    assert found == [as_built, mended]


def _errors_only(answer: AccountAnswer | None, **how: Any) -> Access:
    return support_access(answer, **{**how, "falls_back_on": AS_BUILT})


def _never_falls_back(answer: AccountAnswer | None, **how: Any) -> Access:
    return Access.BLOCKED if answer is None else support_access(answer, **how)


def _bypasses_whatever_is_not_yes(answer: AccountAnswer | None, **how: Any) -> Access:
    access = support_access(answer, **how)
    return Access.BYPASSED if access is Access.BLOCKED else access


def _minds_the_status_only(answer: AccountAnswer | None, **how: Any) -> Access:
    about_them = replace(answer, account=how["asked"]) if answer else None
    return support_access(about_them, **how)


@pytest.mark.parametrize(
    "mutant",
    [
        _errors_only,
        _never_falls_back,
        _bypasses_whatever_is_not_yes,
        _minds_the_status_only,
    ],
)
def test_a_mutant_of_the_fallback_is_caught(mutant: Callable[..., Access]):
    found = [
        (
            answer,
            mutant(answer, asked="111122223333", falls_back_on=AS_BUILT),
            mutant(answer, asked="111122223333", falls_back_on=MENDED),
        )
        for answer, _, _ in ROWS
    ]

    assert found != ROWS


def test_every_problem_of_an_answer_is_told():
    assert problems_of(EMPTY, asked="111122223333") == (
        "it is about nobody, not 111122223333",
        "'' is not a status of an account",
    )
    assert problems_of(GOOD, asked="111122223333") == ()


@given(
    status=st.sampled_from(["active", "suspended", "", "ACTIVE", "unknown"]),
    account=st.sampled_from(["1", "2", ""]),
)
def test_nobody_is_bypassed_who_was_validly_refused(status: str, account: str):
    answer = AccountAnswer(account=account, status=status)
    access = support_access(answer, asked="1", falls_back_on=MENDED)

    assert (access is Access.BYPASSED) == bool(problems_of(answer, asked="1"))
