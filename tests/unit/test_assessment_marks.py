"""What teachers type, what it becomes, and what is refused."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.assessment import parse_cell, parse_mark, shown, slot_name, subject_slots
from app.errors import AssessmentInputError
from app.profile import shipped

FOUR = shipped().for_grade("2026-2027", 4)
EIGHT = shipped().for_grade("2026-2027", 8)
CANONICAL = {str(n) for n in range(11)} | {f"{n}.{d}" for n in range(10) for d in range(1, 10)}


@pytest.mark.parametrize(
    ("area", "slot", "typed", "canonical"),
    [
        ("TOAN", "s1.regular1", "7,5", "7.5"),
        ("TOAN", "s1.regular1", "7.5", "7.5"),
        ("TOAN", "s1.regular4", " 10 ", "10"),
        ("TOAN", "s1.midterm", "7,0", "7"),
        ("TOAN", "s1.midterm", "7.50", "7.5"),
        ("TOAN", "s2.final", "0", "0"),
        ("TOAN", "s2.final", "08", "8"),
        ("TOAN", "reassessed", "5", "5"),
        ("TOAN", "demands", "Giảm yêu cầu", "reduced"),
        ("TOAN", "demands", "Kế hoạch cá nhân", "individual"),
        ("TOAN", "demands", "miễn", "not_assessed"),
        ("TOAN", "s1.plan", "Đạt", "D"),
        ("NGOAI_NGU_2", "chosen", "x", "yes"),
        ("GDTC", "exempt_from", "5/9/2026", "2026-09-05"),
        ("GDTC", "exempt_to", "2027-05-31", "2027-05-31"),
        ("GDTC", "exempt_decision", "12/QĐ-THCS", "12/QĐ-THCS"),
        ("DECISION", "reason", "Vắng kiểm tra lại", "Vắng kiểm tra lại"),
        ("TOAN", "comment", "  Tiến bộ rõ.\nCần cẩn thận hơn. ", "Tiến bộ rõ.\nCần cẩn thận hơn."),
        ("GDTC", "s1.regular1", "đ", "D"),
        ("GDTC", "s1.regular1", "Đ", "D"),
        ("GDTC", "s1.regular1", "\u00d0", "D"),
        ("GDTC", "s1.regular1", "D", "D"),
        ("GDTC", "s1.regular1", "CĐ", "CD"),
        ("GDTC", "s1.final", "cd", "CD"),
        ("GDTC", "s1.final", unicodedata.normalize("NFD", "Chưa  đạt"), "CD"),
        ("CONDUCT", "s1", "Khá", "K"),
        ("CONDUCT", "after_summer", "CĐ", "CD"),
        ("ATTENDANCE", "excused", "12", "12"),
        ("HEALTH", "height_cm", "131,5", "131.5"),
        ("HEALTH", "weight_kg", "28", "28"),
        ("DECISION", "promotion", "Được lên lớp", "promoted"),
        ("REMARKS", "homeroom", "Ngoan", "Ngoan"),
    ],
)
def test_secondary_cells_become_canonical(area: str, slot: str, typed: str, canonical: str) -> None:
    assert parse_cell(EIGHT, area, slot, typed) == canonical


@pytest.mark.parametrize(
    ("area", "slot", "typed", "canonical"),
    [
        ("TOAN", "mid1.level", "t", "T"),
        ("TOAN", "end2.level", "Hoàn thành", "H"),
        ("TOAN", "end2.level", "c", "C"),
        ("TOAN", "end2.test", "9", "9"),
        ("TOAN", "end2.test", "0", "0"),
        ("TIENG_DAN_TOC", "chosen", "x", "yes"),
        ("TOAN", "mid1.test", "10,0", "10"),
        ("TOAN", "retest", "5", "5"),
        ("QUALITIES", "end2.NHAN_AI", "Đ", "D"),
        ("QUALITIES", "comment", "Chăm chỉ.", "Chăm chỉ."),
        ("COMPETENCES", "mid1.TIN_HOC", "cần cố gắng", "C"),
        ("COMPETENCES", "comment.general", "Tự tin.", "Tự tin."),
        ("AWARDS", "recognised", "Có", "yes"),
    ],
)
def test_primary_cells_become_canonical(area: str, slot: str, typed: str, canonical: str) -> None:
    assert parse_cell(FOUR, area, slot, typed) == canonical


@pytest.mark.parametrize(
    ("area", "slot", "typed", "reason", "suggestion"),
    [
        ("TOAN", "s1.midterm", "11", "phải từ 0 đến 10", "1,1"),
        ("TOAN", "s1.midterm", "77", "phải từ 0 đến 10", "7,7"),
        ("TOAN", "s1.midterm", "100", "phải từ 0 đến 10", "10"),
        ("TOAN", "s1.midterm", "10,5", "phải từ 0 đến 10", ""),
        ("TOAN", "s1.midterm", "-1", "không được là số âm", ""),
        ("TOAN", "s1.midterm", "8.55", "chỉ có một chữ số thập phân", "8,6"),
        ("TOAN", "s1.midterm", "tám", "không phải là số", "8"),
        ("TOAN", "s1.midterm", "7,", "không phải là số", "7"),
        ("TOAN", "s1.midterm", ",5", "không phải là số", "0,5"),
        ("TOAN", "s1.midterm", "1e1", "không phải là số", ""),
        ("TOAN", "s1.midterm", "٧", "không phải là số", ""),
        ("TOAN", "s1.midterm", "Đ", "không phải là số", ""),
        ("TOAN", "s1.midterm", "  ", "ô đang để trống", ""),
        ("GDCD", "s1.regular3", "8", "môn này chỉ cần 2 ĐĐGtx mỗi học kỳ", ""),
        ("TOAN", "end1.test", "8", "môn này không có cột điểm kiểm tra cuối học kỳ I", ""),
        ("GDTC", "s1.final", "8", "chỉ nhận Đ (Đạt) hoặc CĐ (Chưa đạt)", ""),
        ("CONDUCT", "s1", "H", "chỉ nhận T (Tốt), K (Khá), Đ (Đạt) hoặc CĐ (Chưa đạt)", ""),
        ("CONDUCT", "s3", "T", "không có ô này trong sổ", ""),
        ("ATTENDANCE", "excused", "1,5", "phải là số nguyên", ""),
        ("ATTENDANCE", "excused", "201", "phải từ 0 đến 200", ""),
        ("HEALTH", "height_cm", "5", "phải từ 10 đến 300, có nhiều nhất một chữ số thập phân", ""),
        ("REMARKS", "homeroom", "x" * 2001, "dài quá 2000 ký tự", ""),
        ("REMARKS", "homeroom", "x\0", "có ký tự không in được", ""),
        ("THE_DUC", "s1.final", "8", "không có ô này trong sổ", ""),
        ("TOAN", "exempt_from", "5/9/2026", "môn này không có cột miễn thực hành từ ngày", ""),
        ("GDTC", "exempt_from", "31/9/2026", "không có ngày 31/9/2026", ""),
        ("GDTC", "exempt_from", "năm nay", "phải là ngày dạng 05/09/2026", ""),
    ],
)
def test_what_cannot_be_meant_is_refused_with_a_reason(
    area: str, slot: str, typed: str, reason: str, suggestion: str
) -> None:
    with pytest.raises(AssessmentInputError) as caught:
        parse_cell(EIGHT, area, slot, typed)
    assert caught.value.params == {"field": slot, "reason": reason, "suggestion": suggestion}


@pytest.mark.parametrize(
    ("area", "slot", "typed"),
    [
        ("TOAN", "end2.test", "7,5"),
        ("TOAN", "end2.test", "-1"),
        ("TOAN", "exempt", "x"),
        ("TOAN", "chosen", "x"),
        ("DAO_DUC", "end2.test", "9"),
        ("TOAN", "end2.level", "K"),
        ("QUALITIES", "end2.TIN_HOC", "T"),
        ("QUALITIES", "s1.NHAN_AI", "T"),
        ("COMPETENCES", "comment", "Tốt"),
    ],
)
def test_what_primary_school_does_not_know_is_refused(area: str, slot: str, typed: str) -> None:
    with pytest.raises(AssessmentInputError):
        parse_cell(FOUR, area, slot, typed)


@given(st.one_of(st.text(max_size=12), st.from_regex(r"-?[0-9]{1,3}([.,][0-9]{0,3})?")))
def test_any_text_is_either_refused_or_becomes_a_canonical_score(text: str) -> None:
    toan = EIGHT.by_code["TOAN"]
    try:
        value = parse_mark(toan, "s1.final", text)
    except AssessmentInputError:
        value = "0"
    assert value in CANONICAL
    assert parse_mark(toan, "s1.final", shown(value)) == value


def test_slots_follow_the_periods_and_the_tests_of_the_subject() -> None:
    assert subject_slots(EIGHT.by_code["TIN_HOC"])[:4] == (
        "s1.regular1",
        "s1.regular2",
        "s1.midterm",
        "s1.final",
    )
    assert "mid1.test" in subject_slots(FOUR.by_code["TOAN"])
    assert "mid1.test" not in subject_slots(FOUR.by_code["KHOA_HOC"])
    assert "retest" not in subject_slots(FOUR.by_code["DAO_DUC"])


def test_slots_and_values_are_shown_in_the_users_words() -> None:
    assert slot_name("s1.regular2") == "ĐĐGtx 2 học kỳ I"
    assert slot_name("end2.test") == "điểm kiểm tra cuối năm"
    assert slot_name("comment") == "nhận xét"
    assert [shown(v) for v in ("7.5", "CD", "D", "T")] == ["7,5", "CĐ", "Đ", "T"]
