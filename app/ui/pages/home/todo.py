"""The state of the school in words: steps of a class, and things to do with where they lead."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from app.model.signing import SignerRole
from app.model.transcript import TranscriptState
from app.ui.kit import Step
from app.ui.pages.home.state import ClassProgress, HomeState
from app.ui.shell.destinations import REGISTERS
from app.ui.text.deadlines import STAGES
from app.ui.theme.theme import Tone

_S = TranscriptState
SIGNERS = {
    SignerRole.SUBJECT_TEACHER: "giáo viên bộ môn",
    SignerRole.HOMEROOM: "giáo viên chủ nhiệm",
    SignerRole.PRINCIPAL: "hiệu trưởng",
    SignerRole.SCHOOL: "chứng thư của trường",
}
WEEKDAYS = ("Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu", "Thứ Bảy", "Chủ Nhật")


@dataclass(frozen=True, slots=True)
class Todo:
    icon: str
    title: str
    detail: str
    action: str
    page: str
    item: object = None
    tone: Tone = Tone.WAITS


def today_words(day: date) -> str:
    return f"{WEEKDAYS[day.weekday()]}, {day:%d/%m/%Y}"


def steps(progress: ClassProgress) -> list[Step]:
    """The journey of one class, left to right."""
    total, heads = progress.pupils, len(progress.heads)
    marks = progress.complete == total and total > 0
    later = f" · {progress.follow} theo sau" if progress.follow else ""
    stages = [
        ("grid", "Nhập điểm", progress.complete, total),
        ("lock", "Khóa sổ", progress.locked, total),
    ]
    if progress.has_subject_signers:
        stages.append(("sign", "GVBM ký", progress.reached(_S.SIGNED_SUBJECTS), heads))
    stages += [
        ("sign", "GVCN ký", progress.reached(_S.SIGNED_HOMEROOM), heads),
        ("stamp", "Hiệu trưởng, trường", progress.reached(_S.ISSUED), heads),
        ("send", "Gửi Sở", progress.reached(_S.SENT), heads),
        ("checked", "Biên nhận", progress.reached(_S.RECEIVED), heads),
    ]
    found, here = [], True
    for place, (icon, name, done, of) in enumerate(stages):
        full = done >= of > 0 and (place == 0 or marks or heads > 0)
        tone = Tone.DONE if full else Tone.WAITS if here else Tone.NEUTRAL
        detail = f"{done} / {of}" if done or place == 0 else "chưa"
        detail += later if name == "Khóa sổ" else ""
        found.append(Step(icon, name, detail, tone))
        here = here and full
    return found


def todos(state: HomeState) -> list[Todo]:
    """Most urgent first; an empty list means that nothing waits."""
    found = list(_set_up(state))
    if not found:
        found = [*_lost(state), *_distrusted(state), *_returned(state), *_news(state)]
        found += [*_marks(state), *_locks(state), *_signing(state), *_sending(state)]
        found += _teachers(state)
    return found


def _set_up(state: HomeState) -> Iterator[Todo]:
    if state.school is None:
        yield Todo("class", "Khai báo nhà trường", "Tên, mã trường, Sở: ghi trong mọi học bạ",
                   "Mở Cài đặt", "settings", "Nhà trường")  # fmt: skip
    if state.principal is None:
        yield Todo("user", "Thêm hiệu trưởng và giáo viên",
                   "Kèm số định danh 12 chữ số, phải khớp với chứng thư số",
                   "Thêm người", "settings", "Nhân sự")  # fmt: skip
    if not state.sections:
        yield Todo("file_in", "Nhập danh sách lớp", "Từ tệp Excel của trường; được xem trước",
                   "Nhập danh sách", "classes", "import")  # fmt: skip


def _lost(state: HomeState) -> Iterator[Todo]:
    if state.lost:
        yield Todo("attention", f"{state.lost} học bạ không còn đúng với sổ đợt ký",
                   "Học bạ hoặc chữ ký đã mất sau khi ký", "Xem", "signing", REGISTERS,
                   Tone.DECIDE)  # fmt: skip


def _distrusted(state: HomeState) -> Iterator[Todo]:
    if state.distrusted:
        one, count = state.distrusted[0], len(state.distrusted)
        more = f" và {count - 1} học bạ khác" if count > 1 else ""
        yield Todo("attention", f"{count} học bạ được ký bằng chứng thư đã bị thu hồi",
                   f"{one.full_name}, lớp {one.section_name}{more}: cần lập đính chính",
                   "Mở học bạ", "records", one.record_id, Tone.DECIDE)  # fmt: skip


def _returned(state: HomeState) -> Iterator[Todo]:
    for each in state.classes:
        back = each.at(_S.RETURNED)
        if back:
            one = back[0]
            why = one.reason or "xem lý do trong học bạ"
            more = f" và {len(back) - 1} học bạ khác" if len(back) > 1 else ""
            yield Todo("undo", f"Sở trả lại {len(back)} học bạ lớp {each.name}",
                       f"{one.full_name}: {why}{more}", "Mở học bạ", "records", one.record_id,
                       Tone.DECIDE)  # fmt: skip


def _news(state: HomeState) -> Iterator[Todo]:
    if state.news:
        number, title = state.news[0]
        more = f" và {len(state.news) - 1} mục khác" if len(state.news) > 1 else ""
        yield Todo("inbox", "Sở có thông báo mới", f"{title}{more}", "Đọc", "news", number,
                   Tone.ACCENT)  # fmt: skip


def _marks(state: HomeState) -> Iterator[Todo]:
    limit = state.deadlines.get("lock", "")
    until = f" · hạn khóa sổ {_short(limit)}" if limit else ""
    lacking = [each for each in state.classes if each.gaps]
    bare = [each for each in lacking if each.mostly_empty]
    for each in state.own_first(lacking):
        if each.mostly_empty:
            continue
        short = {code: name for code, name, _ in each.subjects}
        for area, count in Counter(gap.area for gap in each.gaps).most_common(2):
            gaps = [gap for gap in each.gaps if gap.area == area]
            names = ", ".join(dict.fromkeys(gap.full_name for gap in gaps[:3]))
            title = (
                f"{short[area]} {each.name} còn thiếu {count} mục"
                if area in short
                else f"Lớp {each.name}: {gaps[0].text}"
            )
            yield Todo("attention", title, f"{names}{until}", "Nhập tiếp", "gradebook",
                       (each.section_id, gaps[0].student_id, area))  # fmt: skip
    if bare:
        one = state.own_first(bare)[0]
        what = f"Lớp {one.name}" if len(bare) == 1 else f"{len(bare)} lớp"
        names = _names(bare) if len(bare) > 1 else f"{one.pupils} học sinh"
        yield Todo("grid", f"{what} chưa nhập đủ điểm", f"{names}{until}", "Nhập điểm",
                   "gradebook", one.section_id)  # fmt: skip


def _locks(state: HomeState) -> Iterator[Todo]:
    for each in state.classes:
        if each.ready:
            whole = each.ready == each.pupils
            who = f"Lớp {each.name}" if whole else f"{each.ready} em lớp {each.name}"
            left = each.pupils - each.ready - each.locked
            rest = f"; {left} em còn lại khóa sau" if left else ""
            yield Todo("lock", f"{who} sẵn sàng khóa sổ",
                       f"{each.ready} học sinh đã đủ điểm và kết quả{rest}", "Khóa sổ", "records",
                       each.section_id, Tone.ACCENT)  # fmt: skip


def _signing(state: HomeState) -> Iterator[Todo]:
    for each in state.classes:
        waiting = each.waiting_for()
        if waiting is None:
            continue
        role, count = waiting
        names = {
            SignerRole.SUBJECT_TEACHER: "Theo phân công chuyên môn",
            SignerRole.HOMEROOM: each.homeroom.full_name if each.homeroom else "",
            SignerRole.PRINCIPAL: state.principal.full_name if state.principal else "",
            SignerRole.SCHOOL: state.school.name if state.school else "",
        }
        yield Todo("sign", f"{count} học bạ lớp {each.name} chờ {SIGNERS[role]} ký",
                   names[role], "Ký số", "signing", role)  # fmt: skip


def _sending(state: HomeState) -> Iterator[Todo]:
    ready = sum(len(each.at(_S.ISSUED)) for each in state.classes)
    queued = sum(len(each.at(_S.QUEUED, _S.SENT)) for each in state.classes)
    if (ready or queued) and not state.enrolled:
        yield Todo("department", "Kết nối với Sở để gửi học bạ",
                   f"{ready + queued} học bạ đã ký xong đang chờ", "Kết nối", "settings",
                   "Kết nối với Sở")  # fmt: skip
    elif ready:
        yield Todo("send", f"{ready} học bạ sẵn sàng gửi Sở", "Đóng gói, mã hóa rồi gửi",
                   "Gửi đi", "outbox")  # fmt: skip
    elif queued:
        yield Todo("send", f"{queued} học bạ đang chờ biên nhận của Sở",
                   "Gửi tiếp khi có mạng; mất mạng không mất gì", "Xem", "outbox",
                   tone=Tone.MOVING)  # fmt: skip


def _teachers(state: HomeState) -> Iterator[Todo]:
    lacking = [each for each in state.classes if each.homeroom is None]
    if lacking:
        what = f"Lớp {lacking[0].name}" if len(lacking) == 1 else f"{len(lacking)} lớp"
        names = f" · {_names(lacking)}" if len(lacking) > 1 else ""
        yield Todo("user", f"{what} chưa có giáo viên chủ nhiệm",
                   f"GVCN ký học bạ của lớp{names}", "Phân công", "classes",
                   lacking[0].section_id)  # fmt: skip


def deadline_words(state: HomeState) -> tuple[str, str]:
    """('25/05 khóa sổ · …', 'còn 6 ngày'); empty where nothing was set."""
    known = [(state.deadlines[key], words) for key, words in STAGES if state.deadlines.get(key)]
    if not known:
        return "", ""
    line = " · ".join(f"{_short(iso)} {words[0].lower()}{words[1:]}" for iso, words in known)
    coming = [(date.fromisoformat(iso), words) for iso, words in known]
    ahead = [(day, words) for day, words in coming if day >= state.today]
    if not ahead:
        return line, "đã qua các hạn"
    day, words = ahead[0]
    left = (day - state.today).days
    return line, f"{words}: hôm nay là hạn" if not left else f"{words}: còn {left} ngày"


def _names(classes: Sequence[ClassProgress]) -> str:
    more = f" và {len(classes) - 8} lớp nữa" if len(classes) > 8 else ""
    return ", ".join(each.name for each in classes[:8]) + more


def _short(iso: str) -> str:
    return f"{iso[8:10]}/{iso[5:7]}"
