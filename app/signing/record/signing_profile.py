"""Who signs in which order, over what, and how: `resources/profiles/signing.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from app import resources
from app.errors import ProfileError
from app.model.signing import SignerRole
from app.signing.keys.keys import Scheme


@dataclass(frozen=True, slots=True)
class RoleRule:
    """What one role claims to be and covers (Ids of elements)."""

    claimed_role: str
    covers: tuple[str, ...]
    also_covers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SigningProfile:
    version: str
    plain: bool
    """One reference and no XAdES."""
    rsa_schemes: tuple[Scheme, ...]
    order: Mapping[str, tuple[SignerRole, ...]]
    """By school level (MA_CAP_HOC), the roles that must sign, in order."""
    roles: Mapping[SignerRole, RoleRule]
    time_stamping: tuple[str, ...] = ()
    """Addresses of time-stamping authorities (RFC 3161), the preferred one first."""


def load_signing_profile(file: Path) -> SigningProfile:
    """Raises ProfileError(file, line, field, reason)."""
    try:
        data = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ProfileError(str(error), file=file.name, line=0, field="", reason="toml") from error
    field = ""
    try:
        field = "form"
        plain = {"xades": False, "plain": True}[data["form"]]
        field = "rsa_schemes"
        schemes = tuple(Scheme(s) for s in data["rsa_schemes"])
        field = "levels"
        order = {k: tuple(SignerRole(r) for r in v) for k, v in data["levels"].items()}
        field = "roles"
        roles = {SignerRole(k): _rule(v) for k, v in data["roles"].items()}
        field = "time_stamping"
        stamping = tuple(map(str, data.get("time_stamping", ())))
        field = "roles"
        missing = set(SignerRole) - set(roles)
        if missing or not schemes or not all(order.values()):
            raise ValueError(", ".join(sorted(missing)) or "empty list")
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise ProfileError(
            str(error), file=file.name, line=0, field=field, reason=str(error)
        ) from error
    return SigningProfile(str(data.get("version", "")), plain, schemes, order, roles, stamping)


def _rule(entry: Mapping[str, Any]) -> RoleRule:
    return RoleRule(
        claimed_role=str(entry["claimed_role"]),
        covers=tuple(map(str, entry["covers"])),
        also_covers=tuple(map(str, entry["also_covers"])),
    )


@lru_cache(maxsize=1)
def shipped_profile() -> SigningProfile:
    return load_signing_profile(resources.path("profiles", "signing.toml"))
