"""Vietnamese text from before Unicode: windows-1258, TCVN3 (.VnTime), VNI.

A decoding is only accepted when it is certain: nearly every word with a diacritic must be a
possible Vietnamese syllable, and clearly more of them than with any other decoding.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from app.errors import SheetUnreadable
from app.roster.sheets.syllables import CERTAIN, share

# TCVN 5712:1993, VN3: one byte per letter; capitals with tones come from a second font.
_TCVN3_LETTERS = (
    "ĂÂÊÔƠƯĐ",  # A1-A7
    "ăâêôơưđ",  # A8-AE
    "àảãáạ",  # B5-B9
    "ằẳẵắ",  # BB-BE
    "ặầẩẫấậè",  # C6-CC
    "ẻẽéẹềểễếệìỉ",  # CE-D8
    "ĩíịò",  # DC-DF
    "ỏõóọồổỗốộờởỡớợù",  # E1-EF
    "ủũúụừửữứựỳỷỹýỵ",  # F1-FE
)
_TCVN3_STARTS = (0xA1, 0xA8, 0xB5, 0xBB, 0xC6, 0xCE, 0xDC, 0xE1, 0xF1)
_TCVN3 = {
    start + offset: letter
    for start, letters in zip(_TCVN3_STARTS, _TCVN3_LETTERS, strict=True)
    for offset, letter in enumerate(letters)
}

# VNI for Windows: a base letter followed by a mark that is itself a Latin-1 letter.
_VNI_TONES = {"ù": "\u0301", "ø": "\u0300", "û": "\u0309", "õ": "\u0303", "ï": "\u0323"}
_VNI_HAT = {"â": "", "á": "\u0301", "à": "\u0300", "å": "\u0309", "ã": "\u0303", "ä": "\u0323"}
_VNI_BREVE = {"ê": "", "é": "\u0301", "è": "\u0300", "ú": "\u0309", "ü": "\u0303", "ë": "\u0323"}
_VNI_ALONE = {
    "ñ": "đ",
    "í": "í",
    "ì": "ì",
    "æ": "ỉ",
    "ó": "ĩ",
    "ò": "ị",
    "ô": "ơ",
    "ö": "ư",
    "î": "ỵ",
}


def _vni_pairs() -> dict[str, str]:
    pairs: dict[str, str] = dict(_VNI_ALONE)
    for mark, tone in _VNI_TONES.items():
        for base, letter in {**{c: c for c in "aeouy"}, "ô": "ơ", "ö": "ư"}.items():
            pairs[base + mark] = letter + tone
    for mark, tone in _VNI_HAT.items():
        for base in "aeo":
            pairs[base + mark] = base + "\u0302" + tone
    for mark, tone in _VNI_BREVE.items():
        pairs["a" + mark] = "a\u0306" + tone
    small = {k: unicodedata.normalize("NFC", v) for k, v in pairs.items()}
    return (
        small
        | {k.upper(): v.upper() for k, v in small.items()}
        | {k[0].upper() + k[1:]: v.upper() for k, v in small.items() if len(k) == 2}
    )


_VNI = _vni_pairs()
_VNI_PATTERN = re.compile("|".join(sorted(map(re.escape, _VNI), key=len, reverse=True)))

_WORD = re.compile(r"[^\W\d_]+")


def decode_tcvn3(data: bytes) -> str:
    """Capitals with tones share the bytes of small letters: a word of capitals is all capitals."""
    text = "".join(_TCVN3.get(byte, chr(byte) if byte < 0xC0 else "\ufffd") for byte in data)
    return _WORD.sub(_all_capitals, text)


def _all_capitals(match: re.Match[str]) -> str:
    word = match.group()
    plain = [c for c in word if c.isascii()]
    return word.upper() if len(plain) > 1 and all(map(str.isupper, plain)) else word


def decode_vni(data: bytes) -> str:
    return _VNI_PATTERN.sub(lambda m: _VNI[m.group()], data.decode("latin-1"))


def decode_windows_1258(data: bytes) -> str:
    """Tones come as combining marks after the letter; NFC joins them."""
    return unicodedata.normalize("NFC", data.decode("cp1258"))


DECODERS: dict[str, Callable[[bytes], str]] = {
    "windows-1258": decode_windows_1258,
    "TCVN3": decode_tcvn3,
    "VNI": decode_vni,
}


def decode_legacy(data: bytes) -> tuple[str, str]:
    """(text in NFC, name of the encoding). Raises SheetUnreadable when it is not certain."""
    found: list[tuple[float, str, str]] = []
    for name, decoder in DECODERS.items():
        try:
            text = unicodedata.normalize("NFC", decoder(data))
        except UnicodeDecodeError:
            continue
        found.append((share(text), name, text))
    found.sort(reverse=True)
    if not found or found[0][0] < CERTAIN:
        raise SheetUnreadable("encoding not certain", reason="Không nhận ra bảng mã tiếng Việt.")
    return found[0][2], found[0][1]


def windows_bytes(text: str) -> bytes | None:
    """The bytes that a program took for windows-1252; None where there is a letter beyond it."""
    out = bytearray()
    for letter in text:
        try:
            out += letter.encode("cp1252")
        except UnicodeEncodeError:
            if ord(letter) > 0xFF:
                return None
            out.append(
                ord(letter)
            )  # five bytes have no letter there; programs keep them as they are
    return bytes(out)


def misread_utf8(text: str) -> str:
    """Unicode that was read as windows-1252 ('LÃ²' -> 'Lò'), once or twice; else ''."""
    found = ""
    for _ in range(2):
        data = windows_bytes(found or text)
        if data is None or data.isascii():
            break
        try:
            found = unicodedata.normalize("NFC", data.decode("utf-8"))
        except UnicodeDecodeError:
            break
    return found


def font_spellings(text: str) -> dict[str, str]:
    """What a text may have meant that was typed for an old font: encoding -> text in NFC."""
    data = windows_bytes(text)
    if data is None or data.isascii():
        return {}
    return {name: unicodedata.normalize("NFC", DECODERS[name](data)) for name in ("TCVN3", "VNI")}
