"""The main job from the command line, end to end, checked with other people's tools."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from lxml import etree

from app.practice.school import PASSPHRASE, PIN, SCHOOL_YEAR
from app.profile import shipped
from app.signing.keys.practice_tokens import find_softhsm
from app.store import Workspace

ROOT = Path(__file__).parents[2]
DS = "{http://www.w3.org/2000/09/xmldsig#}"
TAUGHT = [s for s in shipped().for_grade(SCHOOL_YEAR, 8).subjects if s.compulsory]
SIGNATURES = {"4A": 3, "8B": 3 + len(TAUGHT)}
"""Of a record: homeroom, principal, school; in secondary school every subject besides."""


def hocba(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "app", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def journey(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("journey") / "results"
    done = hocba("practice", "--headless", "--to", target)
    assert done.returncode == 0, done.stdout + done.stderr
    return target


@pytest.fixture(scope="module")
def summary(journey: Path) -> dict[str, object]:
    found: dict[str, object] = json.loads((journey / "summary.json").read_text("utf-8"))
    return found


def test_the_whole_of_two_classes_arrives(journey: Path, summary: dict[str, object]) -> None:
    assert summary["classes"] == {"4A": 32, "8B": 41}
    assert summary["pupils"] == summary["records"] == summary["views"] == summary["verified"] == 73
    assert summary["signatures"] == 32 * SIGNATURES["4A"] + 41 * SIGNATURES["8B"]
    assert summary["parcels"] == 2
    assert summary["receipts"] == 2 * 73
    assert summary["bytes_sent"] > 0
    for folder, suffix, count in (
        ("records", "xml", 73),
        ("views", "pdf", 73),
        ("receipts", "*", 146),
    ):
        assert len(list((journey / folder).glob(f"*.{suffix}"))) == count


def test_softhsm_holds_the_keys_of_those_who_sign_most(summary: dict[str, object]) -> None:
    """Homeroom teachers, who teach 8B too, the principal and the school; five have files."""
    assert find_softhsm() is not None
    by_token, every = summary["by_token"], summary["signatures"]
    assert isinstance(by_token, int)
    assert isinstance(every, int)
    assert 3 * 73 + 2 * 41 <= by_token < every


def test_hocba_verify_finds_every_file_in_order(journey: Path) -> None:
    done = hocba("verify", "--json", journey / "records", journey / "views")
    answer = json.loads(done.stdout)
    bad = [(f["file"], f["problems"]) for f in answer["files"] if not f["ok"]]
    assert (done.returncode, bad) == (3, [])
    assert len(answer["files"]) == 146


@pytest.mark.parametrize("section", ["4A", "8B"])
def test_xmlsec1_confirms_every_signature(journey: Path, section: str) -> None:
    file = min((journey / "records").glob(f"{section}-*.xml"))
    signatures = etree.parse(file).findall(f".//{DS}Signature")
    assert len(signatures) == SIGNATURES[section]
    for signature in signatures:
        done = subprocess.run(
            ["xmlsec1", "--verify", "--enabled-key-data", "x509",
             "--trusted-pem", journey / "trust" / "practice-root.pem",
             *ids(), "--node-id", signature.get("Id"), file],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr


def ids() -> list[str]:
    named = [
        "DU_LIEU_HOC_BA", "THONG_TIN_HOC_BA", "DIEM_TONG_KET", "DANH_SACH_GVBM", "CBQL",
        "http://uri.etsi.org/01903/v1.3.2#:SignedProperties",
        "http://www.w3.org/2000/09/xmldsig#:Signature",
    ]  # fmt: skip
    return [part for name in named for part in ("--id-attr:Id", name)]


def test_pdfsig_confirms_the_seal_of_a_view(journey: Path) -> None:
    file = min((journey / "views").glob("8B-*.pdf"))
    said = subprocess.run(["pdfsig", file], capture_output=True, text=True, check=False).stdout
    assert "Signature is Valid" in said
    assert "Total document signed" in said


def test_a_view_carries_its_record(journey: Path, tmp_path: Path) -> None:
    file = min((journey / "views").glob("4A-*.pdf"))
    subprocess.run(["pdfdetach", "-saveall", "-o", tmp_path, file], check=True)
    (attached,) = tmp_path.iterdir()
    record = journey / "records" / f"{file.stem}.xml"
    assert attached.read_bytes() == record.read_bytes()


def test_a_changed_mark_is_found_and_the_exit_code_says_so(journey: Path, tmp_path: Path) -> None:
    record = min((journey / "records").glob("8B-*.xml")).read_text("utf-8")
    changed = tmp_path / "changed.xml"
    begin = record.index("<CA_NAM>") + len("<CA_NAM>")
    end = record.index("</CA_NAM>", begin)
    mark = "9.9" if record[begin:end] != "9.9" else "9.8"
    changed.write_text(record[:begin] + mark + record[end:], "utf-8")
    done = hocba("verify", "--trust", journey / "trust", changed)
    assert done.returncode == 1
    assert "KHÔNG ĐẠT" in done.stdout


def test_a_record_without_its_last_signature_is_not_in_order(journey: Path, tmp_path: Path) -> None:
    tree = etree.parse(min((journey / "records").glob("4A-*.xml")))
    slot = tree.find(".//KY_PHAT_HANH")
    assert slot is not None
    slot.clear()
    cut = tmp_path / "cut.xml"
    tree.write(cut, encoding="UTF-8", xml_declaration=True)
    done = hocba("verify", "--json", "--trust", journey / "trust", cut)
    assert done.returncode == 1
    assert json.loads(done.stdout)["files"][0]["missing_roles"]


def test_practice_is_not_trusted_without_its_root(journey: Path, tmp_path: Path) -> None:
    alone = tmp_path / "alone.xml"
    alone.write_bytes(min((journey / "records").glob("4A-*.xml")).read_bytes())
    assert hocba("verify", alone).returncode == 1


def test_no_pin_and_no_pupil_is_in_a_log(journey: Path) -> None:
    workspace = Workspace.open(journey / "workspace" / "school.hocba", PASSPHRASE)
    names = [student.full_name for student in workspace.here().people.students()]
    workspace.close()
    logs = b"".join(p.read_bytes() for p in journey.rglob("*.log"))
    assert not [name for name in names if name.encode() in logs]
    assert PIN.encode() not in logs


def test_the_workspace_holds_nothing_in_plain_text(journey: Path) -> None:
    kept = b"".join(p.read_bytes() for p in (journey / "workspace").glob("school.hocba*"))
    assert b"HO_VA_TEN" not in kept
    assert b"SQLite format 3" not in kept


def test_the_journey_can_be_made_again_in_the_same_place(journey: Path) -> None:
    (journey / "note.txt").write_text("mine")
    done = hocba("practice", "--headless", "--to", journey)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (journey / "note.txt").read_text() == "mine"
    assert len(list((journey / "records").iterdir())) == 73


@pytest.mark.parametrize(
    "arguments",
    [["practice", "--headless"], ["practice", "--to", "x"], ["nonsense"], ["verify"], ["roster"]],
)
def test_wrong_usage_ends_with_2(arguments: list[str]) -> None:
    assert hocba(*arguments).returncode == 2


@pytest.mark.parametrize(
    "command", ["practice", "assess", "roster", "verify", "doctor", "sync", "department", "window"]
)
def test_every_command_explains_itself(command: str) -> None:
    done = hocba(command, "--help")
    assert done.returncode == 0
    assert "Usage" in done.stdout or "Cách dùng" in done.stdout
