"""dig and kdig, two implementations that are not ours, must agree on the answers."""

from __future__ import annotations

import random

import pytest
from dns_lab import (
    APEX,
    ENDPOINT,
    LoopThread,
    alias,
    dig,
    plan_tree,
    record,
    version,
    zone,
)

from gameday.edge.dns import DnsEdge

OTHER = "other.gameday.test."
NEGATIVE_TTL_S = 5
SOA = (
    APEX,
    str(NEGATIVE_TTL_S),
    "IN",
    "SOA",
    "ns-2048.awsdns-64.com.",
    "awsdns-hostmaster.amazon.com.",
    *["1", "7200", "900", "1209600", "86400"],
)
ODD_TEXT = ('"quote', '\\"', "tab", '\\009"', '"second"')
MANY = tuple(f'"{number:02} {"x" * 60}"' for number in range(40))


@pytest.fixture(scope="module")
def server():
    edge = DnsEdge(chance=random.Random(1), negative_ttl_s=NEGATIVE_TTL_S)
    main = zone(
        alias(APEX, f"plan-000110.{APEX}"),
        *plan_tree(110, 100),
        alias(f"rollback.{APEX}", f"plan-000109.{APEX}"),
        record(f"lock.{APEX}", "TXT", '"enactor-az1/3f 1760000000000"', ttl_s=0),
        record(f"odd.{APEX}", "TXT", '"quote \\" tab \\011" "second"'),
        record(f"v6.{APEX}", "AAAA", "::1"),
        record(f"both.{APEX}", "A", "127.0.10.1", "127.0.10.2"),
        record(f"here.{APEX}", "CNAME", f"There.{APEX}"),
        record(f"there.{APEX}", "CNAME", f"www.{OTHER}"),
        record(f"lost.{APEX}", "CNAME", f"gone.{APEX}"),
        record(f"\\052.wild.{APEX}", "A", "127.0.10.7"),
        record(f"deep.ent.{APEX}", "A", "127.0.10.8"),
        record(f"many.{APEX}", "TXT", *MANY),
        record(f"mail.{APEX}", "MX", "10 mx.gameday.test."),
    )
    other = zone(record(f"www.{OTHER}", "A", "127.0.10.3"), name=OTHER, zone_id="Z2")
    with LoopThread() as loop:
        loop.run(edge.start("127.0.0.1", 0))
        for each in (main, other):
            loop.call(edge.apply, version(each))
        yield edge.address
        loop.run(edge.stop())


def both(server, *arguments: str):
    """Return what dig says, having checked that kdig says the same."""
    from_dig = dig("dig", server, "+norecurse", *arguments)
    assert dig("kdig", server, "+norecurse", *arguments) == from_dig
    return from_dig


ANSWERS = {
    "the root alias": ((ENDPOINT, "A"), [(APEX, "1", "IN", "A", "127.0.10.1")]),
    "a leaf": (
        (f"lb-1.plan-000110.{ENDPOINT}", "A"),
        [(f"lb-1.plan-000110.{APEX}", "1", "IN", "A", "127.0.10.1")],
    ),
    "the lock": (
        (f"lock.{ENDPOINT}", "TXT"),
        [(f"lock.{APEX}", "0", "IN", "TXT", '"enactor-az1/3f', '1760000000000"')],
    ),
    "odd text": (
        (f"odd.{ENDPOINT}", "TXT"),
        [
            # The tools write a tab in decimal, Route 53 in octal.
            (f"odd.{APEX}", "1", "IN", "TXT", *ODD_TEXT),
        ],
    ),
    "IPv6": ((f"v6.{ENDPOINT}", "AAAA"), [(f"v6.{APEX}", "1", "IN", "AAAA", "::1")]),
    "several addresses": (
        (f"both.{ENDPOINT}", "A"),
        [(f"both.{APEX}", "1", "IN", "A", f"127.0.10.{n}") for n in (1, 2)],
    ),
    "CNAMEs over two zones": (
        (f"here.{ENDPOINT}", "A"),
        [
            (f"here.{APEX}", "1", "IN", "CNAME", f"There.{APEX}"),
            (f"There.{APEX}", "1", "IN", "CNAME", f"www.{OTHER}"),
            (f"www.{OTHER}", "1", "IN", "A", "127.0.10.3"),
        ],
    ),
    "a wildcard": (
        (f"a.b.wild.{ENDPOINT}", "A"),
        [(f"a.b.wild.{APEX}", "1", "IN", "A", "127.0.10.7")],
    ),
    "the wildcard itself": (
        (f"*.wild.{ENDPOINT}", "A"),
        [(f"*.wild.{APEX}", "1", "IN", "A", "127.0.10.7")],
    ),
    "the SOA": ((ENDPOINT, "SOA"), [SOA]),
    "a mail exchanger": (
        (f"mail.{ENDPOINT}", "MX"),
        [(f"mail.{APEX}", "1", "IN", "MX", "10", "mx.gameday.test.")],
    ),
}


