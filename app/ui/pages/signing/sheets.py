"""Lists of records for the side panel: what is signed, what came of it, what came back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtWidgets import QSizePolicy, QWidget

from app.model.transcript import TranscriptHead
from app.signing.batch.external_signing import ReturnedSignatures
from app.signing.batch.register_watch import LossKind, RegisterLoss
from app.signing.report_words import problem, role_name
from app.ui.kit import Column, DataTable, EmptyState, button, column, row, text
from app.ui.pages.signing.data import SigningChoice, key_of
from app.ui.pages.signing.run import result_words
from app.ui.pages.signing.work import SigningJob, SigningOutcome
from app.ui.text import messages
from app.ui.theme.theme import Tone


@dataclass(frozen=True, slots=True)
class RecordLine:
    """One record or file, its state in a word, and why."""

    name: str
    state: str
    tone: Tone
    note: str = ""
    head: TranscriptHead | None = None


class RecordList(QWidget):
    """Lines to read one by one; `look` opens the record of a line that has one."""

    def __init__(
        self,
        intro: str,
        lines: Sequence[RecordLine],
        look: Callable[[TranscriptHead], None] | None = None,
        *,
        state: str = "Kết quả",
    ) -> None:
        """`state`: what the second column tells."""
        super().__init__()
        self._look = look
        self._at: RecordLine | None = None
        self.table = DataTable(
            intro or "Danh mục",
            (
                Column("Học bạ", lambda line: line.name, strong=True, tip=lambda line: line.name),
                Column(state, lambda line: line.state, 128, chip=lambda line: line.tone),
            ),
            EmptyState("list", "Không có học bạ nào"),
        )
        self.table.setMinimumHeight(330)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self.table.show_rows(lines)
        self.table.selected.connect(self._select)
        self.table.opened.connect(self._open)
        self._words = text("", wrap=True)
        self.show_record = button("Xem học bạ", "show")
        self.show_record.setVisible(look is not None)
        self.show_record.setEnabled(False)
        self.show_record.clicked.connect(lambda: self._open(self._at))
        whole = text(intro, wrap=True)
        self.setLayout(column(whole, self.table, self._words, row(self.show_record, None), gap=2))
        if lines:
            self._select(lines[0])

    def _select(self, line: object) -> None:
        if isinstance(line, RecordLine):
            self._at = line
            self._words.setText(line.note or line.name)
            self.show_record.setEnabled(line.head is not None)

    def _open(self, line: object) -> None:
        if self._look is not None and isinstance(line, RecordLine) and line.head is not None:
            self._look(line.head)


def choice_sheet(choice: SigningChoice, look: Callable[[TranscriptHead], None]) -> RecordList:
    """Every record that would be signed or is left, what is unusual first."""
    chosen = {key_of(head) for head in choice.heads}
    noted = choice.noted(choice.work.heads)
    unusual = {key_of(head) for head in noted}
    heads = [*noted, *(h for h in choice.work.heads if key_of(h) not in unusual)]
    lines = []
    for head in heads:
        key = key_of(head)
        notes = [note.text for note in choice.notes.get(key, ())]
        notes += ["Đang mang đi ký ở nơi khác."] if key in choice.away else []
        state, tone = ("sẽ ký", Tone.ACCENT) if key in chosen else ("để lại", Tone.WAITS)
        lines.append(RecordLine(_name(head), state, tone, " ".join(notes) or _USUAL, head))
    intro = f"{len(chosen)} học bạ sẽ ký · mã tóm tắt {choice.digest}"
    return RecordList(intro, lines, look, state="Lần ký này")


def result_sheet(
    job: SigningJob, outcome: SigningOutcome, look: Callable[[TranscriptHead], None]
) -> RecordList:
    words = {Tone.DONE: "đã ký", Tone.WAITS: "chưa ký", Tone.DECIDE: "lỗi"}
    lines = [
        RecordLine(_name(head), words[tone], tone, f"{_name(head)}: {why}", head)
        for head, why, tone in result_words(job, outcome)
    ]
    return RecordList(f"Ký với tên {job.key.holder}", lines, look)


def returned_sheet(found: Sequence[ReturnedSignatures]) -> RecordList:
    """Every file, what was refused first."""
    order = [Tone.DECIDE, Tone.WAITS, Tone.DONE]
    lines = sorted(map(_returned, found), key=lambda line: order.index(line.tone))
    return RecordList("", lines)


def losses_sheet(losses: Sequence[RegisterLoss], refused: Sequence[tuple[str, str]]) -> RecordList:
    lines = [_lost(loss) for loss in losses]
    lines += [RecordLine(name, "không dùng", Tone.WAITS, problem(code)) for name, code in refused]
    return RecordList(_LOST, lines)


def _returned(each: ReturnedSignatures) -> RecordLine:
    name = _name(each.head) if each.head else each.file.name
    if each.error is not None:
        told = messages.explain(each.error)
        why = f"{each.file.name}: {told.what} {told.todo}"
        return RecordLine(name, "từ chối", Tone.DECIDE, why, each.head)
    if each.roles:
        roles = ", ".join(dict.fromkeys(role_name(role).lower() for role in each.roles))
        return RecordLine(name, "đã nhận", Tone.DONE, f"{name}: chữ ký của {roles}", each.head)
    return RecordLine(name, "không mới", Tone.WAITS, f"{name}: không có chữ ký nào mới", each.head)


def _lost(loss: RegisterLoss) -> RecordLine:
    name = loss.name or f"Học bạ {loss.entry.record_id}"
    state, why = _KINDS[loss.kind]
    signed = f"{loss.signed_at:%H:%M ngày %d/%m/%Y}"
    note = f"{name}, phiên bản {loss.entry.version}: {why} Sổ của {role_name(loss.role).lower()}, "
    return RecordLine(name, state, Tone.DECIDE, f"{note}ký lúc {signed}.")


def _name(head: TranscriptHead) -> str:
    return f"{head.full_name} · {head.section_name}"


_USUAL = "Không có gì bất thường."
_LOST = (
    "Những học bạ này có trong sổ đợt ký nhưng không còn đúng trong kho dữ liệu. Đừng xóa gì; hãy "
    "khôi phục bản sao lưu mới hơn, hoặc nhận lại học bạ từ nơi đã nhận chúng."
)
_KINDS = {
    LossKind.MISSING: ("mất học bạ", "học bạ đã ký không còn trong kho."),
    LossKind.UNSIGNED: ("mất chữ ký", "học bạ trong kho không có chữ ký này."),
    LossKind.CHANGED: ("bị đổi", "nội dung trong kho không phải nội dung đã ký."),
}
