"""What the station asks of a record, in two steps; the composition says how.

Reasons are the department's words to the school, so they are Vietnamese sentences.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from app.model.delivery import ParcelItem
from app.signing.record.forward_report import OpenForwardReport


@dataclass(frozen=True, slots=True)
class CheckOutcome:
    """One record as an official sees it."""

    ok: bool
    lines: tuple[str, ...]
    """What the verification found, in Vietnamese; an indented one belongs to the one above."""
    view: Callable[[], bytes]
    """The PDF view. Raises AppError."""
    content: dict[str, Any] = field(default_factory=dict)
    """What the record says; for authorised clients of the look-up."""


@dataclass(frozen=True, slots=True)
class FirstLook:
    """What one parsing tells of a record that has just come."""

    objection: str = ""
    """Empty when the record is good, else the reason for its return."""
    pupil: str = ""
    """The id that officials search by."""


OTHER_SCHOOL = "Học bạ thuộc trường khác với trường của thiết bị gửi."
LABEL = "Nhãn của học bạ trong gói không khớp với chính học bạ."
VERSION_TAKEN = "Sở đã có phiên bản này với nội dung khác; hãy lập phiên bản mới."
VERSION_OLD = "Sở đã có phiên bản mới hơn."


@dataclass(frozen=True, slots=True)
class Checks:
    """`light` runs before the receipt "received", `full` in the queue before "verified"."""

    light: Callable[[ParcelItem], FirstLook]
    full: Callable[[ParcelItem], str]
    """Empty when the record is good, else the reason for its return."""
    examine: Callable[[bytes], CheckOutcome]
    report: Callable[[OpenForwardReport, str], tuple[str, ...]] = lambda *_: ("issuer_unknown",)
    """What speaks against a department's report; the text is the department's name."""
