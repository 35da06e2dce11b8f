"""`hocba department`: make, enrol with and run the receiving station."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app import clock, resources
from app.cli import publishing, update_publishing
from app.errors import EnrolmentInvalid, StickError

if TYPE_CHECKING:
    from app.department.checks.checks import Checks
    from app.department.ops.stick import TakenFile
    from app.department.store.folder import StationFolder
    from app.department.store.officials import Officials

_NOT_WRITTEN = (
    "Không đọc hết hoặc không ghi được biên nhận: USB đầy, bị khóa ghi, hoặc đã bị rút ra. Gói nào "
    "đã nhận thì trạm vẫn giữ; hãy chạy lại, có thể dùng --receipts để ghi ra nơi khác."
)
_FIRST_HANDED_OVER = 3
_APART = 1000
"""A command's number in the queue of full checks, far from those of a station's workers."""
_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
_FOLDER = click.Path(path_type=Path, file_okay=False)


def require_station() -> None:
    """The station's web and database parts are an extra of their own."""
    if not resources.has_station():
        raise click.ClickException(
            'Máy này chưa cài phần trạm tiếp nhận. Hãy chạy: pip install "hocba[department]"'
        )


@click.group("department")
def command() -> None:
    """Trạm tiếp nhận học bạ số của Sở GD&ĐT (cần cài "hocba[department]")."""
    require_station()


for each in (*publishing.COMMANDS, *update_publishing.COMMANDS):
    command.add_command(each)


@command.command("init")
@click.option("--to", "folder", type=_FOLDER, required=True, help="Thư mục của trạm (chưa có).")
@click.option("--name", default="Sở Giáo dục và Đào tạo", show_default=True, help="Tên đơn vị.")
@click.option("--url", default="", help="Địa chỉ ghi trong tệp ghi danh, ví dụ https://...:8443.")
@click.option("--host", "hosts", multiple=True, help="Tên máy hoặc IP mà các trường dùng.")
@click.option("--database", default="", help="Địa chỉ cơ sở dữ liệu SQLAlchemy; mặc định: SQLite.")
@click.option(
    "--objects", default="", help="Kho tệp S3: s3+https://máy/ngăn; mặc định: thư mục của trạm."
)
def init(
    folder: Path, name: str, url: str, hosts: tuple[str, ...], database: str, objects: str
) -> None:
    """Tạo khóa, chứng thư số và cấu hình cho một trạm mới."""
    from app.department.store.folder import init_folder

    init_folder(folder, name, url=url, hosts=hosts, database=database, objects=objects)
    (folder / "trust").mkdir()
    click.echo(f"Đã tạo trạm trong {folder}. Hãy sao lưu thư mục này và giữ kín các tệp .key.")
    click.echo(f"Đặt chứng thư số gốc được tin cậy vào {folder / 'trust'}.")
    click.echo(f"Tiếp theo: hocba department serve --dir {folder}")


@command.command("key")
@click.argument("which", type=click.Choice(["open", "seal"]))
@click.option("--dir", "folder", type=_FOLDER, required=True, help="Thư mục của trạm.")
@click.option("--pkcs12", type=_FILE, help="Tệp PKCS#12 (.p12, .pfx); được chép vào thư mục trạm.")
@click.option("--pkcs11", "module", type=_FILE, help="Thư viện PKCS#11 của token hoặc HSM.")
@click.option("--serial", default="", help="Số sê-ri token, khi máy có nhiều token.")
@click.option("--id", "cka_id", default="", help="CKA_ID (hệ 16), khi token có nhiều chứng thư.")
def key(
    which: str, folder: Path, pkcs12: Path | None, module: Path | None, serial: str, cka_id: str
) -> None:
    """Dùng khóa trong tệp PKCS#12 hoặc trên token (PKCS#11) thay cho tệp open.key.

    WHICH: open là khóa mở gói của các trường; seal là chứng thư số của Sở, ký báo cáo gửi Bộ. Mã
    PIN hoặc mật khẩu lấy từ tệp open.pin hay seal.pin trong thư mục trạm, chỉ thử một lần.
    """
    from app.department.store.folder import choose_key

    if (pkcs12 is None) == (module is None):
        raise click.UsageError("Hãy cho đúng một trong hai: --pkcs12 hoặc --pkcs11.")
    certificate = choose_key(folder, which, pkcs12=pkcs12, module=module, serial=serial, id_=cka_id)
    click.echo(f"Trạm dùng khóa của: {certificate.subject.rfc4514_string()}.")
    if which == "open":
        click.echo("Chứng thư mới nằm trong tệp ghi danh từ nay; các trường cần tệp ghi danh mới.")
    click.echo("Hãy chạy lại trạm để dùng khóa này.")


