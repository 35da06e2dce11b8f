"""What the user reads when something goes wrong: what happened, what is safe, what to do."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass

import app.ui.text.data as data_words
import app.ui.text.sharing as sharing_words
import app.ui.text.signing as signing_words
import app.ui.text.station as station_words
import app.ui.text.storage as storage_words
import app.ui.text.travel as travel_words
import app.ui.text.updates as update_words
from app.errors import AppError, disk_error
from app.model.signing import SignerRole
from app.signing.report_words import PROBLEMS, ROLES
from app.transcript import names
from app.ui.text.words import MessageTemplate

TEXTS: dict[str, MessageTemplate] = {
    **data_words.TEXTS,
    **sharing_words.TEXTS,
    **signing_words.TEXTS,
    **station_words.TEXTS,
    **storage_words.TEXTS,
    **travel_words.TEXTS,
    **update_words.TEXTS,
}


_ROLES = {role.value: words.lower() for role, words in ROLES.items()} | {
    names.HOMEROOM: "giáo viên chủ nhiệm",
    names.PRINCIPAL: "hiệu trưởng",
    names.SCHOOL: "nhà trường",
}
_TEACHER_SLOT = re.compile(r"gv_\w+")


@dataclass(frozen=True, slots=True)
class UserMessage:
    """`action` is the word on the one button; `code` is what the user reads out to support."""

    what: str
    safe: str
    todo: str
    action: str
    code: str


class _Blank(defaultdict[str, object]):
    """A missing parameter leaves its sentence readable."""

    def __missing__(self, key: str) -> object:
        return "…"


def explain(error: BaseException) -> UserMessage:
    """Words for any error; what we did not expect gets a calm general text."""
    if isinstance(error, OSError):
        error = disk_error(error) or error
    code = error.code if isinstance(error, AppError) else "unexpected"
    words = TEXTS.get(code) or TEXTS["unexpected"]
    shown = code if isinstance(error, AppError) else f"unexpected.{type(error).__name__}"
    params = _Blank(str)
    if isinstance(error, AppError):
        params.update({key: _plain(value) for key, value in error.params.items()})
    return UserMessage(
        words.what.format_map(params),
        words.safe.format_map(params),
        words.todo.format_map(params),
        words.action,
        shown,
    )


def _plain(value: object) -> object:
    if isinstance(value, list | tuple | set | frozenset):
        return "; ".join(dict.fromkeys(str(_plain(v)) for v in value))
    return _spoken(value) if isinstance(value, str) else value


def _spoken(value: str) -> str:
    """Roles, slots and verification codes in words; anything else as it is."""
    if value in _ROLES:
        return _ROLES[value]
    if _TEACHER_SLOT.fullmatch(value):
        return _ROLES[SignerRole.SUBJECT_TEACHER]
    return signing_words.REASONS.get(value) or PROBLEMS.get(value, value)
