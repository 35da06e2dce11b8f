"""A school year's deadlines: what is due, in words, and where they are kept."""

from __future__ import annotations

DEADLINES = "deadlines"


STAGES = (("lock", "Khóa sổ"), ("sign", "Ký xong"), ("send", "Gửi Sở"))
