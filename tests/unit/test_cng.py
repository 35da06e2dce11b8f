"""What can be known of Windows' interfaces without Windows: layouts, strings, statuses."""

from __future__ import annotations

import ctypes

import pytest

from app import errors
from app.errors import TokenError
from app.signing.keys import cng
from app.signing.keys.keys import Scheme
from app.signing.keys.token_process import CNG


@pytest.mark.parametrize(
    ("layout", "size", "offsets"),
    [
        (cng.CertContext, 40, [0, 8, 16, 24, 32]),
        (cng.KeyProviderInfo, 48, [0, 8, 16, 20, 24, 32, 40]),
        (cng.Pkcs1Padding, 8, [0]),
        (cng.PssPadding, 16, [0, 8]),
    ],
)
def test_structures_lie_in_memory_as_in_64_bit_windows(
    layout: type[ctypes.Structure], size: int, offsets: list[int]
) -> None:
    assert ctypes.sizeof(layout) == size
    assert [getattr(layout, name).offset for name, _ in layout._fields_] == offsets


def test_strings_are_utf_16_with_a_closing_zero_on_every_system() -> None:
    assert cng.wide("Sở").raw == b"S\0\xdf\x1e\0\0"
    assert cng.read_wide(ctypes.addressof(cng.wide("Thẻ ký số"))) == "Thẻ ký số"
    assert cng.read_wide(None) == ""
    assert cng.read_wide(ctypes.addressof(cng.wide("x" * 600))) == "x" * 512


@pytest.mark.parametrize(
    ("scheme", "flag", "salt"), [(Scheme.PSS, 8, 32), (Scheme.PKCS1, 2, None), (Scheme.ECDSA, 0, 0)]
)
def test_the_padding_names_the_digest(scheme: Scheme, flag: int, salt: int | None) -> None:
    padding = cng.Padding(scheme)
    assert padding.flag == flag
    if scheme is Scheme.ECDSA:
        assert padding.info is None
        return
    assert padding.info is not None
    assert cng.read_wide(padding.info.pszAlgId) == "SHA256"
    assert getattr(padding.info, "cbSalt", None) == salt


@pytest.mark.parametrize(
    ("status", "name"),
    [
        (0x8010006B, "PinIncorrect"),
        (0x8010006B - (1 << 32), "PinIncorrect"),
        (0x8010006C, "PinLocked"),
        (0x80100069, "TokenRemoved"),
        (0x8010006E, "TokenDeclined"),
        (0x80090016, "KeyMissing"),
        (0x80090020, "TokenError"),
        (0xC0000005, "TokenError"),
    ],
)
def test_a_status_means_one_of_our_errors(status: int, name: str) -> None:
    assert cng.refusal_name(status) == name
    assert issubclass(getattr(errors, name), TokenError)


def test_windows_is_a_driver_among_others_and_only_there() -> None:
    found = cng.windows_store("win32")
    assert found is not None
    assert found.worker == CNG
    assert cng.windows_store("linux") is None
