"""What a record still lacks, in the user's words, before it can be locked or issued."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from app.errors import TranscriptInvalid
from app.model import record as model
from app.profile import SchoolLevel
from app.transcript import names
from app.transcript.kinds import clean_text, unprintable
from app.transcript.layout import AppliesTo, Field, Group, Node, Repeated, RequiredWhen


@dataclass(frozen=True, slots=True)
class CompletenessProblem:
    """`need`: ALWAYS keeps the record from being locked, TO_ISSUE from being issued, WANTED
    is only worth knowing. `text` is Vietnamese."""

    field: str
    """XML element name."""
    text: str
    need: RequiredWhen

    @property
    def blocks_lock(self) -> bool:
        """Whether the record cannot be locked."""
        return self.need is RequiredWhen.ALWAYS

    @property
    def blocks_issue(self) -> bool:
        """Whether the record cannot be issued; what blocks locking does as well."""
        return self.need in (RequiredWhen.ALWAYS, RequiredWhen.TO_ISSUE)


NOT_PROMOTED = CompletenessProblem("DUOC_LEN_LOP", "Chưa có kết quả lên lớp.", RequiredWhen.ALWAYS)
_ORDER = {RequiredWhen.ALWAYS: 0, RequiredWhen.TO_ISSUE: 1, RequiredWhen.WANTED: 2}


def problems(content: model.RecordContent) -> list[CompletenessProblem]:
    """Everything that is missing or does not fit, what blocks most first."""
    other = (
        AppliesTo.SECONDARY if content.common.level is SchoolLevel.PRIMARY else AppliesTo.PRIMARY
    )
    found = list(_walk(content, (*names.INFO_PARTS, names.ISSUE), other, ""))
    if not content.pupil.not_assessed:
        found += _year(content)
    return sorted(found, key=lambda problem: _ORDER[problem.need])


def _walk(
    owner: Any, parts: tuple[Node, ...], other: AppliesTo, where: str
) -> Iterator[CompletenessProblem]:
    filled = {part.attr for part in parts if isinstance(part, Field) and _text(owner, part)}
    told: set[str] = set()
    for part in parts:
        if part.on is other:
            continue
        if isinstance(part, Field):
            if part.attr in filled:
                yield from _misfits(part, _text(owner, part), where)
            elif part.attr not in told and part.need in _ORDER:
                told.add(part.attr)
                yield CompletenessProblem(
                    part.tag, f"Chưa có {_lower(part.term)}{where}.", part.need
                )
        else:
            yield from _inside(owner, part, other, where)


def _inside(
    owner: Any, part: Group | Repeated, other: AppliesTo, where: str
) -> Iterator[CompletenessProblem]:
    value = getattr(owner, part.attr) if part.attr else owner
    if isinstance(part, Group):
        if value is not None:
            yield from _walk(value, part.parts, other, where)
        return
    if part.required and not value:
        yield CompletenessProblem(part.tag, f"Chưa có {_lower(part.term)}.", RequiredWhen.ALWAYS)
    for item in value:
        name = getattr(item, "name", "")
        yield from _walk(item, part.parts, other, f" (môn {name})" if name else where)


def _text(owner: Any, leaf: Field) -> str:
    try:
        return leaf.kind.to_xml(getattr(owner, leaf.attr))
    except TranscriptInvalid:
        return str(getattr(owner, leaf.attr))


def _misfits(leaf: Field, text: str, where: str) -> Iterator[CompletenessProblem]:
    if not text:
        return
    try:
        clean_text(text)
    except TranscriptInvalid as error:
        yield CompletenessProblem(
            leaf.tag, f"{leaf.term}{where}: {error.params['reason']}.", RequiredWhen.ALWAYS
        )
        return
    if strange := unprintable(text):
        words = f"{leaf.term}{where} có ký tự không in được: {strange}"
        yield CompletenessProblem(leaf.tag, words, RequiredWhen.ALWAYS)
    elif leaf.length and len(text) > leaf.length:
        words = f"{leaf.term}{where} dài {len(text)} ký tự; nhiều nhất là {leaf.length}."
        yield CompletenessProblem(leaf.tag, words, RequiredWhen.ALWAYS)
    elif not leaf.kind.fits(text):
        yield CompletenessProblem(
            leaf.tag, f"{leaf.term}{where} không đúng dạng.", RequiredWhen.ALWAYS
        )


def _lower(term: str) -> str:
    return term if term[:2].isupper() else term[:1].lower() + term[1:]


def _year(content: model.RecordContent) -> Iterator[CompletenessProblem]:
    """Marks and results, which only a pupil who is not assessed may lack."""
    if content.common.level is SchoolLevel.PRIMARY:
        yield from _primary(content)
    else:
        yield from _secondary(content)
    if content.summary.promoted is None:
        yield NOT_PROMOTED
    if not content.summary.homeroom_comment:
        yield CompletenessProblem(
            "NHAN_XET_GVCN", "Chưa có nhận xét của GVCN.", RequiredWhen.ALWAYS
        )
    codes = [row.code for row in content.subjects]
    for code in sorted({code for code in codes if codes.count(code) > 1}):
        yield CompletenessProblem(
            "MA_MON_HOC", f"Hai môn học mang cùng mã {code}.", RequiredWhen.ALWAYS
        )


def _by_own_plan(content: model.RecordContent) -> bool:
    """Whether some subject asks something else of this pupil than of all others."""
    return any(row.demands in ("individual", "not_assessed") for row in content.subjects)


def _primary(content: model.RecordContent) -> Iterator[CompletenessProblem]:
    for row in content.subjects:
        if not row.level:
            yield CompletenessProblem(
                "MUC_DAT_DUOC", f"Chưa có mức đạt được môn {row.name}.", RequiredWhen.ALWAYS
            )
    if not content.summary.overall and not _by_own_plan(content):
        yield CompletenessProblem(
            "XEP_LOAI", "Chưa có kết quả xếp loại cả năm.", RequiredWhen.ALWAYS
        )
    for group, comment in (
        (content.qualities, "phẩm chất"),
        (content.general, "năng lực chung"),
        (content.specific, "năng lực đặc thù"),
    ):
        if not group.comment:
            yield CompletenessProblem(
                "NHAN_XET", f"Chưa có nhận xét {comment}.", RequiredWhen.WANTED
            )


def _secondary(content: model.RecordContent) -> Iterator[CompletenessProblem]:
    for row in content.subjects:
        if not (row.semester1 and row.semester2 and row.year):
            yield CompletenessProblem(
                "CA_NAM", f"Chưa đủ điểm môn {row.name}.", RequiredWhen.ALWAYS
            )
        if not row.teachers:
            yield CompletenessProblem(
                "GVBM", f"Chưa phân công giáo viên môn {row.name}.", RequiredWhen.ALWAYS
            )
    for term, levels in (("học tập", content.learning), ("rèn luyện", content.conduct)):
        if levels is content.learning and _by_own_plan(content):
            continue  # too few subjects may be left for a level; the principal decides
        if not (levels.semester1 and levels.semester2 and levels.year):
            yield CompletenessProblem(
                "CA_NAM", f"Chưa đủ kết quả {term} hai học kỳ và cả năm.", RequiredWhen.ALWAYS
            )
