"""Why a result is what it is: marks, formula with its numbers, article."""

from __future__ import annotations

from app.assessment import primary_reasons, secondary_reasons
from app.model.assessment import FinalResult, PrimaryInput, Reason
from app.profile import GradeProfile


def explain(profile: GradeProfile, final: FinalResult, what: str) -> tuple[Reason, ...]:
    """Why one value of a pupil is what it is, in Vietnamese, ready to show.

    `what`, secondary: 's1.TOAN', 's2.TOAN', 'year.TOAN' (any subject code), 's1.learning',
    'year.learning', 's1.conduct', 'year.conduct', 'promotion', 'title'. Primary: 'overall',
    'promotion', 'award'. Raises KeyError for what does not exist.
    """
    if isinstance(final.inputs, PrimaryInput):
        return primary_reasons.explain(profile, final, what)
    return secondary_reasons.explain(profile, final, what)
