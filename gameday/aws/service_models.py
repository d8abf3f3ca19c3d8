"""Which AWS operation is this request, by botocore's own service models?

botocore ships one model a service. The files are read directly and one at a
time, when a service is first met: neither boto3 nor botocore is imported, which
would cost the edge a good part of its start.

How it works: a request names its service by the signing name in its credential
scope. That is mostly the name of the model's folder; where it is not
("monitoring" is cloudwatch) or where several services share it (elb and elbv2),
the first bytes of every model are read once for their metadata.
"""

from __future__ import annotations

import gzip
import importlib.util
import json
import re
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from gameday.aws.rest_routes import Route, RouteMatch, compile_routes, match_route

__all__ = ["ErrorShape", "ServiceModel", "ServiceModels", "service_models"]

HEAD_BYTES = 2048
"""How much of a model is read for its metadata, which stands first."""

_PREFERRED = {
    "monitoring": ("cloudwatch",),
    "elasticloadbalancing": ("elbv2", "elb"),
    "servicequotas": ("service-quotas",),
    "states": ("stepfunctions",),
}
"""Candidates worth a try before every model's metadata is read."""

_PROTOCOLS = ("json", "rest-json", "rest-xml", "smithy-rpc-v2-cbor", "query", "ec2")
"""In botocore's order of preference."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorShape:
    """One error that a service models.

    Attributes:
        name: the shape's name, e.g. "QueueDoesNotExist".
        code: what the wire says, e.g. "AWS.SimpleQueueService.NonExistentQueue".
        status: its HTTP status.
        sender: whether the caller is at fault.
    """

    name: str
    code: str
    status: int
    sender: bool


class ServiceModel:
    """One service as its model describes it."""

    def __init__(self, name: str, document: dict[str, Any]) -> None:
        self.name = name
        self.metadata: dict[str, Any] = document["metadata"]
        self.operations: dict[str, dict[str, Any]] = document["operations"]
        self.shapes: dict[str, dict[str, Any]] = document["shapes"]

    @cached_property
    def protocol(self) -> str:
        """The protocol that botocore speaks with this service."""
        offered = self.metadata.get("protocols") or [self.metadata["protocol"]]
        return next((each for each in _PROTOCOLS if each in offered), offered[0])

    @property
    def query_compatible(self) -> bool:
        """Whether errors carry the code of a former query protocol as well."""
        return "awsQueryCompatible" in self.metadata

    @property
    def xml_namespace(self) -> str:
        """The namespace of XML replies, "" when the model names none."""
        return str(self.metadata.get("xmlNamespace", ""))

    def input_shape(self, operation: str) -> dict[str, Any] | None:
        """Return the shape of an operation's parameters, None without any."""
        reference = self.operations[operation].get("input")
        return self.shapes[reference["shape"]] if reference else None

    def root_of(self, operation: str) -> str:
        """Return the XML element that a request's body is, "" when any will do."""
        return str(self.operations[operation].get("input", {}).get("locationName", ""))

    def route(
        self, method: str, path: str, query: dict[str, str], headers: Any
    ) -> RouteMatch | None:
        """Return which REST operation a request calls, and its path labels."""
        return match_route(
            self._routes.get(method, ()), path=path, query=query, headers=headers
        )

    def error(self, name_or_code: str) -> ErrorShape | None:
        """Return a modelled error by its shape's name or its wire code."""
        shape = self.shapes.get(name_or_code)
        if shape is not None and shape.get("exception"):
            return _error_shape(name_or_code, shape)
        return self._errors_by_code.get(name_or_code)

    @cached_property
    def _errors_by_code(self) -> dict[str, ErrorShape]:
        errors = [
            _error_shape(name, shape)
            for name, shape in self.shapes.items()
            if shape.get("exception")
        ]
        return {error.code: error for error in errors}

    @cached_property
    def _routes(self) -> dict[str, tuple[Route, ...]]:
        return compile_routes(self.operations, self.shapes)


