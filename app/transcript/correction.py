"""A correction: version n+1, what changed, and the signatures that still hold.

A subject teacher signs only his own row. So when another part changes, his signature is carried
into the new version as it is; everyone who signs the whole record signs the new version.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

from lxml import etree

from app.errors import CorrectionNotAllowed
from app.model.record import CONTENT, IDENTITY, RECALL, Correction, RecordContent
from app.model.text import nfc
from app.transcript import names, safe_xml, xml_record
from app.transcript.layout import Field, Group, Node, Repeated

_IDENTITY = frozenset({"full_name", "birth_date", "sex", "personal_id", "code", "nationality"})
_OWN = frozenset({"version", "correction", "created_on"})
"""What every version has of its own; not a change in what the record says."""


@dataclass(frozen=True, slots=True)
class FieldCorrection:
    """One value that differs; `before`/`after` are '' where there was or is none."""

    term: str
    before: str
    after: str
    where: str = ""
    """The subject, year or certificate it belongs to."""


def changes(old: RecordContent, new: RecordContent) -> tuple[FieldCorrection, ...]:
    """What `new` says differently, in the record's order, for a side-by-side view."""
    return tuple(_differences(old, new, (*names.INFO_PARTS, names.ISSUE), ""))


@dataclass(frozen=True, slots=True)
class CorrectionReason:
    """What a new version says of itself. `number`: its own; 0 for the next after the old one."""

    reason: str
    asked_by: str
    approved_by: str
    number: int = 0


def correct(
    old_xml: bytes,
    content: RecordContent,
    reason: str,
    asked_by: str,
    approved_by: str,
    number: int = 0,
) -> bytes:
    """The next version of a record, saying `content`; row signatures that still hold are kept.

    Record id, version and what it replaces are set here. Raises CorrectionNotAllowed (reason) when
    nothing changed, no reason is given, or nobody else approved it; and what `parse` raises.
    """
    old = xml_record.parse(old_xml)
    if old.common.school_year != content.common.school_year:
        raise CorrectionNotAllowed("another year", reason="Học bạ mới thuộc năm học khác")
    if not changes(old, content):
        raise CorrectionNotAllowed("nothing changed", reason="Nội dung mới không khác nội dung cũ")
    kind = IDENTITY if is_identity(old, content) else CONTENT
    return _next(
        old_xml, old, content, kind, CorrectionReason(reason, asked_by, approved_by, number)
    )


def recall(old_xml: bytes, why: CorrectionReason, today: str) -> bytes:
    """The version that takes a record back: it says the same, and that it is recalled.

    Signed like any version, so that anybody can check offline that the school recalled it.
    `today`: ISO 8601. Raises as `correct`, but for its content.
    """
    old = xml_record.parse(old_xml)
    content = replace(
        old,
        common=replace(old.common, created_on=today),
        issue=replace(old.issue, issued_on=today),
    )
    return _next(old_xml, old, content, RECALL, why)


def _next(
    old_xml: bytes, old: RecordContent, content: RecordContent, kind: str, why: CorrectionReason
) -> bytes:
    check_people(why.reason, why.asked_by, why.approved_by)
    replaced = old.common.version
    common = replace(
        content.common,
        record_id=old.common.record_id,
        version=why.number or replaced + 1,
        correction=Correction(replaced, why.reason.strip(), kind, why.asked_by, why.approved_by),
    )
    root = safe_xml.parse_tree(xml_record.build(replace(content, common=common)))
    _carry_row_signatures(safe_xml.parse_tree(old_xml), root)
    safe_xml.validate(root)
    return xml_record.serialize(root)


def check_people(reason: str, asked_by: str, approved_by: str) -> None:
    """Raises CorrectionNotAllowed without a reason, or unless two people stand for it."""
    if not reason.strip():
        raise CorrectionNotAllowed("no reason", reason="Chưa ghi lý do")
    one, other = (" ".join(nfc(name).casefold().split()) for name in (asked_by, approved_by))
    if not one or not other or one == other:
        raise CorrectionNotAllowed(
            "needs a second person", reason="Người phê duyệt phải khác người đề nghị"
        )


def is_identity(old: RecordContent, new: RecordContent) -> bool:
    """Name, birth date, personal id and the like: a kind of correction of its own."""
    return any(getattr(old.pupil, field) != getattr(new.pupil, field) for field in _IDENTITY)


def _carry_row_signatures(old: etree._Element, new: etree._Element) -> None:
    places = f"{names.DATA}/{names.SLOTS}/{names.TEACHER_SLOTS}/{names.TEACHER}"
    rows = f"{names.DATA}/{names.INFO}/{names.SUBJECTS.tag}/{names.SUBJECTS.item}"
    signed = {slot.get("Id"): slot for slot in old.iterfind(places)}
    before = {row.get("Id"): _canonical(row) for row in old.iterfind(rows)}
    unchanged = {
        teacher.get("Id")
        for row in new.iterfind(rows)
        if before.get(row.get("Id")) == _canonical(row)
        for teacher in row.iter(names.TEACHER)
    }
    for slot in new.iterfind(places):
        name = slot.get("Id")
        if name in unchanged and name in signed:
            slot.extend([deepcopy(signature) for signature in signed[name]])


def _canonical(element: etree._Element) -> bytes:
    canonical: bytes = etree.tostring(element, method="c14n", exclusive=True)
    return canonical


def _differences(
    old: Any, new: Any, parts: tuple[Node, ...], where: str
) -> Iterator[FieldCorrection]:
    told: set[str] = set()
    for part in parts:
        if part.attr in _OWN or (part.attr and part.attr in told):
            continue
        before = getattr(old, part.attr, None) if part.attr else old
        after = getattr(new, part.attr, None) if part.attr else new
        if before == after and part.attr:
            continue
        if isinstance(part, Field):
            told.add(part.attr)
            yield FieldCorrection(part.term, _shown(part, before), _shown(part, after), where)
        elif isinstance(part, Group):
            yield from _differences(before, after, part.parts, where)
        else:
            yield from _row_differences(part, before or (), after or ())


def _row_differences(
    rows: Repeated, old: tuple[Any, ...], new: tuple[Any, ...]
) -> Iterator[FieldCorrection]:
    before, after = ({_key(item): item for item in items} for items in (old, new))
    for key in dict.fromkeys([*before, *after]):
        yield from _differences(before.get(key), after.get(key), rows.parts, key)


def _key(item: Any) -> str:
    named = ("name", "school_year", "full_name")
    return next(str(getattr(item, attr)) for attr in named if hasattr(item, attr))


def _shown(leaf: Field, value: Any) -> str:
    return "" if value is None or value == "" else leaf.kind.to_xml(value) or str(value)
