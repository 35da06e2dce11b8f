"""What the forms print: a record's content and its signatures' reports as ready Vietnamese text."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from app.clock import VIETNAM
from app.model import record as model
from app.model.marks import printed
from app.model.people import AdministrativePlace, Sex
from app.model.signing import CheckState, SignatureReport, SignerRole
from app.profile import SchoolLevel, level_of
from app.transcript import names, xml_record

_LEVEL_NAMES = {
    SchoolLevel.PRIMARY: "Tiểu học",
    SchoolLevel.LOWER_SECONDARY: "Trung học cơ sở",
    SchoolLevel.UPPER_SECONDARY: "Trung học phổ thông",
    SchoolLevel.CONTINUING: "Giáo dục thường xuyên",
}
_CIRCULARS = {
    "TT27-2020": "Đánh giá theo Thông tư 27/2020/TT-BGDĐT",
    "TT22-2021": "Đánh giá theo Thông tư 22/2021/TT-BGDĐT",
    "TT43-2021": "Đánh giá theo Thông tư 43/2021/TT-BGDĐT",
}
_WORDS = {"pupil": "học sinh", "school": "Nhà trường"}
_CONTINUING_WORDS = {"pupil": "học viên", "school": "Trung tâm"}
"""What the form of continuing education calls people and places."""
_SEXES = {Sex.MALE: "Nam", Sex.FEMALE: "Nữ", Sex.UNKNOWN: ""}
_DEMANDS = {
    "reduced": "Giảm nhẹ yêu cầu (học sinh khuyết tật)",
    "individual": "Theo kế hoạch giáo dục cá nhân",
    "not_assessed": "Không đánh giá (học sinh khuyết tật)",
}
_RESULT_WORDS = {"T": "Tốt", "K": "Khá", "D": "Đạt", "CD": "Chưa đạt"}
_STATE_WORDS = {
    CheckState.VALID: "Đã ký số",
    CheckState.VALID_NOT_CHECKED_ONLINE: "Đã ký số",
    CheckState.INVALID: "CHỮ KÝ KHÔNG HỢP LỆ",
    CheckState.UNKNOWN: "Chữ ký chưa kiểm tra được",
}
_CORRECTIONS = {
    model.IDENTITY: "Đính chính thông tin nhân thân",
    model.RECALL: "Thu hồi học bạ",
}
_HOLDS = (CheckState.VALID, CheckState.VALID_NOT_CHECKED_ONLINE)
_NATIONALITIES = {"VN": "Việt Nam"}

Data = dict[str, Any]


def view_data(content: model.RecordContent, signatures: Sequence[SignatureReport]) -> Data:
    """Plain JSON values for `resources/forms/record.typ`; dates dd/mm/yyyy, decimal comma."""
    return {
        **_head(content),
        **_pupil(content.pupil),
        **_issue(content, signatures),
        **_results(content),
        "subjects": [_subject(row, signatures) for row in content.subjects],
        "qualities": _traits(content.qualities, "PHAM_CHAT"),
        "general": _traits(content.general, "NANG_LUC_CHUNG"),
        "specific": _traits(content.specific, "NANG_LUC_DAC_THU"),
        "quality_comment": content.qualities.comment,
        "general_comment": content.general.comment,
        "specific_comment": content.specific.comment,
        "history": [
            [
                year_text(year.school_year),
                year.class_name,
                year.school_name,
                year.province,
                date_text(year.arrived_on),
            ]
            for year in (*content.earlier_years, _this_year(content))
        ],
    }


def date_text(iso: str) -> str:
    """'2027-05-31' -> '31/05/2027'; also month and year, or a year alone."""
    return "/".join(reversed(iso.split("-"))) if iso else ""


def year_text(school_year: str) -> str:
    """'2026-2027' as it is printed: '2026–2027'."""
    return school_year.replace("-", "–")


def _head(content: model.RecordContent) -> Data:
    common, school = content.common, content.school
    return {
        "record_id": common.record_id,
        "version": str(common.version),
        "file_name": f"hocba-{common.record_id}-v{common.version}.xml",
        "level": str(common.level),
        "level_name": _level_name(content),
        "words": _CONTINUING_WORDS if common.level is SchoolLevel.CONTINUING else _WORDS,
        "circular": _CIRCULARS.get(common.circular, common.circular),
        "school_year": year_text(common.school_year),
        "register_no": common.register_no,
        "correction": _correction(common.correction),
        "department": school.department_name,
        "school": school.name,
        "campus": school.campus,
        "commune": school.commune,
        "district": school.district,
        "province": school.province,
        "class_name": content.section.name,
        "homeroom": content.section.homeroom_name,
    }


def _level_name(content: model.RecordContent) -> str:
    name = _LEVEL_NAMES[content.common.level]
    if content.common.level is not SchoolLevel.CONTINUING:
        return name
    return f"{name} cấp {_LEVEL_NAMES[level_of(content.section.grade)]}"


def _correction(correction: model.Correction | None) -> Data | None:
    if correction is None:
        return None
    people = [
        f"{label}: {name}"
        for label, name in (
            ("người đề nghị", correction.asked_by),
            ("người phê duyệt", correction.approved_by),
        )
        if name
    ]
    return {
        "title": _CORRECTIONS.get(correction.kind, "Đính chính"),
        "replaces": str(correction.replaces),
        "reason": correction.reason,
        "people": "; ".join(people),
    }


def _pupil(pupil: model.RecordPupil) -> Data:
    return {
        "name": pupil.full_name,
        "birth": date_text(pupil.birth_date),
        "sex": _SEXES[pupil.sex],
        "ethnicity": pupil.ethnicity,
        "nationality": _NATIONALITIES.get(pupil.nationality, pupil.nationality),
        "pupil_code": pupil.code,
        "personal_id": pupil.personal_id,
        "birthplace": _place(pupil.birthplace),
        "hometown": _place(pupil.hometown),
        "residence": _place(pupil.residence),
        "policy_group": pupil.policy_group,
        "father": _relative(pupil.father),
        "mother": _relative(pupil.mother),
        "guardian": _relative(pupil.guardian),
    }


def _place(place: AdministrativePlace) -> str:
    return place.text


def _relative(relative: model.Relative) -> Data:
    return {"name": relative.full_name, "occupation": relative.occupation}


def _this_year(content: model.RecordContent) -> model.EarlierYear:
    return model.EarlierYear(
        content.common.school_year,
        content.section.name,
        content.school.name,
        content.school.province,
    )


def _issue(content: model.RecordContent, signatures: Sequence[SignatureReport]) -> Data:
    issue = content.issue
    day = date.fromisoformat(issue.issued_on) if issue.issued_on else date(1970, 1, 1)
    words = f"ngày {day:%d} tháng {day:%m} năm {day:%Y}"
    issued = any(mark["holds"] for mark in _marks(signatures, SignerRole.SCHOOL))
    return {
        "issued": [day.year, day.month, day.day],
        "issued_words": words if issue.issued_on else "ngày … tháng … năm …",
        "place": issue.place,
        "principal": issue.principal_name,
        "principal_title": issue.principal_title or "Hiệu trưởng",
        "confirmation": issue.completion.text if issue.completion else "",
        "marks": {
            "homeroom": _marks(signatures, SignerRole.HOMEROOM),
            "principal": _marks(signatures, SignerRole.PRINCIPAL),
            "school": _marks(signatures, SignerRole.SCHOOL),
        },
        "banner": _banner(content, issued),
    }


def _banner(content: model.RecordContent, issued: bool) -> str:
    correction = content.common.correction
    parts = []
    if correction and correction.kind == model.RECALL:
        parts.append("HỌC BẠ ĐÃ THU HỒI, KHÔNG CÒN GIÁ TRỊ")
    if not issued:
        parts.append("BẢN XEM TRƯỚC · HỌC BẠ CHƯA PHÁT HÀNH")
    return " · ".join(parts)


def _marks(signatures: Sequence[SignatureReport], role: SignerRole, slot: str = "") -> list[Data]:
    return [
        {
            "holds": report.state in _HOLDS,
            "words": _STATE_WORDS[report.state],
            "signer": report.signer,
            "time": _time_text(report.proven_time or report.claimed_time),
        }
        for report in signatures
        if report.role is role and (not slot or report.slot == slot)
    ]


def _time_text(iso: str) -> str:
    if not iso:
        return ""
    try:
        moment = datetime.fromisoformat(iso)
    except ValueError:
        return ""
    local = moment.astimezone(VIETNAM) if moment.tzinfo else moment
    return f"{local:%d/%m/%Y %H:%M}"


def mark_text(mark: str) -> str:
    """'7.5' -> '7,5', 'CD' -> 'CĐ'."""
    return printed(mark)


def _subject(row: model.SubjectRow, signatures: Sequence[SignatureReport]) -> Data:
    return {
        "name": row.name,
        "level": row.level,
        "test": mark_text(row.test),
        "semester1": mark_text(row.semester1),
        "semester2": mark_text(row.semester2),
        "year": mark_text(row.year),
        "reassessed": mark_text(row.reassessed),
        "notes": _notes(row),
        "comment": row.comment,
        "teachers": [
            {
                "name": teacher.full_name,
                "marks": _marks(
                    signatures, SignerRole.SUBJECT_TEACHER, names.teacher_id(row, number)
                ),
            }
            for number, teacher in enumerate(row.teachers, 1)
        ],
    }


def _notes(row: model.SubjectRow) -> list[str]:
    """What stands under a subject's name: topic clusters, own demands, exemption."""
    found = [
        f"Chuyên đề {term}: {'; '.join(mark_text(mark) for mark in topics.split())}"
        for term, topics in (("HK I", row.topics1), ("HK II", row.topics2))
        if topics
    ]
    if row.demands:
        found.append(_DEMANDS[row.demands])
    exemption = row.exemption
    if exemption.starts_on:
        days = f"{date_text(exemption.starts_on)} đến {date_text(exemption.ends_on)}"
        found.append(f"Miễn thực hành từ {days} (quyết định số {exemption.decision})")
    return found


