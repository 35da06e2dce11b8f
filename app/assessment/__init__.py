"""How did they do, and by which article? Pure rules; everything they need is in the profile."""

from app.assessment.closed_cells import closed_changes, closed_reason, may_be_closed
from app.assessment.explanation import explain
from app.assessment.marks import parse_cell, parse_mark, shown
from app.assessment.missing import missing, open_questions
from app.assessment.rule_inputs import (
    assess,
    final_result,
    final_results,
    gather,
    own_cells,
    taken_subjects,
)
from app.assessment.slots import slot_name, subject_slots, term_slots

__all__ = [
    "assess",
    "closed_changes",
    "closed_reason",
    "explain",
    "final_result",
    "final_results",
    "gather",
    "may_be_closed",
    "missing",
    "open_questions",
    "own_cells",
    "parse_cell",
    "parse_mark",
    "shown",
    "slot_name",
    "subject_slots",
    "taken_subjects",
    "term_slots",
]
