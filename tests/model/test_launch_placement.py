"""On which droplet may an instance be launched?"""

from __future__ import annotations

from gameday.model.launch import LeaseWatch, choose_droplet
from gameday.model.lease import Lease

TTL_MS, MARGIN_MS = 8_000, 2_500


def lease(droplet: str, version: int) -> Lease:
    """What another host wrote; its expiry says nothing to us."""
    return Lease(droplet=droplet, holder="h", version=version, expires_at_ms=1)


def watching() -> LeaseWatch:
    return LeaseWatch(ttl_ms=TTL_MS, margin_ms=MARGIN_MS)


def test_a_lease_that_was_seen_once_may_have_run_out():
    watch = watching()
    watch.look([lease("a", 1)], now_ms=0)
    assert watch.held(now_ms=0) == []
    watch.look([lease("a", 1)], now_ms=1_000)
    assert watch.held(now_ms=1_000) == []


def test_a_lease_that_was_renewed_counts_from_the_look_before():
    watch = watching()
    watch.look([lease("a", 1)], now_ms=0)
    watch.look([lease("a", 2)], now_ms=1_000)

    assert watch.held(now_ms=5_499) == ["a"]
    assert watch.held(now_ms=5_500) == []


def test_leases_are_forgotten_one_by_one_when_the_table_is_not_seen_any_more():
    watch = watching()
    watch.look([lease("a", 1), lease("b", 1)], now_ms=0)
    watch.look([lease("a", 2), lease("b", 1)], now_ms=1_000)
    watch.look([lease("a", 2), lease("b", 2)], now_ms=2_000)

    assert watch.held(now_ms=2_000) == ["b", "a"]
    assert watch.held(now_ms=6_000) == ["b"]
    assert watch.held(now_ms=7_000) == []


def test_a_free_droplet_is_chosen_and_none_when_all_are_taken():
    assert choose_droplet(["a", "b"], occupied={"a"}) == "b"
    assert choose_droplet(["a"], occupied={"a"}) is None
    assert choose_droplet([], occupied=()) is None


def test_droplets_of_which_the_same_is_known_are_not_taken_by_number():
    names = [f"droplet-{number:04}" for number in range(1, 31)]
    watch = watching()
    for version in (1, 2):
        watch.look([lease(name, version) for name in names], now_ms=version)

    first = watch.held(now_ms=2)[:12]

    for zone in (names[:10], names[10:20], names[20:]):
        assert 2 <= len(set(zone) & set(first)) <= 6
