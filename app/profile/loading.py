"""From the profile files of a folder to `GradeProfile`s, found by school year and grade."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from app import resources
from app.errors import ProfileError, ProfileMissing
from app.profile import rules
from app.profile.grade import (
    GradeProfile,
    PrimaryRules,
    Programme,
    SchoolLevel,
    SecondaryRules,
    SubjectMode,
    SubjectProfile,
    TraitProfile,
)
from app.profile.reader import Section, parse, read

TYPE = "assessment"
CODES = "codes"
TIMES = ("mid1", "end1", "mid2", "end2")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_YEAR = re.compile(r"(\d{4})-(\d{4})")
_GRADES = {
    SchoolLevel.PRIMARY: range(1, 6),
    SchoolLevel.LOWER_SECONDARY: range(6, 10),
    SchoolLevel.UPPER_SECONDARY: range(10, 13),
}


def level_of(grade: int, programme: Programme = Programme.GENERAL) -> SchoolLevel:
    """Level of a grade from 1 to 12."""
    return SchoolLevel.CONTINUING if programme is Programme.CONTINUING else _stage(grade)


def _stage(grade: int) -> SchoolLevel:
    """Where a grade stands in either programme."""
    return next(level for level, grades in _GRADES.items() if grade in grades)


Key = tuple[str, int, Programme]
"""School year, grade, programme."""


@dataclass(frozen=True, slots=True)
class Profiles:
    """Every grade profile and code list of a folder."""

    by_grade: Mapping[Key, GradeProfile]
    """The one in force for each school year and grade."""
    codes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Code lists by the name of their file: code -> name."""
    ranks: Mapping[Key, tuple[str, int]] = field(default_factory=dict)
    """(in force since, version) of what `by_grade` holds."""
    versions: Mapping[tuple[str, str, int], GradeProfile] = field(default_factory=dict)
    """By id, school year and grade: also what is no longer in force."""

    def for_grade(
        self,
        school_year: str,
        grade: int,
        locked_with: str = "",
        programme: Programme = Programme.GENERAL,
    ) -> GradeProfile:
        """The profile of e.g. ('2026-2027', 4). Raises `ProfileMissing`.

        `locked_with`: the id that a locked class was locked with; it counts as long as it is
        known, whatever came into force since.
        """
        if kept := self.versions.get((locked_with, school_year, grade)):
            return kept
        try:
            return self.by_grade[school_year, grade, programme]
        except KeyError:
            raise ProfileMissing(
                f"no profile for {school_year}, grade {grade}",
                school_year=school_year,
                grade=grade,
            ) from None

    @property
    def school_years(self) -> tuple[str, ...]:
        """Covered school years, oldest first."""
        return tuple(sorted({year for year, _, _ in self.by_grade}))

    def joined(self, newer: Profiles) -> Profiles:
        """With what `newer` brings: what is later in force counts, then the higher version.

        Raises `ProfileError` when it says something else under an id that is known: a record
        names the id, which must mean one thing for ever.
        """
        for key, profile in newer.versions.items():
            if self.versions.get(key, profile) != profile:
                reason = f"“{key[0]}” đã có với nội dung khác; hãy tăng “version”"
                raise ProfileError(reason, file=key[0], line=0, field="version", reason=reason)
        later = {k for k, rank in newer.ranks.items() if rank >= self.ranks.get(k, ("", 0))}
        return Profiles(
            {**self.by_grade, **{key: newer.by_grade[key] for key in later}},
            {**self.codes, **newer.codes},
            {**self.ranks, **{key: newer.ranks[key] for key in later}},
            {**self.versions, **newer.versions},
        )

    def remembering(self, others: Iterable[Profiles]) -> Profiles:
        """The same in force, knowing also the versions of others for classes locked with them."""
        known = {key: one for other in others for key, one in other.versions.items()}
        return replace(self, versions={**known, **self.versions})


def _school_years(section: Section) -> tuple[str, ...]:
    years = section.texts("school_years")
    for year in years:
        found = _YEAR.fullmatch(year)
        if not found or int(found[2]) != int(found[1]) + 1:
            raise section.error("school_years", f"“{year}” không phải năm học dạng 2026-2027")
    return years


