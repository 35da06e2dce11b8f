"""What every error of ours is."""

from __future__ import annotations

from typing import ClassVar


class AppError(Exception):
    """Something we expect to go wrong.

    `detail` is for the log and must not identify a pupil; `params` fill the user's text.
    """

    code: ClassVar[str] = "unexpected"

    def __init__(self, detail: str = "", **params: object) -> None:
        super().__init__(detail or self.code)
        self.detail = detail
        self.params = params


class Cancelled(AppError):
    """The user asked to stop, and the work stopped where that is safe."""

    code = "cancelled"
