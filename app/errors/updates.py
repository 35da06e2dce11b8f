"""Errors of updates: what a folder offers, and who may say what is offered."""

from __future__ import annotations

from app.errors.base import AppError


class UpdateError(AppError):
    code = "update.error"


class UpdateMissing(UpdateError):
    """No updates in this folder. params: folder."""

    code = "update.missing"


class UpdateForged(UpdateError):
    """Not signed by whom we trust, or other bytes than were signed."""

    code = "update.forged"


class UpdateOlder(UpdateError):
    """An older state than was seen before: somebody may want a known fault back."""

    code = "update.older"


class UpdateExpired(UpdateError):
    """Stood still for too long: somebody may keep newer ones back. Or this machine's clock errs."""

    code = "update.expired"


class UpdateUnreadable(UpdateError):
    """The stick was pulled out, the share is gone."""

    code = "update.unreadable"


class UpdateDamaged(UpdateError):
    """Signed, and yet no program: who published it made a mistake."""

    code = "update.damaged"


class UpdateRootUnknown(UpdateError):
    """This copy of the program knows nobody who may publish updates."""

    code = "update.root_unknown"


class UpdateRootInvalid(UpdateError):
    """Not enough of the root keys, or no successor of the root before."""

    code = "update.root_invalid"


class UpdateKeyInvalid(UpdateError):
    """A key file with another passphrase, of another kind, or that no root names. params: file."""

    code = "update.key_invalid"
