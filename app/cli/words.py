"""An error in words for the terminal, from the same table as the window's."""

from __future__ import annotations

from app.ui.text.messages import explain


def of(error: BaseException) -> str:
    message = explain(error)
    return f"{message.what}\n{message.safe}\n{message.todo}\n(mã lỗi: {message.code})"
