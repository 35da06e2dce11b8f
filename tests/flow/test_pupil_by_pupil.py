"""Nobody waits for anybody else: a class is locked, signed and sent pupil by pupil."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.assessment.classbook import Standing
from app.errors import TranscriptIncomplete, TranscriptLocked
from app.model.gradebook import CellChange, CellKey
from app.model.transcript import TranscriptState
from app.services import Services
from tests.fixtures.schools.small_school import SmallSchool, small_school

S = TranscriptState
CLASS, AGAIN = "8B", ("TOAN", "NGU_VAN")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> SmallSchool:
    """8B: the first pupil is assessed again in two subjects; the others are complete."""
    school = small_school(tmp_path_factory.mktemp("truong"), pupils=3, lock=False)
    fails(school.made, pupils(school)[0])
    school.made.close()
    return school


@pytest.fixture
def school(prepared: SmallSchool, tmp_path: Path) -> Iterator[SmallSchool]:
    copied = prepared.copy(tmp_path)
    yield copied
    copied.made.close()


def pupils(school: SmallSchool) -> list[str]:
    return [student.id for student in school.made.book.open(CLASS).students]


def fails(made: Services, pupil: str) -> None:
    made.book.save(
        CLASS,
        [
            CellChange(key, value, "3")
            for key, value in made.book.open(CLASS).cells.items()
            if key.student_id == pupil and key.area in AGAIN and key.slot != "comment"
        ],
    )


def passes(made: Services, pupil: str) -> None:
    made.book.save(
        CLASS, [CellChange(CellKey(pupil, area, "reassessed"), None, "6.5") for area in AGAIN]
    )


def states(made: Services) -> dict[str, TranscriptState]:
    return {head.student_id: head.state for head in made.records.heads(CLASS)}


def where(made: Services) -> dict[Standing, int]:
    return dict(made.book.state(CLASS).counts)


def test_who_is_complete_is_issued_and_who_is_assessed_again_follows(school: SmallSchool) -> None:
    made, (late, *others) = school.made, pupils(school)
    assert where(made) == {Standing.REASSESSMENT: 1, Standing.READY: 2}
    assert {head.student_id for head in made.records.lock(CLASS)} == set(others)
    school.sign_all(seal=True)
    assert states(made) == dict.fromkeys(others, S.ISSUED)
    assert where(made) == {Standing.REASSESSMENT: 1, Standing.LOCKED: 2}
    passes(made, late)  # the class is open for whoever is open
    assert where(made) == {Standing.READY: 1, Standing.LOCKED: 2}
    assert [head.student_id for head in made.records.lock(CLASS)] == [late]
    school.sign_all(seal=True)
    assert states(made) == dict.fromkeys((late, *others), S.ISSUED)
    assert made.signing.unsealed() == []
    with pytest.raises(TranscriptLocked):
        made.records.lock(CLASS)


def test_the_marks_of_a_locked_pupil_stay_and_those_of_the_others_do_not(
    school: SmallSchool,
) -> None:
    made, (late, done, _) = school.made, pupils(school)
    made.records.lock(CLASS, student_ids=[done])
    with pytest.raises(TranscriptLocked):
        passes(made, done)
    passes(made, late)
    before = made.book.open(CLASS).cells
    both = [CellChange(CellKey(p, "TOAN", "comment"), None, "Mới") for p in (late, done)]
    with pytest.raises(TranscriptLocked):
        made.book.save(CLASS, both)
    assert made.book.open(CLASS).cells == before


def test_what_is_named_is_locked_whole_or_not_at_all(school: SmallSchool) -> None:
    made, (late, done, other) = school.made, pupils(school)
    with pytest.raises(TranscriptIncomplete) as refused:
        made.records.lock(CLASS, student_ids=[late, done])
    assert "đánh giá lại" in str(refused.value.params["problems"])
    assert states(made) == {}
    assert [h.student_id for h in made.records.lock(CLASS, student_ids=[done])] == [done]
    assert [h.student_id for h in made.records.lock(CLASS)] == [other]
    with pytest.raises(TranscriptIncomplete):
        made.records.lock(CLASS)  # who is left is not complete


def test_only_who_is_untouched_is_opened_again(school: SmallSchool) -> None:
    made, (late, done, other) = school.made, pupils(school)
    made.records.lock(CLASS, student_ids=[done])
    school.sign_all()
    made.records.lock(CLASS)
    with pytest.raises(TranscriptLocked):
        made.records.unlock(CLASS, [done, other])
    assert set(states(made)) == {done, other}
    assert made.records.unlock(CLASS) == 1
    assert states(made) == {done: S.ISSUED}
    assert where(made) == {Standing.REASSESSMENT: 1, Standing.READY: 1, Standing.LOCKED: 1}
    with pytest.raises(TranscriptLocked):
        made.records.unlock(CLASS)
    passes(made, late)


def test_who_was_asked_about_is_not_opened(school: SmallSchool) -> None:
    """The request names the record that opening would throw away."""
    made, (_, done, other) = school.made, pupils(school)
    head = made.records.lock(CLASS)[0]
    assert head.student_id == done
    made.life.propose_cancel(head, "Nhập nhầm lớp", "Lý Thị Duyên")
    assert made.records.unlock(CLASS) == 1
    assert set(states(made)) == {done}
    assert made.book.open(CLASS).locks.keys() == {done}
    assert [row.student_id for row in made.records.check(CLASS)] == [pupils(school)[0], other]


def test_who_was_given_up_is_open_again_and_gets_the_next_version(school: SmallSchool) -> None:
    made, (_, done, _) = school.made, pupils(school)
    made.records.lock(CLASS)
    school.sign_all()
    head = next(h for h in made.records.heads(CLASS) if h.student_id == done)
    request = made.life.propose_cancel(head, "Nhập nhầm lớp", "Lý Thị Duyên")
    made.life.approve(request, "Nguyễn Văn Khải")
    assert done not in made.book.open(CLASS).locks
    (again,) = made.records.lock(CLASS)[-1:]
    assert (again.student_id, again.record_id, again.version) == (done, head.record_id, 2)
    school.sign_all(seal=True)
    assert states(made)[done] is S.ISSUED


def test_a_pupil_who_left_after_the_record_was_made_keeps_it(school: SmallSchool) -> None:
    made, (_, done, _) = school.made, pupils(school)
    made.records.lock(CLASS)
    school.leaves(done, CLASS)
    school.sign_all(seal=True)
    assert states(made)[done] is S.ISSUED
