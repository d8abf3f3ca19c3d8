from __future__ import annotations

import random
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from dns_lab import APEX as NAME
from dns_lab import alias, plan_tree, record, zone
from hypothesis import given
from hypothesis import strategies as st

from gameday.model.dns_answer import (
    CHAIN_LENGTH_MAX,
    DnsAnswer,
    Question,
    Rcode,
    answer,
)
from gameday.model.zone_index import ZoneTable, index_zone, name_of_labels


def never(_count: int) -> int:
    raise AssertionError("chance took part")


if TYPE_CHECKING:
    from gameday.model.hosted_zone import Zone


def table(*zones: Zone) -> ZoneTable:
    found = ZoneTable()
    for each in zones:
        found = found.with_zone(index_zone(each))
    return found


def ask(zones: ZoneTable, name: str, record_type: str = "A", draw=never) -> DnsAnswer:
    return answer(zones, Question(name=name, type=record_type), draw)


def values(found: DnsAnswer) -> list[str]:
    return [value for rrset in found.answers for value in rrset.values]


def is_empty(found: DnsAnswer, rcode: Rcode = Rcode.NOERROR) -> bool:
    return (
        found.rcode is rcode
        and found.authoritative
        and not found.answers
        and [rrset.type for rrset in found.authority] == ["SOA"]
    )


def test_an_address_is_answered_with_its_ttl():
    found = ask(table(zone(record(NAME, "A", "127.0.10.1", ttl_s=7))), NAME)
    [rrset] = found.answers
    assert (rrset.name, rrset.ttl_s, rrset.values) == (NAME, 7, ("127.0.10.1",))
    assert (found.rcode, found.authoritative, found.drawn) == ("NOERROR", True, False)


def test_the_root_alias_answers_with_a_leaf_of_the_plan_under_its_own_name():
    zones = table(zone(alias(NAME, f"plan-000110.{NAME}"), *plan_tree(110, 1)))
    [rrset] = ask(zones, NAME).answers
    assert (rrset.name, rrset.values) == (NAME, ("127.0.10.1",))


def test_an_alias_whose_tree_was_deleted_is_noerror_without_answers_with_soa():
    """The empty endpoint: neither an error nor NXDOMAIN."""
    zones = table(zone(alias(NAME, f"plan-000110.{NAME}")))
    assert is_empty(ask(zones, NAME))


def test_an_alias_into_a_zone_that_is_not_known_is_empty():
    zones = table(zone(alias(NAME, "elsewhere.test.", zone_id="ZOTHER")))
    assert is_empty(ask(zones, NAME))


def test_an_alias_is_followed_into_another_zone():
    other = zone(
        record("a.other.test.", "A", "127.0.10.9"), name="other.test.", zone_id="Z2"
    )
    zones = table(zone(alias(NAME, "a.other.test.", zone_id="Z2")), other)
    assert values(ask(zones, NAME)) == ["127.0.10.9"]


def test_an_alias_takes_only_its_own_type_from_its_target():
    target = f"t.{NAME}"
    zones = table(zone(alias(NAME, target), record(target, "AAAA", "::1")))
    assert is_empty(ask(zones, NAME))
    assert is_empty(ask(zones, NAME, "AAAA"))


def test_an_alias_chain_up_to_the_limit_is_followed_and_a_longer_one_fails():
    links = [
        alias(f"n{at}.{NAME}", f"n{at + 1}.{NAME}") for at in range(CHAIN_LENGTH_MAX)
    ]
    last = record(f"n{CHAIN_LENGTH_MAX}.{NAME}", "A", "127.0.10.1")
    zones = table(zone(*links, last))
    assert values(ask(zones, f"n1.{NAME}")) == ["127.0.10.1"]
    assert ask(zones, f"n0.{NAME}").rcode is Rcode.SERVFAIL


@pytest.mark.parametrize("record_type", ["A", "TXT"])
def test_circles_of_aliases_and_cnames_are_servfail(record_type):
    zones = table(
        zone(
            alias(f"a.{NAME}", f"a.{NAME}", record_type),
            record(f"c.{NAME}", "CNAME", f"c.{NAME}"),
        )
    )
    assert ask(zones, f"a.{NAME}", record_type).rcode is Rcode.SERVFAIL
    assert ask(zones, f"c.{NAME}", record_type).rcode is Rcode.SERVFAIL


