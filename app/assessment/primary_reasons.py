"""Why a result under Circular 27/2020 is what it is."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from app.assessment.decisions import decision_words
from app.assessment.primary import complete
from app.model.assessment import (
    Demands,
    FinalResult,
    PrimaryInput,
    PrimaryResult,
    PrimarySubject,
    Promotion,
    Reason,
    SubjectLevel,
)
from app.profile import GradeProfile, PrimaryRules
from app.profile.grade import OverallRule

_SUBJECT = {"T": "Hoàn thành tốt", "H": "Hoàn thành", "C": "Chưa hoàn thành"}
_TRAIT = {"T": "Tốt", "D": "Đạt", "C": "Cần cố gắng"}

Reasons = tuple[Reason, ...]


def _levels(subjects: Iterable[PrimarySubject]) -> str:
    given = [subject.level for subject in subjects]
    counts = ((given.count(level), _SUBJECT[level]) for level in SubjectLevel)
    return ", ".join(f"{count} {name}" for count, name in counts if count)


def _below(profile: GradeProfile, rule: OverallRule, inputs: PrimaryInput) -> Iterable[str]:
    """What keeps the pupil from reaching `rule`, one phrase each."""
    for subject in inputs.subjects:
        if subject.demands is Demands.NOT_ASSESSED:
            continue
        name = profile.subject_name(subject.code)
        if subject.level is not None and subject.level not in rule.subjects:
            yield f"{name} {_SUBJECT[subject.level]}"
        if subject.tested and subject.test is not None and subject.test < rule.lowest_test:
            yield f"{name} kiểm tra được {subject.test} điểm (cần từ {rule.lowest_test})"
    names = {t.code: t.name for t in (*profile.qualities, *profile.competences)}
    for code, level in (*inputs.qualities.items(), *inputs.competences.items()):
        if level is not None and level not in rule.traits:
            yield f"{names.get(code, code)} {_TRAIT[level]}"


def _listed(things: Collection[str]) -> str:
    shown = list(things)[:5]
    more = len(things) - len(shown)
    return "; ".join(shown) + (f"; và {more} điều khác" if more else "")


def _overall(
    profile: GradeProfile, rules: PrimaryRules, inputs: PrimaryInput, result: PrimaryResult
) -> Reasons:
    article = profile.article("overall")
    if not complete(inputs):
        return (Reason("Chưa đủ mức đạt được và điểm kiểm tra cuối năm", article),)
    reached = next((n for n, r in enumerate(rules.overall) if r.level == result.overall), None)
    name = rules.lowest_name if reached is None else rules.overall[reached].name
    counted = [s for s in inputs.subjects if s.demands is not Demands.NOT_ASSESSED]
    tests = [s.test for s in inputs.subjects if s.tested and s in counted and s.test is not None]
    text = f"{name}: các môn học {_levels(counted)}"
    if tests:
        text += f"; điểm kiểm tra cuối năm thấp nhất là {min(tests)}"
    reasons = [Reason(text, article)]
    above = len(rules.overall) - 1 if reached is None else reached - 1
    if above >= 0:
        better = rules.overall[above]
        why = _listed(tuple(_below(profile, better, inputs)))
        reasons.append(Reason(f"Chưa đạt mức {better.name} vì: {why}", article))
    return tuple(reasons)


def _promotion(profile: GradeProfile, final: FinalResult) -> Reasons:
    if final.decision is not None:
        return (Reason(decision_words(final.decision), profile.article("support")),)
    match final.result.promotion:
        case None:
            return (Reason("Chưa đủ kết quả cuối năm", profile.article("promotion")),)
        case Promotion.NEEDS_DECISION:
            text = "Cần nhà trường quyết định học sinh được lên lớp hay ở lại lớp"
            return (Reason(text, profile.article("disability")),)
        case Promotion.PROMOTED:
            text = "Hoàn thành chương trình lớp học nên được lên lớp"
            return (Reason(text, profile.article("promotion")),)
        case _:
            text = "Chưa hoàn thành: cần hướng dẫn, giúp đỡ rồi đánh giá bổ sung"
            return (Reason(text, profile.article("support")),)


def _award(profile: GradeProfile, rules: PrimaryRules, result: PrimaryResult) -> Reasons:
    article = profile.article("award")
    rule = next((r for r in rules.awards if r.overall == result.overall), None)
    if rule is None:
        return (Reason("Kết quả này không có danh hiệu cuối năm", article),)
    if result.award is None:
        return (Reason(f"{rule.name}: lớp không bình bầu", article),)
    if rule.needs_recognition:
        return (Reason(f"{rule.name}: đủ điều kiện về kết quả, cần được lớp công nhận", article),)
    return (Reason(f"{rule.name}: kết quả cuối năm đạt điều kiện", article),)


def explain(profile: GradeProfile, final: FinalResult, what: str) -> Reasons:
    """See `app.assessment.explain`. Raises KeyError for what does not exist."""
    inputs, result, rules = final.inputs, final.result, profile.rules
    assert isinstance(inputs, PrimaryInput)
    assert isinstance(result, PrimaryResult)
    assert isinstance(rules, PrimaryRules)
    if what == "overall":
        return _overall(profile, rules, inputs, result)
    if what == "promotion":
        return _promotion(profile, final)
    if what == "award":
        return _award(profile, rules, result)
    raise KeyError(what)
