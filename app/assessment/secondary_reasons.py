"""Why a result under Circular 22/2021 is what it is: marks, formula with numbers, article."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from app.assessment.decisions import decision_words
from app.assessment.secondary import (
    learning_level,
    level_without_raise,
    semester_value,
    year_value,
)
from app.model.assessment import (
    Demands,
    FinalResult,
    Mark,
    Pass,
    Promotion,
    Reason,
    SecondaryInput,
    SecondaryResult,
    SecondarySubject,
    SemesterMarks,
    SubjectKind,
)
from app.model.marks import QUANTUM, printed
from app.profile import GradeProfile, SecondaryRules

LEVEL_NAMES = {"T": "Tốt", "K": "Khá", "D": "Đạt", "CD": "Chưa đạt"}
Reasons = tuple[Reason, ...]
_TERMS = {"s1": "học kỳ I", "s2": "học kỳ II", "year": "cả năm"}


def number(value: Decimal) -> str:
    """With a decimal comma, and no decimals that say nothing: 7.50 -> '7,5'."""
    text = f"{value:f}"
    return printed(text.rstrip("0").rstrip(".") if "." in text else text)


def _mark(value: Mark) -> str:
    return number(value) if isinstance(value, Decimal) else LEVEL_NAMES[value]


def _quotient(total: Decimal, count: int, value: Decimal) -> str:
    """The quotient with one decimal more than a mark, and its rounding where it changes."""
    exact = total / count
    shown = exact.quantize(QUANTUM / 10, ROUND_HALF_UP)
    if shown == exact == value:
        return f"= {number(value)}"
    return f"{'=' if shown == exact else '≈'} {number(shown)}, làm tròn {number(value)}"


def _semester_average(rules: SecondaryRules, marks: SemesterMarks, value: Decimal) -> str:
    each, mid, last = rules.weights
    regular = [m for m in (*marks.regular, *marks.topics) if isinstance(m, Decimal)]
    midterm, final = marks.midterm, marks.final
    assert isinstance(midterm, Decimal)
    assert isinstance(final, Decimal)

    def times(weight: int, mark: Decimal) -> str:
        return number(mark) if weight == 1 else f"{weight} × {number(mark)}"

    parts = [times(each, m) for m in regular] + [times(mid, midterm), times(last, final)]
    total = sum(regular, Decimal(0)) * each + midterm * mid + final * last
    count = len(regular) * each + mid + last
    return f"({' + '.join(parts)}) ÷ {count} {_quotient(total, count, value)}"


def _of_semester(
    profile: GradeProfile, rules: SecondaryRules, subject: SecondarySubject, term: str
) -> Reasons:
    marks = subject.semester1 if term == "s1" else subject.semester2
    value = semester_value(rules, subject, marks)
    if isinstance(value, Decimal):
        text = f"Điểm trung bình {_TERMS[term]}: {_semester_average(rules, marks, value)}"
        return (Reason(text, profile.article("average")), *_topics(profile, marks))
    if value is None:
        text = f"Chưa đủ điểm {_TERMS[term]} nên chưa tính được kết quả"
        return (Reason(text, profile.article("marks_needed")),)
    given = [m for m in (*marks.regular, *marks.topics, marks.midterm, marks.final) if m]
    failed = given.count(Pass.FAILED)
    why = f"có {failed} lần Chưa đạt" if failed else f"đủ {len(given)} lần và đều Đạt"
    text = f"Kết quả {_TERMS[term]} là {_mark(value)}: {why} trong các lần đánh giá"
    return (Reason(text, profile.article("comment_subject")), *_topics(profile, marks))


def _topics(profile: GradeProfile, marks: SemesterMarks) -> Reasons:
    given = [_mark(mark) for mark in marks.topics if mark is not None]
    if not given:
        return ()
    text = (
        f"Kết quả chuyên đề học tập ({'; '.join(given)}) được tính là ĐĐGtx, thêm vào số ĐĐGtx mà "
        "môn học cần"
    )
    return (Reason(text, profile.article("topics")),)


def _of_year(profile: GradeProfile, rules: SecondaryRules, subject: SecondarySubject) -> Reasons:
    first = semester_value(rules, subject, subject.semester1)
    second = semester_value(rules, subject, subject.semester2)
    value = year_value(rules, subject, first, second)
    if value is None:
        text = "Chưa đủ kết quả hai học kỳ nên chưa tính được kết quả cả năm"
        if subject.kind is SubjectKind.COMMENT:
            text = "Chưa có kết quả học kỳ II nên chưa có kết quả cả năm"
        return (Reason(text, profile.article("average")),)
    if isinstance(first, Decimal) and isinstance(second, Decimal) and isinstance(value, Decimal):
        one, two = rules.year_weights
        left = number(first) if one == 1 else f"{one} × {number(first)}"
        text = (
            f"Điểm trung bình cả năm: ({left} + {two} × {number(second)}) ÷ {one + two} "
            f"{_quotient(first * one + second * two, one + two, value)}"
        )
        return (Reason(text, profile.article("average")),)
    text = f"Kết quả cả năm lấy kết quả học kỳ II: {_mark(value)}"
    return (Reason(text, profile.article("comment_subject")),)


def _again(profile: GradeProfile, subject: SecondarySubject, result: SecondaryResult) -> Reasons:
    """What a re-assessment did to the year's value."""
    value, article = result.before.subjects.get(subject.code), profile.article("reassessment")
    if subject.reassessed is None or value is None:
        return ()
    given = _mark(subject.reassessed)
    if subject.code in result.reassessable:
        return (Reason(f"Sau đánh giá lại, {given} thay cho {_mark(value)}", article),)
    text = (
        f"Kết quả đánh giá lại {given} không được tính: chỉ đánh giá lại môn chưa đạt của học sinh "
        "có rèn luyện từ Đạt trở lên và học tập Chưa đạt"
    )
    return (Reason(text, article),)


