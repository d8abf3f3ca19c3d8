"""What does an XML body say, in the names of its service's model?

The element of a member has a wire name, lists may or may not have an element of
their own, and text becomes the type that the shape says. What stands for what is
worked out once for each shape, because a change batch has dozens of elements.
Members that the model does not know are left out.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple
from xml.etree import ElementTree as ET
from xml.sax.saxutils import unescape

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    _Read = Callable[[ET.Element, int], Any]

__all__ = ["XmlShapes", "first_text", "scalar_of", "xml_root"]

DEPTH_MAX = 32


class _Element(NamedTuple):
    """What one XML element stands for.

    A tuple, because it is taken apart for every element of every body.

    Attributes:
        name: the member that it is, or is one item of.
        read: returns what an element says, at most so many levels deep.
        repeated: whether the member is a list of such elements.
    """

    name: str
    read: _Read
    repeated: bool = False


class XmlShapes:
    """Reads XML by the shapes of one model."""

    def __init__(self, shapes: Mapping[str, Mapping[str, Any]]) -> None:
        self._shapes = shapes
        self._elements_of: dict[int, Mapping[str, _Element]] = {}

    def structure(
        self, shape: Mapping[str, Any], node: ET.Element, depth: int = DEPTH_MAX
    ) -> dict[str, Any]:
        """Return the structure below an element, at most `depth` levels.

        Raises:
            ValueError: it is nested deeper, or a number is not one.
        """
        if depth == 0:
            raise ValueError("the XML is nested too deep")
        # A shape lives as long as its model, and so does what is known of it.
        elements = self._elements_of.get(id(shape)) or self._know(shape)
        found: dict[str, Any] = {}
        for child in node:
            tag = child.tag
            element = elements.get(tag[tag.rfind("}") + 1 :])
            if element is None:
                continue
            name, read, repeated = element
            if repeated:
                found.setdefault(name, []).append(read(child, depth - 1))
            elif name not in found:
                found[name] = read(child, depth - 1)
        return found

    def _know(self, shape: Mapping[str, Any]) -> Mapping[str, _Element]:
        """Work out what each XML element below a structure stands for."""
        known: dict[str, _Element] = {}
        for name, reference in shape.get("members", {}).items():
            target = self._shapes[reference["shape"]]
            flat = reference.get("flattened") or target.get("flattened")
            wire = reference.get("locationName", name)
            if not (flat and target["type"] == "list"):
                known[wire] = _Element(name=name, read=self._read(target))
                continue
            member = target["member"]
            item = self._read(self._shapes[member["shape"]])
            known[wire] = _Element(name=name, read=item, repeated=True)
            known.setdefault(member.get("locationName", wire), known[wire])
        self._elements_of[id(shape)] = known
        return known

    def _read(self, shape: Mapping[str, Any]) -> _Read:
        match shape["type"]:
            case "structure":
                return partial(self.structure, shape)
            case "list":
                item = self._read(self._shapes[shape["member"]["shape"]])
                return lambda node, depth: [item(each, depth) for each in node]
            case "map":
                return lambda *_: {}
            case "string":
                return lambda node, _: node.text or ""
            case kind:
                return lambda node, _: scalar_of(kind, node.text or "")


def xml_root(body: bytes, expected: str = "") -> ET.Element:
    """Return the root element of a body.

    Args:
        body: the XML.
        expected: the root's name; "" takes any.

    Raises:
        ValueError: it is not XML, or another element.
    """
    # No AWS message has a document type; refusing it keeps entities out.
    if b"<!DOCTYPE" in body:
        raise ValueError("the XML has a document type declaration")
    try:
        root = ET.fromstring(body)  # noqa: S314 - entities are refused above
    except ET.ParseError as error:
        raise ValueError(f"the XML is not well formed: {error}") from error
    found = root.tag.rpartition("}")[2]
    if expected and found != expected:
        raise ValueError(f"expected {expected}, found {found}")
    return root


def scalar_of(kind: str, text: str) -> Any:
    """Return a text as the shape type `kind` says; raises ValueError."""
    match kind:
        case "string":
            return text
        case "integer" | "long":
            return int(text)
        case "float" | "double":
            return float(text)
        case "boolean":
            return text.strip().lower() == "true"
        case _:
            return text


def first_text(text: str, name: str) -> str:
    """Return what the first element of a name says, without a model; "" for none."""
    found = re.search(rf"<{name}>([^<]*)</{name}>", text)
    return unescape(found.group(1)) if found else ""
