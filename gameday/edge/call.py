"""What is this request, in the words of AWS?

A `Call` names who asks, for which service and operation, with which parameters,
and which resources it touches. Rules match it, the guard judges it, the history
keeps it.

How it works: naming has two steps, because two facts may have to be fetched
before the second: the name of a hosted zone and the key attributes of a table.
`identify` reads the signature, finds the operation in botocore's models and
parses the parameters; `complete` names the resources. A request that fits no
model is still a call: its operation is then its method and path.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from gameday.aws.service_models import ServiceModel, ServiceModels, service_models
from gameday.edge.caller import Caller, name_caller
from gameday.edge.parameters import FORM_FIELDS_MAX, parse_form, parse_parameters
from gameday.edge.resources import Resources, name_resources

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["Call", "CallNamer", "Identity", "RequestHead"]

PARSED_BYTES_MAX = 4 << 20
"""Bodies larger than this are forwarded without being read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestHead:
    """The part of an HTTP request before its body.

    Attributes:
        method: in upper case.
        path: percent-encoded, without the query string.
        query: decoded, the last value of a repeated key.
        headers: a mapping that ignores case.
    """

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]

    @classmethod
    def parse(cls, method: str, target: str, headers: Mapping[str, str]) -> RequestHead:
        """Return the head of a request from its raw target."""
        path, _, text = target.partition("?")
        query = _query(text) if text else {}
        return cls(method=method.upper(), path=path, query=query, headers=headers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What a request says before anything is looked up.

    Attributes:
        actor: who calls; "unknown:<key id>" or "anonymous" otherwise.
        region: of the credential scope.
        service: botocore's name, the signing name if botocore has none, or "".
        operation: its operation, or the method and path if it fits none.
        protocol: the AWS protocol that the request speaks, "" when unknown.
        model: the service's model, None when the operation is not one of it.
        parameters: by boto3 name; empty when they cannot be read.
        problem: why the parameters cannot be read, "" when they can.
    """

    actor: str
    region: str
    service: str
    operation: str
    protocol: str = ""
    model: ServiceModel | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request to AWS, completely named; see `Op` for the fields."""

    actor: str
    region: str
    service: str
    operation: str
    via: str
    protocol: str = ""
    model: ServiceModel | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    problem: str = ""
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()


class CallNamer:
    """Names requests. Keeps nothing but the models it has loaded."""

    def __init__(
        self, actors: Mapping[str, str], models: ServiceModels | None = None
    ) -> None:
        self._actors = actors
        self._models = models or service_models()

    def identify(self, head: RequestHead, body: bytes) -> Identity:
        """Return who calls what with which parameters. Never raises."""
        caller = name_caller(head.headers.get("Authorization", ""), head.query)
        if not caller.signing_name and head.method == "POST":
            caller = self._signed_in_body(caller, head, body)
        actor = caller.actor(self._actors)
        found = self._find(caller, head, body)
        if found is None:
            return Identity(
                actor=actor,
                region=caller.region,
                service=caller.signing_name,
                operation=f"{head.method} {head.path}",
            )
        model, operation, labels = found
        protocol = _protocol(model, head)
        parameters, problem = _parameters(
            model, operation, protocol, labels, head=head, body=body
        )
        return Identity(
            actor=actor,
            region=caller.region,
            service=model.name,
            operation=operation,
            protocol=protocol,
            model=model,
            parameters=parameters,
            problem=problem,
        )

    def complete(
        self,
        identity: Identity,
        *,
        via: str,
        keys_of: Callable[[str], tuple[str, ...] | None],
        zone_name: Callable[[str], str | None],
    ) -> Call:
        """Return the call with the resources it touches.

        Args:
            identity: from `identify`.
            via: where the request came in.
            keys_of: see `name_resources`.
            zone_name: see `name_resources`.
        """
        resources = Resources(writes=(f"{identity.service or 'unknown'}:*",))
        if identity.model is not None:
            shape = identity.model.input_shape(identity.operation) or {}
            resources = name_resources(
                identity.service,
                identity.operation,
                identity.parameters,
                required=shape.get("required", ()),
                keys_of=keys_of,
                zone_name=zone_name,
            )
        elif identity.operation.startswith(("GET ", "HEAD ")):
            resources = Resources(reads=resources.writes)
        return Call(
            actor=identity.actor,
            region=identity.region,
            service=identity.service,
            operation=identity.operation,
            via=via,
            protocol=identity.protocol,
            model=identity.model,
            parameters=identity.parameters,
            problem=identity.problem,
            reads=resources.reads,
            writes=resources.writes,
        )

    def _find(
        self, caller: Caller, head: RequestHead, body: bytes
    ) -> tuple[ServiceModel, str, Mapping[str, str]] | None:
        """Try the likely services first, all services of the signature after."""
        for candidates in (
            self._models.likely_signed_as,
            self._models.signed_as,
        ):
            for name in candidates(caller.signing_name) if caller.signing_name else ():
                model = self._models.get(name)
                found = model and _operation(model, head, body)
                if model and found:
                    return model, *found
        return None if caller.signing_name else self._find_unsigned(head, body)

    def _find_unsigned(
        self, head: RequestHead, body: bytes
    ) -> tuple[ServiceModel, str, Mapping[str, str]] | None:
        prefix, _, _ = head.headers.get("X-Amz-Target", "").rpartition(".")
        version = _form_fields(head, body).get("Version", "")
        names: tuple[str, ...] = ()
        if prefix:
            names = self._models.with_target_prefix(prefix)
        elif version:
            names = self._models.with_api_version(version)
        for name in names:
            model = self._models.get(name)
            found = model and _operation(model, head, body)
            if model and found:
                return model, *found
        return None

    def _signed_in_body(self, caller: Caller, head: RequestHead, body: bytes) -> Caller:
        """Signature Version 2 of the query protocol signs in the form."""
        key_id = _form_fields(head, body).get("AWSAccessKeyId", "")
        return Caller(key_id=key_id) if key_id else caller


def _query(text: str) -> dict[str, str]:
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=FORM_FIELDS_MAX)
    except ValueError:
        return {}
    return dict(pairs)


