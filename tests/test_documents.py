"""Where does a value of a document stand, and what was meant by a wrong one?"""

from __future__ import annotations

from contextlib import suppress
from enum import StrEnum
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from gameday.documents import (
    STRICT,
    Document,
    load_document,
    parse_document,
    unknown_name,
    validate,
)
from gameday.errors import InvalidInput


class Colour(StrEnum):
    RED = "red"
    GREEN = "green"


class Item(BaseModel):
    model_config = STRICT
    count: int
    colour: Colour = Colour.RED
    mode: Literal["slow", "fast"] = "slow"


class Order(BaseModel):
    model_config = STRICT
    name: str
    items: tuple[Item, ...] = ()
    by_name: dict[str, Item] = {}
    either: Item | str = ""


def order(text: str) -> Document:
    return parse_document(text, file="order.yaml")


def reasons(text: str) -> list[str]:
    with pytest.raises(InvalidInput) as refusal:
        validate(order(text), Order)
    return [str(reason) for reason in refusal.value.reasons]


def refused(text: str, *, file: str = "order.yaml") -> str:
    with pytest.raises(InvalidInput) as refusal:
        parse_document(text, file=file)
    return str(refusal.value)


def test_every_path_has_its_line():
    document = order(
        "name: a\nitems:\n  - count: 1\n  - {count: 2,\n     mode: fast}\n"
    )

    assert document.value == {
        "name": "a",
        "items": [{"count": 1}, {"count": 2, "mode": "fast"}],
    }
    assert document.line_of(()) == 1
    assert document.line_of(("items",)) == 2
    assert document.line_of(("items", 1, "count")) == 4
    assert document.line_of(("items", 1, "mode")) == 5
    assert document.line_of(("items", 1, "no such")) == 4


def test_scalars_follow_yaml_1_2():
    text = "a: off\nb: yes\nc: 010\nd: 2025-10-19\ne: 1_000\nf: 12:30\ng: .inf\n"

    assert order(text).value == {
        "a": "off",
        "b": "yes",
        "c": "010",
        "d": "2025-10-19",
        "e": "1_000",
        "f": "12:30",
        "g": ".inf",
    }
    assert order("a: true\nb: null\nc: 3\nd: 1.5\ne: 1e3\nf: ~\ng:\n").value == {
        "a": True,
        "b": None,
        "c": 3,
        "d": 1.5,
        "e": 1000.0,
        "f": None,
        "g": None,
    }


def test_a_valid_document_becomes_a_value():
    text = "name: a\nitems: [{count: 1, colour: green}]\neither: text\n"

    assert validate(order(text), Order) == Order(
        name="a", items=(Item(count=1, colour=Colour.GREEN),), either="text"
    )


def test_a_part_of_a_document_can_be_validated_alone():
    document = order("name: a\nitems:\n  - count: 1\n  - count: x\n")

    assert validate(document, Item, at=("items", 0)) == Item(count=1)
    with pytest.raises(InvalidInput, match=r"order.yaml:4: items.1.count: should be"):
        validate(document, Item, at=("items", 1))


def test_each_mistake_is_one_reason_with_line_and_nearest_name():
    assert reasons(
        "nam: 1\n"
        "items:\n"
        "  - count: one\n"
        "    colour: gren\n"
        "  - mode: fasst\n"
        "by_name:\n"
        "  x: {count: 1, cuont: 2}\n"
    ) == [
        "order.yaml:1: name: this key is required",
        "order.yaml:1: nam: unknown key 'nam'; did you mean 'name'?",
        'order.yaml:3: items.0.count: should be a valid integer, not "one"',
        "order.yaml:4: items.0.colour: unknown value 'gren'; did you mean 'green'?",
        "order.yaml:5: items.1.count: this key is required",
        "order.yaml:5: items.1.mode: unknown value 'fasst'; did you mean 'fast'?",
        "order.yaml:7: by_name.x.cuont: unknown key 'cuont'; did you mean 'count'?",
    ]


def test_a_mistake_inside_a_union_is_where_it_stands():
    assert reasons("name: a\neither:\n  count: 1\n  colr: red\n")[-1] == (
        "order.yaml:4: either.colr: unknown key 'colr'; did you mean 'colour'?"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [1", "order.yaml:1: not valid YAML: expected ',' or ']'"),
        ("a: 1\na: 2\n", "order.yaml:2: a: stands twice; the first is on line 1"),
        ("a:\n  1: x\n", "order.yaml:2: a: keys are text; write '1' in quotes"),
        ("a: !!python/object:os.x 1", "tag 'tag:yaml.org,2002:python/object:os.x'"),
        ("a: !!int x", "order.yaml:1: a: not a value of type int: 'x'"),
        ("a: \x00", "order.yaml:1: not valid YAML: special characters"),
        ("&a [*a]", "order.yaml: nested too deeply"),
        ("[" * 5000, "order.yaml: nested too deeply"),
        ("a" * 3_000_000, "order.yaml: longer than 2000000 characters"),
        ("a: 1\n---\nb: 2\n", "order.yaml:2: not valid YAML"),
    ],
)
def test_what_is_no_document_is_refused_with_its_line(text: str, message: str):
    assert message in refused(text)


def test_aliases_that_multiply_are_refused():
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9)
    )

    assert "more than 100000 values" in refused(bomb)


def test_a_merged_mapping_may_be_overridden():
    text = "base: &b {count: 1, mode: slow}\nitem:\n  <<: *b\n  mode: fast\n"
    document = order(text)

    assert document.value["item"] == {"count": 1, "mode": "fast"}
    assert document.line_of(("item", "mode")) == 4


def test_json_may_be_indented_with_tabs():
    document = parse_document('{\n\t"name":\t"a\\tb"\n}', file="order.json")

    assert document.value == {"name": "a\tb"}
    assert document.line_of(("name",)) == 2


def test_a_file_that_is_not_text_is_refused_with_its_line(tmp_path):
    file = tmp_path / "order.yaml"
    file.write_bytes(b"name: a\nother: \xff\n")

    with pytest.raises(InvalidInput, match=r"order.yaml:2: not UTF-8 text"):
        load_document(file)


def test_a_name_without_a_near_one_comes_with_all_of_them():
    assert unknown_name("fruit", "xyz", ["pear", "fig"]) == (
        "unknown fruit 'xyz'; known: fig, pear"
    )


@given(st.text())
def test_any_text_is_either_parsed_or_refused(text: str):
    with suppress(InvalidInput):
        parse_document(text, file="any.yaml")