@command.command("enrol")
@click.argument("request", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True)
@click.option("--dir", "folder", type=_FOLDER, required=True, help="Thư mục của trạm.")
@click.option("--url", default="", help="Địa chỉ của trạm, nếu khác địa chỉ trong cấu hình.")
@click.option("--years", type=click.IntRange(1, 10), default=3, show_default=True)
@click.option(
    "--signer",
    "signers",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Tệp chứng thư số của trường hoặc của người ký ở trường, Sở đã xem; dùng được nhiều lần.",
)
def enrol(
    request: Path, out: Path, folder: Path, url: str, years: int, signers: tuple[Path, ...]
) -> None:
    """Ghi danh một thiết bị của trường từ tệp REQUEST; kết quả là tệp ghi danh để gửi lại.

    Chứng thư nêu ở --signer được đăng ký là của trường: chữ ký của nó được nhận ra cả khi chứng thư
    hoặc học bạ không ghi số định danh hay mã số thuế.
    """
    from app.department.store.folder import load_folder
    from app.department.store.signers import RegisteredSigners
    from app.parcel import enrolment
    from app.signing.trust.certificates import read_signer

    if request.stat().st_size > enrolment.LARGEST:
        raise EnrolmentInvalid("too large")
    station = load_folder(folder)
    asked = enrolment.read_request(request.read_bytes())
    certificates = [read_signer(file) for file in signers]
    valid_until = clock.now() + timedelta(days=365 * years)
    token = enrolment.issue_enrolment(
        asked,
        station=station.name,
        url=url or station.public_url(),
        ca_pem=station.ca_pem,
        certificate_pem=station.certificate_pem,
        signing_key=station.receipt_key,
        valid_until=valid_until,
    )
    archive = station.open_archive()
    archive.enrol(asked, valid_until.isoformat())
    archive.close()
    known = RegisteredSigners(station)
    known.add(asked.school_code, certificates)
    known.close()
    out.write_text(token, "ascii")
    click.echo(f"Đã ghi danh thiết bị {asked.device_id} của trường {asked.school_code}.")
    click.echo(f"Tệp ghi danh: {out}")


@command.command("revoke")
@click.argument("device_id")
@click.option("--dir", "folder", type=_FOLDER, required=True, help="Thư mục của trạm.")
def revoke(device_id: str, folder: Path) -> None:
    """Thu hồi một thiết bị: từ nay trạm từ chối mọi yêu cầu của thiết bị đó."""
    from app.department.store.folder import load_folder

    archive = load_folder(folder).open_archive()
    archive.revoke(device_id)
    archive.close()
    click.echo(f"Đã thu hồi thiết bị {device_id}.")


