"""One pupil twice in a list: certain by id, only a question by name and birth date."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from app.roster.names import fold
from app.roster.plan import PlannedPupil, Question, Refusal, with_field
from app.roster.row_import import Draft

_IDS = {"personal_id": "số định danh cá nhân", "moet_id": "mã định danh Bộ"}


def settle_duplicates(draft: Draft) -> Draft:
    """The same draft, with repeated rows refused and doubtful ones asked about."""
    for name, words in _IDS.items():
        for same in _grouped(draft.kept, name):
            _settle(draft, same, name, words)
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


def _settle(draft: Draft, same: list[PlannedPupil], name: str, words: str) -> None:
    first = same[0]
    strangers = [other for other in same[1:] if not _same_person(first, other)]
    for other in same[1:]:
        if other in strangers:
            continue
        draft.kept = [pupil for pupil in draft.kept if pupil is not other]
        draft.asked = [q for q in draft.asked if q.where != other.where]
        draft.repaired = [r for r in draft.repaired if r.where != other.where]
        reason = f"Trùng học sinh ở dòng {first.where.row} (cùng {words}); giữ dòng đầu."
        draft.refused.append(Refusal(other.where, reason, draft.cells[other.where]))
        if other.class_name != first.class_name:
            why = f"Em có tên ở hai lớp {first.class_name} và {other.class_name}."
            draft.asked.append(
                Question(first.where, "class_name", first.class_name, why, other.class_name)
            )
    if strangers:
        _ask_shared(draft, [first, *strangers], name, words)


def _ask_shared(draft: Draft, pupils: list[PlannedPupil], name: str, words: str) -> None:
    """Nobody can tell whose number it is, so none of them gets it."""
    rows = ", ".join(str(pupil.where.row) for pupil in pupils)
    for pupil in pupils:
        shared = getattr(pupil.student, name)
        without = replace(pupil, student=with_field(pupil.student, name, ""))
        draft.kept = [without if kept is pupil else kept for kept in draft.kept]
        why = f"Các dòng {rows} cùng một {words}; hãy xem lại số của từng em."
        draft.asked.append(Question(pupil.where, name, shared, why))


def _ask_namesakes(draft: Draft) -> None:
    seen: dict[tuple[str, str, str], PlannedPupil] = {}
    for pupil in draft.kept:
        key = (fold(pupil.student.full_name), pupil.student.birth_date, pupil.class_name)
        if key in seen:
            first = seen[key].where.row
            why = f"Cùng lớp, họ tên và ngày sinh với dòng {first}: hai em hay một em?"
            draft.asked.append(Question(pupil.where, "full_name", pupil.student.full_name, why))
        seen.setdefault(key, pupil)