def _operation(
    model: ServiceModel, head: RequestHead, body: bytes
) -> tuple[str, Mapping[str, str]] | None:
    """Return the operation that a request calls if it is one of this service."""
    target = head.headers.get("X-Amz-Target", "")
    if target:
        prefix, _, name = target.rpartition(".")
        fits = prefix == model.metadata.get("targetPrefix", prefix)
        return (name, {}) if fits and name in model.operations else None
    if model.protocol.startswith("rest"):
        match = model.route(head.method, head.path, dict(head.query), head.headers)
        return (match.operation, match.labels) if match else None
    _, found, name = head.path.rpartition("/operation/")
    if not found:
        form = _form_fields(head, body)
        version = model.metadata.get("apiVersion")
        name = form.get("Action", "")
        if form.get("Version", version) != version:
            return None
    return (name, {}) if name in model.operations else None


def _protocol(model: ServiceModel, head: RequestHead) -> str:
    """Return what the request speaks; a service may speak several protocols."""
    if "X-Amz-Target" in head.headers:
        return "json"
    if model.protocol.startswith("rest") or model.protocol == "ec2":
        return model.protocol
    return "smithy-rpc-v2-cbor" if "/operation/" in head.path else "query"


def _form_fields(head: RequestHead, body: bytes) -> Mapping[str, str]:
    form = "x-www-form-urlencoded" in head.headers.get("Content-Type", "")
    if not form or len(body) > PARSED_BYTES_MAX:
        return head.query
    try:
        return {**head.query, **parse_form(body)}
    except ValueError:
        return head.query


def _parameters(
    model: ServiceModel,
    operation: str,
    protocol: str,
    labels: Mapping[str, str],
    *,
    head: RequestHead,
    body: bytes,
) -> tuple[Mapping[str, Any], str]:
    if len(body) > PARSED_BYTES_MAX:
        body = b""
    if head.headers.get("Content-Encoding") == "gzip":
        try:
            body = _gunzip(body)
        except zlib.error as error:
            return {}, str(error)
    return parse_parameters(
        model,
        operation,
        protocol=protocol,
        labels=labels,
        query=head.query,
        headers=head.headers,
        body=body,
    )


def _gunzip(body: bytes) -> bytes:
    if not body.startswith(b"\x1f\x8b"):
        return body
    return zlib.decompressobj(wbits=31).decompress(body, PARSED_BYTES_MAX)
