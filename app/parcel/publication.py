"""What a department publishes: signed, named by its hash, also as a file for a stick.

The file is the statement (JWS compact), one line feed, and the content as it is.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from app.errors import PackInvalid, PublicationInvalid
from app.model.publication import Publication, PublicationKind
from app.parcel import jws, limits
from app.parcel.rule_pack import read_rules
from app.profile import Profiles
from app.signing.trust.trust_list import read_trust_list

KIND = "hocba-publication+jws"
SUFFIX = ".hbn"
LARGEST_FILE = jws.LONGEST + 1 + limits.PUBLICATION
LONGEST_TITLE = 200
_SHA256 = re.compile(r"[0-9a-f]{64}")


def issue(publication: Publication, signing_key: Ed25519PrivateKey) -> Publication:
    """With its token."""
    claims: dict[str, object] = {
        "number": publication.number,
        "kind": publication.kind.value,
        "version": publication.version,
        "title": publication.title,
        "station": publication.station,
        "published_at": publication.published_at,
        "sha256": publication.sha256,
        "size": publication.size,
        "school": publication.school_code,
    }
    if publication.withdraws:
        claims["withdraws"] = publication.withdraws
    return replace(publication, token=jws.sign(claims, KIND, signing_key))


def read(token: str, public_key: Ed25519PublicKey, school_code: str) -> Publication:
    """What this station signed for this school, or for all. Raises PublicationInvalid."""
    try:
        claims = jws.verify(token, KIND, public_key)
        number, kind = _whole(claims, "number", 1 << 40), PublicationKind(claims["kind"])
        is_withdrawal = kind is PublicationKind.WITHDRAWAL
        found = Publication(
            number=number,
            kind=kind,
            version=_whole(claims, "version", 1 << 40),
            title=_title(str(claims["title"])),
            station=str(claims["station"])[:LONGEST_TITLE],
            published_at=datetime.fromisoformat(claims["published_at"]).isoformat(),
            sha256=str(claims["sha256"]),
            size=_whole(claims, "size", limits.PUBLICATION),
            school_code=str(claims["school"]),
            withdraws=_whole(claims, "withdraws", number - 1) if is_withdrawal else 0,
            token=token,
        )
    except (ValueError, TypeError, KeyError) as error:
        raise PublicationInvalid(f"publication: {error}") from error
    if not _SHA256.fullmatch(found.sha256):
        raise PublicationInvalid("publication: hash")
    if found.school_code not in ("", school_code):
        raise PublicationInvalid("for another school")
    return found


def check(publication: Publication, content: bytes, known: Profiles) -> None:
    """Whether it is the content that was signed, and can be used as what it says it is.

    Both ends ask this before anything comes into force. `known`: the rules beside which new
    ones would stand. Raises PublicationInvalid, PackInvalid.
    """
    if hashlib.sha256(content).hexdigest() != publication.sha256:
        raise PublicationInvalid("another content")
    match publication.kind:
        case PublicationKind.NOTICE | PublicationKind.WITHDRAWAL:
            notice_text(content)
        case PublicationKind.PROFILES:
            read_rules(content, known)
        case PublicationKind.TRUST:
            read_trust_list(content)


def notice_text(content: bytes) -> str:
    """Raises PackInvalid."""
    try:
        text = content.decode("utf-8").strip()
    except UnicodeDecodeError as error:
        raise PackInvalid("notice", file="thông báo", line=0, reason="không phải UTF-8") from error
    if not text or len(content) > limits.NOTICE:
        raise PackInvalid("notice", file="thông báo", line=0, reason="trống hoặc quá dài")
    return text


def to_file(publication: Publication, content: bytes) -> bytes:
    """A publication as one file for a stick; `from_file` reads it."""
    return publication.token.encode("ascii") + b"\n" + content


def from_file(
    data: bytes, public_key: Ed25519PublicKey, school_code: str
) -> tuple[Publication, bytes]:
    """What a file from the department holds. Raises PublicationInvalid."""
    if len(data) > LARGEST_FILE:
        raise PublicationInvalid("too large")
    token, _, content = data.partition(b"\n")
    return read(token.decode("ascii", "replace"), public_key, school_code), content


def _whole(claims: dict[str, Any], name: str, most: int) -> int:
    value = claims[name]
    if type(value) is not int or not 0 < value <= most:
        raise ValueError(name)
    return value


def _title(text: str) -> str:
    if not text.strip() or len(text) > LONGEST_TITLE or not text.isprintable():
        raise ValueError("title")
    return text
