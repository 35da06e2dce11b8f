"""The sidebar's numbers say what waits on every page, whichever is in sight."""

from __future__ import annotations

from app.practice.setup import PracticePlace
from app.ui.shell import badges
from app.ui.shell.page import Badge
from app.ui.theme.theme import Tone
from tests.ui.practice_school import Copier

pytest_plugins = ["tests.ui.practice_services"]


def test_locking_a_class_moves_its_records_from_the_records_to_the_signing_page(
    copy_of: Copier, practice_base: PracticePlace
) -> None:
    made = copy_of(practice_base)
    before = badges.count(made)
    assert before["signing"] == Badge(0, Tone.WAITS)
    section = next(c for c in made.book.states() if c.name == "4A")
    made.records.lock(section.section_id)
    after = badges.count(made)
    assert after["records"].count == before["records"].count - 1
    assert after["signing"] == Badge(32, Tone.WAITS)
    assert after["outbox"] == Badge(0, Tone.MOVING)
