"""Practice tokens: SoftHSM, a PKCS#11 module that keeps its tokens in files.

SoftHSM finds its tokens by the variable SOFTHSM2_CONF, which is set only for the child processes
that work with the token.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from pkcs11 import Attribute, ObjectClass, lib
from pkcs11.util.ec import decode_ec_private_key
from pkcs11.util.rsa import decode_rsa_private_key
from pkcs11.util.x509 import decode_x509_certificate

from app import log
from app.errors import DriverUnusable
from app.processes import NO_WINDOW, child_environment
from app.signing.keys.token_process import TokenDriver
from app.signing.trust.practice_pki import Identity

_MODULES = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
    "/opt/homebrew/lib/softhsm/libsofthsm2.so",
    "C:/SoftHSM2/lib/softhsm2-x64.dll",
)
_SO_PIN = "87654321"  # guards nothing: the token holds practice keys only


def find_softhsm() -> Path | None:
    """The SoftHSM module, or None where it (or its `softhsm2-util`) is not installed."""
    if shutil.which("softhsm2-util") is None:
        return None
    wanted = os.environ.get("SOFTHSM2_MODULE", "")
    candidates = (wanted, *_MODULES) if wanted else _MODULES
    return next((Path(c) for c in candidates if Path(c).is_file()), None)


def tokens_in(folder: Path) -> Path:
    """Where SoftHSM keeps the tokens of `folder`."""
    return folder / "tokens"


def softhsm_driver(folder: Path) -> TokenDriver:
    """A driver whose tokens live in `folder`, which is made when it is not there.

    Raises DriverUnusable where SoftHSM is not installed.
    """
    module = find_softhsm()
    if module is None:
        raise DriverUnusable(driver="softhsm2", reason="not_installed")
    tokens = tokens_in(folder)
    tokens.mkdir(parents=True, exist_ok=True)
    conf = folder / "softhsm2.conf"
    conf.write_text(
        f"directories.tokendir = {tokens.resolve()}\n"
        "objectstore.backend = file\nlog.level = ERROR\nslots.removable = true\n",
        encoding="utf-8",
    )
    return TokenDriver(module, {"SOFTHSM2_CONF": str(conf.resolve())})


def make_softhsm_token(folder: Path, label: str, pin: str, *identities: Identity) -> TokenDriver:
    """A token `label` with `identities` (CKA_ID 01, 02, …) and their issuers.

    Raises DriverUnusable where SoftHSM is not installed or refuses.
    """
    driver = softhsm_driver(folder)
    environment = child_environment(driver.environment)
    task = {
        "module": str(driver.path),
        "label": label,
        "pin": pin,
        "identities": [_portable(identity) for identity in identities],
    }
    pins = ["--so-pin", _SO_PIN, "--pin", pin]
    try:
        subprocess.run(
            ["softhsm2-util", "--init-token", "--free", "--label", label, *pins],
            env=environment,
            check=True,
            capture_output=True,
            timeout=30,
            creationflags=NO_WINDOW,
        )
        subprocess.run(
            [sys.executable, "-m", "app.signing.keys.practice_tokens"],
            input=json.dumps(task).encode(),
            env=environment,
            check=True,
            capture_output=True,
            timeout=30,
            creationflags=NO_WINDOW,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise DriverUnusable(type(error).__name__, driver="softhsm2", reason="refused") from error
    return driver


def _portable(identity: Identity) -> dict[str, Any]:
    key = identity.private_key.private_bytes(
        Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption()
    )
    certificates = [c.public_bytes(Encoding.DER) for c in (identity.certificate, *identity.chain)]
    return {
        "key": base64.b64encode(key).decode(),
        "ec": isinstance(identity.private_key, ec.EllipticCurvePrivateKey),
        "certificates": [base64.b64encode(c).decode() for c in certificates],
    }


def fill(task: dict[str, Any]) -> None:
    """Write keys and certificates onto a fresh token. Runs in a child process."""
    token = next(t for t in lib(task["module"]).get_tokens(token_label=task["label"]) if _blank(t))
    with token.open(rw=True, user_pin=task["pin"]) as session:
        issuers: set[str] = set()
        for number, entry in enumerate(task["identities"], start=1):
            cka_id = number.to_bytes(1, "big")
            own, *chain = entry["certificates"]
            decode = decode_ec_private_key if entry["ec"] else decode_rsa_private_key
            _create(session, decode(base64.b64decode(entry["key"])), cka_id, task["label"], True)
            _create(session, decode_x509_certificate(base64.b64decode(own)), cka_id, task["label"])
            for issuer in chain:
                if issuer not in issuers:
                    issuers.add(issuer)
                    decoded = decode_x509_certificate(base64.b64decode(issuer))
                    _create(session, decoded, b"\xca" + cka_id, "issuer")


def _blank(token: Any) -> bool:
    with token.open() as session:
        return not list(session.get_objects({Attribute.CLASS: ObjectClass.CERTIFICATE}))


def _create(
    session: Any, attributes: dict[Attribute, Any], cka_id: bytes, label: str, key: bool = False
) -> None:
    extra = {Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False, Attribute.SIGN: True}
    session.create_object(
        attributes
        | {Attribute.TOKEN: True, Attribute.ID: cka_id, Attribute.LABEL: label}
        | (extra | {Attribute.PRIVATE: True} if key else {})
    )


if __name__ == "__main__":
    with log.kept_as("practice_tokens"):
        fill(json.loads(sys.stdin.buffer.read()))