@dataclass(frozen=True, slots=True)
class _Head:
    signing_name: str
    target_prefix: str
    api_version: str


class ServiceModels:
    """Every service model that botocore ships, loaded as they are met."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._loaded: dict[str, ServiceModel] = {}

    @cached_property
    def names(self) -> frozenset[str]:
        """The names of all services, as boto3.client takes them."""
        return frozenset(
            entry.name for entry in self._folder.iterdir() if entry.is_dir()
        )

    @cached_property
    def regions(self) -> frozenset[str]:
        """The names of the regions of every partition."""
        document = json.loads((self._folder / "partitions.json").read_bytes())
        return frozenset(
            name
            for partition in document["partitions"]
            for name in partition["regions"]
        )

    def get(self, name: str) -> ServiceModel | None:
        """Return the model of a service, None when there is no such service."""
        if name not in self._loaded:
            file = self._file(name) if name in self.names else None
            if file is None:
                return None
            with gzip.open(file) as model:
                self._loaded[name] = ServiceModel(name, json.load(model))
        return self._loaded[name]

    def likely_signed_as(self, signing_name: str) -> tuple[str, ...]:
        """Return services by a signing name, without reading any model."""
        own = (signing_name,) if signing_name in self.names else ()
        return own + _PREFERRED.get(signing_name, ())

    def signed_as(self, signing_name: str) -> tuple[str, ...]:
        """Return every service with a signing name."""
        return tuple(
            name
            for name, head in self._heads.items()
            if head.signing_name == signing_name
        )

    def with_target_prefix(self, prefix: str) -> tuple[str, ...]:
        """Return the services whose X-Amz-Target starts with `prefix`."""
        return tuple(
            name for name, head in self._heads.items() if head.target_prefix == prefix
        )

    def with_api_version(self, version: str) -> tuple[str, ...]:
        """Return the services whose API has that version."""
        return tuple(
            name for name, head in self._heads.items() if head.api_version == version
        )

    def offers(self, operation: str) -> bool:
        """Whether any service has an operation of that name. Reads all models."""
        needle = f'"{operation}":{{'.encode()
        for name in sorted(self.names, key=lambda each: each not in self._loaded):
            model = self._loaded.get(name)
            if model is not None:
                if operation in model.operations:
                    return True
                continue
            file = self._file(name)
            if file is not None and needle in gzip.decompress(file.read_bytes()):
                loaded = self.get(name)
                if loaded is not None and operation in loaded.operations:
                    return True
        return False

    @cached_property
    def _heads(self) -> dict[str, _Head]:
        heads = {}
        for name in sorted(self.names):
            file = self._file(name)
            if file is not None:
                with gzip.open(file) as model:
                    heads[name] = _parse_head(model.read(HEAD_BYTES).decode())
        return heads

    def _file(self, name: str) -> Path | None:
        files = sorted((self._folder / name).glob("*/service-2.json.gz"))
        return files[-1] if files else None


@cache
def service_models() -> ServiceModels:
    """Return the models of the botocore that is installed."""
    spec = importlib.util.find_spec("botocore")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("botocore is not installed")
    return ServiceModels(Path(next(iter(spec.submodule_search_locations))) / "data")


def _parse_head(text: str) -> _Head:
    prefix = _member(text, "endpointPrefix")
    return _Head(
        signing_name=_member(text, "signingName") or prefix,
        target_prefix=_member(text, "targetPrefix"),
        api_version=_member(text, "apiVersion"),
    )


def _member(text: str, name: str) -> str:
    metadata = text.partition('"operations"')[0]
    found = re.search(rf'"{name}"\s*:\s*"([^"]*)"', metadata)
    return found.group(1) if found else ""


def _error_shape(name: str, shape: dict[str, Any]) -> ErrorShape:
    error = shape.get("error", {})
    fault = bool(shape.get("fault") or error.get("fault"))
    return ErrorShape(
        name=name,
        code=error.get("code", name),
        status=int(error.get("httpStatusCode", 500 if fault else 400)),
        sender=bool(error.get("senderFault", not fault)),
    )