@command.command("next-request")
@click.option("--dir", "folder", type=_FOLDER, required=True, help="Thư mục của trạm.")
@click.option("--code", required=True, help="Mã của Sở ở trạm cấp trên.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True)
def next_request(folder: Path, code: str, out: Path) -> None:
    """Tạo tệp xin ghi danh với trạm cấp trên (Kho học bạ số của Bộ)."""
    from app.department.store.folder import load_folder
    from app.parcel.enrolment import make_request

    station = load_folder(folder)
    out.write_bytes(make_request(station.next_device(code), station.name, socket.gethostname()))
    click.echo(f"Tệp xin ghi danh: {out}")


@command.command("next-accept")
@click.argument("enrolment", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--dir", "folder", type=_FOLDER, required=True, help="Thư mục của trạm.")
def next_accept(enrolment: Path, folder: Path) -> None:
    """Nhận tệp ghi danh của trạm cấp trên; từ lần chạy sau, học bạ đã kiểm tra được chuyển tiếp."""
    from app.department.store.folder import load_folder
    from app.owner_only import write_private
    from app.parcel.enrolment import read_enrolment

    station = load_folder(folder)
    found = read_enrolment(enrolment.read_bytes(), station.next_device(""))
    write_private(folder / "next.jws", found.token.encode())
    click.echo(f"Sẽ chuyển tiếp tới: {found.station} (mã đối chiếu {found.fingerprint}).")


@command.command("official")
@click.argument("login")
@click.option("--dir", "folder", type=_FOLDER, required=True, help="Thư mục của trạm.")
@click.option("--name", required=True, help="Họ tên cán bộ.")
@click.option(
    "--role",
    type=click.Choice(["viewer", "reviewer", "admin"]),
    default="viewer",
    show_default=True,
    help="viewer: chỉ xem tiến độ; reviewer: xem và trả lại học bạ; admin: xem cả nhật ký.",
)
@click.password_option("--password", prompt="Mật khẩu", envvar="HOCBA_PASSWORD")
def official(login: str, folder: Path, name: str, role: str, password: str) -> None:
    """Tạo tài khoản cán bộ cho trang web của trạm, hoặc đổi mật khẩu và vai trò."""
    from app.department.store.officials import Role

    with _officials(folder) as officials:
        officials.add(login, name, Role(role), password)
    click.echo(f"Đã lưu tài khoản {login}. Trang của cán bộ: /so tại địa chỉ của trạm.")


@command.command("remove-official")
@click.argument("login")
@click.option("--dir", "folder", type=_FOLDER, required=True, help="Thư mục của trạm.")
def remove_official(login: str, folder: Path) -> None:
    """Gỡ tài khoản của một cán bộ: bị đăng xuất ngay và không vào được nữa; nhật ký được giữ."""
    with _officials(folder) as officials:
        officials.remove(login)
    click.echo(f"Đã gỡ tài khoản {login}.")


@command.command("deadline")
@click.argument(
    "day", type=click.DateTime(["%Y-%m-%d", "%d/%m/%Y"]), required=False, metavar="[NGÀY]"
)
@click.option("--dir", "folder", type=_FOLDER, required=True, help="Thư mục của trạm.")
def deadline(day: datetime | None, folder: Path) -> None:
    """Đặt hạn nộp, ví dụ 31/05/2027; không ghi ngày: bỏ hạn."""
    from app.department.store.folder import set_deadline

    set_deadline(folder, day.date() if day else None)
    said = f"Hạn nộp: {day:%d/%m/%Y}." if day else "Đã bỏ hạn nộp."
    click.echo(f"{said} Hãy chạy lại trạm để các trang tính theo hạn này.")


@command.command("client")
@click.argument("client_id")
@click.option("--dir", "folder", type=_FOLDER, required=True, help="Thư mục của trạm.")
@click.option("--name", required=True, help="Tên đơn vị được tra cứu.")
@click.option(
    "--scope",
    type=click.Choice(["record.verify", "record.read"]),
    default="record.read",
    show_default=True,
    help="record.verify: chỉ biết học bạ có hợp lệ không; record.read: đọc cả nội dung.",
)
def client(client_id: str, folder: Path, name: str, scope: str) -> None:
    """Cấp quyền tra cứu từng học bạ cho một dịch vụ công (OAuth 2); in mã bí mật một lần."""
    from app.department.store.officials import Scope

    with _officials(folder) as officials:
        secret = officials.add_client(client_id, name, {Scope.VERIFY, Scope(scope)})
    click.echo(json.dumps({"client_id": client_id, "client_secret": secret}))


@command.command("renew-client")
@click.argument("client_id")
@click.option("--dir", "folder", type=_FOLDER, required=True, help="Thư mục của trạm.")
def renew_client(client_id: str, folder: Path) -> None:
    """Đổi mã bí mật của một dịch vụ công; mã cũ hết hiệu lực ngay. In mã mới một lần."""
    with _officials(folder) as officials:
        secret = officials.renew_client(client_id)
    click.echo(json.dumps({"client_id": client_id, "client_secret": secret}))


@command.command("remove-client")
@click.argument("client_id")
@click.option("--dir", "folder", type=_FOLDER, required=True, help="Thư mục của trạm.")
def remove_client(client_id: str, folder: Path) -> None:
    """Thu lại quyền tra cứu của một dịch vụ công, có hiệu lực ngay."""
    with _officials(folder) as officials:
        officials.remove_client(client_id)
    click.echo(f"Đã thu lại quyền tra cứu của {client_id}.")


@contextmanager
def _officials(folder: Path) -> Iterator[Officials]:
    from app.department.store.folder import load_folder
    from app.department.store.officials import Officials

    archive = load_folder(folder).open_archive()
    try:
        yield Officials(archive)
    finally:
        archive.close()


@command.command("quarantine")
@click.argument("record_id", required=False, metavar="[HỌC BẠ]")
@click.option("--version", type=click.IntRange(1), help="Phiên bản cần tách ra.")
@click.option("--release", type=click.IntRange(1), help="Số của phiên bản cần đưa trở lại.")
@click.option("--by", default="", help="Người quyết định, ghi vào nhật ký.")
@click.option("--dir", "folder", type=_FOLDER, required=True, help="Thư mục của trạm.")
def quarantine(
    record_id: str | None, version: int | None, release: int | None, by: str, folder: Path
) -> None:
    """Tách một phiên bản học bạ ra khỏi kho, đưa trở lại, hoặc liệt kê các phiên bản đã tách.

    Bản đã tách không bị xóa. Bản chưa từng qua kiểm tra tự nhường chỗ khi trường khác gửi học bạ
    cùng mã.
    """
    from app.department.pages.coverage import Coverage
    from app.department.store.folder import load_folder
    from app.department.store.quarantine import Quarantine

    if version is not None and (record_id is None or not by):
        raise click.UsageError("Tách một phiên bản cần mã học bạ, --version và --by.")
    archive = load_folder(folder).open_archive()
    try:
        rows = Quarantine(archive.engine)
        if version is not None and record_id is not None:
            rows.set_aside(record_id, version, by)
            Coverage(archive).looked(by, "quarantine", record_id, version)
        elif release is not None:
            rows.release(release)
            Coverage(archive).looked(by or "trạm", "release", str(release), 0)
        listed = rows.listed(record_id or "")
    finally:
        archive.close()
    for one in listed:
        click.echo(
            f"{one.number}\t{one.key.record_id}\tbản {one.key.version}\ttrường {one.sender}\t"
            f"tách {one.moved_at[:16]} bởi {one.moved_by}"
        )


@command.command("serve")
@click.option("--dir", "folder", type=_FOLDER, required=True, help="Thư mục của trạm.")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(0, 65535), default=8443, show_default=True)
@click.option(
    "--role", type=click.Choice(["department", "ministry"]), default="department", show_default=True
)
@click.option("--workers", type=click.IntRange(1, 32), default=1, show_default=True)
@click.option(
    "--ends-with-input",
    is_flag=True,
    help="Dừng khi luồng vào chuẩn đóng lại (khi chương trình đã gọi trạm kết thúc).",
)
def serve(
    folder: Path, host: str, port: int, role: str, workers: int, ends_with_input: bool
) -> None:
    """Chạy trạm. Cổng 0: chọn cổng trống và ghi vào DIR/address.json."""
    from app.department.http.serving import serve as serve_station
    from app.department.store.folder import load_folder
    from app.sync import Relay

    station = load_folder(folder, role)
    listening = _handed_over() or _listening(host, port)
    serve_station(
        station, _checks(station), listening, workers, Relay, ends_with_input=ends_with_input
    )


def _listening(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), backlog=128)
    except OSError as error:
        words = (
            f"Không mở được {host}:{port}: địa chỉ sai hoặc cổng đang có chương trình khác dùng."
        )
        raise click.ClickException(words) from error


