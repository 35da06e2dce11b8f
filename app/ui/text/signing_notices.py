"""How things stand before signing, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from app.clock import VIETNAM
from app.model.signing import SignerRole
from app.signing.batch.pace import SigningPace
from app.signing.batch.signatories import Outdated
from app.ui.pages.signing.data import ExternalSignatures, ResumableBatch, SigningChoice
from app.ui.pages.signing.work import SigningJob
from app.ui.shell.task_panel import time_left

SHORT_ROLES = {
    SignerRole.SUBJECT_TEACHER: "GV bộ môn",
    SignerRole.HOMEROOM: "GV chủ nhiệm",
    SignerRole.PRINCIPAL: "Hiệu trưởng",
    SignerRole.SCHOOL: "Nhà trường phát hành",
}
SAFE = "mất điện cũng không phải ký lại từ đầu."


def loss_words(count: int) -> tuple[str, str]:
    return (
        f"{count} học bạ không còn đúng với sổ đợt ký.",
        "Học bạ hoặc chữ ký đã mất sau khi ký. Hãy xem ngay, đừng ký đè.",
    )


def outdated_words(found: Sequence[Outdated]) -> tuple[str, str]:
    count = len({head for each in found for head in each.heads})
    names = ", ".join(dict.fromkeys(each.signer.full_name or "chưa phân công" for each in found))
    return (
        f"{count} học bạ chờ ký ghi tên người không còn ký ở đó: {names}.",
        "Chuyển cho người ký hiện nay bằng một lần bấm; chữ ký đã có vẫn giữ, nhật ký ghi lại.",
    )


def resume_words(resume: ResumableBatch) -> tuple[str, str]:
    return (
        f"Lần ký lúc {_moment(resume.started_at)} bị ngắt, đã ký {resume.signed} / {resume.total}.",
        f"{resume.signed} chữ ký đã lưu, không phải ký lại. Còn {len(resume.heads)} học bạ.",
    )


def away_words(away: ExternalSignatures) -> tuple[str, str]:
    return (
        f"{len(away.keys)} học bạ đang được mang đi ký ở nơi khác, chưa mang về.",
        f"Đã lưu lúc {_moment(away.saved_at)} vào {away.folder}",
    )


def estimate(job: SigningJob, paces: Mapping[str, SigningPace]) -> str:
    """'Khoảng 1 phút 10 giây', at the pace of this key's last batch; '' while nobody can know."""
    words = time_left(job.seconds(paces)).removeprefix("còn ")
    return words[:1].upper() + words[1:]


def digest_words(choice: SigningChoice) -> str:
    count = len(choice.heads)
    return f"{count} học bạ · mã tóm tắt {choice.digest}" if count else "Chưa chọn học bạ nào"


def below_words(choice: SigningChoice, estimated: str) -> str:
    """Under the act: what is left out, how long it takes."""
    left = len(choice.work.heads) - len(choice.heads)
    parts = [f"{left} học bạ để lại, chưa ký lần này."] if left else []
    safe = f"Chữ ký nào xong được lưu ngay; {SAFE}"
    return " ".join([*parts, f"{estimated} · {SAFE}" if estimated else safe])


def _moment(iso: str) -> str:
    return f"{datetime.fromisoformat(iso).astimezone(VIETNAM):%H:%M ngày %d/%m/%Y}"
