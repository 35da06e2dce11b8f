"""What the circulars leave to people: who may decide what, and whether it was said in full.

A decision is four cells of the area DECISION: `promotion`, `reason`, `number`, `taken_by`. It is
obeyed where it is allowed; elsewhere the rules alone decide.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from app.model import gradebook as areas
from app.model.assessment import (
    Demands,
    Missing,
    PrimaryInput,
    PrimaryResult,
    Promotion,
    PromotionDecision,
    SecondaryInput,
    SecondaryResult,
)
from app.model.people import Student

OwnCells = Mapping[tuple[str, str], str]
Inputs = SecondaryInput | PrimaryInput
Result = SecondaryResult | PrimaryResult

BOTH = frozenset({Promotion.PROMOTED, Promotion.RETAINED})
_ALLOWED: dict[Promotion | None, frozenset[Promotion]] = {
    Promotion.NEEDS_DECISION: BOTH,
    Promotion.SUPPORT_AND_REASSESS: BOTH,
    # Who stays away from re-assessment or summer training stays down; passing is earned by them.
    Promotion.REASSESSMENT: frozenset({Promotion.RETAINED}),
    Promotion.SUMMER_TRAINING: frozenset({Promotion.RETAINED}),
}
_PARTS = {
    "reason": "lý do của quyết định",
    "number": "số quyết định",
    "taken_by": "người quyết định",
}


def decision_needed(student: Student, inputs: Inputs) -> bool:
    """Whether the principal decides about promotion in any case: a pupil with a disability who is
    not assessed as others are (Circular 22/2021, article 12.4; Circular 27/2020, article 8).
    """
    own = [s for s in inputs.subjects if s.demands is not Demands.OTHERS]
    return student.not_assessed or any(not s.demands.common for s in own)


def allowed_decisions(student: Student, inputs: Inputs, computed: Result) -> frozenset[Promotion]:
    """What people may decide beside the rules; empty where the circular leaves nothing to them."""
    if decision_needed(student, inputs):
        return BOTH
    by_rule = computed.promotion
    lowered = any(s.demands is Demands.REDUCED for s in inputs.subjects)
    if by_rule is not None and (student.has_disability or lowered):
        return BOTH
    return _ALLOWED.get(by_rule, frozenset())


def decision_of(own: OwnCells, allowed: Collection[Promotion]) -> PromotionDecision | None:
    """What people decided about promotion; None where they did not, or may not."""
    said = own.get((areas.DECISION, "promotion"))
    if said is None or Promotion(said) not in allowed:
        return None
    reason, number, taken_by = (own.get((areas.DECISION, slot), "") for slot in _PARTS)
    return PromotionDecision(Promotion(said), reason, number, taken_by)


def obeyed(result: Result, own: OwnCells, decision: PromotionDecision | None) -> Result:
    """The result with what people decided."""
    if decision is not None and isinstance(result, SecondaryResult):
        # A pupil about whom people decided waits for nothing any more.
        result = replace(result, promotion=decision.promotion, reassess_subjects=())
    elif decision is not None:
        result = replace(result, promotion=decision.promotion)
    refused = own.get((areas.AWARDS, "recognised")) == "no"
    if refused and isinstance(result, PrimaryResult) and result.award == "tieu_bieu_if_recognised":
        result = replace(result, award=None)
    return result


def missing_decision(result: Result, decision: PromotionDecision | None) -> tuple[Missing, ...]:
    """A decision that nobody has taken yet, or that is kept without what explains it."""
    if result.promotion in (None, Promotion.NEEDS_DECISION):
        text = "Nhà trường cần quyết định học sinh được lên lớp hay ở lại lớp"
        return (Missing(areas.DECISION, "promotion", text),)
    if decision is None:
        return ()
    return tuple(
        Missing(areas.DECISION, slot, f"Quyết định lên lớp: thiếu {words}")
        for slot, words in _PARTS.items()
        if not getattr(decision, slot)
    )


def decision_words(decision: PromotionDecision) -> str:
    """A decision in one sentence, with its number, who took it and why."""
    way = "được lên lớp" if decision.promotion is Promotion.PROMOTED else "ở lại lớp"
    text = f"Nhà trường đã quyết định {way}"
    if decision.number:
        text += f" (quyết định số {decision.number})"
    if decision.taken_by:
        text += f"; người quyết định: {decision.taken_by}"
    return text + (f"; lý do: {decision.reason}" if decision.reason else "")
