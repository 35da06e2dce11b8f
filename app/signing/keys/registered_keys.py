"""Keys that the school has told the program about: driver files, and PKCS#12 files."""

from __future__ import annotations

import base64
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from app.errors import TokenError
from app.signing.keys.cng import windows_store
from app.signing.keys.key_choice import KeyChoice, KeyFile, KeySources
from app.signing.keys.keys import Pkcs12Key
from app.signing.keys.token_drivers import DriverProfile, check_driver, find_drivers, flaw_of
from app.signing.keys.token_process import TokenDriver
from app.signing.trust.identity import check_certificate
from app.store import Workspace

_DRIVERS = "keys.drivers"
_FILES = "keys.files"


class RegisteredKeys:
    """Reads the workspace at every look, so that a change holds at once. SQL on this thread."""

    def __init__(self, workspace: Workspace, vendors: DriverProfile | None = None) -> None:
        """`vendors`: whose drivers to look for; those that ship when None."""
        self._workspace = workspace
        self._vendors = vendors

    def drivers(self) -> list[Path]:
        """Driver files that the school named."""
        return [Path(p) for p in self._workspace.here().settings.get(_DRIVERS, [])]

    def files(self) -> list[KeyFile]:
        """PKCS#12 files that the school named."""
        entries = self._workspace.here().settings.get(_FILES, [])
        return [_key_file(entry["file"], entry["certificate"]) for entry in entries]

    def add_driver(self, file: Path) -> None:
        """Raises DriverUnusable for a file that cannot be loaded here."""
        check_driver(file)
        self._save(list(dict.fromkeys([*self.drivers(), file])), self.files())

    def add_file(self, file: Path, password: str, now: datetime) -> KeyFile:
        """Remember a PKCS#12 file and whose certificate it holds; the password is not kept.

        Raises what `Pkcs12Key.open` raises, and CertificateUnfit for one that cannot sign now.
        """
        with Pkcs12Key.open(file, password) as key:
            check_certificate(key.certificate, now)
            added = KeyFile(file.resolve(), key.certificate)
        others = [each for each in self.files() if each.file != added.file]
        self._save(self.drivers(), [*others, added])
        return added

    def forget(self, file: Path) -> None:
        """Look there no more; the file itself stays as it is."""
        drivers = [each for each in self.drivers() if each != file]
        self._save(drivers, [each for each in self.files() if each.file != file])

    def sources(self) -> KeySources:
        """What the school named, drivers of known vendors found on this machine, and Windows."""
        found = [file for _, file in find_drivers(self._vendors) if flaw_of(file) is None]
        drivers = [TokenDriver(file) for file in dict.fromkeys([*self.drivers(), *found])]
        if store := windows_store():
            drivers.append(store)  # last: what a token's own driver shows is not shown again
        return KeySources(tuple(drivers), tuple(self.files()))

    def find(self) -> tuple[list[KeyChoice], list[TokenError]]:
        """What is within reach now, and the drivers that failed; no PIN is needed."""
        return self.sources().find()

    def _save(self, drivers: list[Path], files: list[KeyFile]) -> None:
        settings = self._workspace.here().settings
        settings.set(_DRIVERS, [str(driver) for driver in drivers])
        settings.set(
            _FILES,
            [
                {
                    "file": str(each.file),
                    "certificate": base64.b64encode(
                        each.certificate.public_bytes(Encoding.DER)
                    ).decode(),
                }
                for each in files
            ],
        )


def _key_file(file: str, certificate: str) -> KeyFile:
    return KeyFile(Path(file), x509.load_der_x509_certificate(base64.b64decode(certificate)))
