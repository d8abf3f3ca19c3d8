"""What does an XML body say, in the names of its service's model?

The element of a member has a wire name, lists may or may not have an element of
their own, and text becomes the type that the shape says. What stands for what is
worked out once for each shape, because a change batch has dozens of elements.
Members that the model does not know are left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["XmlShapes", "scalar_of", "xml_root"]

DEPTH_MAX = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class _Element:
    """What one XML element stands for.

    Attributes:
        name: the member that it is, or is one item of.
        shape: the shape of what is inside.
        repeated: whether the member is a list of such elements.
    """

    name: str
    shape: Mapping[str, Any]
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
        elements = self._elements(shape)
        found: dict[str, Any] = {}
        for child in node:
            element = elements.get(_tag(child))
            if element is None:
                continue
            if element.repeated:
                items = found.setdefault(element.name, [])
                items.append(self._value(element.shape, child, depth - 1))
            elif element.name not in found:
                value = self._value(element.shape, child, depth - 1)
                found[element.name] = value
        return found

    def _value(self, shape: Mapping[str, Any], node: ET.Element, depth: int) -> Any:
        match shape["type"]:
            case "structure":
                return self.structure(shape, node, depth)
            case "list":
                member = self._shapes[shape["member"]["shape"]]
                return [self._value(member, item, depth) for item in node]
            case "map":
                return {}
            case kind:
                return scalar_of(kind, node.text or "")

    def _elements(self, shape: Mapping[str, Any]) -> Mapping[str, _Element]:
        """Return what each XML element below a structure stands for.

        Worked out once: a shape lives as long as its model, and so does this.
        """
        known = self._elements_of.get(id(shape))
        if known is not None:
            return known
        made: dict[str, _Element] = {}
        for name, reference in shape.get("members", {}).items():
            target = self._shapes[reference["shape"]]
            flat = reference.get("flattened") or target.get("flattened")
            wire = reference.get("locationName", name)
            if not (flat and target["type"] == "list"):
                made[wire] = _Element(name=name, shape=target)
                continue
            member = target["member"]
            element = _Element(
                name=name, shape=self._shapes[member["shape"]], repeated=True
            )
            made[wire] = element
            made.setdefault(member.get("locationName", wire), element)
        self._elements_of[id(shape)] = made
        return made


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
    if expected and _tag(root) != expected:
        raise ValueError(f"expected {expected}, found {_tag(root)}")
    return root


def _tag(element: ET.Element) -> str:
    tag = element.tag
    return tag[tag.rfind("}") + 1 :]


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
