from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gameday.model.record_syntax import (
    is_within,
    name_problem,
    normalise_name,
    value_problem,
)


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("example.com", "example.com."),
        ("Example.COM.", "example.com."),
        ("*.example.com", r"\052.example.com."),
        (r"\052.example.com", r"\052.example.com."),
        ("a@b.example.com", r"a\100b.example.com."),
        ("_dmarc.a-b.example.com", "_dmarc.a-b.example.com."),
        ("with space.example.com", r"with\040space.example.com."),
        ("back\\slash.example.com", r"back\134slash.example.com."),
    ],
)
def test_names_are_kept_as_route_53_lists_them(given_name: str, kept: str):
    assert normalise_name(given_name) == kept


@given(st.text(max_size=60))
def test_a_kept_name_stays_as_it_is(name: str):
    assert normalise_name(normalise_name(name)) == normalise_name(name)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("", "DomainNameEmpty"),
        ("a..example.com", "DomainLabelEmpty"),
        (".example.com", "DomainLabelEmpty"),
        (f"{'a' * 64}.example.com", "DomainLabelTooLong"),
        (".".join(["a" * 60] * 5), "DomainNameTooLong"),
        ("ü.example.com", "UnsupportedCharacter"),
    ],
)
def test_impossible_names_are_told_apart(name: str, kind: str):
    problem = name_problem(normalise_name(name))

    assert problem is not None
    assert kind in problem


@pytest.mark.parametrize(
    "name", [f"{'a' * 63}.example.com", "*.example.com", "*" * 63 + ".example.com"]
)
def test_an_escape_counts_as_one_character(name: str):
    assert name_problem(normalise_name(name)) is None


def test_a_zone_holds_its_apex_and_what_is_below_it():
    assert is_within("example.com.", "example.com.")
    assert is_within("a.example.com.", "example.com.")
    assert not is_within("notexample.com.", "example.com.")
    assert not is_within("com.", "example.com.")


WELL_FORMED = {
    "A": ["192.0.2.1"],
    "AAAA": ["2001:db8::1", "::ffff:192.0.2.1"],
    "CNAME": ["target.example.net", "target.example.net."],
    "TXT": [
        '"one"',
        '"one" "two"',
        '""',
        r'"a \"quoted\" word"',
        f'"{"t" * 255}"',
        '"' + r"\303\244" * 100 + '"',
    ],
    "MX": ["10 mail.example.net", "0 ."],
    "NS": ["ns-1.awsdns-1.com."],
    "SRV": ["1 10 5269 xmpp.example.net."],
    "SOA": ["ns. mailbox. 1 7200 900 1209600 86400"],
    "CAA": ['0 issue "ca.example.net"'],
    "PTR": ["host.example.net."],
}
MALFORMED = {
    "A": ["", "192.0.2", "192.0.2.01", "192.0.2.1 ", "192.0.2.1, 192.0.2.2", "::1"],
    "AAAA": ["", "192.0.2.1", "2001:db8::g", "fe80::1%eth0"],
    "CNAME": ["", "two names", "a..b"],
    "TXT": ["", "bare", '"open', '"a"b"', '"a""b"', f'"{"t" * 256}"', "'single'"],
    "MX": ["mail.example.net", "x mail.example.net", "70000 mail.example.net", "10"],
    "NS": ["", "two names"],
    "SRV": ["1 10 xmpp.example.net.", "1 10 99999 xmpp.example.net."],
    "SOA": ["ns. mailbox. 1 7200 900 1209600", "ns. mailbox. a b c d e"],
    "CAA": ["", "   "],
    "PTR": [""],
}


@pytest.mark.parametrize(
    ("record_type", "value"),
    [(kind, value) for kind, values in WELL_FORMED.items() for value in values],
)
def test_a_well_formed_value_has_no_problem(record_type: str, value: str):
    assert value_problem(record_type, value) is None


@pytest.mark.parametrize(
    ("record_type", "value"),
    [(kind, value) for kind, values in MALFORMED.items() for value in values],
)
def test_a_malformed_value_is_named_in_its_problem(record_type: str, value: str):
    problem = value_problem(record_type, value)

    assert problem is not None
    assert problem.startswith("Invalid Resource Record: 'FATAL problem: ")
    assert "encountered with '" in problem


@given(st.permutations([*WELL_FORMED["A"], *WELL_FORMED["AAAA"], *WELL_FORMED["TXT"]]))
def test_a_value_is_judged_by_its_type_whatever_was_judged_before(values: list[str]):
    kinds = ("A", "AAAA", "TXT")
    fitting = {
        kind: [value for value in values if value_problem(kind, value) is None]
        for kind in kinds
    }

    assert {kind: sorted(fitting[kind]) for kind in kinds} == {
        kind: sorted(WELL_FORMED[kind]) for kind in kinds
    }


def test_a_value_too_long_to_keep_is_refused_each_time():
    value = f'"{"a" * 5_000}"'

    for _ in range(2):
        assert "ValueTooLong" in str(value_problem("TXT", value))


@given(st.sampled_from(sorted(WELL_FORMED)), st.text(max_size=300))
def test_any_text_is_judged(record_type: str, value: str):
    problem = value_problem(record_type, value)

    assert problem is None or problem.startswith("Invalid Resource Record: ")