def _per_grade(section: Section, key: str, grades: tuple[int, ...]) -> dict[int, int]:
    """One number for every grade, or a table from grade to number."""
    if not section.has_table(key):
        return dict.fromkeys(grades, section.integer(key, low=1, high=rules.MOST_PERIODS))
    table = section.section(key)
    found = {g: table.integer(str(g), low=1, high=rules.MOST_PERIODS) for g in grades}
    table.finish()
    return found


def _subject(section: Section, rule: SecondaryRules | PrimaryRules) -> dict[int, SubjectProfile]:
    """The subject as it is in each of its grades."""
    grades = section.integers("grades", low=1, high=12)
    periods = _per_grade(section, "periods", grades)
    modes = ("level",) if isinstance(rule, PrimaryRules) else ("scored", "comment")
    tests = section.texts("tests", (), among=TIMES)
    midterms = section.integers("midterm_tests_in", (), low=1, high=12)
    optional_in = section.integers("optional_in", (), low=1, high=12)
    topics, practical = section.boolean("topics", False), section.boolean("practical", False)
    found = {}
    kind = SubjectMode(section.text("kind", among=modes))
    for grade in grades:
        times = {*tests, *(("mid1", "mid2") if grade in midterms else ())}
        found[grade] = SubjectProfile(
            code=section.text("code"),
            moet_code=section.text("moet_code"),
            name=section.text("name"),
            short_name=section.text("short_name"),
            kind=kind,
            periods=periods[grade],
            regular_marks=(
                rule.regular_marks(kind, periods[grade]) if isinstance(rule, SecondaryRules) else 0
            ),
            tests=() if grade in optional_in else tuple(t for t in TIMES if t in times),
            elective=section.boolean("elective", False),
            optional=section.boolean("optional", False) or grade in optional_in,
            topic_marks=rule.topic_marks if topics and isinstance(rule, SecondaryRules) else 0,
            practical=practical,
        )
    section.finish()
    return found


def _subjects(
    section: Section, rule: SecondaryRules | PrimaryRules
) -> dict[int, tuple[SubjectProfile, ...]]:
    """By grade, in the order of the file; a code stands once in a grade."""
    by_grade: dict[int, dict[str, SubjectProfile]] = {}
    for table in section.sections("subjects"):
        for grade, subject in _subject(table, rule).items():
            known = by_grade.setdefault(grade, {})
            if subject.code in known:
                raise table.error("code", f"“{subject.code}” đã có ở lớp {grade}")
            if subject.moet_code in {other.moet_code for other in known.values()}:
                raise table.error("moet_code", f"“{subject.moet_code}” đã có ở lớp {grade}")
            known[subject.code] = subject
    return {grade: tuple(subjects.values()) for grade, subjects in by_grade.items()}


def _traits(section: Section, key: str) -> dict[int, tuple[TraitProfile, ...]]:
    """By grade, in the order of the file; none where the file has no such table."""
    by_grade: dict[int, tuple[TraitProfile, ...]] = {}
    for table in section.sections(key) if section.has(key) else ():
        trait = TraitProfile(table.text("code"), table.text("moet_code"), table.text("name"))
        for grade in table.integers("grades", low=1, high=12):
            if trait.code in {other.code for other in by_grade.get(grade, ())}:
                raise table.error("code", f"“{trait.code}” đã có ở lớp {grade}")
            by_grade[grade] = (*by_grade.get(grade, ()), trait)
        table.finish()
    return by_grade


def _rules(section: Section) -> dict[SchoolLevel, SecondaryRules | PrimaryRules]:
    """The rules of each school level that the file covers."""
    table = section.section("rules")
    levels = section.texts("levels", among=tuple(_GRADES))
    if "primary" in levels and len(levels) > 1:
        raise section.error("levels", "tiểu học phải có tệp riêng")
    electives = table.integer("electives", 0, high=20)
    clusters = table.integer("topic_clusters", 0, high=20)
    found: dict[SchoolLevel, SecondaryRules | PrimaryRules] = {}
    if levels == (SchoolLevel.PRIMARY,):
        found[SchoolLevel.PRIMARY] = rules.primary(table)
    else:
        secondary = rules.secondary(table)
        chosen = replace(secondary, electives=electives, topic_clusters=clusters)
        for level in levels:
            upper = level == SchoolLevel.UPPER_SECONDARY
            found[SchoolLevel(level)] = chosen if upper else secondary
    table.finish()
    return found


