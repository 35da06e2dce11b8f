"""The record as XML: written from the content, read back, and its signature slots.

Same content, same bytes: UTF-8, NFC, one XML declaration, no whitespace between elements.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lxml import etree

from app.errors import AppError, TranscriptInvalid, TranscriptUnsafe
from app.model.record import RecordContent
from app.model.signing import ExpectedSigner, SignerRole
from app.profile.grade import SchoolLevel
from app.transcript import names, safe_xml
from app.transcript.layout import AppliesTo, Field, Group, Node, Repeated, RequiredWhen


@dataclass(frozen=True, slots=True)
class SlotElement:
    """Where one signature goes, whose it must be, and which Id it signs."""

    role: SignerRole
    name: str
    """Id of the GVBM slot, else the slot's element name."""
    element: etree._Element
    target: str
    """Id of the element that the signature's reference names."""
    signer: ExpectedSigner


def build(content: RecordContent) -> bytes:
    """The unsigned record, every slot empty. Not validated: drafts may be incomplete.

    Raises TranscriptInvalid for control characters and for two subjects with one code.
    """
    _check_rows(content)
    root = etree.Element(names.ROOT, phienBan=names.VERSION)
    data = etree.SubElement(root, names.DATA, Id=names.DATA_ID)
    info = etree.SubElement(data, names.INFO, Id=names.INFO_ID)
    for node in names.INFO_PARTS:
        _write(info, content, node)
    _add_slots(data, content)
    _write(data, content, names.ISSUE)
    release = etree.SubElement(root, names.RELEASE)
    etree.SubElement(release, names.PRINCIPAL, Id=names.PRINCIPAL_ID)
    etree.SubElement(release, names.SCHOOL)
    return serialize(root)


def serialize(root: etree._Element) -> bytes:
    """Bytes of a record's tree; signatures in it are kept as they are."""
    body: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=False)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + body


def parse(data: bytes) -> RecordContent:
    """Content of a complete record.

    Raises TranscriptUnsafe, TranscriptInvalid, TranscriptVersionUnknown.
    """
    root = safe_xml.parse_tree(data)
    safe_xml.validate(root)
    content = read(root)
    _check_level(root, content)
    _check_ids(root, content)
    return content


def read(root: etree._Element) -> RecordContent:
    """Content of a parsed tree, complete or not; what is missing reads as empty."""
    data = _one(root, names.DATA)
    info = _one(data, names.INFO)
    try:
        values = _read_parts(names.INFO_PARTS, info)
        values |= _read_parts((names.ISSUE,), data)
        content = RecordContent(**values)
    except AppError:
        raise
    except (KeyError, TypeError, ValueError) as error:
        raise TranscriptInvalid(
            type(error).__name__, line=1, reason="Học bạ thiếu phần bắt buộc hoặc có giá trị lạ"
        ) from error
    if not isinstance(content.common.level, SchoolLevel):
        raise TranscriptInvalid("no school level", line=1, reason="Học bạ không ghi cấp học")
    return content


def slots(root: etree._Element, content: RecordContent) -> tuple[SlotElement, ...]:
    """Every slot of a record in signing order, with the signer its content names."""
    return tuple(_slots(root, content))


def _slots(root: etree._Element, content: RecordContent) -> Iterator[SlotElement]:
    data, release = _one(root, names.DATA), _one(root, names.RELEASE)
    area = _one(data, names.SLOTS)
    by_id = {slot.get("Id"): slot for slot in area.iterfind(f"{names.TEACHER_SLOTS}/*")}
    for row in content.subjects:
        for number, teacher in enumerate(row.teachers, 1):
            name = names.teacher_id(row, number)
            signer = ExpectedSigner(
                SignerRole.SUBJECT_TEACHER, teacher.full_name, teacher.personal_id
            )
            yield SlotElement(signer.role, name, by_id[name], names.subject_id(row), signer)
    homeroom = ExpectedSigner(
        SignerRole.HOMEROOM, content.section.homeroom_name, content.section.homeroom_personal_id
    )
    yield SlotElement(
        homeroom.role, names.HOMEROOM, _one(area, names.HOMEROOM), names.INFO_ID, homeroom
    )
    principal = ExpectedSigner(
        SignerRole.PRINCIPAL, content.issue.principal_name, content.issue.principal_personal_id
    )
    yield SlotElement(
        principal.role, names.PRINCIPAL, _one(release, names.PRINCIPAL), names.DATA_ID, principal
    )
    school = ExpectedSigner(SignerRole.SCHOOL, content.school.name)
    yield SlotElement(school.role, names.SCHOOL, _one(release, names.SCHOOL), names.DATA_ID, school)


