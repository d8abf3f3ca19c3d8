"""What did the caller ask for, in boto3's names, whatever the protocol?

Only the model of the service knows which query key, header, path label or XML
element carries which parameter; this walks the model's input shape over the
request. Binary payloads are named by their size and never kept. The reading is
lenient: unknown members are left out, because the emulator is the judge of a
request and this only names it. Of a body that cannot be read, the parameters that
travel beside it remain.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from gameday.edge.xml_shapes import XmlShapes, scalar_of, xml_root

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gameday.aws.service_models import ServiceModel

__all__ = ["FORM_FIELDS_MAX", "members", "parse_form", "parse_parameters"]

DEPTH_MAX = 32
FORM_FIELDS_MAX = 20_000
_READERS_KEPT_MAX = 64


def parse_parameters(
    model: ServiceModel,
    operation: str,
    *,
    protocol: str,
    labels: Mapping[str, str],
    query: Mapping[str, str],
    headers: Mapping[str, str],
    body: bytes,
) -> tuple[dict[str, Any], str]:
    """Return the parameters by their boto3 names, and why some cannot be read.

    Args:
        model: the service's model.
        operation: one of its operations.
        protocol: the one that the request speaks.
        labels: path labels by wire name, for REST protocols.
        query: the decoded query string.
        headers: the request's headers, ignoring case.
        body: the request's body, not compressed.
    """
    shape = model.input_shape(operation)
    if shape is None:
        return {}, ""
    reader = _reader(model, xml=protocol == "rest-xml")
    found: dict[str, Any] = {}
    try:
        match protocol:
            case "json":
                found = _json_object(body)
            case "query" | "ec2":
                tree = _tree({**query, **parse_form(body)})
                found = reader.form(shape, tree, ec2=protocol == "ec2")
            case "rest-json" | "rest-xml":
                found = reader.located(shape, labels, query, headers)
                found |= reader.payload(shape, body, root=model.root_of(operation))
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        # The body is not of the shape that the model says; the emulator judges.
        return found, str(error) or type(error).__name__
    return found, ""


def parse_form(body: bytes) -> dict[str, str]:
    """Return the fields of a form body; raises ValueError when there are too many."""
    text = body.decode("utf-8", "replace")
    return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=FORM_FIELDS_MAX))


def members(value: Any) -> Mapping[str, Any]:
    """Return the members of a structure; none of what should be one and is not."""
    return value if isinstance(value, dict) else {}


@lru_cache(maxsize=_READERS_KEPT_MAX)
def _reader(model: ServiceModel, *, xml: bool) -> _Reader:
    return _Reader(model.shapes, xml=xml)


class _Reader:
    """Walks the shapes of one model."""

    def __init__(self, shapes: Mapping[str, Mapping[str, Any]], *, xml: bool) -> None:
        self._shapes = shapes
        self._xml = XmlShapes(shapes) if xml else None

    def located(
        self,
        shape: Mapping[str, Any],
        labels: Mapping[str, str],
        query: Mapping[str, str],
        headers: Mapping[str, str],
    ) -> dict[str, Any]:
        """Return the members that travel outside the body."""
        sources = {"uri": labels, "querystring": query, "header": headers}
        found: dict[str, Any] = {}
        for name, reference in shape.get("members", {}).items():
            source = sources.get(reference.get("location", ""))
            text = source.get(reference.get("locationName", name)) if source else None
            if text is not None:
                found[name] = scalar_of(self._type(reference), text)
        return found

    def payload(
        self, shape: Mapping[str, Any], body: bytes, *, root: str
    ) -> dict[str, Any]:
        """Return the members that travel in the body; `root` is its XML element."""
        members = shape.get("members", {})
        payload = shape.get("payload")
        if payload is not None:
            target = self._shapes[members[payload]["shape"]]
            if target["type"] != "structure":
                return {payload: f"<{len(body)} bytes>"} if body else {}
            return {payload: self._document(target, body, "")} if body else {}
        if not body or all("location" in member for member in members.values()):
            return {}
        document = self._document(shape, body, root)
        return {name: document[name] for name in document if name in members}

    def form(
        self, shape: Mapping[str, Any], tree: Mapping[str, Any], *, ec2: bool
    ) -> dict[str, Any]:
        """Return a structure from the tree of a form's dotted keys."""
        found: dict[str, Any] = {}
        for name, reference in shape.get("members", {}).items():
            wire = (
                _ec2_name(name, reference) if ec2 else self._form_name(name, reference)
            )
            if wire in tree:
                found[name] = self._form_value(reference, tree[wire], ec2=ec2)
        return found

    def _form_name(self, name: str, reference: Mapping[str, Any]) -> str:
        shape = self._shapes[reference["shape"]]
        if shape.get("flattened") and shape["type"] == "list":
            # A flattened list takes the name of its member.
            return str(
                shape["member"].get("locationName", reference.get("locationName", name))
            )
        return str(reference.get("locationName", name))

    def _form_value(self, reference: Mapping[str, Any], node: Any, *, ec2: bool) -> Any:
        shape = self._shapes[reference["shape"]]
        if isinstance(node, str):
            return [] if shape["type"] == "list" else scalar_of(shape["type"], node)
        match shape["type"]:
            case "structure":
                return self.form(shape, node, ec2=ec2)
            case "list":
                if not (ec2 or shape.get("flattened")):
                    node = node.get(shape["member"].get("locationName", "member"), {})
                return [
                    self._form_value(shape["member"], item, ec2=ec2)
                    for item in _numbered(node)
                ]
            case "map":
                entries = node if shape.get("flattened") else node.get("entry", {})
                return self._form_map(shape, entries, ec2=ec2)
            case _:
                return None

    def _form_map(self, shape: Mapping[str, Any], node: Any, *, ec2: bool) -> Any:
        key = shape["key"].get("locationName", "key")
        value = shape["value"].get("locationName", "value")
        return {
            str(entry[key]): self._form_value(shape["value"], entry[value], ec2=ec2)
            for entry in _numbered(node)
            if isinstance(entry, dict) and key in entry and value in entry
        }

    def _document(self, shape: Mapping[str, Any], body: bytes, root: str) -> Any:
        if self._xml is not None:
            return self._xml.structure(shape, xml_root(body, root))
        return self._json_value(shape, _json_object(body), DEPTH_MAX)

    def _json_value(self, shape: Mapping[str, Any], value: Any, depth: int) -> Any:
        if depth == 0:
            raise ValueError(f"the JSON is nested deeper than {DEPTH_MAX} levels")
        if shape["type"] == "structure" and isinstance(value, dict):
            return {
                name: self._json_value(
                    self._shapes[reference["shape"]],
                    value[reference.get("locationName", name)],
                    depth - 1,
                )
                for name, reference in shape.get("members", {}).items()
                if reference.get("locationName", name) in value
            }
        if shape["type"] == "list" and isinstance(value, list):
            member = self._shapes[shape["member"]["shape"]]
            return [self._json_value(member, item, depth - 1) for item in value]
        return value

    def _type(self, reference: Mapping[str, Any]) -> str:
        return str(self._shapes[reference["shape"]]["type"])


