"""Colours can be read, figures stand under one another, icons exist."""

from __future__ import annotations

import gc
import html
import re
from pathlib import Path

import pytest
from PySide6.QtCore import QTranslator
from PySide6.QtGui import QFont, QFontInfo, QIcon, QPixmap
from PySide6.QtPrintSupport import QPrintDialog, QPrinter
from PySide6.QtWidgets import QApplication, QDialogButtonBox, QFileDialog, QLabel
from pytestqt.qtbot import QtBot

from app import resources
from app.model.text import fold
from app.ui.theme import apply_theme, icons, theme
from app.ui.theme.theme import Colors, Tone, Type, contrast

SCHEMES = [theme.LIGHT, theme.DARK, theme.HIGH_CONTRAST_LIGHT, theme.HIGH_CONTRAST_DARK]


@pytest.mark.parametrize("scheme", SCHEMES)
def test_text_can_be_read_on_every_ground(scheme: Colors) -> None:
    for ground in (scheme.ground, scheme.surface, scheme.raised):
        assert contrast(scheme.text, ground) >= 7
        assert contrast(scheme.muted, ground) >= 4.5
        assert contrast(scheme.accent, ground) >= 4.5
    assert contrast(scheme.on_accent, scheme.accent) >= 4.5
    assert contrast(scheme.text, scheme.selection) >= 4.5
    assert contrast(scheme.accent, scheme.accent_soft) >= 4.5


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("tone", Tone)
def test_a_state_can_be_read_on_its_own_ground_and_on_paper(scheme: Colors, tone: Tone) -> None:
    assert contrast(scheme.of(tone), scheme.soft(tone)) >= 4.5
    assert contrast(scheme.of(tone), scheme.surface) >= 4.5
    assert contrast(scheme.text, scheme.soft(tone)) >= 4.5


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_focus_ring_and_input_borders_are_seen(scheme: Colors) -> None:
    for line in (scheme.focus, scheme.input_line):
        assert contrast(line, scheme.surface) >= 3


def test_black_on_white_is_21_to_1() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


def test_the_shipped_font_is_used_and_has_tabular_figures(qapp: QApplication) -> None:
    assert qapp.font().families() == theme.families()
    assert QFontInfo(theme.font()).family() in theme.families()
    figures = theme.font(tabular=True)
    assert figures.featureValue(QFont.Tag("tnum")) == 1
    assert theme.font(Type.BODY).pointSizeF() == 10.5


def test_every_icon_exists(qapp: QApplication) -> None:
    for name in icons.GLYPHS:
        pixmap = icons.icon(name).pixmap(18, 18)
        image = pixmap.toImage()
        drawn = any(image.pixelColor(x, y).alpha() for x in range(18) for y in range(18))
        assert drawn, name


def test_icons_follow_the_scheme(qapp: QApplication) -> None:
    label = QLabel()
    icons.put(label, "home", "text")
    light = label.pixmap().toImage()
    try:
        apply_theme.apply(qapp, theme.DARK)
        assert label.pixmap().toImage() != light
    finally:
        apply_theme.apply(qapp, theme.LIGHT)
    assert label.pixmap().toImage() == light


def test_colours_stand_in_the_theme_alone() -> None:
    here = Path(theme.__file__).parent
    for file in here.rglob("*.py"):
        if file.name != "theme.py":
            assert not re.search(r"""["']#[0-9a-fA-F]{6}["']""", file.read_text("utf-8")), file


def test_qt_speaks_vietnamese(qapp: QApplication) -> None:
    box = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
    assert box.button(QDialogButtonBox.StandardButton.Cancel).text() == "Hủy"


class _Listener(QTranslator):
    """Hears which words Qt asks for, and leaves the answer to the program's own translation."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: set[tuple[str, str, str]] = set()

    def translate(
        self, context: str, source: str, disambiguation: str | None = None, n: int = -1
    ) -> str:
        self.asked.add((context, source, disambiguation or ""))
        return ""

    def isEmpty(self) -> bool:
        return False


_SAME_EVERYWHERE = ("Alt+", "Form", "...", "Cicero", "Didot", "Pica", "%1 x", "QT_LAYOUT")


def test_every_word_of_the_dialogs_is_vietnamese(qapp: QApplication, qtbot: QtBot) -> None:
    listener = _Listener()
    qapp.installTranslator(listener)
    chooser = QFileDialog(None, "", str(resources.path("translations")))
    chooser.setOption(QFileDialog.Option.DontUseNativeDialog)
    printer = QPrinter()
    printing = QPrintDialog(printer)
    for dialog in (chooser, printing):
        qtbot.addWidget(dialog)
        dialog.show()
        qtbot.waitExposed(dialog)
    qapp.removeTranslator(listener)
    ours = next(t for t in qapp.findChildren(QTranslator) if not t.isEmpty())
    missing = [
        (context, words)
        for context, words, note in sorted(listener.asked)
        if not ours.translate(context, words, note)
        and context not in ("QPageSize", "QMimeType")
        and not words.startswith(_SAME_EVERYWHERE)
        and any(letter.isalpha() for letter in words.replace("x", ""))
    ]
    assert len(listener.asked) > 60
    assert missing == []


def test_the_compiled_translation_is_as_old_as_its_source() -> None:
    folder = resources.path("translations")
    source = (folder / "qtbase_vi.ts").read_text("utf-8")
    compiled = (folder / "qtbase_vi.qm").read_bytes()
    for words in re.findall(r"<translation>([^<]+)</translation>", source):
        plain = html.unescape(words)
        assert plain.encode("utf-16-be") in compiled, plain


@pytest.mark.parametrize(
    ("words", "folded"),
    [("Đặng Thùy Duyên", "dang thuy duyen"), ("  H'Hen   Niê ", "h'hen nie"), ("Ðạt", "dat")],
)
def test_search_ignores_diacritics(words: str, folded: str) -> None:
    assert fold(words) == folded


def test_an_icon_that_qt_copies_outlives_our_own(qapp: QApplication) -> None:
    copies = []
    for _ in range(50):
        copy = QIcon(icons.icon("home"))
        copy.addPixmap(QPixmap(4, 4))  # a change makes Qt clone what draws it
        copies.append(copy)
    gc.collect()
    assert not any(copy.pixmap(18, 18).isNull() for copy in copies)