def _by_plan(
    profile: GradeProfile, subject: SecondarySubject, result: SecondaryResult, term: str
) -> Reasons:
    """A subject that asks something else of a pupil with a disability."""
    article = profile.article("disability")
    if subject.demands is Demands.NOT_ASSESSED:
        text = "Học sinh khuyết tật không được đánh giá môn này nên môn này không được tính"
        return (Reason(text, article),)
    terms = {"s1": result.semester1, "s2": result.semester2, "year": result.year}
    value = terms[term].subjects.get(subject.code)
    said = "chưa có" if value is None else _mark(value)
    text = f"Theo kế hoạch giáo dục cá nhân, kết quả {_TERMS[term]}: {said}"
    return (Reason(text, article),)


def _subject(
    profile: GradeProfile, subject: SecondarySubject, result: SecondaryResult, term: str
) -> Reasons:
    """Value of a secondary subject in 's1', 's2' or 'year'."""
    rules = profile.rules
    assert isinstance(rules, SecondaryRules)
    if not subject.demands.common:
        return _by_plan(profile, subject, result, term)
    if term == "year":
        return (*_of_year(profile, rules, subject), *_again(profile, subject, result))
    return _of_semester(profile, rules, subject, term)


def _facts(profile: GradeProfile, rules: SecondaryRules, values: dict[str, Mark]) -> str:
    scores = {c: v for c, v in values.items() if isinstance(v, Decimal)}
    failed = [profile.subject_name(c) for c, v in values.items() if v is Pass.FAILED]
    parts = []
    if scores:
        lowest = min(scores, key=lambda code: scores[code])
        parts.append(f"điểm thấp nhất là {number(scores[lowest])} ({profile.subject_name(lowest)})")
    for bound in dict.fromkeys(rule.count_from for rule in rules.learning):
        count = sum(score >= bound for score in scores.values())
        parts.append(f"{count} môn từ {number(bound)} trở lên")
    parts.append(f"Chưa đạt: {', '.join(failed)}" if failed else "không môn nhận xét nào Chưa đạt")
    return "; ".join(parts)


def _learning(
    profile: GradeProfile, rules: SecondaryRules, final: FinalResult, term: str
) -> Reasons:
    inputs, whole = final.inputs, final.result
    assert isinstance(inputs, SecondaryInput)
    assert isinstance(whole, SecondaryResult)
    result = {"s1": whole.semester1, "s2": whole.semester2, "year": whole.year}[term]
    common = {subject.code for subject in inputs.subjects if subject.demands.common}
    if result.learning is None:
        text = f"Chưa đủ kết quả các môn học của {_TERMS[term]} nên chưa xếp được mức"
        return (Reason(text, profile.article("learning")),)
    values = {code: v for code, v in result.subjects.items() if v is not None and code in common}
    base = level_without_raise(rules, values)
    text = f"Kết quả học tập {_TERMS[term]} theo điểm là {LEVEL_NAMES[base]}: "
    reasons = [Reason(text + _facts(profile, rules, values), profile.article("learning"))]
    level, culprit = learning_level(rules, values)
    if culprit is not None:
        text = (
            f"Chỉ vì một môn {profile.subject_name(culprit)} ({_mark(values[culprit])}) mà mức bị "
            f"thấp xuống từ {rules.raising.gap if rules.raising else 0} mức trở lên, nên được điều "
            f"chỉnh lên mức liền kề: {LEVEL_NAMES[level]}"
        )
        reasons.append(Reason(text, profile.article("raise")))
    return tuple(reasons)


