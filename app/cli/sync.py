"""`hocba sync`: send what waits and bring back receipts, without a window."""

from __future__ import annotations

import json
import random
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

import click

from app import clock
from app.cli import words
from app.cli.passphrase import given
from app.cli.passphrase import option as passphrase_option
from app.cli.progress import told
from app.errors import NetworkDown, WorkspaceError
from app.outbox import wait_after_boot
from app.signing.trust.evidence import AFTER_CONTACT_SECONDS, EvidenceReport, EvidenceService
from app.signing.trust.evidence_words import report_lines
from app.sync import SyncReport
from app.sync.delivery import Delivery
from app.sync.stick import CopiedParcels, StickAnswers
from app.sync.stick_words import copied_line, file_lines, taken_line
from app.work import CancelToken, WorkContext


class SyncServices(Protocol):
    """The part of the composition root that this command needs."""

    @property
    def delivery(self) -> Delivery: ...

    @property
    def evidence(self) -> EvidenceService: ...


def run_sync(
    services: SyncServices, context: WorkContext, *, scheduled: bool = False
) -> SyncReport:
    """One pass over the outbox. A person who asks means all that is issued, at once, as with the
    window's button; a schedule takes what somebody packed, when it is due.
    """
    delivery = services.delivery
    if not scheduled:
        delivery.enqueue(delivery.ready())
        delivery.outbox.hurry()
    return delivery.sync(context)


def needs_person(report: SyncReport) -> bool:
    """Whether trying again later will not do: returned, set aside, or refused by the station."""
    stopped = report.stopped_by
    refused = stopped is not None and not isinstance(stopped, NetworkDown)
    return bool(report.returned or report.set_aside or refused)


def exit_code(report: SyncReport) -> int:
    return int(report.stopped_by is not None or needs_person(report))


def prove_after(
    services: SyncServices, report: SyncReport, context: WorkContext
) -> EvidenceReport | None:
    """While there is a network: time-stamps and revocation data; None: there was no contact."""
    if report.stopped_by is not None:
        return None
    try:
        return services.evidence.run(context, AFTER_CONTACT_SECONDS)
    except WorkspaceError:  # what was sent is to be told first; the next command meets it again
        return None


@dataclass(frozen=True, slots=True)
class StickReport:
    """What went to the stick, and what it brought."""

    copied: CopiedParcels
    taken: StickAnswers


def run_stick(services: SyncServices, folder: Path, context: WorkContext) -> StickReport:
    """What lies there is taken first: what it confirms need not go out again. Then what is issued
    is packed and copied, as with the window's button.

    Raises StickError when the folder cannot be read.
    """
    delivery = services.delivery
    taken = delivery.take_from_stick([folder], context)
    delivery.enqueue(delivery.ready())
    return StickReport(delivery.copy_to_stick(folder, context), taken)


def stick_needs_person(report: StickReport) -> bool:
    return bool(report.taken.returned or any(file.refused for file in report.taken.files))


def stick_exit_code(report: StickReport) -> int:
    return int(report.copied.stopped_by is not None or stick_needs_person(report))


def _stick_json(report: StickReport) -> str:
    copied, taken = report.copied, report.taken
    stopped = copied.stopped_by
    return json.dumps(
        {
            "folder": str(copied.folder),
            "parcels": copied.parcels,
            "records": copied.records,
            "already": copied.already,
            "left": copied.left,
            "stopped_by": stopped.code if stopped else None,
            "receipts": taken.receipts,
            "verified": taken.verified,
            "returned": taken.returned,
            "needs_person": stick_needs_person(report),
            "published": taken.published,
            "files": [{**asdict(file), "refused": file.refused} for file in taken.files],
        },
        ensure_ascii=False,
    )


def _stick_words(report: StickReport) -> str:
    copied = report.copied
    lines = [taken_line(report.taken), *file_lines(report.taken), copied_line(copied)]
    if copied.stopped_by:
        lines.append(words.of(copied.stopped_by))
    return "\n".join(lines)