def _handed_over() -> socket.socket | None:
    """The socket that systemd holds for us while stations come and go (sd_listen_fds(3))."""
    if os.environ.get("LISTEN_PID") != str(os.getpid()) or os.environ.get("LISTEN_FDS") != "1":
        return None
    return socket.socket(fileno=_FIRST_HANDED_OVER)


def _checks(station: StationFolder) -> Checks:
    """By what the department trusts now."""
    from app.department.checks.record_checks import record_checks
    from app.department.ops.publishing import ListedTrust
    from app.department.store.signers import RegisteredSigners
    from app.signing.trust.trust_store import TrustStore

    trust = TrustStore.shipped(station.path / "trust")
    renew, registered = ListedTrust(station, trust).renew, RegisteredSigners(station).of
    return record_checks(trust, renew, registered)


@command.command("take")
@click.argument(
    "paths", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True), metavar="TỆP..."
)
@click.option("--dir", "folder", type=_FOLDER, required=True, help="Thư mục của trạm.")
@click.option(
    "--receipts",
    type=_FOLDER,
    help="Thư mục ghi tệp biên nhận; mặc định: cạnh từng gói, để mang USB về trường.",
)
@click.option(
    "--wait",
    type=click.IntRange(0, 86_400),
    default=300,
    show_default=True,
    help="Số giây chờ kiểm tra xong.",
)
def take(paths: tuple[Path, ...], folder: Path, receipts: Path | None, wait: int) -> int:
    """Nhận các gói học bạ (.hbx) từ USB và ghi biên nhận cho trường. Trạm đang chạy hay không đều
    được.

    TỆP là gói, hoặc thư mục có gói. Nhận lại một gói không tạo ra bản trùng; biên nhận vẫn như cũ,
    thêm kết quả kiểm tra mới. Mã thoát 0: mọi gói đã nhận đủ; 1: có gói bị từ chối hoặc bị thiếu.
    """
    from app.department.http.web import assemble
    from app.department.store.folder import load_folder
    from app.parcel import stick

    found = load_folder(folder)
    station = assemble(found, _checks(found), _APART + os.getpid())
    try:
        files = list(stick.files_on(paths, [stick.PARCEL]))
        taken = [(file, station.stick.take_file(file)) for file in files]
        kept = [(file, one) for file, one in taken if not one.refused]
        whole = station.stick.check([one.sha256 for _, one in kept], wait)
        for file, one in kept:
            place = (receipts or file.parent) / one.receipts_name
            stick.put(place, station.stick.receipts(one))
    except StickError as error:
        raise click.ClickException(_NOT_WRITTEN) from error
    finally:
        station.archive.close()
        station.keys.close()
    for line in _taken_lines([one for _, one in taken], whole):
        click.echo(line)
    return int(not taken or any(one.words for _, one in taken))


def _taken_lines(taken: Sequence[TakenFile], whole: bool) -> Iterator[str]:
    for one in taken:
        came = "" if one.refused else f"trường {one.school_code}, "
        came += "" if one.refused else f"{one.records - one.missing} học bạ"
        yield f"{one.name}: {'; '.join(part for part in (came, one.words) if part)}."
    kept = [one for one in taken if not one.refused]
    if not taken:
        yield "Không có gói học bạ (.hbx) nào ở đây."
    if kept and whole:
        yield f"Có thể rút USB: đã ghi biên nhận của {len(kept)} gói."
    elif kept:
        yield (
            f"Đã ghi biên nhận của {len(kept)} gói; trạm chưa kiểm tra xong, hãy chạy lại lệnh này "
            "sau để có đủ kết quả."
        )


@command.command("status")
@click.option("--dir", "folder", type=_FOLDER, required=True, help="Thư mục của trạm.")
def status(folder: Path) -> None:
    """Số học bạ trạm đang giữ, theo từng bước (JSON)."""
    from app.department.store.folder import load_folder

    archive = load_folder(folder).open_archive()
    click.echo(json.dumps({"records": archive.counts()}))
    archive.close()
