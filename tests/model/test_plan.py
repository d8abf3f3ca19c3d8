from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gameday.model.plan import (
    Generation,
    Plan,
    Weights,
    generation_of,
    parse_plan,
    render_plan,
    tree_name,
    unsafe_reasons,
)

ENDPOINT = "dynamodb.us-east-1.gameday.test"


def weights(**shares: int) -> Weights:
    pairs = tuple(sorted((name.replace("_", "-"), w) for name, w in shares.items()))
    return Weights(endpoint=ENDPOINT, shares=pairs)


names = st.from_regex(r"[a-z][a-z0-9-]{0,10}", fullmatch=True)
plans = st.builds(
    Plan,
    generation=st.integers(min_value=1, max_value=10**9).map(Generation),
    endpoints=st.dictionaries(
        names, st.dictionaries(names, st.integers(0, 255), max_size=4), max_size=4
    ).map(
        lambda found: tuple(
            Weights(endpoint=name, shares=tuple(sorted(found[name].items())))
            for name in sorted(found)
        )
    ),
    made_by=st.text(max_size=10),
    force=st.booleans(),
)


@given(plan=plans)
def test_a_plan_survives_the_plan_store(plan: Plan):
    assert parse_plan(render_plan(plan)) == plan


@given(generation=st.integers(min_value=1, max_value=10**8))
def test_the_generation_is_readable_in_the_tree_and_in_its_leaves(generation: int):
    tree = tree_name(generation, ENDPOINT)

    assert generation_of(tree, ENDPOINT) == generation
    assert generation_of(f"lb-1.{tree}", ENDPOINT) == generation


@pytest.mark.parametrize(
    "name",
    [
        f"{ENDPOINT}.",
        f"rollback.{ENDPOINT}.",
        f"lock.{ENDPOINT}.",
        f"plan-.{ENDPOINT}.",
        f"plan-12x.{ENDPOINT}.",
        "plan-000012.another.test.",
    ],
)
def test_other_names_belong_to_no_tree(name: str):
    assert generation_of(name, ENDPOINT) is None


def test_a_plan_without_a_positive_generation_cannot_be_made():
    with pytest.raises(ValueError, match="starts at 1"):
        Plan(generation=Generation(0), endpoints=())


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{}", "generation"),
        ('{"generation": 1}', "endpoints"),
        ("[]", "not a plan document"),
        ("{", "Expecting property name"),
    ],
)
def test_a_document_that_is_no_plan_says_so(text: str, why: str):
    with pytest.raises(ValueError, match=why):
        parse_plan(text)


def test_taking_one_of_three_load_balancers_away_is_safe():
    live = weights(lb_1=10, lb_2=10, lb_3=10)

    assert unsafe_reasons(desired=weights(lb_1=1, lb_2=255), live=live) == ()


def test_halving_an_endpoint_is_unsafe_and_says_which_load_balancers_go():
    live = weights(lb_1=10, lb_2=10)

    (reason,) = unsafe_reasons(desired=weights(lb_1=10), live=live)

    assert "take 1 of 2 load balancers" in reason
    assert "lb-2" in reason


@pytest.mark.parametrize("desired", [weights(), weights(lb_1=0, lb_2=0)])
def test_emptying_an_endpoint_is_unsafe_even_when_nothing_is_live(desired: Weights):
    (reason,) = unsafe_reasons(desired=desired, live=weights())

    assert "would empty" in reason


def test_force_permits_everything():
    live = weights(lb_1=10, lb_2=10)

    assert unsafe_reasons(desired=weights(), live=live, force=True) == ()


def test_the_first_plan_over_nothing_is_safe():
    assert unsafe_reasons(desired=weights(lb_1=1), live=weights()) == ()
