"""A school's side: what a folder offers, verified before anything is unpacked.

The trusted root comes with the program; what was seen last is remembered, so that an older state of
the folder is refused (rollback) as well as one that stood still too long (freeze).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from tuf.api.exceptions import (
    BadVersionNumberError,
    DownloadError,
    DownloadHTTPError,
    ExpiredMetadataError,
    RepositoryError,
)
from tuf.ngclient import Updater, UpdaterConfig
from tuf.ngclient.fetcher import FetcherInterface

from app.errors import (
    UpdateExpired,
    UpdateForged,
    UpdateMissing,
    UpdateOlder,
    UpdateUnreadable,
)
from app.updates.repository import INDEX
from app.updates.versions import number

_SCHEME = "folder://"
_PIECE = 1 << 18
_LARGEST_LIST = 2_000_000


def platform() -> str:
    """What programs are built for: 'windows-amd64' or 'linux-amd64'."""
    return "windows-amd64" if sys.platform == "win32" else "linux-amd64"


class _FolderFetcher(FetcherInterface):
    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()

    def _fetch(self, url: str) -> Iterator[bytes]:
        file = (self._folder / unquote(url.removeprefix(_SCHEME))).resolve()
        if not file.is_relative_to(self._folder) or not file.is_file():
            raise DownloadHTTPError(file.name, 404)
        return self._pieces(file)

    def _pieces(self, file: Path) -> Iterator[bytes]:
        try:
            with file.open("rb") as stream:
                while piece := stream.read(_PIECE):
                    yield piece
        except OSError as error:  # a stick that was pulled out
            raise DownloadError(type(error).__name__) from error


@dataclass(frozen=True, slots=True)
class UpdateOffer:
    """A newer program, as who publishes describes it."""

    name: str
    version: str
    critical: bool
    """Not to be put off, e.g. until after the deadline."""
    notes: str
    bytes: int
    """Of what would be read from the folder."""
    base: str = ""
    """Of a delta: the version that it builds on."""


class UpdateClient:
    """`folder`: a stick, a share, what a station handed out. `memory`: what was seen before."""

    def __init__(self, folder: Path, memory: Path, root: bytes) -> None:
        """Raises UpdateMissing where the folder carries no updates."""
        if not (folder / "metadata" / "timestamp.json").is_file():
            raise UpdateMissing(folder=str(folder))
        self._memory = memory
        (memory / "metadata").mkdir(parents=True, exist_ok=True)
        (memory / "targets").mkdir(exist_ok=True)
        self._updater = Updater(
            str(memory / "metadata"),
            f"{_SCHEME}metadata/",
            str(memory / "targets"),
            f"{_SCHEME}targets/",
            _FolderFetcher(folder),
            UpdaterConfig(targets_max_length=_LARGEST_LIST, prefix_targets_with_hash=True),
            bootstrap=root,
        )

    def refresh(self) -> None:
        """Verify what the folder says about itself.

        Raises UpdateForged, UpdateOlder (rollback), UpdateExpired (freeze), UpdateUnreadable.
        """
        try:
            self._updater.refresh()
        except ExpiredMetadataError as error:
            raise UpdateExpired(str(error)) from error
        except BadVersionNumberError as error:
            raise UpdateOlder(str(error)) from error
        except DownloadError as error:
            raise UpdateUnreadable(type(error).__name__) from error
        except (RepositoryError, ValueError) as error:
            raise UpdateForged(type(error).__name__) from error
        except OSError as error:
            raise UpdateUnreadable(type(error).__name__) from error

    def offers(self) -> list[UpdateOffer]:
        """Every program for this kind of machine. Raises UpdateForged, UpdateUnreadable."""
        try:
            listed = json.loads(self._fetch(INDEX).read_bytes())["programs"]
            return [_offer(each) for each in listed if each["platform"] == platform()]
        except (ValueError, KeyError, TypeError) as error:
            raise UpdateForged(type(error).__name__) from error

    def fetch(self, offer: UpdateOffer) -> Path:
        """Verified, in `memory`. Raises UpdateForged, UpdateUnreadable, OSError."""
        return self._fetch(offer.name)

    def _fetch(self, name: str) -> Path:
        try:
            target = self._updater.get_targetinfo(name)
            if target is None:
                raise UpdateForged("not listed")
            place = self._memory / "targets" / quote(name, safe="")
            return Path(self._updater.download_target(target, str(place)))
        except DownloadError as error:
            raise UpdateUnreadable(type(error).__name__) from error
        except RepositoryError as error:  # another length or hash than was signed
            raise UpdateForged(type(error).__name__) from error


def best(offers: Sequence[UpdateOffer], newest: str, bases: Collection[str]) -> UpdateOffer | None:
    """The highest version above `newest`; of that the smallest file that can be used.

    `bases`: versions whose files are here, so that a delta can build on them.
    """
    usable = [o for o in offers if number(o.version) > number(newest)]
    usable = [o for o in usable if not o.base or o.base in bases]
    return max(usable, key=lambda o: (number(o.version), -o.bytes), default=None)


def _offer(entry: dict[str, Any]) -> UpdateOffer:
    """Raises ValueError, KeyError."""
    number(str(entry["version"]))
    return UpdateOffer(
        name=str(entry["name"]),
        version=str(entry["version"]),
        critical=entry["critical"] is True,
        notes=str(entry["notes"])[:2000],
        bytes=int(entry["bytes"]),
        base=str(entry["base"]),
    )
