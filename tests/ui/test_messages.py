"""Every error has words: what happened, what is safe, what to do."""

from __future__ import annotations

import string
import unicodedata
from collections.abc import Iterator

import pytest

from app.errors import (
    AppError,
    CertificateUnfit,
    ItemRefused,
    NetworkDown,
    RoleNotDue,
    SheetHeaderMissing,
    SignatureBroken,
    WrongSigner,
)
from app.ui.text.messages import TEXTS, explain


def every(kind: type[AppError]) -> Iterator[type[AppError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from every(child)


OURS = [e for e in every(AppError) if e.__module__.startswith("app.")]


def test_every_error_has_words_for_the_user() -> None:
    assert {e.code for e in OURS} <= set(TEXTS)


def test_no_words_are_left_over() -> None:
    assert set(TEXTS) <= {e.code for e in OURS}


def test_codes_are_unique() -> None:
    codes = [e.code for e in OURS]
    assert len(codes) == len(set(codes))


def test_words_are_calm_complete_and_composed() -> None:
    for code, words in TEXTS.items():
        for part in (words.what, words.safe, words.todo):
            assert part.endswith("."), code
            assert "!" not in part, code
            assert unicodedata.is_normalized("NFC", part), code
        assert words.action, code


def test_words_ask_for_named_parameters_only() -> None:
    for code, words in TEXTS.items():
        for part in (words.what, words.safe, words.todo):
            for _, name, _, _ in string.Formatter().parse(part):
                assert name is None or name.isidentifier(), code


def test_parameters_fill_the_words() -> None:
    assert (
        "Họ và tên; Ngày sinh"
        in explain(SheetHeaderMissing(wanted=["Họ và tên", "Ngày sinh"])).what
    )


def test_a_missing_parameter_leaves_a_sentence() -> None:
    assert explain(ItemRefused()).what == "Trạm nhận trả lại học bạ này: …."


def test_braces_in_a_parameter_are_harmless() -> None:
    assert "{reason.__class__}" in explain(ItemRefused(reason="{reason.__class__}")).what


def test_an_unexpected_error_shows_a_code_and_none_of_its_text() -> None:
    message = explain(KeyError("Nguyễn Văn A, 12 tuổi"))
    assert message.code == "unexpected.KeyError"
    assert "Nguyễn" not in "".join((message.what, message.safe, message.todo, message.code))


def test_the_detail_for_the_log_is_not_shown() -> None:
    message = explain(NetworkDown("ECONNREFUSED 10.0.0.1"))
    assert "10.0.0.1" not in "".join((message.what, message.safe, message.todo))
    assert message.code == "delivery.network_down"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (CertificateUnfit(reason="certificate_expired"), "chứng thư đã hết hạn"),
        (SignatureBroken(role="homeroom"), "giáo viên chủ nhiệm"),
        (RoleNotDue(role="principal", missing=("gv_15_1", "gv_19_1", "GVCN")),
         "thiếu chữ ký của giáo viên bộ môn; giáo viên chủ nhiệm."),
        (WrongSigner(role="school", expected="Trường A", found="Lò Thị B"), "của Lò Thị B"),
    ],
)  # fmt: skip
def test_codes_of_roles_and_certificates_are_said_in_words(error: AppError, words: str) -> None:
    assert words in explain(error).what
