"""What the page of the gradebook reads and writes; runs on the database lane."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from app.assessment.classbook import OpenClass
from app.model.gradebook import CellChange, CellKey
from app.services import Services


@dataclass(frozen=True, slots=True)
class ClassName:
    section_id: str
    name: str
    pupils: int


@dataclass(frozen=True, slots=True)
class LoadedClass:
    """The classes there are, and the chosen one with its notes and the user's own phrases."""

    classes: tuple[ClassName, ...]
    opened: OpenClass | None
    notes: dict[CellKey, str] = field(default_factory=dict)
    phrases: tuple[str, ...] = ()


def load(services: Services, section_id: str) -> LoadedClass:
    """Open `section_id`, or the first class where there is none of that id."""
    store = services.workspace.here()
    classes = tuple(ClassName(section.id, section.name, 0) for section in store.people.sections())
    ids = [each.section_id for each in classes]
    chosen = section_id if section_id in ids else next(iter(ids), "")
    if not chosen:
        return LoadedClass((), None)
    opened = services.book.open(chosen)
    phrases = store.settings.get(_phrases_key(services), [])
    return LoadedClass(classes, opened, store.gradebook.notes(chosen), tuple(phrases))


def save_cells(services: Services, section_id: str, changes: Sequence[CellChange]) -> None:
    """Raises TranscriptLocked and what the disk raises."""
    services.book.save(section_id, changes)


def save_note(services: Services, section_id: str, key: CellKey, text: str) -> None:
    services.workspace.here().gradebook.save_note(section_id, key, text)


def save_phrases(services: Services, phrases: Sequence[str]) -> None:
    services.workspace.here().settings.set(_phrases_key(services), list(phrases))


def saved_mappings(services: Services) -> dict[str, dict[str, str]]:
    """Column choices for foreign sheets: layout (its captions) -> caption -> 'area|slot'."""
    found = services.workspace.here().settings.get("marks_mappings", {})
    return {str(layout): dict(mapping) for layout, mapping in found.items()}


def save_mapping(services: Services, layout: str, mapping: dict[str, str]) -> None:
    known = saved_mappings(services)
    known[layout] = mapping
    services.workspace.here().settings.set("marks_mappings", known)


def _phrases_key(services: Services) -> str:
    return f"phrases:{services.workspace.user}"
