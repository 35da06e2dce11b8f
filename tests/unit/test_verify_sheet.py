"""What a check found, on paper."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from app.model.signing import FileReport
from app.signing.record.verification import verify_record
from app.verification import ExaminedFile
from app.verification.sheet import check_pdf, counted
from tests.fixtures.pki.pki import NOW, primary_record, staffroom
from tests.unit.test_xades_signing import signed


def report() -> FileReport:
    return verify_record(signed(primary_record()), staffroom().trust, NOW, file="stick/a.xml")


def words(found: ExaminedFile, folder: Path) -> str:
    (folder / "sheet.pdf").write_bytes(check_pdf(found, NOW + timedelta(days=1)))
    run = ["pdftotext", "-layout", str(folder / "sheet.pdf"), "-"]
    return subprocess.run(run, capture_output=True, check=True, text=True).stdout


def test_a_sheet_names_file_signers_path_and_what_was_not_checked(tmp_path: Path) -> None:
    made = report()
    said = words(ExaminedFile((made,), ("dot-ky.hbreg",)), tmp_path)
    for wanted in (
        "KẾT QUẢ KIỂM TRA HỌC BẠ SỐ",
        "09:30 ngày 29/05/2026",
        "2 mục: 1 đạt, 1 không đạt.",
        "stick/a.xml",
        "ĐẠT, nội dung nguyên vẹn, đủ chữ ký",
        "Học bạ của Giàng A Páo, lớp 4A, năm học 2025–2026",
        "Giáo viên chủ nhiệm: Lò Thị Hương",
        "Đường dẫn tin cậy: Lò Thị Hương",
        "Chưa kiểm tra: chứng thư có bị thu hồi",
        made.sha256,
        "sổ đợt ký bị hỏng hoặc bị sửa",
    ):
        assert wanted in said, wanted


def test_a_heap_is_told_in_short_with_the_bad_ones_in_full_and_first(tmp_path: Path) -> None:
    good = report()
    heap = [replace(good, file=f"{n}.xml", signatures=()) for n in range(400)]
    heap.append(replace(good, file="bad.xml", ok=False, problems=("pdf.seal_missing",)))
    said = words(ExaminedFile(tuple(heap), ()), tmp_path)
    assert counted(ExaminedFile(tuple(heap), ())) == "401 mục: 400 đạt, 1 không đạt."
    assert said.index("bad.xml") < said.index("0.xml")
    assert "Ghi đủ 300 mục, mục chưa đạt trước; 101 mục còn lại" in said
    assert "399.xml: ĐẠT, SHA-256" in said
