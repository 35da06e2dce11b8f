"""The three shapes a node of the record's table can have."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from app.transcript.kinds import ValueType


class RequiredWhen(Enum):
    """When a value must be there."""

    ALWAYS = "lock"
    """Without it a record cannot be locked; the schema demands it."""
    TO_ISSUE = "issue"
    """A record may be locked and signed by teachers, but not issued, without it."""
    WANTED = "wanted"
    """The reporting catalogue asks for it; the record stands without."""
    NEVER = "never"


class AppliesTo(Enum):
    """Which records have a node."""

    BOTH = "both"
    PRIMARY = "primary"
    SECONDARY = "secondary"


@dataclass(frozen=True, slots=True)
class Field:
    """One value: XML element `tag` <-> attribute `attr` of the model."""

    tag: str
    attr: str
    kind: ValueType
    term: str
    column: str = ""
    """Column of the ministry's reporting catalogue; empty: ours, not in the catalogue."""
    length: int = 0
    """Longest text in characters; 0: the kind says enough."""
    need: RequiredWhen = RequiredWhen.NEVER
    on: AppliesTo = AppliesTo.BOTH
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """An element with parts; `attr` is the model attribute that holds them."""

    tag: str
    attr: str
    of: type
    term: str
    parts: tuple[Node, ...]
    required: bool = False
    on: AppliesTo = AppliesTo.BOTH


@dataclass(frozen=True, slots=True)
class Repeated:
    """A list: `tag` holds any number of `item` elements; absent when the list is empty."""

    tag: str
    attr: str
    of: type
    term: str
    item: str
    parts: tuple[Node, ...]
    make_id: Callable[[Any, Any, int], str] | None = None
    """(owner of the list, item, its place from 1) -> value of the item's Id."""
    signed: bool = False
    """The Id is a signature's target, so an xs:ID."""
    required: bool = False
    on: AppliesTo = AppliesTo.BOTH


Node = Field | Group | Repeated
