"""The region's droplet workflow managers, explored: one worker, in the caller's thread.

The explorer runs a program again with the same answers, from the start and from in
between, and names one that then does something else: what is exhausted has no hidden
nondeterminism.
"""

from __future__ import annotations

import pytest
from mutant_scenes import search

from gameday.explore.droplet_problem import shared_droplet
from gameday.model.verdict import Validity
from gameday.region.droplets import leases as droplet_leases


def test_two_hosts_never_both_hold_the_lease_of_a_droplet():
    found = search(shared_droplet())

    assert found.validity is Validity.VALID, found.reasons
    assert found.coverage.preemptions is None


def test_a_host_that_steals_at_sight_is_found(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(droplet_leases, "may_steal", lambda *_, **__: True)

    found = search(shared_droplet())

    assert found.counterexample is not None
    assert found.counterexample.broken.name == "lease-kept"
