"""Where signatures go in a record: slots, who must sign in them, and what each one covers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from xml.parsers import expat

from lxml import etree

from app.errors import SigningFailure, TranscriptInvalid
from app.model.signing import ExpectedSigner, SignerRole
from app.signing.record.signing_profile import SigningProfile, shipped_profile
from app.transcript import names, safe_xml

_SLOTS = f"{names.DATA}/{names.SLOTS}"
_PATHS = {
    SignerRole.SUBJECT_TEACHER: f"{_SLOTS}/{names.TEACHER_SLOTS}/{names.TEACHER}",
    SignerRole.HOMEROOM: f"{_SLOTS}/{names.HOMEROOM}",
    SignerRole.PRINCIPAL: f"{names.RELEASE}/{names.PRINCIPAL}",
    SignerRole.SCHOOL: f"{names.RELEASE}/{names.SCHOOL}",
}
_ROWS = f"{names.DATA}/{names.INFO}/{names.SUBJECTS.tag}/{names.SUBJECTS.item}"
_START_TAG = re.compile(rb"""<(?:[^>"']|"[^"]*"|'[^']*')*>""")
_PRINCIPAL_INFO = f"{names.DATA}/TT_PHAT_HANH/GIAM_HIEU"


@dataclass(frozen=True, slots=True)
class SignatureSlot:
    """One place for one signature. `name`: Id of the GVBM slot, else the element's name."""

    role: SignerRole
    name: str


@dataclass(frozen=True, slots=True)
class SlotPlace:
    """A slot in a parsed record."""

    slot: SignatureSlot
    element: etree._Element
    covers: tuple[str, ...]
    """Ids that the signature must reference, in order."""
    expected: ExpectedSigner

    @property
    def signed(self) -> bool:
        """Whether something stands in the slot; whether it holds is `check_integrity`'s to say."""
        return len(self.element) > 0


class RecordTree:
    """A record, parsed with all limits on, and its slots in signing order.

    Raises TranscriptUnsafe, TranscriptInvalid, TranscriptVersionUnknown. `tax_code`: the school's
    MST where the caller knows it better than the record.
    """

    def __init__(
        self,
        xml: bytes,
        profile: SigningProfile | None = None,
        tax_code: str = "",
        registered: frozenset[str] = frozenset(),
    ) -> None:
        self.profile = profile or shipped_profile()
        self.root = safe_xml.parse_tree(xml)
        self._tax_code, self._registered = tax_code, registered
        self.level = _text(self._info, "TT_CHUNG/MA_CAP_HOC")
        order = self.profile.order.get(self.level)
        if order is None:
            raise TranscriptInvalid("unknown school level", line=0, reason="Cấp học không rõ.")
        self.order = order
        self.places = tuple(p for role in order for p in self._places(role))

    def text(self, path: str) -> str:
        """The text of the element at `path` below the root; '' where there is none."""
        return _text(self.root, path)

    @cached_property
    def _info(self) -> etree._Element:
        """An empty element where the record has none."""
        found = self.root.find(f"{names.DATA}/{names.INFO}")
        return etree.Element(names.INFO) if found is None else found

    @property
    def record_id(self) -> str:
        """The record's UUID (MA_DINH_DANH_HOC_BA), as the file has it."""
        return _text(self._info, "TT_CHUNG/MA_DINH_DANH_HOC_BA")

    @property
    def version(self) -> int:
        """The record's version (PHIEN_BAN) from 1; 0 where the file has no number."""
        version = _text(self._info, "TT_CHUNG/PHIEN_BAN")
        return int(version) if version.isdecimal() else 0

    @property
    def pupil_id(self) -> str:
        """The personal id where the record has one, else the pupil's code."""
        pupil = f"{names.PUPIL.tag}/"
        return _text(self._info, f"{pupil}SO_DINH_DANH") or _text(self._info, f"{pupil}MA_HOC_SINH")

    @property
    def about(self) -> str:
        """'Vàng Thị Sáy, lớp 4A, năm học 2026–2027', as far as the record says it."""
        parts = (
            ("", _text(self._info, f"{names.PUPIL.tag}/HO_VA_TEN")),
            ("lớp ", _text(self._info, f"{names.SECTION.tag}/TEN_LOP")),
            ("năm học ", _text(self._info, "TT_CHUNG/NAM_HOC").replace("-", "–")),
        )
        return ", ".join(f"{name}{value}" for name, value in parts if value)

    def place(self, slot: SignatureSlot) -> SlotPlace:
        """Where the slot is in this record. Raises SigningFailure when it has no such slot."""
        for place in self.places:
            if place.slot == slot:
                return place
        raise SigningFailure(f"no slot {slot.name}")

    def missing_before(self, role: SignerRole) -> tuple[str, ...]:
        """Names of slots of earlier roles that are still empty."""
        earlier = self.order[: self.order.index(role)]
        return tuple(p.slot.name for p in self.places if p.slot.role in earlier and not p.signed)

    def due(self) -> tuple[SignatureSlot, ...]:
        """Slots that wait for a signature now: of the first role that is not complete."""
        waiting = [p.slot for p in self.places if not p.signed]
        return tuple(s for s in waiting if s.role is waiting[0].role)

    @property
    def unassigned(self) -> bool:
        """Whether a subject names no teacher where teachers sign: nobody vouches for its marks."""
        teachers = f"{names.TEACHER_SLOTS}/{names.TEACHER}"
        rows = self.root.iterfind(_ROWS)
        signs = SignerRole.SUBJECT_TEACHER in self.order
        return signs and any(row.find(teachers) is None for row in rows)

    def reached(self, also: SignatureSlot | None = None) -> SignerRole | None:
        """The last role up to which every slot is filled, counting `also` as filled."""
        last = None
        for role in self.order:
            if any(p.slot.role is role and not p.signed and p.slot != also for p in self.places):
                break
            last = role
        return last

    def covering(self, place: SlotPlace) -> SlotPlace | None:
        """A signed slot whose signature covers `place`, which must then not change any more."""
        around = {place.element, *place.element.iterancestors()}
        for other in self.places:
            if other.signed and any(self.element(i) in around for i in other.covers):
                return other
        return None

    def element(self, element_id: str) -> etree._Element:
        """The one element an Id stands for. Raises TranscriptUnsafe."""
        return safe_xml.element_by_id(self.root, element_id)

    def _places(self, role: SignerRole) -> Iterator[SlotPlace]:
        found = self.root.findall(_PATHS[role])
        if role is SignerRole.SUBJECT_TEACHER:
            yield from (self._teacher_place(element) for element in found)
            return
        if len(found) != 1:
            raise TranscriptInvalid("slot missing", line=0, reason=f"Thiếu chỗ ký {role.value}.")
        slot = SignatureSlot(role, _PATHS[role].rsplit("/", 1)[-1])
        yield SlotPlace(slot, found[0], self._covers(role), self._expected(role))

    def _teacher_place(self, element: etree._Element) -> SlotPlace:
        slot_id = element.get("Id", "")
        row, teacher = self._teachers.get(slot_id, (None, None))
        if row is None or teacher is None:
            raise TranscriptInvalid("slot without row", line=0, reason="Chỗ ký không có môn học.")
        role = SignerRole.SUBJECT_TEACHER
        return SlotPlace(
            SignatureSlot(role, slot_id),
            element,
            (row.get("Id", ""), *self._covers(role)),
            ExpectedSigner(
                role,
                _text(teacher, "HO_VA_TEN"),
                _text(teacher, "SO_DINH_DANH"),
                registered=self._registered,
            ),
        )

    @cached_property
    def _teachers(self) -> dict[str, tuple[etree._Element, etree._Element]]:
        """By GVBM Id: the subject row and the teacher information in it."""
        inner = f"{names.TEACHER_SLOTS}/{names.TEACHER}"
        return {
            teacher.get("Id", ""): (row, teacher)
            for row in self.root.iterfind(_ROWS)
            for teacher in row.iterfind(inner)
        }

    def _covers(self, role: SignerRole) -> tuple[str, ...]:
        rule = self.profile.roles[role]
        if self.profile.plain:
            return rule.covers
        absent = set()
        if SignerRole.SUBJECT_TEACHER not in self.order:
            absent.add(names.TEACHER_SLOTS_ID)
        return rule.covers + tuple(i for i in rule.also_covers if i not in absent)

    @property
    def school(self) -> ExpectedSigner:
        """Who must issue the record, by its own words."""
        return self._expected(SignerRole.SCHOOL)

    def _expected(self, role: SignerRole) -> ExpectedSigner:
        match role:
            case SignerRole.HOMEROOM:
                name, number = _text(self._info, "LOP/GVCN_TEN"), "LOP/GVCN_SO_DINH_DANH"
                return ExpectedSigner(
                    role, name, _text(self._info, number), registered=self._registered
                )
            case SignerRole.PRINCIPAL:
                name = self.text(f"{_PRINCIPAL_INFO}/HO_VA_TEN")
                number = self.text(f"{_PRINCIPAL_INFO}/SO_DINH_DANH")
                return ExpectedSigner(role, name, number, registered=self._registered)
        name = _text(self._info, "TRUONG/TEN_TRUONG")
        number = self._tax_code or _text(self._info, "TRUONG/MA_SO_THUE")
        return ExpectedSigner(SignerRole.SCHOOL, name, tax_code=number, registered=self._registered)


def _text(element: etree._Element, path: str) -> str:
    return (element.findtext(path) or "").strip()


def slots_due(xml: bytes, profile: SigningProfile | None = None) -> tuple[SignatureSlot, ...]:
    """Slots that wait for a signature now; empty when the record is complete."""
    return RecordTree(xml, profile).due()


def expected_signers(
    xml: bytes, profile: SigningProfile | None = None, tax_code: str = ""
) -> dict[SignatureSlot, ExpectedSigner]:
    """Who must sign where, by the record's own contents."""
    return {p.slot: p.expected for p in RecordTree(xml, profile, tax_code).places}


@dataclass(frozen=True, slots=True)
class SlotSpan:
    """Byte offsets of a slot element: its start tag, its content, and behind its end tag.

    The last three are equal for an empty-element tag `<GVCN/>`.
    """

    begin: int
    inner: int
    end: int
    behind: int

    def opening(self, xml: bytes) -> bytes:
        """The start tag without its closing `>` or `/>`."""
        return xml[self.begin : self.inner].removesuffix(b">").removesuffix(b"/").rstrip()


def slot_span(xml: bytes, slot: SignatureSlot) -> SlotSpan:
    """Where a slot lies in the file.

    The record was parsed safely before; this only finds the place, so that no other byte changes.
    """
    return _empty_span(xml, slot) or _parsed_span(xml, slot)


def _empty_span(xml: bytes, slot: SignatureSlot) -> SlotSpan | None:
    """The usual case without a parser: the only element of its name, and an empty tag.

    No `<` can stand in a text or an attribute, but for CDATA sections.
    """
    name = _PATHS[slot.role].rsplit("/", 1)[-1].encode()
    begin = xml.find(b"<" + name + b"/>")
    if begin < 0 or len(re.findall(rb"<%b[\s/>]" % name, xml)) != 1 or b"<![CDATA[" in xml:
        return None
    end = begin + len(name) + 3
    return SlotSpan(begin, end, end, end)


def _parsed_span(xml: bytes, slot: SignatureSlot) -> SlotSpan:
    wanted = [names.ROOT, *_PATHS[slot.role].split("/")]
    stack: list[str] = []
    found: list[int] = []
    parser = expat.ParserCreate()

    def start(tag: str, attributes: dict[str, str]) -> None:
        stack.append(tag)
        if stack == wanted and slot.name in (tag, attributes.get("Id")):
            found.append(parser.CurrentByteIndex)

    def end(_: str) -> None:
        if stack == wanted and len(found) == 1:
            found.append(parser.CurrentByteIndex)
        stack.pop()

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.Parse(xml, True)
    opening = _START_TAG.match(xml, found[0]) if len(found) == 2 else None
    if opening is None:
        raise SigningFailure(f"slot {slot.name} not found once")
    if opening[0].endswith(b"/>"):
        return SlotSpan(found[0], opening.end(), opening.end(), opening.end())
    return SlotSpan(found[0], opening.end(), found[1], xml.index(b">", found[1]) + 1)


def around_slot(xml: bytes, slot: SignatureSlot) -> tuple[bytes, bytes]:
    """What stands before and behind the content of an empty slot; every other byte stays."""
    span = slot_span(xml, slot)
    if span.inner < span.behind:
        return xml[: span.end], xml[span.end :]
    tag = _PATHS[slot.role].rsplit("/", 1)[-1].encode()
    before = b"".join((xml[: span.begin], span.opening(xml), b">"))
    return before, b"".join((b"</", tag, b">", xml[span.behind :]))


def fill_slot(xml: bytes, slot: SignatureSlot, content: bytes) -> bytes:
    """The record with `content` in an empty slot."""
    return content.join(around_slot(xml, slot))
