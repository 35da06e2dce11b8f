"""A Windows certificate store for the contract suite.

On Windows it is the real one, with a key of the system's own provider. Elsewhere a library plays
crypt32 and ncrypt (cng.c), so that the same child process, the same ctypes calls and every fault
run on every machine.
"""

from __future__ import annotations

import base64
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from app.signing.certificates import fingerprint
from app.signing.practice_pki import Identity
from app.signing.token_process import CNG, Driver, TokenKey, open_token_key
from tests.support.tokens import PIN, compile_library


def store(folder: Path, *identities: Identity, **faults: int | str) -> Driver:
    """A stand-in with `identities` under My and their issuers under CA. `faults`: see cng.c."""
    for number, identity in enumerate(identities, start=1):
        own = folder / f"MY.{number}"
        own.with_name(f"{own.name}.der").write_bytes(
            identity.certificate.public_bytes(Encoding.DER)
        )
        own.with_name(f"{own.name}.pem").write_bytes(
            identity.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        )
    issuers = dict.fromkeys(c for identity in identities for c in identity.chain)
    for number, issuer in enumerate(issuers, start=1):
        (folder / f"CA.{number}.der").write_bytes(issuer.public_bytes(Encoding.DER))
    settings = {
        "CNG_FOLDER": str(folder),
        "CNG_LOG": str(folder / "cng.log"),
        "CNG_PIN": PIN,
        **{f"CNG_{name.upper()}": str(value) for name, value in faults.items()},
    }
    return Driver(compile_library("cng.c", "-lcrypto"), settings, worker=CNG)


def open_store_key(driver: Driver, identity: Identity, pin: str = PIN, **more: object) -> TokenKey:
    mark = fingerprint(identity.certificate)
    return open_token_key(driver, mark, mark, pin, **more)  # type: ignore[arg-type]


def asked(folder: Path) -> list[str]:
    """What the stand-in was asked: 'pin', 'sign', 'window', 'free', in order."""
    log = folder / "cng.log"
    return log.read_text().split() if log.exists() else []


_IMPORT = """
$bytes = [Convert]::FromBase64String('{content}')
$flags = [Security.Cryptography.X509Certificates.X509KeyStorageFlags]'UserKeySet, PersistKeySet'
$made = New-Object Security.Cryptography.X509Certificates.X509Certificate2($bytes, '{pin}', $flags)
$my = New-Object Security.Cryptography.X509Certificates.X509Store('My', 'CurrentUser')
$my.Open('ReadWrite'); $my.Add($made); $my.Close()
"""
_REMOVE = """
Get-ChildItem Cert:\\CurrentUser\\My | Where-Object {{ $_.Thumbprint -eq '{mark}' }} |
  Remove-Item -DeleteKey
"""


@contextmanager
def real_store(folder: Path, identity: Identity) -> Iterator[Driver]:
    """Windows only: `identity` in the current user's store while the context lasts."""
    file = folder / "key.p12"
    identity.save_pkcs12(file, PIN)
    content = base64.b64encode(file.read_bytes()).decode()
    _powershell(_IMPORT.format(content=content, pin=PIN))
    try:
        yield Driver(Path("ncrypt.dll"), worker=CNG)
    finally:
        mark = identity.certificate.fingerprint(hashes.SHA1()).hex().upper()
        _powershell(_REMOVE.format(mark=mark))


def _powershell(script: str) -> None:
    assert sys.platform == "win32"
    subprocess.run(["powershell", "-NoProfile", "-Command", script], check=True)