def _articles(section: Section) -> dict[str, str]:
    if not section.has("articles"):
        return {}
    table = section.section("articles")
    found = {key: table.text(key) for key in table.names}
    table.finish()
    return found


def _grade_profiles(section: Section) -> list[GradeProfile]:
    """Every grade and school year of one file."""
    section.text("type")
    section.text("in_force")
    circular, version = section.text("circular"), section.text("version")
    programme = Programme(
        section.text("programme", Programme.GENERAL.value, among=tuple(Programme))
    )
    by_level = _rules(section)
    title, years, articles = section.text("title"), _school_years(section), _articles(section)
    qualities = _traits(section, "qualities")
    general = _traits(section, "general_competences")
    specific = _traits(section, "specific_competences")
    subjects = _subjects(section, next(iter(by_level.values())))
    section.finish()
    for grade in subjects:
        if _stage(grade) not in by_level:
            raise section.error("subjects", f"lớp {grade} không thuộc cấp học nào trong “levels”")
    return [
        GradeProfile(
            id=f"{circular}/{version}",
            programme=programme,
            circular=circular,
            title=title,
            school_year=year,
            grade=grade,
            level=level_of(grade, programme),
            subjects=subjects[grade],
            rules=by_level[_stage(grade)],
            qualities=qualities.get(grade, ()),
            general_competences=general.get(grade, ()),
            specific_competences=specific.get(grade, ()),
            articles=articles,
        )
        for year in years
        for grade in sorted(subjects)
    ]


def load(folder: Path) -> Profiles:
    """Read every assessment profile (`type = "assessment"`) and code list of a folder.

    Where two files cover the same year and grade, the one later in force counts, then the higher
    version, so that a new regulation or version is a new file and the old one need not be touched:
    what was locked with it keeps it. Raises `ProfileError`.
    """
    return gather(read(file) for file in sorted(folder.glob("*.toml")))


def load_files(files: Mapping[str, bytes]) -> Profiles:
    """As `load`, of files by name whose content is at hand. Raises `ProfileError`."""
    return gather(parse(Path(name), files[name]) for name in sorted(files))


def gather(sections: Iterable[Section]) -> Profiles:
    """What whole files say together; files of another type are left out."""
    by_grade: dict[Key, GradeProfile] = {}
    ranks: dict[Key, tuple[str, int]] = {}
    codes: dict[str, Mapping[str, str]] = {}
    versions: dict[tuple[str, str, int], GradeProfile] = {}
    for section in sections:
        kind = section.text("type") if section.has("type") else ""
        if kind == CODES:
            codes[section.file.stem] = _codes(section)
        if kind != TYPE:
            continue
        rank = _rank(section)
        for profile in _grade_profiles(section):
            key = profile.school_year, profile.grade, profile.programme
            versions[profile.id, profile.school_year, profile.grade] = profile
            if _undecided(rank, profile, ranks.get(key), by_grade.get(key)):
                raise section.error(
                    "in_force", f"đã có tệp khác cùng ngày cho lớp {key[1]}, năm học {key[0]}"
                )
            if rank > ranks.get(key, ("", 0)):
                by_grade[key], ranks[key] = profile, rank
    return Profiles(by_grade, codes, ranks, versions)


def _undecided(
    rank: tuple[str, int],
    profile: GradeProfile,
    known: tuple[str, int] | None,
    other: GradeProfile | None,
) -> bool:
    """Whether nothing says which of two files counts: of one day they must be two versions."""
    if known is None or other is None or known[0] != rank[0]:
        return False
    return known == rank or other.circular != profile.circular


def _rank(section: Section) -> tuple[str, int]:
    since, version = section.text("in_force"), section.text("version")
    if not _DATE.fullmatch(since):
        raise section.error("in_force", "phải là ngày dạng 2021-09-05")
    if not (version.isascii() and version.isdigit() and len(version) < 10):
        raise section.error("version", "phải là một số, tăng sau mỗi lần sửa")
    return since, int(version)


@cache
def shipped() -> Profiles:
    """The profiles that ship with the program, read once."""
    return load(resources.path("profiles"))


def code_list(file: Path) -> Mapping[str, str]:
    """Code -> name, of a file whose `[codes]` table holds a code list. Raises `ProfileError`."""
    return _codes(read(file))


def _codes(section: Section) -> Mapping[str, str]:
    table = section.section("codes")
    return {code: table.text(code) for code in table.names}
