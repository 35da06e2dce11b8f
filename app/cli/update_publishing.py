"""`hocba department update-key / update-root / publish-update`: who publishes programs.

The ceremony, step by step: resources/docs/updates.md.
"""

from __future__ import annotations

from pathlib import Path

import click

from app.cli import passphrase

_FOLDER = click.Path(path_type=Path, file_okay=False)
_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
_NEW = click.Path(path_type=Path, dir_okay=False)


@click.command("update-key")
@click.argument("file", type=_NEW)
def update_key(file: Path) -> None:
    """Tạo một khóa phát hành cập nhật trong tệp FILE, mở bằng mật khẩu.

    Khóa gốc: mỗi người giữ một tệp, trên USB riêng, cất ở nơi riêng. Khóa phát hành: một tệp ở nơi
    phát hành.
    """
    from app.updates.repository import new_key

    if file.exists():
        raise click.UsageError("Tệp này đã có; hãy chọn tên khác.")
    click.echo(f"Đã tạo {file}. Mã khóa: {new_key(file, passphrase.given())[:16]}")
    click.echo(f"Phần công khai: {file.with_suffix('.pub')}")


@click.command("update-root")
@click.argument("root", type=_NEW)
@click.option("--owner", "owners", type=_FILE, multiple=True, help="Khóa gốc (.pub) từng người.")
@click.option("--publisher", type=_FILE, help="Khóa phát hành (.pub).")
@click.option("--threshold", type=click.IntRange(1, 20), help="Cần bao nhiêu người cùng ký.")
@click.option("--before", type=_FILE, help="Khóa gốc trước, khi thay khóa.")
@click.option("--sign", type=_FILE, help="Ký tệp ROOT bằng khóa này (mật khẩu được hỏi).")
def update_root(
    root: Path,
    owners: tuple[Path, ...],
    publisher: Path | None,
    threshold: int | None,
    before: Path | None,
    sign: Path | None,
) -> None:
    """Lập tệp khóa gốc ROOT, hoặc ký thêm vào tệp đó: từng người một, trên máy của mình."""
    from app.updates import repository
    from app.updates.root_of_trust import fingerprint

    if sign is not None:
        made = repository.sign_root(
            root.read_bytes(), repository.open_key(sign, passphrase.given())
        )
    elif owners and publisher is not None and threshold is not None:
        made = repository.draft_root(
            [repository.public_key(file) for file in owners],
            repository.public_key(publisher),
            threshold,
            None if before is None else before.read_bytes(),
        )
    else:
        raise click.UsageError("Hãy cho --owner, --publisher và --threshold; hoặc --sign.")
    root.write_bytes(made.content)
    click.echo(f"Dấu vân tay: {fingerprint(made.metadata)}")
    click.echo(f"Đã ký: {made.signed} trong {made.wanted} chữ ký cần có.")


@click.command("publish-update")
@click.argument("repository_folder", type=_FOLDER, metavar="THƯ_MỤC")
@click.option("--root", type=_FILE, help="Khóa gốc đủ chữ ký, lần đầu và mỗi lần thay khóa.")
@click.option("--key", type=_FILE, required=True, help="Tệp khóa phát hành.")
@click.option(
    "--program",
    metavar="BẢN=THƯ_MỤC",
    default="",
    help="Bản đã đóng gói: 1.2.0=dist/hocba.",
)
@click.option(
    "--since",
    metavar="BẢN=THƯ_MỤC",
    multiple=True,
    help="Một bản cũ mà các trường đang có: thêm bản vá nhỏ từ bản đó.",
)
@click.option("--platform", default="windows-amd64", show_default=True)
@click.option("--critical", is_flag=True, help="Bản khẩn: cả trong những ngày trước hạn nộp.")
@click.option("--notes", default="", help="Bản này có gì mới.")
def publish_update(
    repository_folder: Path,
    root: Path | None,
    key: Path,
    program: str,
    since: tuple[str, ...],
    platform: str,
    critical: bool,
    notes: str,
) -> None:
    """Đưa một bản Hocba vào THƯ_MỤC cập nhật; chép cả thư mục sang USB là các trường dùng được.

    Không có --program: chỉ ký lại danh sách, để trường biết danh sách vẫn còn mới.
    """
    from app import clock
    from app.updates.releasing import release_programs
    from app.updates.repository import UpdateRepository, open_key

    programs = dict(_version_and_folder(each) for each in (program,) if each)
    older = dict(_version_and_folder(each) for each in since)
    made = UpdateRepository(repository_folder, clock.now)
    signer = open_key(key, passphrase.given())
    if root is not None:
        made.install_root(root.read_bytes())
    number = release_programs(made, signer, programs, older, platform, critical, notes)
    click.echo(f"Đã phát hành danh sách số {number}, {len(made.programs())} tệp.")


def _version_and_folder(text: str) -> tuple[str, Path]:
    from app.updates.versions import number

    version, _, folder = text.partition("=")
    try:
        number(version)
    except ValueError:
        raise click.UsageError(f"“{text}”: hãy viết BẢN=THƯ_MỤC, ví dụ 1.2.0=dist/hocba.") from None
    if not Path(folder).is_dir():
        raise click.UsageError(f"Không có thư mục “{folder}”.")
    return version, Path(folder)


COMMANDS = (update_key, update_root, publish_update)
