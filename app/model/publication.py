"""What a department publishes for its schools: notices, rules, whom to trust."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class PublicationKind(StrEnum):
    """What a published content is, and so how it is checked and used."""

    NOTICE = "notice"
    """UTF-8 text for people."""
    PROFILES = "profiles"
    """A zip of assessment profiles and lists (`app.parcel.rule_pack`)."""
    TRUST = "trust"
    """Certificates of authorities (`app.signing.trust.trust_list`)."""
    WITHDRAWAL = "withdrawal"
    """Takes one of the others back; its content is the reason, UTF-8 text for people."""

    @property
    def replaces(self) -> bool:
        """Whether the newest of this kind takes the place of the one before."""
        return self in (PublicationKind.PROFILES, PublicationKind.TRUST)


@dataclass(frozen=True, slots=True)
class Publication:
    """The department's signed word about one content.

    `token` is the JWS as it came; the other fields are its verified claims.
    """

    number: int
    """Of everything this station publishes, rising."""
    kind: PublicationKind
    version: int
    """Of this kind, rising; for a notice its number."""
    title: str
    station: str
    published_at: str
    sha256: str
    """Of the content, which is fetched by it."""
    size: int
    """Of the content, bytes."""
    school_code: str = ""
    """The only school it is for; '' for every school."""
    withdraws: int = 0
    """The number that a withdrawal takes back; 0 for all others."""
    token: str = ""


class PublicationState(StrEnum):
    """At a school."""

    WANTED = "wanted"
    """Announced; its content is not whole yet."""
    KEPT = "kept"
    REFUSED = "refused"
    """Cannot be used; what was in force before stays."""
