"""People, a school and records for signing tests; all invented."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache

from app.clock import VIETNAM
from app.model import record as model
from app.signing.practice_pki import Algorithm, Identity, PracticeAuthority
from app.signing.trust import TrustStore
from app.transcript import xml_record

NOW = datetime(2026, 5, 28, 9, 30, tzinfo=VIETNAM)
SCHOOL = "Trường TH và THCS Thực hành Mường Lý"
TAX_CODE = "2800123456"
HOMEROOM = ("Lò Thị Hương", "038180001234")
PRINCIPAL = ("Nguyễn Văn Bình", "038075004321")
MATHS = ("Hà Văn Đức", "038085005555")
LITERATURE = ("Vàng Thị Mỷ", "038086006666")


@dataclass(frozen=True)
class Staffroom:
    """One identity per role, of one practice authority."""

    authority: PracticeAuthority
    homeroom: Identity
    principal: Identity
    school: Identity
    maths: Identity
    literature: Identity

    @property
    def trust(self) -> TrustStore:
        return TrustStore([self.authority.root])


@cache
def staffroom(algorithm: Algorithm = Algorithm.EC) -> Staffroom:
    authority = PracticeAuthority(NOW)
    return Staffroom(
        authority,
        authority.person(*HOMEROOM, algorithm=algorithm),
        authority.person(*PRINCIPAL, algorithm=algorithm),
        authority.organisation(SCHOOL, TAX_CODE, algorithm=algorithm),
        authority.person(*MATHS, algorithm=algorithm),
        authority.person(*LITERATURE, algorithm=algorithm),
    )


def _content(level: model.SchoolLevel, rows: tuple[model.SubjectRow, ...], **more: object) -> bytes:
    primary = level is model.SchoolLevel.PRIMARY
    content = model.RecordContent(
        common=model.Common(
            record_id=str(more.pop("record_id", "6f1c9a4e-0b7d-4f1e-9a55-0c2d3e4f5a6b")),
            version=1,
            circular="TT27-2020" if primary else "TT22-2021",
            school_year="2025-2026",
            level=level,
            created_on="2026-05-25",
        ),
        school=model.RecordSchool(
            department_code="38",
            department_name="Sở Giáo dục và Đào tạo Thanh Hóa",
            code="38999001",
            name=SCHOOL,
            commune="Xã Mường Lý",
            province="Thanh Hóa",
            province_code="38",
        ),
        pupil=model.RecordPupil("3899900001", "Giàng A Páo", "2016-03-14"),
        section=model.RecordClass(4 if primary else 8, "4A" if primary else "8B", *HOMEROOM),
        issue=model.Issue(PRINCIPAL[0], "Hiệu trưởng", "Mường Lý", "2026-05-30", PRINCIPAL[1]),
        subjects=rows,
        summary=model.Summary(
            overall="Hoàn thành tốt" if primary else "",
            promoted=True,
            completed_grade=True if primary else None,
            completed_primary=False if primary else None,
            homeroom_comment="Chăm ngoan & tiến bộ < mong đợi >.",
        ),
        attendance=model.Attendance(excused=1, unexcused=0) if primary else model.Attendance(),
        general=model.GeneralCompetences(comment="Tốt") if primary else model.GeneralCompetences(),
        specific=model.SpecificCompetences(comment="Tốt")
        if primary
        else model.SpecificCompetences(),
    )
    return xml_record.build(content)


def primary_record(record_id: str = "6f1c9a4e-0b7d-4f1e-9a55-0c2d3e4f5a6b") -> bytes:
    rows = (
        model.SubjectRow("01", "Toán", level="T", test="9"),
        model.SubjectRow("02", "Tiếng Việt", level="H", test="7"),
    )
    return _content(model.SchoolLevel.PRIMARY, rows, record_id=record_id)


def secondary_record() -> bytes:
    rows = (
        model.SubjectRow("15", "Toán", semester1="7.5", semester2="8.0", year="7.8",
                         teachers=(model.SubjectTeacher(*MATHS),)),
        model.SubjectRow("19", "Ngữ văn", semester1="6.5", semester2="7.0", year="6.8",
                         teachers=(model.SubjectTeacher(*LITERATURE),)),
    )  # fmt: skip
    return _content(model.SchoolLevel.LOWER_SECONDARY, rows)
