"""What is read out of a paused program, and where nothing is to be said."""

from __future__ import annotations

import functools
import itertools
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from gameday.explore.frame_contents import READABLE, Unseen, contents_of
from gameday.explore.held_values import Writer


class Seen:
    """Looks at whoever calls it."""

    def __init__(self) -> None:
        self.contents = []

    def __call__(self) -> None:
        me = sys._getframe()
        self.contents.append(contents_of(me.f_back, me))


def digest_of(value):
    writer = Writer(lambda _: None)
    writer.value(value)
    return writer.digest()


def test_frames_of_this_interpreter_can_be_read():
    assert READABLE


def test_an_iterator_that_is_half_through_is_seen():
    seen = Seen()
    items = iter(["a", "b"])
    for item in items:
        seen()
        assert item

    first, second = seen.contents
    assert first.stack == second.stack == (items,)


def test_only_what_is_read_later_is_seen():
    seen = Seen()

    def program(kept: int) -> int:
        dead = object()
        str(dead)
        seen()
        return kept

    program(7)

    assert dict(seen.contents[0].variables)["kept"] == 7
    assert "dead" not in dict(seen.contents[0].variables)


def test_what_c_code_holds_in_between_is_not_guessed():
    seen = Seen()

    def key(item: int) -> int:
        me = sys._getframe()
        contents_of(me.f_back, me)
        return item

    with pytest.raises(Unseen, match="max"):
        max([1, 2], key=key)
    functools.partial(seen)()


def test_a_pairing_that_has_drawn_one_of_two_is_not_guessed():
    def drawn() -> Iterator[int]:
        me = sys._getframe()
        contents_of(me.f_back, me)
        yield 1

    with pytest.raises(Unseen, match="zip"):
        for _ in zip([0], drawn(), strict=True):
            pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    number: int


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([1, 2], [2, 1]),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        (1, True),
        ("1", b"1"),
        (Settled(number=1), Settled(number=2)),
        (ValueError("a"), ValueError("b")),
        (itertools.count(1), itertools.count(2)),
    ],
)
def test_values_that_a_program_can_tell_apart_are_not_alike(one, other):
    assert digest_of(one) == digest_of(one)
    assert digest_of(one) != digest_of(other)


def test_one_list_held_twice_is_not_two_equal_lists():
    shared = [1]

    assert digest_of([shared, shared]) != digest_of([[1], [1]])


def test_a_value_that_holds_itself_is_written_down():
    around: list[object] = []
    around.append(around)

    assert digest_of(around)


def test_an_open_file_is_not_looked_into(tmp_path):
    with (
        (tmp_path / "file").open("w", encoding="utf-8") as file,
        pytest.raises(Unseen),
    ):
        digest_of(file)
