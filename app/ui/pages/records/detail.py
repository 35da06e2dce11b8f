"""The right side of the page of records: one pupil's record, or what it still lacks."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QLayout, QMenu, QScrollArea, QVBoxLayout, QWidget

from app.model.signing import CheckState, FileReport, SignatureReport, SignerRole
from app.signing.report_words import ROLES, STATES, problem
from app.transcript.completeness import CompletenessProblem
from app.ui.kit import Card, EmptyState, StateChip, button, column, glyph, row, rule, text
from app.ui.kit.page_view import PageView
from app.ui.pages.records.data import PupilRecord, RecordDetail
from app.ui.text import record_states
from app.ui.text.change_requests import KINDS
from app.ui.theme.theme import Tone, Type

Acts = Callable[[QWidget, PupilRecord], QMenu]
_VALID = (CheckState.VALID, CheckState.VALID_NOT_CHECKED_ONLINE)


class RecordPanel(Card):
    """Who, in which state, what is missing; then the pages, the signers and the versions."""

    fix_wanted = Signal(object, object)
    """PupilRecord, Problem: lead to where it is entered."""
    save_wanted = Signal(object)
    """PupilRecord"""
    enlarge_wanted = Signal(bool)
    step_changed = Signal(bool)
    """A step stands in the panel, or the record is back."""
    decide_wanted = Signal(object)
    """PupilRecord: look at the open request about it."""
    correct_wanted = Signal(object)
    """PupilRecord: it came back, and must be put right."""
    version_wanted = Signal(object)
    """TranscriptHead"""

    def __init__(self) -> None:
        super().__init__(margin=0)
        self.setAccessibleName("Học bạ đang xem")
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.body.addWidget(self._area)
        self._large = False
        self.in_step = False
        self._acts: Acts | None = None
        self.show_nothing()

    def offer(self, acts: Acts) -> None:
        """`acts` makes the menu of what else can be done with a record."""
        self._acts = acts

    def show_step(self, step: QWidget) -> None:
        """One thing at a time, over the whole page: a form, a decision, a print preview."""
        self.in_step = True
        self._area.setWidget(step)
        self.enlarge_wanted.emit(True)
        self.step_changed.emit(True)

    def leave_step(self) -> None:
        """The list is back; the caller shows the record again."""
        if self.in_step:
            self.in_step = False
            self.enlarge_wanted.emit(self._large)
            self.step_changed.emit(False)

    def show_nothing(self) -> None:
        self._put(
            EmptyState(
                "record", "Chọn một học sinh", "Học bạ, chữ ký và những gì còn thiếu hiện ở đây."
            )
        )

    def show_waiting(self, who: PupilRecord) -> None:
        self._put(self._head(who), text("Đang lập bản xem…", muted=True))

    def show_problems(self, who: PupilRecord) -> None:
        """Before the pupil is locked: what is missing, each with a way to its cell."""
        parts: list[QWidget | QLayout | int | None] = [self._head(who)]
        if who.ready or who.head is not None:
            parts.append(row(self._more(who), None))
        if who.blocking:
            parts.append(text("Còn thiếu trước khi khóa sổ", Type.SECTION))
            for found in who.blocking:
                parts += [self._problem(who, found), rule()]
        else:
            words = "Điểm và nhận xét đã đủ. Học bạ được lập khi khóa sổ."
            parts.append(text(words, muted=True, wrap=True))
        parts += self._wanted(who)
        self._put(*parts)

    def show_failure(self, who: PupilRecord) -> None:
        words = "Chưa lập được bản xem. Học bạ trong kho vẫn được giữ nguyên."
        self._put(self._head(who), text(words, muted=True, wrap=True))

    def show_record(self, detail: RecordDetail) -> None:
        who = detail.row
        save = button("Lưu tệp", "save")
        save.setToolTip("Lưu PDF và XML")
        save.clicked.connect(lambda: self.save_wanted.emit(who))
        self._enlarge = button("Xem to")
        self._enlarge.clicked.connect(lambda: self.set_large(not self._large))
        self.set_large(self._large)
        parts: list[QWidget | QLayout | int | None] = [
            self._head(who),
            row(save, self._enlarge, self._more(who), None, gap=1),
        ]
        parts += self._waiting(who)
        parts += self._blocking_issue(who)
        parts += signers(detail.report)
        parts += [text("Bản xem lập từ đúng tệp XML", Type.SECTION)]
        for number, page in enumerate(detail.pages, start=1):
            parts.append(paper(page, f"Trang {number} / {len(detail.pages)}"))
        parts += self._versions(detail)
        self._put(*parts)

    def set_large(self, large: bool) -> None:
        """Give the pages the whole width, or the list back its place."""
        changed, self._large = large != self._large, large
        if hasattr(self, "_enlarge"):
            self._enlarge.setText("Về danh sách" if large else "Xem to")
        if changed:
            self.enlarge_wanted.emit(large)

    def _head(self, who: PupilRecord) -> QLayout:
        words, tone = who.state
        version = f" · phiên bản {who.head.version}" if who.head else ""
        return column(
            text(who.full_name, Type.SUBTITLE, wrap=True),
            row(StateChip(words, tone), text(f"STT {who.number}{version}", muted=True), None),
        )

    def _problem(self, who: PupilRecord, found: CompletenessProblem) -> QWidget:
        lead = button("Nhập", quiet=True)
        lead.setAccessibleName(f"Mở Sổ điểm để nhập: {found.text}")
        lead.clicked.connect(lambda: self.fix_wanted.emit(who, found))
        return line_of(glyph("attention", "decide"), text(found.text, wrap=True), lead)

    def _wanted(self, who: PupilRecord) -> list[QWidget | QLayout | int | None]:
        less = [p for p in who.problems if p not in who.blocking]
        if not less:
            return []
        later = [p for p in less if p.blocks_issue]
        nice = [p for p in less if not p.blocks_issue]
        parts: list[QWidget | QLayout | int | None] = []
        for title, found in (("Cần có trước khi phát hành", later), ("Nên bổ sung", nice)):
            if found:
                parts.append(text(title, Type.SECTION))
                parts += [text(p.text, muted=True, wrap=True) for p in found]
        return parts

    def _more(self, who: PupilRecord) -> QWidget:
        more = button("Việc khác")
        if self._acts is not None:
            more.setMenu(self._acts(more, who))
        return more

    def _waiting(self, who: PupilRecord) -> list[QWidget | QLayout | int | None]:
        if who.request is None:
            return []
        words = f"Đề nghị {KINDS[who.request.kind]} đang chờ duyệt: {who.request.reason}"
        decide = button("Xem và quyết định")
        decide.clicked.connect(lambda: self.decide_wanted.emit(who))
        said = text(words, tone=Tone.WAITS, wrap=True)
        return [line_of(glyph("clock", "waits"), said), row(decide, None)]

    def _versions(self, detail: RecordDetail) -> list[QWidget | QLayout | int | None]:
        parts: list[QWidget | QLayout | int | None] = [text("Các phiên bản", Type.SECTION)]
        for head in reversed(detail.versions):
            words, tone = record_states.STATES[head.state]
            year = head.school_year.replace("-", "–")
            label = text(f"{year} · phiên bản {head.version}", wrap=True)
            see = button("Xem", quiet=True)
            see.setAccessibleName(f"Xem phiên bản {head.version}, năm học {year}")
            see.clicked.connect(lambda _=False, head=head: self.version_wanted.emit(head))
            named = column(label, row(StateChip(words, tone), None), gap=1)
            parts.append(line_of(glyph("history", size=16), named, see))
        if detail.sealed:
            parts.append(text("Bản xem PDF đã có dấu của trường.", muted=True, wrap=True))
        return parts

    def _blocking_issue(self, who: PupilRecord) -> list[QWidget | QLayout | int | None]:
        if not who.blocking and not who.returned:
            return []
        parts: list[QWidget | QLayout | int | None] = []
        if who.returned and who.head is not None:
            parts.append(_notice(f"Sở trả lại: {who.head.reason or 'không ghi lý do'}"))
            if who.request is None:
                correct = button("Đề nghị đính chính", "undo")
                correct.clicked.connect(lambda: self.correct_wanted.emit(who))
                parts.append(row(correct, None))
        parts += [_notice(f"{p.text} Ký được, chưa phát hành được.") for p in who.blocking]
        return parts

    def _put(self, *parts: QWidget | QLayout | int | None) -> None:
        sheet = QWidget()
        sheet.setLayout(column(*parts, None, margin=4, gap=2))
        self._area.setWidget(sheet)


def line_of(*parts: QWidget | QLayout) -> QWidget:
    """Parts beside one another; the second takes the room."""
    inside = row(*parts)
    inside.setStretch(1, 1)
    line = QWidget()
    line.setLayout(inside)
    return line


def _notice(words: str) -> QWidget:
    return line_of(glyph("attention", "decide"), text(words, tone=Tone.DECIDE, wrap=True))


def signers(report: FileReport) -> list[QWidget | QLayout | int | None]:
    parts: list[QWidget | QLayout | int | None] = [text("Chữ ký", Type.SECTION)]
    parts += [_signature(signature) for signature in report.signatures]
    missing = [ROLES[SignerRole(role)] for role in report.missing_roles]
    if missing:
        words = text(f"Chờ ký: {', '.join(missing)}", tone=Tone.WAITS, wrap=True)
        parts.append(line_of(glyph("clock", "waits", 16), words))
    told = []
    if any(s.state is CheckState.VALID_NOT_CHECKED_ONLINE for s in report.signatures):
        told.append("Hợp lệ; chưa kiểm tra thu hồi trực tuyến.")
    if proven := min((s.proven_time for s in report.signatures if s.proven_time), default=""):
        told.append(f"Có dấu thời gian {record_states.moment(proven)}.")
    if report.practice:
        told.append("Chứng thư thực hành, không có giá trị pháp lý.")
    if told:
        parts.append(text(" ".join(told), Type.SMALL, muted=True, wrap=True))
    return parts


def _signature(signature: SignatureReport) -> QWidget:
    good = signature.state in _VALID
    role = ROLES[signature.role] if signature.role else "Không rõ vai trò"
    when = record_states.moment(signature.claimed_time)
    name = text(f"{signature.signer or 'Không rõ người ký'}", Type.STRONG, wrap=True)
    state = "; ".join(problem(code) for code in signature.problems) or STATES[signature.state]
    words = " · ".join(part for part in (role, when) if part)
    below = text(
        words if good else f"{words}\n{state}",
        Type.SMALL,
        muted=good,
        tone=None if good else Tone.DECIDE,
        wrap=True,
    )
    mark = glyph("check", "done", 16) if good else glyph("alert", "decide", 16)
    mark.setAlignment(Qt.AlignmentFlag.AlignTop)
    return line_of(mark, column(name, below, gap=0))


def paper(page: bytes, name: str) -> QWidget:
    frame = QFrame()
    frame.setObjectName("paper")
    frame.setStyleSheet("QFrame#paper { border: 1px solid palette(mid); background: white; }")
    inside = QVBoxLayout(frame)
    inside.setContentsMargins(1, 1, 1, 1)
    inside.addWidget(PageView(page, name))
    sheet = QWidget()
    sheet.setLayout(column(frame, text(name, Type.SMALL, muted=True), gap=1))
    return sheet
