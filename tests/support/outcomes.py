"""How a test takes the end of work in a lane."""

from __future__ import annotations

from app.errors import Cancelled


def must_not_fail(error: BaseException) -> None:
    """For `failed`: raised on the GUI thread, where pytest-qt makes it the test's failure."""
    if not isinstance(error, Cancelled):
        raise error
