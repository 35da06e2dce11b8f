"""`hocba verify`: who signed, in which role, whether anything was changed, what was not checked."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import click
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from app.cli.passphrase import given
from app.cli.passphrase import option as passphrase_option
from app.cli.progress import told
from app.clock import now
from app.model.shown_text import shown_json
from app.signing.report_words import register_lines, report_lines
from app.signing.trust.trust_store import TrustStore
from app.verification import ExaminedFile, VerificationContext, examine_files
from app.verification.sheet import counted

_ONLY_PRACTICE = 3
_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command("verify")
@click.argument(
    "paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path), metavar="TỆP..."
)
@click.option("--json", "as_json", is_flag=True, help="In kết quả dạng JSON.")
@click.option(
    "--trust",
    "trust_folders",
    multiple=True,
    type=_FOLDER,
    help="Thư mục chứa chứng thư gốc tin cậy thêm.",
)
@click.option(
    "--workspace",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Tệp dữ liệu của trường (.hocba), để đối chiếu phiên bản và mở gói của trường.",
)
@passphrase_option
@click.option("--station", type=_FOLDER, help="Thư mục của trạm tiếp nhận, để mở gói gửi cho trạm.")
def command(
    paths: tuple[Path, ...],
    as_json: bool,
    trust_folders: tuple[Path, ...],
    workspace: Path | None,
    passphrase: str | None,
    station: Path | None,
) -> None:
    """Kiểm tra học bạ đã ký: XML, PDF, ảnh chụp hoặc bản quét tờ in, gói dữ liệu (.hbx), biên nhận
    của Sở (.hbr), hồ sơ chuyển trường, trích lục (.zip), hoặc cả thư mục.

    Khi có nhiều phiên bản của một học bạ, phiên bản cũ được báo là đã bị thay thế.

    Sổ đợt ký (.hbreg) đi kèm cho biết học bạ hoặc chữ ký nào đã bị mất.

    Biên nhận chỉ kiểm được bằng khóa của trạm đã ký: có trong --workspace hoặc --station.

    Gói dữ liệu được niêm phong: không có --workspace hay --station thì chỉ kiểm được bên ngoài.

    Hai máy lệch giờ nhau dưới một ngày không làm hỏng kết quả; hơn nữa là chưa kết luận được.

    Mã thoát 0: mọi tệp đều đạt. 1: có tệp sai, thiếu chữ ký, hoặc chưa kết luận được. 2: gọi sai.
    3: đạt, nhưng có chữ ký của chứng thư THỰC HÀNH, không có giá trị pháp lý.
    """
    own = (station / "trust",) if station is not None and (station / "trust").is_dir() else ()
    trust = TrustStore.shipped(*trust_folders, *own)
    with _means(workspace, passphrase, station) as means:
        examined = examine_files(paths, trust, now(), told(quiet=as_json), means)
    click.echo(_as_json(examined) if as_json else _as_words(examined))
    sys.exit(_exit_code(examined))


def _exit_code(examined: ExaminedFile) -> int:
    if not examined.ok:
        return 1
    return _ONLY_PRACTICE if examined.practice else 0


@contextmanager
def _means(
    workspace: Path | None, passphrase: str | None, station: Path | None
) -> Iterator[VerificationContext]:
    if workspace is not None and station is not None:
        raise click.UsageError("Chỉ dùng một trong hai: --workspace hoặc --station.")
    if station is not None:
        with _of_station(station) as means:
            yield means
    elif workspace is not None:
        from app.services import open_services

        services = open_services(workspace, passphrase or given())
        try:
            yield VerificationContext.of_workspace(
                services.workspace, services.delivery, services.transfer
            )
        finally:
            services.close()
    else:
        yield VerificationContext()


@contextmanager
def _of_station(folder: Path) -> Iterator[VerificationContext]:
    from app.cli.department import require_station

    require_station()
    from app.department.store.folder import load_folder
    from app.parcel.sealing import key_id

    found = load_folder(folder)
    archive, opening = found.open_archive(), found.opening_keys()

    def sender(device_id: str) -> Ed25519PublicKey | None:
        device = archive.device(device_id)
        return None if device is None else device.public_key

    try:
        receivers = {key_id(key.public_key()): found.name for key in opening.keys}
        stations = {found.name: found.receipt_key.public_key()}
        yield VerificationContext(sender, opening.keys, receivers, stations)
    finally:
        opening.close()
        archive.close()


def _as_json(examined: ExaminedFile) -> str:
    files = [{**asdict(each), "undecided": each.undecided} for each in examined.reports]
    registers = [
        {"file": each, "ok": False}
        if isinstance(each, str)
        else {"ok": each.ok, "undecided": each.undecided, **asdict(each)}
        for each in examined.registers
    ]
    found = {
        "ok": examined.ok,
        "practice": examined.practice,
        "files": files,
        "registers": registers,
    }
    return shown_json(found)


def _as_words(examined: ExaminedFile) -> str:
    if not examined.reports and not examined.registers:
        return "Không tìm thấy học bạ, gói dữ liệu hay sổ đợt ký nào."
    lines = [line for report in examined.reports for line in report_lines(report)]
    lines += [line for register in examined.registers for line in register_lines(register)]
    return "\n".join([*lines, "", counted(examined)])
