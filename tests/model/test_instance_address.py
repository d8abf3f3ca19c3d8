"""Every droplet has an address of its own."""

from __future__ import annotations

import pytest

from gameday.model.instance_address import INSTANCE_NETWORK, instance_address


def test_the_address_follows_from_the_droplet():
    assert instance_address("droplet-0001") == "127.0.64.1"
    assert instance_address("droplet-0300") == "127.0.65.44"


def test_no_two_of_many_droplets_share_one():
    many = {instance_address(f"droplet-{n:04d}") for n in range(1, 10_001)}
    assert len(many) == 10_000


@pytest.mark.parametrize("droplet", ["host-1", "droplet-", "droplet-16383"])
def test_what_has_no_address_is_refused(droplet: str):
    with pytest.raises(ValueError, match=droplet):
        instance_address(droplet)


def test_the_network_is_loopback():
    assert INSTANCE_NETWORK.is_loopback
