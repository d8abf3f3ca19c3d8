"""Does a query get an answer, and whom does it ask on the way?

A query needs its cluster to be available and the data that the cluster keeps through
DynamoDB. One of an IAM user needs that user's groups first, and the look-up of groups
was pinned to us-east-1, so that such queries failed in every region of the world while
users whom the cluster itself knows went on (AWS's post-event summary, Redshift).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from gameday.aws.retries import error_code
from gameday.errors import ServiceUnavailable
from gameday.model.query_path import GroupLookup, QueryUser, regions_called
from gameday.region.services.iam import ANALYST, LIST_GROUPS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gameday.aws.directory import Directory
    from gameday.aws.retries import CallPolicy
    from gameday.aws.service_client import ServiceClient

__all__ = [
    "AVAILABLE",
    "REDSHIFT",
    "QueryService",
    "cluster_name",
    "cluster_status",
    "make_cluster",
]

REDSHIFT: Final = "redshift"
AVAILABLE: Final = "available"
DATABASE: Final = "dev"


def cluster_name(number: int) -> str:
    """Return the name of a region's warehouse cluster, counted from 1."""
    return f"warehouse-{number}"


class QueryService:
    """Answers queries of one region's clusters.

    Args:
        region: whose clusters.
        lookup: where the groups of an IAM user are looked up.
        iam: ways to IAM, by region.
        directory: of what the clusters keep through DynamoDB.
        redshift: the emulator's Redshift in this region.
        redshift_data: the emulator's Redshift Data API in this region.
        policy: how its calls are made.
    """

    def __init__(
        self,
        *,
        region: str,
        lookup: GroupLookup,
        iam: Mapping[str, ServiceClient],
        directory: Directory,
        redshift: Any,
        redshift_data: Any,
        policy: CallPolicy,
    ) -> None:
        self._region = region
        self._lookup = lookup
        self._iam = iam
        self._directory = directory
        self._redshift = redshift
        self._data = redshift_data
        self._policy = policy

    def serve(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Run `sql` on `cluster` for `user`, "iam" or "cluster"; return its id."""
        user, cluster = QueryUser(body["user"]), str(body["cluster"])
        called = regions_called(user, serving=self._region, lookup=self._lookup)
        if user is QueryUser.IAM:
            self._iam[called[0]].ask({"operation": LIST_GROUPS, "user": ANALYST})
        status = cluster_status(self._redshift, self._policy, cluster)
        if status != AVAILABLE:
            raise ServiceUnavailable(service=REDSHIFT, why=f"{cluster} is {status}")
        self._directory.find(f"cluster/{cluster}")
        reply = self._policy.write(
            self._data.execute_statement,
            ClusterIdentifier=cluster,
            Database=DATABASE,
            DbUser=str(user),
            Sql=str(body["sql"]),
        )
        return {"query": reply["Id"]}


def make_cluster(redshift: Any, policy: CallPolicy, cluster: str) -> str:
    """Make a cluster unless it is there; return its status."""
    try:
        policy.write(
            redshift.create_cluster,
            ClusterIdentifier=cluster,
            NodeType="ra3.xlplus",
            MasterUsername="admin",
            MasterUserPassword="Gameday-1",
        )
    except ClientError as error:
        if error_code(error) != "ClusterAlreadyExists":
            raise
    return cluster_status(redshift, policy, cluster)


def cluster_status(redshift: Any, policy: CallPolicy, cluster: str) -> str:
    """Return the status by which a cluster says whether it serves."""
    reply = policy.read(redshift.describe_clusters, ClusterIdentifier=cluster)
    return str(reply["Clusters"][0]["ClusterStatus"])