def _one(parent: etree._Element, tag: str) -> etree._Element:
    found = parent.findall(tag)
    if len(found) != 1:
        raise TranscriptInvalid(
            f"{tag} must stand once", line=1, reason=f"Phần {tag} phải có đúng một lần"
        )
    return found[0]


def _check_rows(content: RecordContent) -> None:
    codes = [row.code for row in content.subjects]
    if len(set(codes)) != len(codes):
        raise TranscriptInvalid(
            "two subjects share a code", line=1, reason="Hai môn học mang cùng một mã môn"
        )


def _check_level(root: etree._Element, content: RecordContent) -> None:
    """A primary record has no secondary elements, and the other way round."""
    primary = content.common.level is SchoolLevel.PRIMARY
    foreign = AppliesTo.SECONDARY if primary else AppliesTo.PRIMARY
    info = _one(_one(root, names.DATA), names.INFO)
    for element in _foreign(info, names.INFO_PARTS, foreign):
        raise TranscriptInvalid(
            "element of the other level",
            line=1,
            reason=f"Phần {element.tag} không thuộc cấp học của học bạ này",
        )


def _check_ids(root: etree._Element, content: RecordContent) -> None:
    """Ids say which subject they are of, so that no Id can pose as another part's."""
    for row in content.subjects:
        element = safe_xml.element_by_id(root, names.subject_id(row))
        found = [teacher.get("Id") for teacher in element.iterfind(f"*/{names.TEACHER}")]
        if found != [names.teacher_id(row, number) for number in range(1, len(found) + 1)]:
            raise TranscriptUnsafe(
                "Id of another subject", reason="Chỗ ký của giáo viên không khớp với môn học"
            )


def _foreign(
    parent: etree._Element, parts: tuple[Node, ...], foreign: AppliesTo
) -> Iterator[etree._Element]:
    children = {child.tag: child for child in parent}
    for node in parts:
        element = children.get(node.tag)
        if element is None:
            continue
        if node.on is foreign:
            yield element
        elif isinstance(node, Group):
            yield from _foreign(element, node.parts, foreign)
        elif isinstance(node, Repeated):
            for item in element:
                yield from _foreign(item, node.parts, foreign)


def _write(parent: etree._Element, owner: Any, node: Node) -> None:
    if isinstance(node, Repeated):
        _write_rows(parent, owner, node)
        return
    value = getattr(owner, node.attr) if node.attr else owner
    if isinstance(node, Field):
        text = node.kind.to_xml(value)
        if text:
            etree.SubElement(parent, node.tag).text = text
        return
    if value is None:
        return
    element = etree.SubElement(parent, node.tag)
    for part in node.parts:
        _write(element, value, part)
    if not len(element) and not node.required:
        parent.remove(element)


def _write_rows(parent: etree._Element, owner: Any, rows: Repeated) -> None:
    items = getattr(owner, rows.attr)
    if not items:
        return
    container = etree.SubElement(parent, rows.tag)
    for number, item in enumerate(items, 1):
        element = etree.SubElement(container, rows.item)
        if rows.make_id:
            element.set("Id", rows.make_id(owner, item, number))
        for part in rows.parts:
            _write(element, item, part)


def _add_slots(data: etree._Element, content: RecordContent) -> None:
    area = etree.SubElement(data, names.SLOTS)
    teachers = [
        names.teacher_id(row, number)
        for row in content.subjects
        for number, _ in enumerate(row.teachers, 1)
    ]
    if teachers:
        container = etree.SubElement(area, names.TEACHER_SLOTS, Id=names.TEACHER_SLOTS_ID)
        for name in teachers:
            etree.SubElement(container, names.TEACHER, Id=name)
    etree.SubElement(area, names.HOMEROOM)


def _value(leaf: Field, element: etree._Element) -> Any:
    text = element.text or ""
    if not leaf.kind.fits(text):
        raise TranscriptInvalid(
            "value out of its kind", line=1, reason=f"{leaf.term} không đúng dạng"
        )
    return leaf.kind.from_xml(text)


def _read_parts(parts: tuple[Node, ...], parent: etree._Element) -> dict[str, Any]:
    """Keyword arguments for the dataclass whose fields `parts` describe."""
    values: dict[str, Any] = {}
    children = {child.tag: child for child in parent}
    for node in parts:
        element = children.get(node.tag)
        if element is None:
            if isinstance(node, Field) and node.need is RequiredWhen.ALWAYS:
                values.setdefault(node.attr, "")
        elif isinstance(node, Field):
            values[node.attr] = _value(node, element)
        elif isinstance(node, Repeated):
            values[node.attr] = tuple(node.of(**_read_parts(node.parts, item)) for item in element)
        elif node.attr:
            values[node.attr] = node.of(**_read_parts(node.parts, element))
        else:
            values |= _read_parts(node.parts, element)
    return values
