"""`hocba department publish-…`: what goes to the schools, from the station's own terminal."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.model.publication import Publication, PublicationKind

if TYPE_CHECKING:
    from app.department.ops.publishing import Publishing

_FOLDER = click.Path(path_type=Path, file_okay=False)
_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
_station = click.option("--dir", "folder", type=_FOLDER, required=True, help="Thư mục của trạm.")


@contextmanager
def _publishing(folder: Path) -> Iterator[Publishing]:
    from app.department.ops.publishing import Publishing
    from app.department.store.folder import load_folder

    station = load_folder(folder)
    archive = station.open_archive()
    try:
        yield Publishing(station, archive)
    finally:
        archive.close()


def _say(made: Publication) -> None:
    click.echo(f"Đã phát hành số {made.number}: {made.title} (SHA-256 {made.sha256}).")


def _by() -> str:
    return f"máy chủ: {getpass.getuser()}"[:80]


@click.command("publish-notice")
@click.argument("text", type=_FILE)
@_station
@click.option("--title", required=True, help="Tiêu đề.")
@click.option("--school", default="", help="Mã trường; bỏ trống: mọi trường.")
def publish_notice(text: Path, folder: Path, title: str, school: str) -> None:
    """Gửi một thông báo (tệp văn bản UTF-8) tới mọi trường, hoặc tới một trường."""
    with _publishing(folder) as publishing:
        content = _bounded(text)
        _say(publishing.publish(PublicationKind.NOTICE, title, content, _by(), school))


@click.command("publish-rules")
@click.argument("files", type=_FILE, nargs=-1, required=True)
@_station
@click.option("--title", required=True, help="Tiêu đề, ví dụ: Sửa số tiết môn Toán lớp 8.")
def publish_rules(files: tuple[Path, ...], folder: Path, title: str) -> None:
    """Phát hành gói quy định từ các tệp .toml; tệp sai không bao giờ được phát hành."""
    from app.parcel.rule_pack import make_pack

    with _publishing(folder) as publishing:
        content = make_pack({file.name: _bounded(file) for file in files})
        _say(publishing.publish(PublicationKind.PROFILES, title, content, _by()))


@click.command("publish-trust")
@_station
@click.option("--public", type=_FILE, multiple=True, help="Chứng thư của hệ thống công cộng.")
@click.option("--government", type=_FILE, multiple=True, help="Chứng thư chuyên dùng Chính phủ.")
@click.option("--timestamps", type=_FILE, multiple=True, help="Chỉ tin cho dấu thời gian.")
@click.option("--yes", is_flag=True, help="Đã so dấu vân tay, không hỏi lại.")
def publish_trust(
    folder: Path,
    public: tuple[Path, ...],
    government: tuple[Path, ...],
    timestamps: tuple[Path, ...],
    yes: bool,
) -> None:
    """Phát hành danh sách tin cậy mới, thay cho danh sách trước."""
    from app.signing.trust.certificates import holder
    from app.signing.trust.trust_list import (
        Hierarchy,
        TrustedCertificate,
        TrustPurpose,
        make_trust_list,
        read_authority,
    )

    places = (
        (public, Hierarchy.PUBLIC, TrustPurpose.SIGNING),
        (government, Hierarchy.GOVERNMENT, TrustPurpose.SIGNING),
        (timestamps, Hierarchy.OTHER, TrustPurpose.TIMESTAMPS),
    )
    listed = [
        TrustedCertificate(read_authority(_bounded(file)), hierarchy, purpose)
        for files, hierarchy, purpose in places
        for file in files
    ]
    for one in listed:
        click.echo(f"{holder(one.certificate)}\n  SHA-256 {one.fingerprint}")
    if not yes:
        click.confirm("Đã so từng dấu vân tay với bản nơi cấp công bố?", abort=True)
    with _publishing(folder) as publishing:
        content = make_trust_list(listed)
        title = "Danh sách tin cậy mới"
        _say(publishing.publish(PublicationKind.TRUST, title, content, _by()))


@click.command("publication-file")
@click.argument("number", type=click.IntRange(1))
@_station
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True)
def publication_file(number: int, folder: Path, out: Path) -> None:
    """Ghi một mục đã phát hành ra tệp, để chép cho trường không có mạng."""
    from app.parcel.publication import to_file

    with _publishing(folder) as publishing:
        found = publishing.one(number)
    if found is None:
        raise click.ClickException(f"Trạm chưa phát hành số {number}.")
    out.write_bytes(to_file(*found))
    click.echo(f"Tệp cho trường: {out}")


@click.command("withdraw")
@click.argument("number", type=click.IntRange(1))
@_station
@click.option("--reason", required=True, help="Lý do; các trường sẽ đọc được.")
def withdraw(number: int, folder: Path, reason: str) -> None:
    """Thu hồi một mục đã phát hành: các trường thôi hiện và thôi dùng nó."""
    with _publishing(folder) as publishing:
        _say(publishing.withdraw(number, reason, _by()))


COMMANDS = (publish_notice, publish_rules, publish_trust, publication_file, withdraw)


def _bounded(file: Path) -> bytes:
    from app.errors import PackInvalid
    from app.parcel.limits import PUBLICATION

    if file.stat().st_size > PUBLICATION:
        raise PackInvalid(file.name, file=file.name, line=0, reason="tệp quá lớn")
    return file.read_bytes()