def _decision(decision: model.PromotionRecord) -> str:
    """Why people decided about promotion, in one line; '' where the rules did."""
    if not decision.number:
        return ""
    return f"Số {decision.number}; {decision.taken_by}; lý do: {decision.reason}"


def _traits(group: object, tag: str) -> list[Data]:
    """Name and level of each quality or competence that has a level."""
    return [
        {"name": term, "level": mark_text(level)}
        for attr, term in names.trait_terms(tag)
        if (level := getattr(group, attr))
    ]


def _results(content: model.RecordContent) -> Data:
    summary, health, attendance = content.summary, content.health, content.attendance
    return {
        "height": health.height_cm.replace(".", ","),
        "weight": health.weight_kg.replace(".", ","),
        "excused": _number(attendance.excused),
        "unexcused": _number(attendance.unexcused),
        "total": _number(attendance.total),
        "learning": _levels(content.learning),
        "conduct": _levels(content.conduct),
        "certificates": [
            f"{certificate.name} ({certificate.kind})" if certificate.kind else certificate.name
            for certificate in content.certificates
        ],
        "overall": summary.overall,
        "promoted": {True: "được lên lớp", False: "chưa được lên lớp", None: ""}[summary.promoted],
        "promotion_text": summary.promotion_text,
        "completion_text": summary.completion_text,
        "competitions": summary.competitions,
        "summer_training": summary.summer_training,
        "award": summary.award,
        "award_unplanned": summary.award_unplanned,
        "homeroom_comment": summary.homeroom_comment,
        "decision": _decision(summary.decision),
    }


def result_lines(xml: bytes) -> str:
    """What a paper's code says of the record: pupil, class and year, result; a line each."""
    content = xml_record.parse(xml)
    pupil, section, summary = content.pupil, content.section, content.summary
    year = f"Lớp {section.name}, năm học {content.common.school_year}"
    levels = [
        f"{name}: {_RESULT_WORDS.get(level, level)}"
        for name, level in (
            ("Học tập", content.learning.after or content.learning.year),
            ("Rèn luyện", content.conduct.after or content.conduct.year),
        )
        if level
    ]
    result = "; ".join(filter(None, [summary.overall, *levels, summary.promotion_text]))
    correction = content.common.correction
    recalled = "ĐÃ THU HỒI" if correction and correction.kind == model.RECALL else ""
    lines = (pupil.full_name, f"Sinh {date_text(pupil.birth_date)}", year, result, recalled)
    return "\n".join(filter(None, lines))


def _number(value: int | None) -> str:
    return "" if value is None else str(value)


def _levels(levels: model.TermLevels) -> list[str]:
    marks = (levels.semester1, levels.semester2, levels.year, levels.after)
    return [_RESULT_WORDS.get(mark, mark) for mark in marks]