def test_weights_are_shares_of_their_sum():
    zones = table(zone(alias(NAME, f"plan-000110.{NAME}"), *plan_tree(110, 1, 3, 0)))
    chance = random.Random(1)
    counted = Counter(
        values(ask(zones, NAME, draw=chance.randrange))[0] for _ in range(4_000)
    )
    assert set(counted) == {"127.0.10.1", "127.0.10.2"}
    assert 850 < counted["127.0.10.1"] < 1_150


def test_sets_whose_weights_are_all_zero_are_equally_likely():
    zones = table(zone(alias(NAME, f"plan-000110.{NAME}"), *plan_tree(110, 0, 0)))
    picked = [values(ask(zones, NAME, draw=lambda _, n=n: n))[0] for n in (0, 1)]
    assert picked == ["127.0.10.1", "127.0.10.2"]


def test_a_weighted_answer_says_that_it_was_drawn():
    zones = table(zone(alias(NAME, f"plan-000110.{NAME}"), *plan_tree(110, 1, 1)))
    assert ask(zones, NAME, draw=lambda _: 0).drawn


@given(
    weights=st.lists(st.integers(0, 255), min_size=1, max_size=6),
    seed=st.integers(0, 2**32),
)
def test_a_set_of_weight_zero_is_never_picked_beside_a_heavier_one(weights, seed):
    zones = table(zone(alias(NAME, f"plan-000110.{NAME}"), *plan_tree(110, *weights)))
    [address] = values(ask(zones, NAME, draw=random.Random(seed).randrange))
    picked = int(address.rsplit(".", 1)[1]) - 1
    assert weights[picked] > 0 or not any(weights)


def test_several_addresses_are_turned_and_all_given():
    zones = table(zone(record(NAME, "A", "127.0.10.1", "127.0.10.2")))
    assert values(ask(zones, NAME, draw=lambda _: 1)) == ["127.0.10.2", "127.0.10.1"]


def test_failover_gives_its_primary():
    routing = [(("Failover", role),) for role in ("SECONDARY", "PRIMARY")]
    sets = [
        record(NAME, "A", f"127.0.10.{n}", set_identifier=str(n), routing=routing[n])
        for n in (0, 1)
    ]
    assert values(ask(table(zone(*sets)), NAME)) == ["127.0.10.1"]


def test_multivalue_gives_at_most_eight_sets():
    sets = [
        record(
            NAME,
            "A",
            f"127.0.10.{n}",
            set_identifier=f"{n:02}",
            routing=(("MultiValueAnswer", "true"),),
        )
        for n in range(10)
    ]
    found = values(ask(table(zone(*sets)), NAME, draw=lambda _: 0))
    assert len(found) == len(set(found)) == 8


def test_a_cname_is_shown_and_followed_within_and_across_known_zones():
    other = zone(
        record("b.other.test.", "A", "127.0.10.2"), name="other.test.", zone_id="Z2"
    )
    first = zone(
        record(f"x.{NAME}", "CNAME", f"Y.{NAME}"),
        record(f"y.{NAME}", "CNAME", "b.other.test"),
    )
    found = ask(table(first, other), f"x.{NAME}")
    assert [(rrset.name, rrset.type) for rrset in found.answers] == [
        (f"x.{NAME}", "CNAME"),
        (f"y.{NAME}", "CNAME"),
        ("b.other.test.", "A"),
    ]


def test_a_cname_out_of_the_known_zones_is_the_whole_answer():
    zones = table(zone(record(f"x.{NAME}", "CNAME", "example.com.")))
    found = ask(zones, f"x.{NAME}")
    assert (found.rcode, values(found)) == (Rcode.NOERROR, ["example.com."])
    assert found.authority == ()


def test_a_cname_to_a_missing_name_is_nxdomain_with_the_cname():
    zones = table(zone(record(f"x.{NAME}", "CNAME", f"gone.{NAME}")))
    found = ask(zones, f"x.{NAME}")
    assert found.rcode is Rcode.NXDOMAIN
    assert values(found) == [f"gone.{NAME}"]


def test_a_question_for_the_cname_itself_is_not_followed():
    zones = table(zone(record(f"x.{NAME}", "CNAME", f"gone.{NAME}")))
    assert values(ask(zones, f"x.{NAME}", "CNAME")) == [f"gone.{NAME}"]


def test_a_missing_name_is_nxdomain_and_a_missing_type_is_not():
    zones = table(zone(record(f"a.{NAME}", "A", "127.0.10.1")))
    assert is_empty(ask(zones, f"b.{NAME}"), Rcode.NXDOMAIN)
    assert is_empty(ask(zones, f"a.{NAME}", "TXT"))


