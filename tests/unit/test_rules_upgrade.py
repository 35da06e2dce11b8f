"""What earlier versions kept under wrong rules, after the upgrade: told, and nothing lost."""

from __future__ import annotations

from sqlite_utils import Database

from app.store.migrations import schema


def test_an_exemption_becomes_what_the_articles_know_and_nothing_is_lost() -> None:
    db = Database(memory=True)
    schema.apply(db, stop_before="0015_exemptions")
    db.execute("INSERT INTO student (id, full_name, birth_date, folded_name, data) "
               "VALUES ('a', 'Lò Văn Ún', '2013', 'lo van un', '{}')")  # fmt: skip
    for section, grade, locked in (("8A", 8, ""), ("8B", 8, "2026-05-30"), ("4A", 4, "")):
        db.execute(
            "INSERT INTO class_section (id, school_year, grade, name, homeroom_teacher_id, "
            "campus, locked_at) VALUES (?, '2025-2026', ?, ?, '', '', ?)",
            [section, grade, section, locked],
        )
        for area in ("GDTC", "TOAN"):
            db.execute(
                "INSERT INTO gradebook_cell (section_id, student_id, area, slot, value) "
                "VALUES (?, 'a', ?, 'exempt', 'yes')",
                [section, area],
            )
    schema.apply(db, stop_before="0016_workspace_id")
    cells = set(db.execute("SELECT section_id, area, slot, value FROM gradebook_cell"))
    left_out = ("demands", "not_assessed")
    assert cells == {
        ("8A", "TOAN", *left_out),
        ("8B", "GDTC", *left_out),
        ("8B", "TOAN", *left_out),
        ("4A", "GDTC", *left_out),
        ("4A", "TOAN", *left_out),
    }
    notes = list(db.execute("SELECT section_id, area, slot, text FROM gradebook_note"))
    assert [note[:3] for note in notes] == [("8A", "GDTC", "exempt_decision")]
    assert "từ ngày" in notes[0][3]


def test_marks_beyond_two_in_a_comment_subject_are_told_beside_those_that_count() -> None:
    db = Database(memory=True)
    schema.apply(db, stop_before="0020_surplus_marks")
    db.execute("INSERT INTO student (id, full_name, birth_date, folded_name, data) "
               "VALUES ('a', 'Lò Văn Ún', '2013', 'lo van un', '{}')")  # fmt: skip
    db.execute(
        "INSERT INTO class_section (id, school_year, grade, name, homeroom_teacher_id, campus) "
        "VALUES ('8A', '2025-2026', 8, '8A', '', '')"
    )
    for slot, value in (("s1.regular3", "D"), ("s1.regular4", "CD"), ("s2.regular3", "7.5")):
        db.execute(
            "INSERT INTO gradebook_cell (section_id, student_id, area, slot, value) "
            "VALUES ('8A', 'a', 'HDTN_HN', ?, ?)",
            [slot, value],
        )
    schema.apply(db)
    ((slot, text),) = db.execute("SELECT slot, text FROM gradebook_note")
    assert slot == "s1.regular2"
    assert "ĐĐGtx: Đ, CĐ." in text
