"""Several versions of one record given together: the older ones are told apart."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from app.cli.verify import command
from app.model.gradebook import CellChange, CellKey
from app.model.signing import CheckState, FileReport, SignatureReport, SignerRole
from app.model.transcript import RequestKind
from app.signing.record.versions import compare_versions
from tests.fixtures.schools.small_school import PEOPLE, small_school

REPORT = FileReport(
    "1.xml", "xml", True, True,
    (SignatureReport(SignerRole.SCHOOL, "KY_PHAT_HANH", CheckState.VALID, signer="Trường A",
                     organisation="2800123456"),),
    record_id="r", version=1, sha256="aa",
)  # fmt: skip
SECOND = replace(REPORT, file="2.xml", version=2, sha256="bb")


def test_an_older_version_is_superseded_and_stays_valid() -> None:
    first, second = compare_versions([REPORT, SECOND])
    assert (first.superseded_by, first.ok) == (2, True)
    assert second.superseded_by == 0


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(replace(SECOND, ok=False), id="invalid"),
        pytest.param(replace(SECOND, record_id="s"), id="another record"),
        pytest.param(replace(SECOND, kind="paper"), id="a code on paper"),
        pytest.param(
            replace(SECOND, signatures=(replace(SECOND.signatures[0], organisation="2800654321"),)),
            id="another school",
        ),
        pytest.param(
            replace(SECOND, signatures=(replace(SECOND.signatures[0], organisation=""),)),
            id="a school of the same name",
        ),
        pytest.param(replace(SECOND, practice=True), id="practice"),
        pytest.param(replace(SECOND, version=1), id="the same version"),
    ],
)
def test_nothing_else_takes_a_record_out_of_force(other: FileReport) -> None:
    assert compare_versions([REPORT, other])[0] == REPORT


def test_a_version_that_is_not_good_itself_is_not_only_out_of_date() -> None:
    bad = replace(REPORT, ok=False)
    assert compare_versions([bad, SECOND])[0] == bad


def test_paper_is_held_against_its_own_version_alone() -> None:
    paper = replace(REPORT, file="a.png", kind="paper")
    (alone, _) = compare_versions([paper, SECOND])
    assert alone.ok
    (same, _) = compare_versions([paper, REPORT])
    assert (same.ok, len(same.notes)) == (True, 1)
    (other, _) = compare_versions([paper, replace(REPORT, sha256="cc")])
    assert not other.ok


def test_a_recall_is_told_of_what_it_recalls() -> None:
    first, second = compare_versions([REPORT, replace(SECOND, recalls=1)])
    assert first.superseded_by == 2
    assert "THU HỒI" in first.notes[0]
    assert "thu hồi" in second.notes[0]


def test_the_command_says_which_version_is_in_force(tmp_path: Path) -> None:
    school = small_school(tmp_path, pupils=1)
    school.sign_all()
    made = school.made
    (head,) = made.records.heads("4A")
    key = CellKey(head.student_id, "REMARKS", "homeroom")
    request = made.life.propose_correction(
        head, RequestKind.CONTENT, "Chép nhầm", PEOPLE[0], cells=[CellChange(key, None, "Đã sửa")]
    )
    made.life.approve(request, PEOPLE[1])
    school.sign_all()
    for version in made.life.versions(head):
        (tmp_path / f"v{version.version}.xml").write_bytes(made.records.get(version).xml)
    paths = [str(tmp_path / "v1.xml"), str(tmp_path / "v2.xml")]
    done = CliRunner().invoke(command, ["--trust", str(tmp_path / "trust"), *paths])
    made.close()
    first, second = (line for line in done.output.splitlines() if ".xml: " in line)
    assert first.endswith("ĐÃ BỊ THAY THẾ bởi phiên bản 2, chữ ký vẫn hợp lệ")
    assert second.endswith("ĐẠT, nội dung nguyên vẹn, đủ chữ ký")
    assert done.exit_code == 3
