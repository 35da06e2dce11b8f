"""SoftHSM tokens for tests, and a module in front of them that fails on request."""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from app.signing.practice_pki import Identity
from app.signing.practice_tokens import find_softhsm, make_softhsm_token
from app.signing.token_process import Driver, TokenKey, list_certificates, open_token_key

PIN = "135790"


def token(folder: Path, *identities: Identity, label: str = "tok") -> Driver:
    assert find_softhsm(), "SoftHSM is needed: apt-get install softhsm2"
    return make_softhsm_token(folder, label, PIN, *identities)


def open_first(driver: Driver, cka_id: str = "01", pin: str = PIN, **more: object) -> TokenKey:
    found = next(c for c in list_certificates(driver) if c.cka_id == cka_id)
    return open_token_key(driver, found.token.serial, cka_id, pin, **more)  # type: ignore[arg-type]


_CREATE = """
import sys
from pkcs11 import Attribute, lib
from pkcs11.util.ec import decode_ec_private_key
from pkcs11.util.x509 import decode_x509_certificate
module, pin, always, key, certificate = sys.argv[1:]
with lib(module).get_token(token_label="always").open(rw=True, user_pin=pin) as session:
    name = {Attribute.TOKEN: True, Attribute.ID: b"\\1", Attribute.LABEL: "always"}
    private = {Attribute.PRIVATE: False, Attribute.SIGN: True}
    if always == "always":
        private |= {Attribute.PRIVATE: True, Attribute.ALWAYS_AUTHENTICATE: True}
    session.create_object(decode_ec_private_key(bytes.fromhex(key)) | name | private)
    session.create_object(decode_x509_certificate(bytes.fromhex(certificate)) | name)
"""


def always_authenticate_token(folder: Path, identity: Identity) -> Driver:
    """A token whose key wants the PIN for every signature (CKA_ALWAYS_AUTHENTICATE)."""
    return _one_key_token(folder, identity, "always")


def open_token(folder: Path, identity: Identity) -> Driver:
    """A token that shows its key before a login, though nobody can sign with it."""
    return _one_key_token(folder, identity, "shown")


def _one_key_token(folder: Path, identity: Identity, kind: str) -> Driver:
    driver = token(folder, label="always")
    key = identity.private_key.private_bytes(
        Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption()
    )
    certificate = identity.certificate.public_bytes(Encoding.DER)
    arguments = [str(driver.path), PIN, kind, key.hex(), certificate.hex()]
    subprocess.run(
        [sys.executable, "-c", _CREATE, *arguments],
        env={**os.environ, **driver.environment},
        check=True,
    )
    return driver


def shim(folder: Path, behind: Driver, **faults: int | str) -> Driver:
    """`faults`: lock, remove, hang, crash, general, delay, … (see shim.c)."""
    switches = {f"SHIM_{name.upper()}": str(value) for name, value in faults.items()}
    log = {"SHIM_MODULE": str(behind.path), "SHIM_LOG": str(folder / "shim.log")}
    module = compile_library("shim.c", "-ldl")
    return Driver(module, {**behind.environment, **switches, **log})


@cache
def compile_library(source: str, *libraries: str) -> Path:
    """A shared library made of a C file beside this one, once for a run."""
    folder = Path(tempfile.mkdtemp(prefix="hocba-shim-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    module = folder / f"lib{Path(source).stem}.so"
    code = str(Path(__file__).with_name(source))
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", str(module), code, *libraries], check=True)
    return module


def calls(folder: Path) -> list[str]:
    """What the shim was asked: 'login' and 'sign', in order."""
    log = folder / "shim.log"
    return log.read_text().split() if log.exists() else []