@pytest.mark.parametrize("transport", ["+notcp", "+tcp"])
@pytest.mark.parametrize("what", ANSWERS)
def test_both_tools_get_the_records(server, what, transport):
    question, expected = ANSWERS[what]
    found = both(server, transport, *question)
    assert (found.status, found.flags) == ("NOERROR", {"qr", "aa"})
    assert found.answers == tuple(sorted(expected))
    assert found.authority == ()


def test_the_answer_has_the_case_in_which_it_was_asked(server):
    """Only dig is asked: kdig sends every name in lower case."""
    found = dig("dig", server, "DynamoDB.US-East-1.gameday.TEST", "A")
    assert [answer[0] for answer in found.answers] == [
        "DynamoDB.US-East-1.gameday.TEST."
    ]


EMPTY = {
    "a dangling alias": (f"rollback.{ENDPOINT}", "A", "NOERROR"),
    "another type": (ENDPOINT, "AAAA", "NOERROR"),
    "a name above a name": (f"ent.{ENDPOINT}", "A", "NOERROR"),
    "another type of a wildcard": (f"a.wild.{ENDPOINT}", "TXT", "NOERROR"),
    "an unknown type": (ENDPOINT, "TYPE65280", "NOERROR"),
    "a missing name": (f"no.such.{ENDPOINT}", "A", "NXDOMAIN"),
}


@pytest.mark.parametrize("what", EMPTY)
def test_both_tools_see_why_there_is_no_record(server, what):
    name, record_type, status = EMPTY[what]
    found = both(server, name, record_type)
    assert (found.status, found.flags) == (status, {"qr", "aa"})
    assert (found.answers, found.authority) == ((), (SOA,))


def test_a_cname_to_a_missing_name_is_shown_with_nxdomain(server):
    found = both(server, f"lost.{ENDPOINT}", "A")
    assert found.status == "NXDOMAIN"
    assert found.answers == ((f"lost.{APEX}", "1", "IN", "CNAME", f"gone.{APEX}"),)
    assert found.authority == (SOA,)


def test_the_name_servers_are_listed(server):
    found = both(server, ENDPOINT, "NS")
    assert len(found.answers) == 4


def test_an_answer_too_big_for_udp_is_cut_to_nothing_and_fetched_over_tcp(server):
    name = f"many.{ENDPOINT}"
    cut = both(server, "+ignore", name, "TXT")
    assert cut.flags == {"qr", "aa", "tc"}
    assert cut.answers == ()
    assert len(both(server, name, "TXT").answers) == len(MANY)


def test_without_edns_the_limit_is_512_octets(server):
    found = both(server, "+noedns", "+ignore", f"many.{ENDPOINT}", "TXT")
    assert "tc" in found.flags


def test_the_recursion_bit_is_copied_and_recursion_not_offered(server):
    assert both(server, "+recurse", ENDPOINT, "A").flags == {"qr", "aa", "rd"}


def test_names_outside_the_zones_are_refused(server):
    found = both(server, "example.com", "A")
    assert (found.status, found.flags, found.authority) == ("REFUSED", {"qr"}, ())


def test_other_classes_are_refused(server):
    assert both(server, "-c", "CH", "version.bind", "TXT").status == "REFUSED"


def test_any_gives_every_type_at_the_name(server):
    found = both(server, "+tcp", ENDPOINT, "ANY")
    assert {answer[3] for answer in found.answers} == {"A", "NS", "SOA"}


def test_an_unknown_edns_version_is_badvers(server):
    found = dig("dig", server, "+edns=1", "+noednsnegotiation", ENDPOINT, "A")
    assert found.status == "BADVERS"


@pytest.mark.parametrize("opcode", ["STATUS", "NOTIFY", "UPDATE", "IQUERY"])
def test_other_opcodes_are_notimp(server, opcode):
    assert dig("dig", server, f"+opcode={opcode}", ENDPOINT, "A").status == "NOTIMP"


def test_edns_options_and_flags_do_no_harm(server):
    options = ("+dnssec", "+nsid", "+bufsize=4096", "+padding=128")
    plain = dig("kdig", server, ENDPOINT, "A")
    assert dig("kdig", server, *options, ENDPOINT, "A").answers == plain.answers
    assert dig("dig", server, *options[:3], ENDPOINT, "A").answers == plain.answers
