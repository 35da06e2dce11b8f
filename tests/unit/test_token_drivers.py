"""A file is looked at before it is loaded as a driver: kind, bitness, and what it exports."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.signing.keys.library_file import bits, exports
from app.signing.keys.practice_tokens import find_softhsm
from app.signing.keys.token_drivers import DriverFlaw, DriverProfile, find_drivers, flaw_of
from app.signing.keys.token_process import TokenTimeouts

WINDOWS = Path(__file__).parents[1] / "data" / "driver.dll"
"""`__declspec(dllexport) int C_GetFunctionList(void **l) { return 0; }` and an `Alpha` beside it,
by `x86_64-w64-mingw32-gcc -shared -nostdlib -s -e 0`."""
ENTRY = b"C_GetFunctionList"


def test_a_windows_driver_is_known_by_its_export_table() -> None:
    data = WINDOWS.read_bytes()
    assert bits(data) == 64
    assert [exports(data, name) for name in (ENTRY, b"Alpha", b"Beta")] == [True, True, False]
    assert not exports(data.replace(b"C_GetFunctionList\0", b"C_GetFunctionLisp\0"), ENTRY)
    assert flaw_of(WINDOWS) is None


def test_a_linux_driver_is_known_by_its_dynamic_symbols(tmp_path: Path) -> None:
    softhsm = find_softhsm()
    assert softhsm is not None
    assert flaw_of(softhsm) is None
    source = tmp_path / "user.c"
    source.write_text('const char *wanted(void) { return "C_GetFunctionList"; }')
    library = tmp_path / "user.so"
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", library, source], check=True)
    assert ENTRY in library.read_bytes()
    assert flaw_of(library) is DriverFlaw.NO_ENTRY_POINT


def test_a_32_bit_driver_is_told_from_a_64_bit_one(tmp_path: Path) -> None:
    data = bytearray(WINDOWS.read_bytes())
    machine = data.index(b"PE\0\0") + 4
    data[machine : machine + 2] = b"\x4c\x01"
    file = tmp_path / "old.dll"
    file.write_bytes(data)
    assert flaw_of(file) is DriverFlaw.OTHER_BITNESS
    assert flaw_of(tmp_path / "none.dll") is DriverFlaw.NOT_READABLE
    file.write_bytes(b"MZ")
    assert flaw_of(file) is DriverFlaw.NOT_A_LIBRARY


def _some_driver(system: str) -> bytes:
    if system == "windows":
        return WINDOWS.read_bytes()
    softhsm = find_softhsm()
    assert softhsm is not None
    return softhsm.read_bytes()


@pytest.mark.parametrize("system", ["windows", "linux"])
@given(
    cut=st.integers(0, 1 << 20),
    at=st.integers(0, 0x400),
    junk=st.binary(max_size=16),
)
def test_no_damage_makes_the_look_itself_fail(system: str, cut: int, at: int, junk: bytes) -> None:
    data = bytearray(_some_driver(system))
    data[at : at + len(junk)] = junk
    torn = bytes(data[: max(1, len(data) - cut)])
    if bits(torn) == 64:
        assert exports(torn, ENTRY) in (True, False)


def test_tables_that_lie_beyond_all_memory_are_no_exports() -> None:
    torn = bytearray(b"\x7fELF\x02" + bytes(200))
    torn[0x28:0x30] = (2**63 + 5).to_bytes(8, "little")  # where the sections should begin
    torn[0x3A:0x3E] = b"\x40\x00\x03\x00"
    assert not exports(bytes(torn), ENTRY)


def test_each_driver_is_found_once_whichever_pattern_names_it(tmp_path: Path) -> None:
    (tmp_path / "vnpt-ca_v4.dll").touch()
    (tmp_path / "link.dll").symlink_to(tmp_path / "vnpt-ca_v4.dll")
    vendors = (("VNPT-CA", ("vnpt-ca_v?.dll",)), ("Khác", ("*-ca_v*.dll", "link.dll")))
    profile = DriverProfile(TokenTimeouts(), (tmp_path, tmp_path / "none"), vendors)
    assert list(find_drivers(profile)) == [("VNPT-CA", tmp_path / "vnpt-ca_v4.dll")]
