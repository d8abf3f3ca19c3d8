"""Where in a person's document does each value stand?

YAML and JSON are parsed with a map from each path to its line. What cannot be
parsed is `InvalidInput` with every reason and its line.

Scalars follow YAML 1.2's core schema: only `true` and `false` are booleans, so
that `freeze: off` is the text "off"; leading zeros do not mean octal, dates stay
text. Mapping keys must be text and appear once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import yaml

from gameday.errors import InvalidInput, Reason

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

__all__ = ["Document", "load_document", "parse_document"]

DOCUMENT_BYTES_MAX = 2_000_000
DOCUMENT_NODES_MAX = 100_000

_Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A parsed document that remembers where everything stood.

    Attributes:
        file: name for messages, as the person gave it.
        value: plain dicts, lists and scalars.
        lines: 1-based line of each path, the root at `()`.
    """

    file: str
    value: Any
    lines: Mapping[_Path, int]

    def line_of(self, path: Sequence[str | int]) -> int | None:
        """Return the line of `path`, or of its nearest ancestor that has one."""
        steps = tuple(path)
        while steps and steps not in self.lines:
            steps = steps[:-1]
        return self.lines.get(steps)

    def reason(self, path: Sequence[str | int], message: str) -> Reason:
        """Return what is wrong at `path`, with its place."""
        return Reason(
            message=message,
            file=self.file,
            line=self.line_of(path),
            path=".".join(str(step) for step in path),
        )


def load_document(file: Path) -> Document:
    """Read and parse the YAML or JSON document in `file`."""
    try:
        content = file.read_bytes()
    except OSError as error:
        why = error.strerror or str(error)
        raise InvalidInput(
            Reason(message=f"cannot read it: {why}", file=str(file))
        ) from error
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise InvalidInput(
            Reason(message="not UTF-8 text", file=str(file), line=line)
        ) from error
    return parse_document(text, file=str(file))


def parse_document(text: str, *, file: str) -> Document:
    """Parse YAML or JSON; raises InvalidInput with the line that is broken."""
    if len(text) > DOCUMENT_BYTES_MAX:
        raise InvalidInput(
            Reason(message=f"longer than {DOCUMENT_BYTES_MAX} characters", file=file)
        )
    if file.endswith(".json"):
        # JSON allows tabs between tokens where YAML does not, and never in strings.
        text = text.replace("\t", " ")
    loader = None
    try:
        loader = _CoreLoader(text)
        node = loader.get_single_node()
        reading = _Reading(loader=loader, file=file)
        value = reading.construct(node, ()) if node is not None else None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark is not None else None
        problem = error.problem or error.context or "unreadable"
        raise InvalidInput(
            Reason(message=f"not valid YAML: {problem}", file=file, line=line)
        ) from error
    except yaml.reader.ReaderError as error:
        line = text[: error.position].count("\n") + 1
        raise InvalidInput(
            Reason(message=f"not valid YAML: {error.reason}", file=file, line=line)
        ) from error
    except RecursionError as error:
        raise InvalidInput(Reason(message="nested too deeply", file=file)) from error
    finally:
        if loader is not None:
            loader.dispose()
    if reading.reasons:
        raise InvalidInput(*reading.reasons)
    return Document(file=file, value=value, lines=reading.lines)


class _CoreLoader(yaml.SafeLoader):
    """PyYAML's safe loader with YAML 1.2's idea of what a scalar is."""

    yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {}  # type: ignore[misc]


for _tag, _pattern in (
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$"),
    ("int", r"^[-+]?(?:0|[1-9][0-9]*)$"),
    (
        "float",
        r"^[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*|[0-9]+(?=[eE]))(?:[eE][-+]?[0-9]+)?$",
    ),
    ("null", r"^(?:~|null|Null|NULL|)$"),
    ("merge", r"^<<$"),
):
    _CoreLoader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(_pattern), None
    )


class _Reading:
    """Builds values from nodes and notes the line of every path."""

    def __init__(self, *, loader: _CoreLoader, file: str) -> None:
        self._loader = loader
        self._file = file
        self._nodes = 0
        self.lines: dict[_Path, int] = {}
        self.reasons: list[Reason] = []

    def construct(self, node: yaml.Node, path: _Path) -> Any:
        """Return the value of `node`, which stands at `path`."""
        self._nodes += 1
        if self._nodes > DOCUMENT_NODES_MAX:
            raise InvalidInput(
                Reason(
                    message=f"more than {DOCUMENT_NODES_MAX} values, aliases expanded",
                    file=self._file,
                )
            )
        self.lines.setdefault(path, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [
                self.construct(item, (*path, index))
                for index, item in enumerate(node.value)
            ]
        return self._scalar(node, path)

    def _mapping(self, node: yaml.MappingNode, path: _Path) -> dict[str, Any]:
        self._refuse_repeated_keys(node, path)
        self._loader.flatten_mapping(node)
        value: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if key_node.tag != "tag:yaml.org,2002:str":
                self._note(
                    key_node,
                    path,
                    f"keys are text; write {key_node.value!r} in quotes"
                    if isinstance(key_node, yaml.ScalarNode)
                    else "keys are text",
                )
                continue
            below = (*path, key_node.value)
            # A merged key comes first and its owner's repetition wins.
            self.lines[below] = key_node.start_mark.line + 1
            value[key_node.value] = self.construct(value_node, below)
        return value

    def _refuse_repeated_keys(self, node: yaml.MappingNode, path: _Path) -> None:
        first: dict[str, int] = {}
        for key_node, _ in node.value:
            if not isinstance(key_node, yaml.ScalarNode) or key_node.value == "<<":
                continue
            line = key_node.start_mark.line + 1
            if key_node.value in first:
                before = first[key_node.value]
                self._note(
                    key_node,
                    (*path, key_node.value),
                    f"stands twice; the first is on line {before}",
                )
            first.setdefault(key_node.value, line)

    def _scalar(self, node: yaml.Node, path: _Path) -> Any:
        kind = node.tag.removeprefix("tag:yaml.org,2002:")
        if kind not in {"str", "bool", "int", "float", "null"}:
            self._note(node, path, f"tag {node.tag!r} is not allowed here")
            return None
        try:
            return self._loader.construct_object(node)
        except ValueError:
            self._note(node, path, f"not a value of type {kind}: {node.value!r}")
            return None

    def _note(self, node: yaml.Node, path: _Path, message: str) -> None:
        self.reasons.append(
            Reason(
                message=message,
                file=self._file,
                line=node.start_mark.line + 1,
                path=".".join(str(step) for step in path),
            )
        )
