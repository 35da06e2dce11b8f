"""What strangers write reaches no terminal, page or JSON as it is."""

from __future__ import annotations

import json
import unicodedata
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from app.cli.verify import command
from app.department.checks.record_checks import record_checks
from app.model.shown_text import shown, shown_json
from app.practice.school import SCHOOL, TEACHERS
from app.signing.trust.trust_store import TrustStore
from tests.fixtures.pki.pki import primary_record, staffroom
from tests.unit.test_xades_signing import signed

BAD = {
    "a line end": "A\nB",
    "the window's title": "\x1b]0;x\x07",
    "a colour": "\x1b[32mĐẠT\x1b[0m",
    "one byte control": "\x9b32m",
    "right to left": "a\u202eb",
    "an isolate": "a\u2066b\u2069",
    "nothing to see": "Nguy\u200bễn",
    "Cyrillic": "Trường Т\u0430",
    "Greek": "ΤΗ\u039fΑ",
    "Cherokee": "\u13a0",
    "Lisu": "\ua4ee",
    "wide": "ＡＢ",
    "mathematical": "\U0001d400",
    "another digit": "\u0669",
    "dotless": "Ng\u0131",
    "half a pair": "\ud800",
    "private": "\ue000",
    "line separator": "A\u2028B",
    "a heap of marks": "a" + "\u0301" * 40,
    "a wide colon": "a：ĐẠT",
}


@pytest.mark.parametrize("what", BAD)
def test_it_is_made_visible(what: str) -> None:
    text = shown(BAD[what])
    assert text != BAD[what]
    assert shown_json(BAD[what]).isprintable()
    assert json.loads(shown_json(BAD[what])) == BAD[what]


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_names_of_this_country_stay_as_they_are(form: str) -> None:
    names = [SCHOOL.name, *(t.full_name for t in TEACHERS), "Y Thịnh Niê Kđăm", "H'Mông Ẵm Đờ Ỡ Ỹ",
             "Ƀih Mlô", "Ŏ Ĕ Ŭ", "Hà Nội – 2026: “9,8” (100 %)", "陳", "ຄຳ"]  # fmt: skip
    for name in names:
        written = unicodedata.normalize(form, name)
        assert shown(written) == written


@given(st.text())
def test_whatever_is_shown_is_one_plain_line(text: str) -> None:
    assert shown(text).isprintable()
    assert all(not unicodedata.category(c).startswith("C") for c in shown(text))


def _evil_record() -> bytes:
    xml = primary_record().replace("Giàng A Páo".encode(), "Giàng \u202eА Páo".encode())
    return signed(xml)


def test_neither_words_nor_json_of_a_record_say_it_raw(tmp_path: Path) -> None:
    file = tmp_path / "a\u202efdp.xml"
    file.write_bytes(_evil_record())
    for option in ([], ["--json"]):
        said = CliRunner().invoke(command, [*option, str(file)]).output
        assert "\u202e" not in said
        assert "\u0410" not in said
        assert "Páo" in said


def test_nor_does_the_station() -> None:
    found = record_checks(TrustStore([staffroom().authority.root])).examine(_evil_record())
    assert "\u202e" not in "".join(found.lines)
    assert "\u202e" not in str(asdict(replace(found, content={}))["lines"])
    assert "\u202e" not in found.content["verification"]["about"]
