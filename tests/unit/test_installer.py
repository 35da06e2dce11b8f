"""What is packed for whom, and what a setup may delete."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from installer import parts
from installer.frozen_contents import keeps
from installer.windows.building import LIST, write_list
from installer.windows.commands import LACKS, lacking
from installer.windows.wine_setup import windows_lock

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "installer" / "windows" / "hocba.nsi"


@pytest.mark.parametrize(
    "target",
    [
        "PySide6/Qt6Core.dll",
        "PySide6\\Qt6Pdf.dll",
        "PySide6/QtWidgets.pyd",
        "PySide6/plugins/platforms/qwindows.dll",
        "PySide6/Qt/plugins/platforms/libqxcb.so",
        "PySide6/Qt/lib/libQt6Gui.so.6",
        "PySide6/Qt/lib/libicuuc.so.73",
        "typst/_typst.pyd",
        "resources/fonts/Inter-Regular.otf",
        "resources/translations/qtbase_vi.qm",
        "hypothetical/tests.py",
    ],
)
def test_what_the_program_uses_is_packed(target: str) -> None:
    assert keeps(target)


@pytest.mark.parametrize(
    "target",
    [
        "PySide6/Qt6WebEngineCore.dll",
        "PySide6\\Qt6Quick.dll",
        "PySide6/Qt/lib/libQt6Qml.so.6",
        "PySide6/opengl32sw.dll",
        "PySide6/plugins/imageformats/qpdf.dll",
        "PySide6/plugins/networkinformation/qnetworklistmanager.dll",
        "PySide6/translations/qtbase_de.qm",
        "PySide6/Qt/translations/qt_vi.qm",
        "lxml/includes/etree_defs.h",
        "typst/__init__.pyi",
        "typst/py.typed",
        "somelibrary/tests/data.bin",
        "PIL/_avif.cp311-win_amd64.pyd",
        "resources/station/base.html",
        "resources/docs/updates.md",
    ],
)
def test_what_nothing_uses_is_not(target: str) -> None:
    assert not keeps(target)


def test_every_qt_module_that_is_imported_is_packed() -> None:
    code = "\n".join(file.read_text("utf-8") for file in (ROOT / "app").rglob("*.py"))
    modules = set(re.findall(r"PySide6\.(Qt\w+)", code))
    assert modules
    assert [each for each in modules if not keeps(f"PySide6/{each}.pyd")] == []
    assert [m for m in modules if not keeps(f"PySide6/{m.replace('Qt', 'Qt6', 1)}.dll")] == []


def test_a_setup_deletes_nothing_but_what_is_listed() -> None:
    script = SCRIPT.read_text("utf-8")
    commands = [line.strip() for line in script.splitlines()]
    assert not [c for c in commands if c.startswith("RMDir /r")]
    deleted = {c for c in commands if c.startswith(("Delete ", "RMDir "))}
    assert deleted == {
        'Delete "$INSTDIR\\$6"',
        'RMDir "$INSTDIR\\$6"',
        'Delete "$INSTDIR\\$4"',
        'Delete "$INSTDIR\\uninstall.exe"',
        'RMDir "$INSTDIR"',
        'Delete "$SMPROGRAMS\\Hocba.lnk"',
        'Delete "$SMPROGRAMS\\Hocba - thực hành.lnk"',
    }


def test_the_list_names_files_first_and_folders_from_the_inside(tmp_path: Path) -> None:
    for name in ("hocba.exe", "_internal/a/học bạ.txt", "_internal/b.dll"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    write_list(tmp_path)
    write_list(tmp_path)  # it does not list itself
    lines = (tmp_path / LIST).read_bytes().decode("utf-16-le").splitlines()
    assert lines == [
        "_internal\\a\\học bạ.txt",
        "_internal\\b.dll",
        "hocba.exe",
        "_internal\\a\\",
        "_internal\\",
    ]


def test_windows_reads_the_lock_file_as_it_is_meant_for_it() -> None:
    lock = (
        "# head\n"
        "colorama==0.4.6 ; sys_platform == 'win32' \\\n    --hash=sha256:aa\n    # via click\n"
        "macholib==1.0 ; sys_platform == 'darwin' \\\n    --hash=sha256:bb\n"
        "networkx==3.7 ; python_full_version >= '3.12' \\\n    --hash=sha256:cc\n"
        "lxml==6.0 \\\n    --hash=sha256:dd\n"
    )
    assert windows_lock(lock) == (
        "colorama==0.4.6 \\\n    --hash=sha256:aa\nlxml==6.0 \\\n    --hash=sha256:dd\n"
    )


def test_every_test_that_wine_cannot_pass_is_there_and_has_a_reason() -> None:
    names = lacking()
    assert names
    for name in names:
        file, _, test = name.partition("::")
        function = test.partition("[")[0]
        assert f"def {function}(" in (ROOT / file).read_text("utf-8"), name
    reasons = [line.partition(" | ")[2] for line in LACKS.read_text("utf-8").splitlines()]
    assert len([reason for reason in reasons if reason]) == len(names)


def test_every_part_has_a_licence_that_may_be_shipped() -> None:
    assert parts.unfit() == []


def test_a_licence_that_does_not_fit_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "COMPATIBLE", parts.COMPATIBLE - {"MPL-2.0"})
    assert [each for each in parts.unfit() if each.startswith("certifi")]


def test_the_program_shows_the_licences_of_its_parts() -> None:
    assert parts.LICENCES.read_text("utf-8") == parts.licence_page()


def test_the_bill_of_materials_names_what_the_lock_file_pins() -> None:
    bill = parts.bill("1.2.3", "2027-01-01T00:00:00Z")
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    by_name = {each["name"]: each for each in bill["components"]}
    assert len(by_name) == len(bill["components"])
    lxml = by_name["lxml"]
    assert f"\nlxml=={lxml['version']} " in (ROOT / "requirements.lock").read_text("utf-8")
    assert lxml["properties"]
    assert {"Qt", "tuf", "SQLCipher", "pyside6"} <= set(by_name)
    assert not {"pytest", "fastapi", "sqlalchemy", "mypy"} & set(by_name)
    assert bill == parts.bill("1.2.3", "2027-01-01T00:00:00Z")
