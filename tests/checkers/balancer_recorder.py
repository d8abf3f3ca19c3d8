"""Records what load balancing does, for tests of what is concluded from it."""

from __future__ import annotations

from histories import Recorder

from gameday.model.balancer_records import balancer_changes
from gameday.model.zonal_failover import ZonesInDns

NAME = "nlb.us-east-1.gameday.test"
NODES = {"az1": "127.0.40.1", "az2": "127.0.40.2", "az3": "127.0.40.3"}


class BalancerRecorder(Recorder):
    """Records which zones are in DNS."""

    def in_dns(
        self, *names: str, actor: str = "load-balancing", reply_lost: bool = False
    ) -> None:
        records = tuple(self.zone(NAME).record_sets.values())
        changes = balancer_changes(
            NAME, records, wanted=ZonesInDns(names=names), nodes=NODES
        )
        assert self.change(actor, changes, endpoint=NAME, reply_lost=reply_lost)