def _as_json(report: SyncReport, evidence: EvidenceReport | None = None) -> str:
    stopped = report.stopped_by
    return json.dumps(
        {
            "sent": report.sent,
            "received": report.received,
            "verified": report.verified,
            "returned": report.returned,
            "set_aside": report.set_aside,
            "published": report.published,
            "bytes_sent": report.bytes_sent,
            "stopped_by": stopped.code if stopped else None,
            "needs_person": needs_person(report),
            "evidence": asdict(evidence) if evidence else None,
        }
    )


def _as_words(report: SyncReport, evidence: EvidenceReport | None = None) -> str:
    lines = [
        f"Đã gửi {report.sent} học bạ ({report.bytes_sent / 1024:.0f} KB).",
        f"Sở đã kiểm tra: {report.verified}. Đang chờ Sở kiểm tra: {report.received}. "
        f"Sở trả lại: {report.returned}.",
    ]
    if report.published:
        lines.append(f"Sở gửi cho trường {report.published} mục mới: xem trang Thông báo của Sở.")
    if report.set_aside:
        lines.append(f"Để riêng vì không gửi được: {report.set_aside}.")
    if report.stopped_by:
        lines.append(f"Chưa gửi hết: {words.of(report.stopped_by)}")
    if evidence:
        lines += report_lines(evidence)
    return "\n".join(lines)


@click.command("sync")
@click.option(
    "--workspace",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    required=True,
    help="Tệp dữ liệu của trường (.hocba).",
)
@click.option("--json", "wants_json", is_flag=True, help="In kết quả dạng JSON.")
@passphrase_option
@click.option(
    "--scheduled",
    is_flag=True,
    help="Chạy tự động theo lịch: chờ ngẫu nhiên trong 10 phút đầu sau khi bật máy để các trường "
    "không gửi cùng lúc, và chỉ gửi những gì đã đóng gói và đến hạn.",
)
@click.option(
    "--stick",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Đi bằng USB, không cần mạng: nhận biên nhận có trong thư mục này, rồi đóng gói học bạ đã "
    "phát hành và chép các gói đang chờ vào đó.",
)
def command(
    workspace: Path,
    wants_json: bool,
    passphrase: str | None,
    scheduled: bool,
    stick: Path | None,
) -> int:
    """Đóng gói học bạ đã phát hành, gửi tới Sở và nhận biên nhận.

    Mã thoát 0: đã gửi hết (với --stick: USB có đủ); 1: chưa hết; 2: gõ sai lệnh. Với mã 1, kết
    quả JSON có needs_person: false là lần sau tự gửi hoặc chép tiếp; true là cần người xem (bị trả
    lại, để riêng, Sở không nhận máy này, nơi trả lời không phải Sở, tệp trên USB không nhận được).

    \b
    Đặt lịch trên Windows, mười lăm phút một lần:
      schtasks /Create /TN Hocba /SC MINUTE /MO 15
        /TR "hocba.exe sync --scheduled --workspace D:\\truong\\school.hocba"
    Mật khẩu đặt trong biến môi trường HOCBA_PASSPHRASE của tài khoản chạy tác vụ.
    Lịch tính từ lúc tạo tác vụ nên mỗi trường gửi vào phút khác nhau.
    """
    from app.services import open_services

    if scheduled and stick is not None:
        raise click.UsageError("Chỉ dùng một trong hai: --scheduled hoặc --stick.")
    if scheduled:
        spread = wait_after_boot(clock.since_boot(), random.SystemRandom())
        CancelToken().wait(spread.total_seconds())
    services = open_services(workspace, passphrase or given())
    try:
        context = told(quiet=wants_json)
        if stick is not None:
            carried = run_stick(services, stick, context)
            click.echo((_stick_json if wants_json else _stick_words)(carried))
            return stick_exit_code(carried)
        report = run_sync(services, context, scheduled=scheduled)
        evidence = prove_after(services, report, context)
    finally:
        services.close()
    click.echo((_as_json if wants_json else _as_words)(report, evidence))
    return exit_code(report)
