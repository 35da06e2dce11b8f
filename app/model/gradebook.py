"""A gradebook is a sparse table: (pupil, area, slot) -> canonical text.

Areas are subject codes of the profile, or one of the constants below. Slots:

    secondary subject   s1.regular1 … s1.regular4  s1.topic1 …  s1.midterm  s1.final  s2.…
                        s1.plan  s2.plan (fulfilment of an individual education plan)
                        reassessed  comment
                        topics_chosen (yes: the pupil takes the subject's topic cluster)
                        exempt_from  exempt_to  exempt_decision (of the practical part)
    every subject       chosen (yes: the pupil takes this elective or optional subject)
                        demands (reduced, individual, not_assessed; pupils with a disability)
    primary subject     mid1.level  end1.level  mid2.level  end2.level   end1.test  end2.test
                        (mid1.test, mid2.test in grades 4-5 for Tiếng Việt and Toán)
                        retest (last score of a re-test)  comment
    QUALITIES, COMPETENCES (primary)   mid1.<CODE> … end2.<CODE>; comment;
                        comment.general / comment.specific for competences
    CONDUCT (secondary) s1  s2  after_summer
    ATTENDANCE          excused  unexcused            (sessions in the year)
    HEALTH              height_cm  weight_kg
    AWARDS              award  award_unplanned  recognised (yes: the class recognises it)
    REMARKS             homeroom  competitions  summer_training  certificates
    DECISION            promotion (a person's decision where the circular leaves it to people)
                        reason  number  taken_by

Canonical values: scores '0'…'10' with at most one decimal and a point ('7.5'); D / CD for Đạt /
Chưa đạt; T / H / C for subject levels; T / D / C for qualities and competences; T / K / D / CD for
conduct; YYYY-MM-DD for dates; NFC text for comments. An absent cell is "not there yet"; there are
no empty cells.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

QUALITIES = "QUALITIES"
COMPETENCES = "COMPETENCES"
CONDUCT = "CONDUCT"
ATTENDANCE = "ATTENDANCE"
HEALTH = "HEALTH"
AWARDS = "AWARDS"
REMARKS = "REMARKS"
DECISION = "DECISION"


@dataclass(frozen=True, slots=True, order=True)
class CellKey:
    """The address of one cell: pupil, area and slot as the module lists them."""

    student_id: str
    area: str
    slot: str


Cells = Mapping[CellKey, str]


@dataclass(frozen=True, slots=True)
class CellChange:
    """One edit; `before`/`after` are None where the cell was or becomes empty."""

    key: CellKey
    before: str | None
    after: str | None
