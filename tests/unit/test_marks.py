"""One rule for rounding and printing marks: `app.model.marks`."""

from __future__ import annotations

import json
import subprocess
import sys
from decimal import Decimal

import pytest

from app.model.marks import fixed, kept, printed, rounded, with_all_decimals


@pytest.mark.parametrize(
    ("exact", "mark"), [("8.25", "8.3"), ("8.35", "8.4"), ("4.949", "4.9"), ("9.95", "10.0")]
)
def test_half_goes_up_and_never_by_binary_halves(exact: str, mark: str) -> None:
    assert rounded(Decimal(exact)) == Decimal(mark)
    assert fixed(Decimal(exact)) == mark


def test_entered_marks_keep_no_empty_decimals_and_averages_all() -> None:
    assert [kept(Decimal(m)) for m in ("7", "7.0", "7.5", "10")] == ["7", "7", "7.5", "10"]
    assert [with_all_decimals(m) for m in ("7", "7.5", "CD", "")] == ["7.0", "7.5", "CD", ""]
    assert [printed(m) for m in ("7.5", "7", "CD", "D")] == ["7,5", "7", "CĐ", "Đ"]


def test_two_decimals_are_one_change_in_one_place() -> None:
    """Rule, explanation, grid, record and its schema move together."""
    code = """
import json, re, app.model.marks as rule
from decimal import Decimal
from pathlib import Path
source = Path(rule.__file__).read_text("utf-8").replace("DECIMALS = 1", "DECIMALS = 2")
exec(compile(source, rule.__file__, "exec"), rule.__dict__)
from app.assessment import secondary_reasons
from app.assessment.secondary import rounded
from app.transcript.draft_year import mark_text
from app.transcript.kinds import MARK
from app.ui.grid.columns import ColumnKind, GridColumn, shown
column = GridColumn(("TOAN", "year"), "", ColumnKind.COMPUTED, decimals=1)
print(json.dumps([
    str(rounded(Decimal("8.255"))),
    mark_text(Decimal("8.255")),
    shown("8.2", column),
    bool(re.fullmatch(MARK.pattern, "8.26")),
    secondary_reasons.number(rounded(Decimal("8.255"))),
]))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == ["8.26", "8.26", "8,20", True, "8,26"]
