"""The three parts of a message, with the parameters of its error in braces."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MessageTemplate:
    what: str
    safe: str
    todo: str
    action: str = "Thử lại"
