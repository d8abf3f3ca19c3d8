"""Key conditions as DynamoDB documents them, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from gameday.model.key_condition import (
    UnreadCondition,
    parse_key_condition,
    sort_value,
)

VALUES = {
    ":p": {"S": "plans"},
    ":n": {"N": "10"},
    ":m": {"N": "20"},
    ":s": {"S": "ab"},
    ":b": {"B": "YWI="},
}


def fits(text: str, **key: dict[str, Any]) -> bool:
    names = {"#p": "part", "#s": "sort"}
    condition = parse_key_condition(text, names, VALUES)
    return condition.fits({"part": {"S": "plans"}, **key})


@pytest.mark.parametrize(
    ("text", "sort", "expected"),
    [
        ("part = :p", {"N": "1"}, True),
        ("#p = :p", {"N": "1"}, True),
        ("part = :s", {"N": "1"}, False),
        ("part = :p AND sort = :n", {"N": "10.0"}, True),
        ("part = :p and sort = :n", {"N": "1e1"}, True),
        ("part = :p AND sort < :n", {"N": "9"}, True),
        ("part = :p AND sort < :n", {"N": "10"}, False),
        ("part=:p AND #s<=:n", {"N": "10"}, True),
        ("part = :p AND sort > :n", {"N": "9"}, False),
        ("sort >= :n AND part = :p", {"N": "100"}, True),
        ("part = :p AND sort BETWEEN :n AND :m", {"N": "20"}, True),
        ("part = :p AND sort between :n and :m", {"N": "21"}, False),
        ("part = :p AND begins_with(sort, :s)", {"S": "abc"}, True),
        ("part = :p AND begins_with (#s, :s)", {"S": "xab"}, False),
        ("part = :p AND begins_with(sort, :b)", {"B": "YWJj"}, True),
        ("(#p = :p AND begins_with(#s, :s))", {"S": "ab"}, True),
        ("(part = :p) AND (sort = :s)", {"S": "ab"}, True),
    ],
)
def test_a_key_is_asked_for_or_not(text, sort, expected):
    assert fits(text, sort=sort) is expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "part",
        "part =",
        "part = :unknown",
        "part = :p OR sort = :n",
        "NOT part = :p",
        "part <> :p",
        "part = :p AND contains(sort, :s)",
        "part = :p AND begins_with(sort, :n)",
        "part = :p AND sort IN (:n, :m)",
        "(part = :p",
        "part = :p)",
        "#nobody = :p",
        ":p = part",
        "part = 'plans'",
    ],
)
def test_whatever_else_is_written_is_refused(text):
    with pytest.raises(UnreadCondition):
        fits(text, sort={"S": "x"})


def test_texts_are_ordered_by_their_bytes_and_numbers_by_their_value():
    texts = ["a", "B", "é", "z"]
    assert sorted(texts, key=lambda t: sort_value({"S": t})) == ["B", "a", "z", "é"]
    numbers = ["10", "-1", "9", "1e3"]
    assert sorted(numbers, key=lambda n: sort_value({"N": n})) == [
        "-1",
        "9",
        "10",
        "1e3",
    ]


@pytest.mark.parametrize("value", [{"BOOL": True}, {"N": "ten"}, {"B": "a"}, "plain"])
def test_what_cannot_be_a_key_has_no_order(value):
    with pytest.raises(UnreadCondition):
        sort_value(value)