def test_a_name_above_an_existing_name_exists():
    zones = table(zone(record(f"a.b.{NAME}", "A", "127.0.10.1")))
    assert is_empty(ask(zones, f"b.{NAME}"))
    assert is_empty(ask(zones, f"z.b.{NAME}"), Rcode.NXDOMAIN)


def test_a_wildcard_answers_below_its_parent_but_not_for_existing_names():
    wildcard = name_of_labels([b"*", b"w"]) + NAME
    zones = table(
        zone(
            record(wildcard, "A", "127.0.10.1"),
            record(f"there.w.{NAME}", "TXT", '"x"'),
            record(f"deep.ent.w.{NAME}", "TXT", '"x"'),
        )
    )
    [rrset] = ask(zones, f"a.b.w.{NAME}").answers
    assert (rrset.name, rrset.values) == (f"a.b.w.{NAME}", ("127.0.10.1",))
    assert values(ask(zones, wildcard)) == ["127.0.10.1"]
    assert is_empty(ask(zones, f"there.w.{NAME}"))
    assert is_empty(ask(zones, f"ent.w.{NAME}"))
    assert is_empty(ask(zones, f"a.ent.w.{NAME}"), Rcode.NXDOMAIN)
    assert is_empty(ask(zones, f"a.w.{NAME}", "TXT"))
    assert is_empty(ask(zones, f"w.{NAME}"))


def test_names_spell_odd_octets_as_route_53_lists_them():
    assert name_of_labels([b"*", b"A.b", b"\xffx", b""]) == "\\052.a\\056b.\\377x."
    assert name_of_labels([b""]) == "."


def test_the_zone_with_the_longest_apex_answers():
    inner = zone(name=f"in.{NAME}", zone_id="Z2")
    zones = table(zone(record(f"a.in.{NAME}", "A", "127.0.10.1")), inner)
    assert ask(zones, f"a.in.{NAME}").rcode is Rcode.NXDOMAIN
    assert values(ask(zones.without_zone("Z2"), f"a.in.{NAME}")) == ["127.0.10.1"]


def test_names_outside_all_zones_are_refused_without_authority():
    found = ask(table(zone()), "example.com.")
    assert found == DnsAnswer(rcode=Rcode.REFUSED, authoritative=False)


def test_names_below_a_delegation_get_a_referral():
    zones = table(zone(record(f"sub.{NAME}", "NS", "ns.elsewhere.test.")))
    found = ask(zones, f"a.sub.{NAME}")
    assert (found.rcode, found.authoritative, found.answers) == ("NOERROR", False, ())
    assert [(rrset.name, rrset.type) for rrset in found.authority] == [
        (f"sub.{NAME}", "NS")
    ]


def test_any_gives_every_type_at_the_name():
    zones = table(zone(record(NAME, "A", "127.0.10.1"), record(NAME, "TXT", '"x"')))
    found = ask(zones, NAME, "ANY")
    assert [rrset.type for rrset in found.answers] == ["A", "NS", "SOA", "TXT"]


def test_a_served_soa_ttl_replaces_the_zones_own_in_answers_and_authority():
    zones = ZoneTable().with_zone(index_zone(zone(), soa_ttl_s=5))
    assert ask(zones, f"no.{NAME}").authority[0].ttl_s == 5
    assert ask(zones, NAME, "SOA").answers[0].ttl_s == 5
    assert ask(table(zone()), NAME, "SOA").answers[0].ttl_s == 900


def test_an_unreadable_soa_is_replaced_by_a_usable_one():
    broken = zone(record(NAME, "SOA", "{'ns': 1}"))
    [soa] = ask(table(broken), NAME, "SOA").answers
    assert len(soa.values[0].split()) == 7


@given(
    labels=st.lists(st.binary(min_size=1, max_size=8), max_size=5),
    record_type=st.sampled_from(["A", "TXT", "NS", "ANY", "TYPE65280"]),
)
def test_every_question_gets_one_of_the_four_codes(labels, record_type):
    wildcard = name_of_labels([b"*"]) + NAME
    zones = table(
        zone(record(wildcard, "A", "127.0.10.1"), alias(f"a.{NAME}", f"b.{NAME}"))
    )
    for name in (
        name_of_labels(labels),
        name_of_labels(labels).rstrip(".") + "." + NAME,
    ):
        found = ask(zones, name, record_type)
        negative = not found.answers and found.rcode in ("NOERROR", "NXDOMAIN")
        assert bool(found.authority) == negative