def _json_object(body: bytes) -> dict[str, Any]:
    if not body:
        return {}
    try:
        document = json.loads(body)
    except RecursionError as error:
        raise ValueError("the JSON is nested too deep") from error
    if not isinstance(document, dict):
        raise ValueError("the JSON is not an object")  # noqa: TRY004 - malformed input
    return document


def _tree(form: Mapping[str, str]) -> dict[str, Any]:
    """Return dotted keys as nested mappings: a.b=1 becomes {"a": {"b": "1"}}."""
    tree: dict[str, Any] = {}
    for key, value in form.items():
        steps = key.split(".", DEPTH_MAX)
        node = tree
        for step in steps[:-1]:
            below = node.get(step)
            if not isinstance(below, dict):
                below = node[step] = {}
            node = below
        node.setdefault(steps[-1], value)
    return tree


def _numbered(node: Any) -> list[Any]:
    if not isinstance(node, dict):
        return []
    numbered = [(int(key), value) for key, value in node.items() if key.isdigit()]
    return [value for _, value in sorted(numbered, key=lambda pair: pair[0])]


def _ec2_name(name: str, reference: Mapping[str, Any]) -> str:
    if "queryName" in reference:
        return str(reference["queryName"])
    wire = str(reference.get("locationName", name))
    return wire[:1].upper() + wire[1:]
