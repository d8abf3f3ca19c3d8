"""What did a DynamoDB item hold a moment ago?

An image is what an item held before one write. While somebody wants to read the
past, every write leaves one: noted before the write is sent, dated when its reply
is there. The past value of an item is the image of the earliest write since; an
item that no write has touched since holds what it held.

What is remembered is bounded: by how far back anybody wants to look, and by number
and size. A table is *known since* the last write that left no image, or whose image
had to be forgotten: nothing can be said of a moment before that.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["IMAGES_BYTES_MAX", "IMAGES_MAX", "Image", "ItemImages", "item_key"]

IMAGES_MAX = 10_000
IMAGES_BYTES_MAX = 64 << 20
EVERY_TABLE = ""
"""Stands for all tables where a write does not say which one it is about."""


@dataclass(slots=True, eq=False, kw_only=True)
class Image:
    """One item before one write.

    Attributes:
        table: region and table.
        key: the item's key attributes, each with its type.
        key_text: the key as `item_key` renders it.
        before: the whole item, None when there was none.
        size_bytes: about what it takes.
        changed_ns: when the write took effect, None while it is under way.
    """

    table: str
    key: Mapping[str, Any]
    key_text: str
    before: Mapping[str, Any] | None
    size_bytes: int
    changed_ns: int | None = None


class ItemImages:
    """The images of every table."""

    def __init__(self, now_ns: Callable[[], int]) -> None:
        self._now_ns = now_ns
        self._kept_ns = 0
        self._images: OrderedDict[Image, None] = OrderedDict()
        self._by_table: dict[str, dict[str, list[Image]]] = {}
        self._size_bytes = 0
        self._known_since_ns: dict[str, int] = {}

    def __len__(self) -> int:
        """Return how many images are remembered."""
        return len(self._images)

    @property
    def keeping(self) -> bool:
        """Whether writes shall leave images."""
        return self._kept_ns > 0

    def keep(self, longest_ms: float) -> None:
        """Remember from now on for so long, milliseconds; 0 forgets everything."""
        self._kept_ns = round(longest_ms * 1_000_000)
        self._forget_old()

    def note(
        self,
        table: str,
        key: Mapping[str, Any],
        key_text: str,
        before: Mapping[str, Any] | None,
    ) -> Image:
        """Remember what an item holds before a write that is about to be sent."""
        image = Image(
            table=table,
            key=key,
            key_text=key_text,
            before=before,
            size_bytes=len(json.dumps(before)) + len(key_text),
        )
        self._images[image] = None
        self._by_table.setdefault(table, {}).setdefault(key_text, []).append(image)
        self._size_bytes += image.size_bytes
        self._forget_old()
        return image

    def date(self, images: Sequence[Image]) -> None:
        """Say that the writes which left these images took effect now."""
        now_ns = self._now_ns()
        for image in images:
            image.changed_ns = now_ns
            if image not in self._images:
                self.wrote_unseen(image.table)

    def drop(self, images: Sequence[Image]) -> None:
        """Forget the images of writes that did not take effect."""
        for image in images:
            if image in self._images:
                self._forget(image)

    def wrote_unseen(self, table: str) -> None:
        """Say that a write to a table has just left no image."""
        self._known_since_ns[table] = self._now_ns()

    def known_since_ns(self, table: str) -> int:
        """Return the earliest moment of which something can be said."""
        since = self._known_since_ns.get
        return max(since(table, 0), since(EVERY_TABLE, 0))

    def changed_since(
        self, table: str, moment_ns: int
    ) -> dict[str, tuple[Mapping[str, Any], Mapping[str, Any] | None]]:
        """Return key and past value of every item written to since a moment."""
        changed = {}
        for key_text, images in self._by_table.get(table, {}).items():
            for image in images:
                if image.changed_ns is None or image.changed_ns > moment_ns:
                    changed[key_text] = (image.key, image.before)
                    break
        return changed

    def _forget_old(self) -> None:
        now_ns = self._now_ns()
        while self._images:
            image = next(iter(self._images))
            too_many = (
                len(self._images) > IMAGES_MAX or self._size_bytes > IMAGES_BYTES_MAX
            )
            changed_ns = now_ns if image.changed_ns is None else image.changed_ns
            wanted = self.keeping and changed_ns >= now_ns - self._kept_ns
            if wanted and not too_many:
                return
            self._forget(image)
            since_ns = self._known_since_ns.get(image.table, 0)
            self._known_since_ns[image.table] = max(since_ns, changed_ns)

    def _forget(self, image: Image) -> None:
        del self._images[image]
        self._size_bytes -= image.size_bytes
        of_table = self._by_table[image.table]
        of_table[image.key_text].remove(image)
        if not of_table[image.key_text]:
            del of_table[image.key_text]
        if not of_table:
            del self._by_table[image.table]


def item_key(item: Mapping[str, Any], names: Sequence[str]) -> str | None:
    """Return the key of an item as a text that equal keys share.

    Args:
        item: the item or its key, each value with its type.
        names: the table's key attributes.

    Returns:
        None when the item lacks one of them.
    """
    values = [_value_text(item.get(name)) for name in names]
    return None if None in values else json.dumps(values)


def _value_text(value: Any) -> str | None:
    match value:
        case {"S": str(text)}:
            return f"S {text}"
        case {"B": str(text)}:
            return f"B {text}"
        case {"N": str(text)}:
            try:
                return f"N {Decimal(text).normalize()}"
            except InvalidOperation:
                return None
    return None
