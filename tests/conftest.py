"""What the whole suite needs to know about the machine it runs on."""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator

import pytest

# Nothing of a test is written to this machine's own data and log.
_HOME = tempfile.mkdtemp(prefix="hocba-tests-")
atexit.register(shutil.rmtree, _HOME, ignore_errors=True)
os.environ["HOCBA_HOME"] = _HOME

# These drive programs and kernel features that only Linux has (SoftHSM, xmlsec1, poppler, fork,
# resource limits); on Windows the rest of the suite runs.
collect_ignore = (
    [
        "contract",
        "flow",
        "unit/test_limits.py",
        "unit/test_pades_views.py",
        "unit/test_sheets.py",
        "unit/test_transcript_view.py",
        "unit/test_xades_signing.py",
    ]
    if sys.platform == "win32"
    else []
)

FAST = frozenset(
    {
        "assessment_marks",
        "assessment_rules",
        "debugging_words",
        "evidence_words",
        "marks",
        "medium",
        "pace",
        "profile",
        "profile_mistakes",
        "publication_formats",
        "roles",
        "roster_names",
        "sheet_marks",
        "signing_profile",
        "transcript_catalogue",
        "versions",
    }
)
"""Of `tests/unit`: rules and formats in memory, together under a minute on an old laptop."""
DRIVEN_BY = {
    "softhsm": ("tests.fixtures.pki.tokens", "app.signing.keys.practice_tokens"),
    "station": ("tests.fixtures.stations", "app.practice.station"),
    "chaos": ("tests.fixtures.faults.chaos", "tests.fixtures.schools.chaos_school"),
}
"""By what a test module imports, so that no mark is forgotten."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        for mark in _marks(item):
            item.add_marker(mark)


def _marks(item: pytest.Item) -> Iterator[str]:
    module = getattr(item, "module", None)
    used = {str(getattr(each, "__module__", "")) for each in vars(module or item).values()}
    for mark, origins in DRIVEN_BY.items():
        if any(name.startswith(origins) for name in used):
            yield mark
    if item.path.parent.name == "unit" and item.path.stem.removeprefix("test_") in FAST:
        yield "fast"
