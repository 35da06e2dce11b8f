"""What a regulation or a province may change without a release: rules, subjects, code lists."""

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
from app.profile.loading import (
    Profiles,
    code_list,
    level_of,
    load,
    load_files,
    shipped,
)
from app.profile.reader import Section, parse, read

__all__ = [
    "GradeProfile",
    "PrimaryRules",
    "Profiles",
    "Programme",
    "SchoolLevel",
    "SecondaryRules",
    "Section",
    "SubjectMode",
    "SubjectProfile",
    "TraitProfile",
    "code_list",
    "level_of",
    "load",
    "load_files",
    "parse",
    "read",
    "shipped",
]
