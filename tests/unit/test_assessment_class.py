"""A class from its cells: results, what is missing, and why."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.assessment import (
    explain,
    final_results,
    gather,
    open_questions,
    own_cells,
    subject_slots,
    taken_subjects,
    term_slots,
)
from app.errors import AssessmentInputError
from app.model.assessment import FinalResult, PrimaryResult, Promotion, SecondaryResult
from app.model.gradebook import CellKey
from app.model.people import Student
from app.profile import GradeProfile, SubjectMode, shipped

Own = dict[tuple[str, str], str]

FOUR = shipped().for_grade("2026-2027", 4)
EIGHT = shipped().for_grade("2026-2027", 8)
ELEVEN = shipped().for_grade("2026-2027", 11)
PUPIL = Student("a", "Giàng Thị Súa", "2016-03-05")
DECIDED: Own = {
    ("DECISION", "promotion"): "promoted",
    ("DECISION", "reason"): "Hoàn thành kế hoạch",
    ("DECISION", "number"): "15/QĐ-THCS",
    ("DECISION", "taken_by"): "Hiệu trưởng",
}


def secondary_cells(profile: GradeProfile = EIGHT, score: str = "8") -> Own:
    cells: Own = {("CONDUCT", "s1"): "T", ("CONDUCT", "s2"): "T", ("ATTENDANCE", "excused"): "2"}
    for subject in profile.subjects:
        for slot in subject_slots(subject) if subject.compulsory else ():
            if slot[:3] in ("s1.", "s2.") and not slot[3:].startswith(("topic", "plan")):
                cells[subject.code, slot] = score if subject.kind is SubjectMode.SCORED else "D"
    return cells


def primary_cells(level: str = "T", test: str = "9") -> Own:
    cells: Own = {("ATTENDANCE", "excused"): "0", ("ATTENDANCE", "unexcused"): "1"}
    for subject in FOUR.subjects:
        if subject.compulsory:
            cells[subject.code, "end2.level"] = level
            if subject.tested:
                cells[subject.code, "end2.test"] = test
    cells |= {("QUALITIES", f"end2.{trait.code}"): "T" for trait in FOUR.qualities}
    return cells | {("COMPETENCES", f"end2.{trait.code}"): "T" for trait in FOUR.competences}


def result_of(profile: GradeProfile, own: Own, student: Student = PUPIL) -> FinalResult:
    cells = {CellKey(student.id, area, slot): value for (area, slot), value in own.items()}
    assert own_cells(student.id, cells) == own
    return final_results(profile, [student], cells)[0]


def texts(final: FinalResult) -> list[str]:
    return [missing.text for missing in final.missing]


def why(profile: GradeProfile, final: FinalResult, what: str) -> list[str]:
    return [reason.text for reason in explain(profile, final, what)]


def test_a_complete_class_lacks_nothing_and_keeps_its_order() -> None:
    students = [Student(name, name, "2013") for name in "cab"]
    cells = {
        CellKey(s.id, area, slot): v
        for s in students
        for (area, slot), v in secondary_cells().items()
    }
    results = final_results(EIGHT, students, cells)
    assert [r.student_id for r in results] == ["c", "a", "b"]
    assert all(r.missing == () and r.profile_id == EIGHT.id for r in results)
    assert all(r.result.promotion is Promotion.PROMOTED for r in results)


def test_what_is_missing_is_named_one_by_one() -> None:
    own = secondary_cells()
    for key in [("TOAN", "s1.regular3"), ("KHTN", "s2.final"), ("CONDUCT", "s2")]:
        del own[key]
    del own["ATTENDANCE", "excused"]
    assert texts(result_of(EIGHT, own)) == [
        "Toán: thiếu ĐĐGtx 3 học kỳ I",
        "Khoa học tự nhiên: thiếu ĐĐGck học kỳ II",
        "Thiếu kết quả rèn luyện học kỳ II",
        "Chưa nhập số buổi nghỉ học (không nghỉ: nhập 0)",
    ]


def test_an_empty_primary_pupil_lacks_everything() -> None:
    final = result_of(FOUR, {})
    assert final.result == PrimaryResult(None, None, None)
    assert texts(final)[:2] == [
        "Tiếng Việt: thiếu mức đạt được cuối năm",
        "Tiếng Việt: thiếu điểm kiểm tra cuối năm",
    ]
    assert "Phẩm chất Nhân ái: thiếu mức đạt được cuối năm" in texts(final)
    assert "Năng lực Tin học: thiếu mức đạt được cuối năm" in texts(final)


DISABLED = replace(PUPIL, disability="Khuyết tật vận động")


@pytest.mark.parametrize("profile", [FOUR, EIGHT])
def test_a_subject_that_is_not_assessed_is_neither_missing_nor_counted(
    profile: GradeProfile,
) -> None:
    all_cells = primary_cells() if profile is FOUR else secondary_cells()
    own = {k: v for k, v in all_cells.items() if k[0] != "GDTC"} | DECIDED
    own["GDTC", "demands"] = "not_assessed"
    final = result_of(profile, own, DISABLED)
    assert final.missing == ()
    assert final.decision is not None
    if profile is EIGHT:
        assert why(EIGHT, final, "year.GDTC") == [
            "Học sinh khuyết tật không được đánh giá môn này nên môn này không được tính"
        ]


def test_only_a_pupil_with_a_disability_is_released_from_a_subject() -> None:
    own = secondary_cells() | {("GDTC", "demands"): "not_assessed"} | DECIDED
    (text,) = texts(result_of(EIGHT, own))
    assert text.startswith("Giáo dục thể chất: chỉ học sinh khuyết tật")


def test_reduced_demands_are_marked_as_all_others_and_the_principal_may_decide() -> None:
    own = secondary_cells(score="3") | {("TOAN", "demands"): "reduced"}
    final = result_of(EIGHT, own, DISABLED)
    assert (final.result.promotion, final.missing) == (Promotion.REASSESSMENT, ())
    final = result_of(EIGHT, own | DECIDED, DISABLED)
    assert final.result.promotion is Promotion.PROMOTED


def test_an_individual_plan_needs_its_own_results_and_the_principals_decision() -> None:
    """Circular 22/2021, articles 11 and 12.4."""
    own = {k: v for k, v in secondary_cells().items() if k[0] != "TOAN"}
    own["TOAN", "demands"] = "individual"
    final = result_of(EIGHT, own, DISABLED)
    assert texts(final) == [
        "Toán: thiếu kết quả theo kế hoạch giáo dục cá nhân học kỳ I",
        "Toán: thiếu kết quả theo kế hoạch giáo dục cá nhân học kỳ II",
    ]
    own |= {("TOAN", "s1.plan"): "CD", ("TOAN", "s2.plan"): "D"}
    final = result_of(EIGHT, own, DISABLED)
    assert final.result.promotion is Promotion.NEEDS_DECISION
    assert texts(final) == ["Nhà trường cần quyết định học sinh được lên lớp hay ở lại lớp"]
    assert why(EIGHT, final, "year.TOAN") == ["Theo kế hoạch giáo dục cá nhân, kết quả cả năm: Đạt"]
    final = result_of(EIGHT, own | DECIDED, DISABLED)
    assert (final.missing, final.result.promotion) == ((), Promotion.PROMOTED)


def test_the_exemption_of_the_practical_part_leaves_every_assessment_due() -> None:
    """Circular 22/2021, article 10."""
    own = secondary_cells() | {("GDTC", "exempt_from"): "2026-10-01"}
    assert texts(result_of(EIGHT, own)) == [
        "Giáo dục thể chất: thiếu miễn thực hành đến ngày",
        "Giáo dục thể chất: thiếu quyết định miễn thực hành",
    ]
    own |= {("GDTC", "exempt_to"): "2026-09-01", ("GDTC", "exempt_decision"): "12/QĐ"}
    assert "trước khi bắt đầu" in texts(result_of(EIGHT, own))[0]
    own["GDTC", "exempt_to"] = "2027-05-31"
    assert texts(result_of(EIGHT, own)) == []
    del own["GDTC", "s2.final"]
    assert texts(result_of(EIGHT, own)) == ["Giáo dục thể chất: thiếu ĐĐGck học kỳ II"]


def test_an_optional_subject_counts_where_it_has_cells() -> None:
    own = primary_cells()
    assert "TIENG_DAN_TOC" not in {s.code for s in gather(FOUR, own).subjects}
    own["TIENG_DAN_TOC", "end2.level"] = "H"
    final = result_of(FOUR, own)
    assert isinstance(final.result, PrimaryResult)
    assert final.result.overall == "HT"


def test_upper_secondary_pupils_need_their_four_chosen_subjects() -> None:
    own = secondary_cells(ELEVEN)
    assert texts(result_of(ELEVEN, own)) == [
        "Học sinh có 0 môn học lựa chọn; chương trình yêu cầu 4",
        "Học sinh có 0 cụm chuyên đề học tập; chương trình yêu cầu 3",
    ]
    for code in ("VAT_LI", "HOA_HOC", "TIN_HOC", "AM_NHAC"):
        subject = ELEVEN.by_code[code]
        value = "8" if subject.kind is SubjectMode.SCORED else "D"
        own |= {(code, slot): value for slot in term_slots(subject, "s1")}
        own |= {(code, slot): value for slot in term_slots(subject, "s2")}
    own = {key: value for key, value in own.items() if "topic" not in key[1]}
    own |= {(code, "topics_chosen"): "yes" for code in ("TOAN", "VAT_LI", "HOA_HOC")}
    assert texts(result_of(ELEVEN, own)) == [
        f"{name}: thiếu kết quả cụm chuyên đề (ghi ở học kỳ I hoặc học kỳ II)"
        for name in ("Toán", "Vật lí", "Hóa học")
    ]
    own |= {
        ("TOAN", "s1.topic1"): "10",
        ("VAT_LI", "s2.topic1"): "8",
        ("HOA_HOC", "s2.topic1"): "8",
    }
    final = result_of(ELEVEN, own)
    assert why(ELEVEN, final, "s1.TOAN") == [
        "Điểm trung bình học kỳ I: (8 + 8 + 8 + 8 + 10 + 2 × 8 + 3 × 8) ÷ 10 = 8,2",
        "Kết quả chuyên đề học tập (10) được tính là ĐĐGtx, thêm vào số ĐĐGtx mà môn học cần",
    ]
    assert final.missing == ()
    assert isinstance(final.result, SecondaryResult)
    assert final.result.title == "gioi"
    assert len(taken_subjects(ELEVEN, {"VAT_LI"})) == 9


def test_the_last_retest_counts() -> None:
    own = primary_cells(test="4")
    assert result_of(FOUR, own).result.promotion is Promotion.SUPPORT_AND_REASSESS
    own |= {(s.code, "retest"): "5" for s in FOUR.subjects if s.tested}
    assert result_of(FOUR, own).result.promotion is Promotion.PROMOTED


def test_both_failed_is_asked_of_people_and_their_answer_counts() -> None:
    own = secondary_cells(score="3") | {("CONDUCT", "s2"): "CD"}
    final = result_of(EIGHT, own)
    assert final.result.promotion is Promotion.NEEDS_DECISION
    assert texts(final) == ["Nhà trường cần quyết định học sinh được lên lớp hay ở lại lớp"]
    assert why(EIGHT, final, "promotion")[0].startswith("Cần nhà trường quyết định")
    own |= {("DECISION", "promotion"): "retained"}
    final = result_of(EIGHT, own)
    assert final.result.promotion is Promotion.RETAINED
    assert texts(final) == [
        "Quyết định lên lớp: thiếu lý do của quyết định",
        "Quyết định lên lớp: thiếu số quyết định",
        "Quyết định lên lớp: thiếu người quyết định",
    ]
    own |= {("DECISION", "reason"): "Vắng buổi kiểm tra lại", ("DECISION", "number"): "15/QĐ"}
    own |= {("DECISION", "taken_by"): "Hiệu trưởng Lò Văn Ún"}
    final = result_of(EIGHT, own)
    assert final.missing == ()
    assert why(EIGHT, final, "promotion")[0].startswith(
        "Nhà trường đã quyết định ở lại lớp (quyết định số 15/QĐ); người quyết định: Hiệu trưởng "
        "Lò Văn Ún; lý do: Vắng buổi kiểm tra lại"
    )
    final = result_of(EIGHT, own | {("DECISION", "promotion"): "promoted"})
    assert why(EIGHT, final, "promotion")[0].startswith("Nhà trường đã quyết định được lên lớp")


def test_a_decision_counts_only_where_the_circular_leaves_it_to_people() -> None:
    own = secondary_cells() | {("DECISION", "promotion"): "retained"}
    assert result_of(EIGHT, own).result.promotion is Promotion.PROMOTED
    for answer in ("retained", "promoted"):
        own = primary_cells(level="C") | {("DECISION", "promotion"): answer}
        final = result_of(FOUR, own)
        assert final.result.promotion == answer
        assert why(FOUR, final, "promotion")[0].startswith("Nhà trường đã quyết định")


@pytest.mark.parametrize(
    "changes",
    [
        {key: "3" for key in secondary_cells() if key[0] in ("TOAN", "KHTN")},
        {("CONDUCT", "s2"): "CD"},
    ],
)
def test_who_missed_the_retest_or_the_training_stays_down_by_decision(changes: Own) -> None:
    own = secondary_cells() | changes
    final = result_of(EIGHT, own)
    assert final.result.promotion in (Promotion.REASSESSMENT, Promotion.SUMMER_TRAINING)
    own |= DECIDED | {("DECISION", "promotion"): "retained"}
    final = result_of(EIGHT, own)
    assert (final.result.promotion, final.missing) == (Promotion.RETAINED, ())
    promoted = result_of(EIGHT, own | {("DECISION", "promotion"): "promoted"})
    assert promoted.decision is None
    assert promoted.result.promotion is not Promotion.PROMOTED


@pytest.mark.parametrize("profile", [FOUR, EIGHT])
def test_a_pupil_who_is_not_assessed_needs_only_a_decision(profile: GradeProfile) -> None:
    student = Student("a", "Lò Văn Páo", "2013", not_assessed=True)
    final = result_of(profile, {}, student)
    assert [(m.area, m.slot) for m in final.missing] == [("DECISION", "promotion")]
    final = result_of(profile, DECIDED, student)
    assert final.missing == ()
    assert final.result.promotion is Promotion.PROMOTED


def test_the_class_is_asked_for_its_recognition() -> None:
    own = primary_cells(test="8")
    final = result_of(FOUR, own)
    assert [q.slot for q in open_questions(final.result, own)] == ["recognised"]
    assert why(FOUR, final, "award")[0].endswith("cần được lớp công nhận")
    own["AWARDS", "recognised"] = "no"
    final = result_of(FOUR, own)
    assert open_questions(final.result, own) == ()
    assert isinstance(final.result, PrimaryResult)
    assert final.result.award is None
    assert why(FOUR, final, "award")[0].endswith("lớp không bình bầu")


def test_a_damaged_cell_is_an_expected_error() -> None:
    for profile, own in (
        (EIGHT, secondary_cells() | {("TOAN", "s1.final"): "8.55"}),
        (FOUR, primary_cells() | {("TOAN", "end2.level"): "X"}),
    ):
        with pytest.raises(AssessmentInputError):
            gather(profile, own)


def with_marks(own: Own, code: str, *marks: str) -> Own:
    slots = subject_slots(EIGHT.by_code[code])
    return own | {(code, slot): mark for slot, mark in zip(slots, marks, strict=False)}


def test_an_average_is_explained_with_its_numbers_and_article() -> None:
    own = with_marks(secondary_cells(), "TOAN", "7.5", "6.4", "6.5", "8.9", "6.7", "4.3")
    final = result_of(EIGHT, own)
    reason = explain(EIGHT, final, "s1.TOAN")[0]
    assert reason.text == (
        "Điểm trung bình học kỳ I: (7,5 + 6,4 + 6,5 + 8,9 + 2 × 6,7 + 3 × 4,3) ÷ 9 ≈ 6,18, "
        "làm tròn 6,2"
    )
    assert reason.article == "Thông tư 22/2021/TT-BGDĐT, điều 9 khoản 1"
    assert why(EIGHT, final, "year.TOAN") == ["Điểm trung bình cả năm: (6,2 + 2 × 8) ÷ 3 = 7,4"]
    assert why(EIGHT, final, "s2.TOAN")[0].endswith("÷ 9 = 8")


def test_a_half_is_explained_as_it_is_rounded() -> None:
    own = with_marks(secondary_cells(), "GDTC") | {("GDCD", "s1.final"): "8.1"}
    own |= {("GDCD", "s1.regular1"): "8.1", ("GDCD", "s1.midterm"): "8"}
    own |= {("GDCD", "s1.regular2"): "7.9", ("GDCD", "s1.final"): "8.2"}
    assert why(EIGHT, result_of(EIGHT, own), "s1.GDCD")[0].endswith("÷ 7 ≈ 8,09, làm tròn 8,1")


@pytest.mark.parametrize(
    ("changes", "what", "text"),
    [
        ({}, "s1.GDTC", "Kết quả học kỳ I là Đạt: đủ 4 lần và đều Đạt trong các lần đánh giá"),
        (
            {("GDTC", "s2.final"): "CD"},
            "s2.GDTC",
            "Kết quả học kỳ II là Chưa đạt: có 1 lần Chưa đạt trong các lần đánh giá",
        ),
        ({}, "year.GDTC", "Kết quả cả năm lấy kết quả học kỳ II: Đạt"),
        ({}, "s1.conduct", "Kết quả rèn luyện học kỳ I do giáo viên chủ nhiệm đánh giá: Tốt"),
        ({}, "s2.conduct", "Kết quả rèn luyện học kỳ II do giáo viên chủ nhiệm đánh giá: Tốt"),
        ({}, "year.conduct", "Học kỳ I Tốt, học kỳ II Tốt, nên cả năm là Tốt"),
        (
            {("CONDUCT", "s2"): "CD", ("CONDUCT", "after_summer"): "D"},
            "year.conduct",
            "Sau rèn luyện trong hè: Đạt",
        ),
        (
            {},
            "promotion",
            "Được lên lớp: học tập Tốt, rèn luyện Tốt, nghỉ 2 buổi (không quá 45 buổi)",
        ),
        (
            {("ATTENDANCE", "unexcused"): "44"},
            "promotion",
            "Không được lên lớp: học tập Tốt, rèn luyện Tốt, nghỉ 46 buổi (quá 45 buổi)",
        ),
        (
            {("CONDUCT", "s2"): "CD"},
            "promotion",
            "Phải rèn luyện trong hè: học tập Tốt, rèn luyện Chưa đạt, nghỉ 2 buổi",
        ),
        (
            {("CONDUCT", "s2"): "CD", ("CONDUCT", "after_summer"): "CD"},
            "promotion",
            "Không được lên lớp: học tập Tốt, rèn luyện Chưa đạt, nghỉ 2 buổi",
        ),
        ({}, "title", "Học sinh Giỏi: học tập Tốt, rèn luyện Tốt, 0 môn từ 9 trở lên"),
    ],
)
def test_secondary_results_explain_themselves(changes: Own, what: str, text: str) -> None:
    assert why(EIGHT, result_of(EIGHT, secondary_cells() | changes), what)[0] == text


def test_the_raise_of_article_9_3_says_which_subject_turned_it() -> None:
    own = secondary_cells() | {(c, s): "4" for c, s in secondary_cells() if c == "TIN_HOC"}
    final = result_of(EIGHT, own)
    first, second = explain(EIGHT, final, "year.learning")
    assert first.text.startswith(
        "Kết quả học tập cả năm theo điểm là Đạt: điểm thấp nhất là 4 (Tin học); 7 môn từ 8 trở lên"
    )
    assert second.text == (
        "Chỉ vì một môn Tin học (4) mà mức bị thấp xuống từ 2 mức trở lên, nên được điều chỉnh lên "
        "mức liền kề: Khá"
    )
    assert second.article == "Thông tư 22/2021/TT-BGDĐT, điều 9 khoản 3"


def test_reassessment_is_explained_from_the_subjects_to_the_new_value() -> None:
    own = secondary_cells() | {(c, s): "3" for c, s in secondary_cells() if c in ("TOAN", "KHTN")}
    final = result_of(EIGHT, own)
    assert why(EIGHT, final, "promotion") == [
        "Phải đánh giá lại: Toán, Khoa học tự nhiên (học tập Chưa đạt, rèn luyện Tốt, nghỉ 2 buổi)"
    ]
    own |= {("TOAN", "reassessed"): "5.5", ("KHTN", "reassessed"): "6"}
    final = result_of(EIGHT, own)
    assert final.result.promotion is Promotion.PROMOTED
    assert why(EIGHT, final, "year.TOAN")[1] == "Sau đánh giá lại, 5,5 thay cho 3"


def test_what_is_not_there_yet_is_explained_as_such() -> None:
    final = result_of(EIGHT, {("GDTC", "s1.regular1"): "CD"})
    assert "Chưa đủ điểm học kỳ I" in why(EIGHT, final, "s1.TOAN")[0]
    assert "hai học kỳ" in why(EIGHT, final, "year.TOAN")[0]
    assert "Chưa có kết quả học kỳ II" in why(EIGHT, final, "year.GDTC")[0]
    assert "chưa xếp được mức" in why(EIGHT, final, "s1.learning")[0]
    assert "chưa có" in why(EIGHT, final, "s1.conduct")[0]
    assert "Chưa đủ kết quả rèn luyện" in why(EIGHT, final, "year.conduct")[0]
    assert "Chưa đủ kết quả cả năm" in why(EIGHT, final, "promotion")[0]
    assert "Không có danh hiệu" in why(EIGHT, final, "title")[0]
    final = result_of(FOUR, {})
    assert "Chưa đủ" in why(FOUR, final, "overall")[0]
    assert "Chưa đủ" in why(FOUR, final, "promotion")[0]
    assert "không có danh hiệu" in why(FOUR, final, "award")[0]


def test_failed_comment_subjects_are_named_in_the_level() -> None:
    own = secondary_cells() | {("GDTC", "s2.final"): "CD", ("GDDP", "s2.final"): "CD"}
    text = why(EIGHT, result_of(EIGHT, own), "year.learning")[0]
    assert text.endswith("Chưa đạt: Giáo dục thể chất, Nội dung giáo dục của địa phương")


def test_primary_results_say_what_kept_them_from_more() -> None:
    own = primary_cells() | {("TOAN", "end2.test"): "6", ("MI_THUAT", "end2.level"): "H"}
    own |= {("QUALITIES", "end2.NHAN_AI"): "D", ("GDTC", "demands"): "not_assessed"}
    final = result_of(FOUR, own, DISABLED)
    assert why(FOUR, final, "overall") == [
        "Hoàn thành: các môn học 10 Hoàn thành tốt, 1 Hoàn thành; điểm kiểm tra cuối năm thấp nhất "
        "là 6",
        "Chưa đạt mức Hoàn thành tốt vì: Toán kiểm tra được 6 điểm (cần từ 7); Nghệ thuật "
        "(Mĩ thuật) Hoàn thành; Nhân ái Đạt",
    ]
    assert why(FOUR, final, "promotion") == [
        "Cần nhà trường quyết định học sinh được lên lớp hay ở lại lớp"
    ]
    best = result_of(FOUR, primary_cells())
    assert why(FOUR, best, "promotion") == ["Hoàn thành chương trình lớp học nên được lên lớp"]
    worst = why(FOUR, result_of(FOUR, primary_cells("C", "3")), "overall")
    assert worst[0].startswith("Chưa hoàn thành: các môn học 12 Chưa hoàn thành")
    assert worst[1].endswith("điều khác")
    assert len(why(FOUR, best, "overall")) == 1
    assert why(FOUR, best, "award") == ["Học sinh Xuất sắc: kết quả cuối năm đạt điều kiện"]


def test_untested_primary_subjects_are_explained_without_a_test() -> None:
    one = shipped().for_grade("2026-2027", 1)
    own: Own = {("GDTC", "end2.level"): "T"}
    own |= {
        (s.code, "demands"): "not_assessed"
        for s in one.subjects
        if s.compulsory and s.code != "GDTC"
    }
    for area, traits in (("QUALITIES", one.qualities), ("COMPETENCES", one.competences)):
        own |= {(area, f"end2.{trait.code}"): "T" for trait in traits}
    assert why(one, result_of(one, own), "overall") == [
        "Hoàn thành xuất sắc: các môn học 1 Hoàn thành tốt"
    ]


@pytest.mark.parametrize("what", ["", "x.TOAN", "year.NOTHING", "overall"])
def test_asking_why_of_nothing_is_a_key_error(what: str) -> None:
    with pytest.raises(KeyError):
        explain(EIGHT, result_of(EIGHT, secondary_cells()), what)
    with pytest.raises(KeyError):
        explain(FOUR, result_of(FOUR, primary_cells()), "title")


def test_support_is_explained() -> None:
    final = result_of(FOUR, primary_cells(level="C"))
    assert why(FOUR, final, "promotion") == [
        "Chưa hoàn thành: cần hướng dẫn, giúp đỡ rồi đánh giá bổ sung"
    ]


def test_a_level_that_a_plan_leaves_open_is_explained_as_such() -> None:
    own = secondary_cells()
    scored = [s for s in EIGHT.subjects if s.kind is SubjectMode.SCORED and s.compulsory]
    own |= {(s.code, "demands"): "not_assessed" for s in scored}
    final = result_of(EIGHT, own, DISABLED)
    assert "chưa xếp được mức" in why(EIGHT, final, "year.learning")[0]
