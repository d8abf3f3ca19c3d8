"""Which environment variables lead a program to AWS services by managed names?

A name of AWS's own form, service.region.suffix, says whose endpoint it is:
`dynamodb.us-east-1.gameday.test` is DynamoDB's. The variable for it is named
after the service's id in botocore's model, so that for `monitoring.` it is
AWS_ENDPOINT_URL_CLOUDWATCH. Every AWS SDK and the `aws` command read it.
https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gameday.aws.service_models import service_models

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["endpoint_variables"]

_PREFIX = "AWS_ENDPOINT_URL_"
_HTTP_PORT = 80


def endpoint_variables(
    endpoints: Iterable[str], *, aws_region: str, port: int
) -> dict[str, str]:
    """Return the variable of each service that has an endpoint among these.

    Args:
        endpoints: DNS names; of several for one service the first is taken, and
            a name that is not of AWS's form is nobody's.
        aws_region: the region that the names carry.
        port: where load balancers listen.
    """
    models = service_models()
    at = "" if port == _HTTP_PORT else f":{port}"
    found: dict[str, str] = {}
    for endpoint in endpoints:
        prefix, _, rest = endpoint.partition(".")
        if rest.partition(".")[0] != aws_region:
            continue
        for name in models.likely_signed_as(prefix)[:1]:
            model = models.get(name)
            if model is not None:
                service = str(model.metadata["serviceId"]).upper().replace(" ", "_")
                found.setdefault(f"{_PREFIX}{service}", f"http://{endpoint}{at}")
    return found