def _conduct(
    profile: GradeProfile, inputs: SecondaryInput, result: SecondaryResult, term: str
) -> Reasons:
    conduct = inputs.conduct
    if term != "year":
        level = conduct.semester1 if term == "s1" else conduct.semester2
        name = LEVEL_NAMES[level] if level else "chưa có"
        text = f"Kết quả rèn luyện {_TERMS[term]} do giáo viên chủ nhiệm đánh giá: {name}"
        return (Reason(text, profile.article("conduct")),)
    final = result.year.conduct
    if final is None or conduct.semester1 is None or conduct.semester2 is None:
        text = "Chưa đủ kết quả rèn luyện của hai học kỳ"
        return (Reason(text, profile.article("conduct")),)
    if conduct.after_summer is not None and result.summer_open:
        text = f"Sau rèn luyện trong hè: {LEVEL_NAMES[final]}"
        return (Reason(text, profile.article("summer_training")),)
    text = (
        f"Học kỳ I {LEVEL_NAMES[conduct.semester1]}, học kỳ II {LEVEL_NAMES[conduct.semester2]}, "
        f"nên cả năm là {LEVEL_NAMES[final]}"
    )
    return (Reason(text, profile.article("conduct")),)


def _promotion(profile: GradeProfile, rules: SecondaryRules, final: FinalResult) -> Reasons:
    inputs, result, article = final.inputs, final.result, "promotion"
    assert isinstance(inputs, SecondaryInput)
    assert isinstance(result, SecondaryResult)
    year = result.year
    learning = LEVEL_NAMES[year.learning] if year.learning else "chưa có"
    conduct = LEVEL_NAMES[year.conduct] if year.conduct else "chưa có"
    facts = f"học tập {learning}, rèn luyện {conduct}, nghỉ {inputs.absences} buổi"
    names = ", ".join(profile.subject_name(code) for code in result.reassess_subjects)
    match result.promotion:
        case _ if final.decision is not None:
            text = f"{decision_words(final.decision)} ({facts})"
        case None:
            text = f"Chưa đủ kết quả cả năm ({facts})"
        case Promotion.PROMOTED:
            text = f"Được lên lớp: {facts} (không quá {rules.absence_limit} buổi)"
        case Promotion.REASSESSMENT:
            text, article = f"Phải đánh giá lại: {names} ({facts})", "reassessment"
        case Promotion.SUMMER_TRAINING:
            text, article = f"Phải rèn luyện trong hè: {facts}", "summer_training"
        case Promotion.NEEDS_DECISION:
            text = f"Cần nhà trường quyết định: {facts}"
        case _ if inputs.absences > rules.absence_limit:
            text = f"Không được lên lớp: {facts} (quá {rules.absence_limit} buổi)"
        case _:
            text = f"Không được lên lớp: {facts}"
    return (Reason(text, profile.article(article)),)


def _title(profile: GradeProfile, rules: SecondaryRules, result: SecondaryResult) -> Reasons:
    before = result.before
    learning = LEVEL_NAMES[before.learning] if before.learning else "chưa có"
    conduct = LEVEL_NAMES[before.conduct] if before.conduct else "chưa có"
    facts = f"học tập {learning}, rèn luyện {conduct}"
    rule = next((rule for rule in rules.titles if rule.id == result.title), None)
    best = rules.titles[0]
    scores = [v for v in before.subjects.values() if isinstance(v, Decimal)]
    count = sum(score >= best.count_from for score in scores)
    facts += f", {count} môn từ {number(best.count_from)} trở lên"
    if before is not result.year and before != result.year:
        facts += "; xét trên kết quả trước khi đánh giá lại và rèn luyện hè"
    name = rule.name if rule else "Không có danh hiệu"
    return (Reason(f"{name}: {facts}", profile.article("title")),)


def _of_thing(profile: GradeProfile, final: FinalResult, term: str, thing: str) -> Reasons:
    inputs, result, rules = final.inputs, final.result, profile.rules
    assert isinstance(inputs, SecondaryInput)
    assert isinstance(result, SecondaryResult)
    if thing == "conduct":
        return _conduct(profile, inputs, result, term)
    if thing == "learning":
        assert isinstance(rules, SecondaryRules)
        return _learning(profile, rules, final, term)
    subject = {subject.code: subject for subject in inputs.subjects}[thing]
    return _subject(profile, subject, result, term)


def explain(profile: GradeProfile, final: FinalResult, what: str) -> Reasons:
    """See `app.assessment.explain`. Raises KeyError for what does not exist."""
    inputs, result, rules = final.inputs, final.result, profile.rules
    assert isinstance(inputs, SecondaryInput)
    assert isinstance(result, SecondaryResult)
    assert isinstance(rules, SecondaryRules)
    if what == "promotion":
        return _promotion(profile, rules, final)
    if what == "title":
        return _title(profile, rules, result)
    term, _, thing = what.partition(".")
    if term not in _TERMS:
        raise KeyError(what)
    return _of_thing(profile, final, term, thing)
