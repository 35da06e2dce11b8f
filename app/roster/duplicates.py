"""One pupil twice in a list: certain by id, only a question by name and birth date."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from app.model.text import fold
from app.roster.plan import CellPlace, PlannedPupil, Question, RefusedRow, with_field
from app.roster.row_import import Draft

_IDS = {"personal_id": "số định danh cá nhân", "moet_id": "mã định danh Bộ"}


def settle_duplicates(draft: Draft) -> Draft:
    """The same draft, with repeated rows refused and doubtful ones asked about."""
    for name, words in _IDS.items():
        repeated: set[CellPlace] = set()
        shared: set[CellPlace] = set()
        questions: list[Question] = []
        for same in _grouped(draft.kept, name):
            strangers = [other for other in same[1:] if not _same_person(same[0], other)]
            for other in same[1:]:
                if other not in strangers:
                    repeated.add(other.where)
                    questions += _refuse(draft, same[0], other, words)
            if strangers:
                shared |= {pupil.where for pupil in (same[0], *strangers)}
                questions += _shared_questions([same[0], *strangers], name, words)
        draft.kept = [
            replace(p, student=with_field(p.student, name, "")) if p.where in shared else p
            for p in draft.kept
            if p.where not in repeated
        ]
        draft.asked = [q for q in draft.asked if q.where not in repeated] + questions
        draft.repaired = [r for r in draft.repaired if r.where not in repeated]
    _ask_namesakes(draft)
    return draft


def _grouped(pupils: Sequence[PlannedPupil], name: str) -> list[list[PlannedPupil]]:
    groups: dict[str, list[PlannedPupil]] = defaultdict(list)
    for pupil in pupils:
        if value := getattr(pupil.student, name):
            groups[value].append(pupil)
    return [group for group in groups.values() if len(group) > 1]


def _same_person(one: PlannedPupil, other: PlannedPupil) -> bool:
    same_name = fold(one.student.full_name) == fold(other.student.full_name)
    return same_name and one.student.birth_date == other.student.birth_date


def _refuse(draft: Draft, first: PlannedPupil, other: PlannedPupil, words: str) -> list[Question]:
    """The later row goes back; which class is right is for people to say."""
    reason = f"Trùng học sinh ở dòng {first.where.row} (cùng {words}); giữ dòng đầu."
    draft.refused.append(RefusedRow(other.where, reason, draft.cells[other.where]))
    if other.class_name == first.class_name:
        return []
    why = f"Em có tên ở hai lớp {first.class_name} và {other.class_name}."
    return [Question(first.where, "class_name", first.class_name, why, other.class_name)]


def _shared_questions(pupils: list[PlannedPupil], name: str, words: str) -> list[Question]:
    """Nobody can tell whose number it is, so none of them gets it."""
    rows = ", ".join(str(pupil.where.row) for pupil in pupils[:20])
    why = f"Các dòng {rows} cùng một {words}; hãy xem lại số của từng em."
    return [Question(p.where, name, getattr(p.student, name), why) for p in pupils]


def _ask_namesakes(draft: Draft) -> None:
    seen: dict[tuple[str, str, str], PlannedPupil] = {}
    for pupil in draft.kept:
        key = (fold(pupil.student.full_name), pupil.student.birth_date, pupil.class_name)
        if key in seen:
            first = seen[key].where.row
            why = f"Cùng lớp, họ tên và ngày sinh với dòng {first}: hai em hay một em?"
            draft.asked.append(Question(pupil.where, "full_name", pupil.student.full_name, why))
        seen.setdefault(key, pupil)
