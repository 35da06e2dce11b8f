"""The invented school of practice mode. Every name is invented; nothing of it is official."""

from __future__ import annotations

from dataclasses import dataclass

from app import resources
from app.model.people import ClassSection, School, Staff, StaffRole

SCHOOL_YEAR = "2026-2027"
PASSPHRASE = "thuc-hanh-2026"  # noqa: S105 - shown on screen; guards invented data
PIN = "12345678"

SCHOOL = School(
    code="1203456001",
    name="Trường PTDTBT TH&THCS Pa Vệ Sử (thực hành)",
    department_code="12",
    department_name="Sở Giáo dục và Đào tạo Lai Châu (thực hành)",
    commune="Pa Vệ Sử",
    province="Lai Châu",
    province_code="12",
    tax_code="6200000000",
)

PRINCIPAL = Staff("ht", "Nguyễn Văn Khải", StaffRole.PRINCIPAL, "001075000001", "Hiệu trưởng")
CLERK = Staff("vt", "Lý Thị Duyên", StaffRole.CLERK, "012190000002", "Văn thư")
TEACHERS = tuple(
    Staff(f"gv{number:02}", name, StaffRole.TEACHER, f"0120850000{number:02}", "Giáo viên")
    for number, name in enumerate(
        (
            "Lò Thị Biên",
            "Giàng A Chu",
            "Phạm Thị Hoa",
            "Vàng Văn Thanh",
            "Trần Minh Đức",
            "Lường Thị Diện",
            "Hoàng Văn Ún",
        ),
        start=10,
    )
)


@dataclass(frozen=True, slots=True)
class PracticeClass:
    section: ClassSection
    sheet: str

    @property
    def path(self) -> str:
        return str(resources.path("practice", self.sheet))


CLASSES = (
    PracticeClass(ClassSection("4A", SCHOOL_YEAR, 4, "4A", "gv11"), "lop-4A.xlsx"),
    PracticeClass(ClassSection("8B", SCHOOL_YEAR, 8, "8B", "gv10"), "lop-8B.xlsx"),
)


def teacher_of(subject_number: int) -> Staff:
    """Who teaches the n-th subject of a class: some teachers have two."""
    return TEACHERS[subject_number % len(TEACHERS)]
