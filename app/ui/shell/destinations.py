"""Places inside a page to which another page may lead."""

from __future__ import annotations

REGISTERS = "registers"
