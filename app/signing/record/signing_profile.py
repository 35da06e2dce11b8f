"""Who signs in which order, over what, and how: `resources/profiles/signing.toml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from app import resources
from app.model.signing import SignerRole
from app.model.transcript import ALLOWED, REACHED, TranscriptState
from app.profile.reader import Section, read
from app.signing.keys.keys import Scheme
from app.transcript import names
from app.transcript.kinds import LEVEL_CODES

_R = SignerRole
MOET_LEVELS = tuple(LEVEL_CODES.values())
"""MA_CAP_HOC of the school levels that have a record."""
_COVERS: Mapping[SignerRole, frozenset[str]] = {
    _R.SUBJECT_TEACHER: frozenset(),
    _R.HOMEROOM: frozenset({names.INFO_ID}),
    _R.PRINCIPAL: frozenset({names.INFO_ID, names.DATA_ID}),
    _R.SCHOOL: frozenset({names.INFO_ID, names.DATA_ID}),
}
"""Ids that a role can stand for: none holds a slot that is filled later."""
_SIGNED_BY = {names.TEACHER_SLOTS_ID: _R.SUBJECT_TEACHER, names.PRINCIPAL_ID: _R.PRINCIPAL}
"""Ids of slots that a later signature can cover."""
_BEFORE = {role: tuple(SignerRole)[:place] for place, role in enumerate(SignerRole)}


@dataclass(frozen=True, slots=True)
class RoleRule:
    """What one role claims to be and covers (Ids of elements)."""

    claimed_role: str
    covers: tuple[str, ...]
    also_covers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SigningProfile:
    """The signing rules of one profile version: order of roles, schemes, time-stamping."""

    version: str
    plain: bool
    """One reference and no XAdES."""
    rsa_schemes: tuple[Scheme, ...]
    order: Mapping[str, tuple[SignerRole, ...]]
    """By school level (MA_CAP_HOC), the roles that must sign, in order."""
    roles: Mapping[SignerRole, RoleRule]
    time_stamping: tuple[str, ...] = ()
    """Addresses of time-stamping authorities (RFC 3161), the preferred one first."""
    one_teacher_a_subject: bool = True
    """Of several teachers of a subject in a class, one signs for it."""


def load_signing_profile(file: Path) -> SigningProfile:
    """Raises ProfileError(file, line, field, reason), also for what the machine cannot do."""
    root = read(file)
    roles = _roles(root.section("roles"))
    order = _orders(root.section("levels"), roles)
    teachers = root.section("teachers")
    made = SigningProfile(
        root.text("version"),
        root.text("form", among=("xades", "plain")) == "plain",
        tuple(Scheme(each) for each in root.texts("rsa_schemes", among=("pss", "pkcs1"))),
        order,
        roles,
        root.texts("time_stamping", ()),
        teachers.text("of_a_subject", among=("one", "all")) == "one",
    )
    teachers.finish()
    root.finish()
    return made


def _roles(section: Section) -> dict[SignerRole, RoleRule]:
    made = {role: _rule(section.section(role), role) for role in SignerRole}
    section.finish()
    return made


def _rule(section: Section, role: SignerRole) -> RoleRule:
    """A subject teacher covers the own row and nothing else; no signature covers its own slot."""
    covers = section.texts("covers", ())
    if set(covers) - _COVERS[role]:
        allowed = ", ".join(sorted(_COVERS[role])) or "không gì ngoài dòng môn học của mình"
        raise section.error("covers", f"vai trò này chỉ ký được: {allowed}")
    if role is not SignerRole.SUBJECT_TEACHER and not covers:
        raise section.error("covers", "phải nêu phần được ký")
    also = section.texts("also_covers", ())
    for element_id in also:
        if _SIGNED_BY.get(element_id, role) not in _BEFORE[role]:
            known = ", ".join(i for i, by in _SIGNED_BY.items() if by in _BEFORE[role])
            raise section.error("also_covers", f"chỉ ký kèm được chữ ký đứng trước: {known}")
    rule = RoleRule(section.text("claimed_role"), covers, also)
    section.finish()
    return rule


def _orders(
    section: Section, roles: Mapping[SignerRole, RoleRule]
) -> dict[str, tuple[SignerRole, ...]]:
    """What the states of a record allow: each role after those before it, the school last."""
    order = {}
    for level in section.names:
        if level not in MOET_LEVELS:
            raise section.error(level, f"cấp học phải là một trong: {', '.join(MOET_LEVELS)}")
        chain = tuple(SignerRole(r) for r in section.texts(level, among=tuple(SignerRole)))
        if chain[-1] is not SignerRole.SCHOOL:
            raise section.error(level, "nhà trường phải ký sau cùng: học bạ phát hành khi đó")
        state = TranscriptState.LOCKED
        for role in chain:
            if REACHED[role] not in ALLOWED[state]:
                raise section.error(
                    level, f"“{role}” không ký được ở chỗ này: chương trình không có trạng thái đó"
                )
            state = REACHED[role]
            _check_kept(section, level, chain, roles[role])
        order[level] = chain
    if missing := [level for level in MOET_LEVELS if level not in order]:
        raise section.error("", f"thiếu cấp học {', '.join(missing)}")
    section.finish()
    return order


def _check_kept(
    section: Section, level: str, chain: tuple[SignerRole, ...], rule: RoleRule
) -> None:
    """A signature of a role that does not sign here cannot be covered, but teachers' may lack."""
    for element_id in rule.also_covers:
        by = _SIGNED_BY[element_id]
        if by not in chain and by is not SignerRole.SUBJECT_TEACHER:
            reason = f"“{element_id}” được ký kèm nhưng “{by}” không ký ở cấp này"
            raise section.error(level, reason)


@lru_cache(maxsize=1)
def shipped_profile() -> SigningProfile:
    """The profile that comes with the program, `resources/profiles/signing.toml`."""
    return load_signing_profile(resources.path("profiles", "signing.toml"))
