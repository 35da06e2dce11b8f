"""How many pupils each class has: the school's own signed word, so that gaps can be seen."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from app.errors import DeclarationInvalid
from app.parcel import jws
from app.parcel.device import DeviceIdentity

KIND = "hocba-declaration+jws"
CLASSES = 400
YEAR = re.compile(r"20[0-9]{2}-20[0-9]{2}")
"""How a school year is written, '2026-2027'."""


@dataclass(frozen=True, slots=True)
class DeclaredClass:
    """One class and how many pupils are owed a record; `school_year` as '2026-2027'."""

    school_year: str
    name: str
    grade: int
    pupils: int
    """Present at the end of the year, or with a record before they left: each gets one."""


@dataclass(frozen=True, slots=True)
class Declaration:
    """The number of pupils in every class, as one device of the school states it."""

    school_code: str
    number: int
    """Rises with each declaration of a device: an older one never replaces a newer."""
    classes: tuple[DeclaredClass, ...]


def declare(declaration: Declaration, device: DeviceIdentity) -> str:
    """A JWS signed by the device."""
    claims = {
        "school": declaration.school_code,
        "number": declaration.number,
        "classes": [[c.school_year, c.name, c.grade, c.pupils] for c in declaration.classes],
    }
    return jws.sign(claims, KIND, device.private_key)


def read_declaration(token: str, sender: Ed25519PublicKey) -> Declaration:
    """Raises DeclarationInvalid when this device did not sign it or it makes no sense."""
    try:
        claims = jws.verify(token, KIND, sender)
        classes = tuple(_class(*row) for row in claims["classes"])
        number = _whole(claims["number"], 2**31)
    except (ValueError, TypeError, KeyError) as error:
        raise DeclarationInvalid(type(error).__name__) from error
    places = {(c.school_year, c.name) for c in classes}
    if len(classes) > CLASSES or len(places) != len(classes):
        raise DeclarationInvalid("classes")
    return Declaration(str(claims.get("school", "")), number, classes)


def _class(school_year: object, name: object, grade: object, pupils: object) -> DeclaredClass:
    if not isinstance(school_year, str) or not YEAR.fullmatch(school_year):
        raise ValueError("school year")
    if not isinstance(name, str) or not 0 < len(name) <= 64 or not name.isprintable():
        raise ValueError("name")
    return DeclaredClass(school_year, name, _whole(grade, 12), _whole(pupils, 1000))


def _whole(value: object, highest: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= highest:
        raise ValueError("number")
    return value
