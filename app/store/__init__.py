"""ALL SQL of the desktop program: one SQLCipher workspace file, its keys, migrations, audit."""

from __future__ import annotations

import sys

import sqlcipher3
import sqlcipher3.dbapi2

# sqlite-utils catches the errors of whichever driver it finds under this name; without the
# alias `sqlcipher3` errors are not recognised. It must stand before the first import.
sys.modules.setdefault("pysqlite3", sqlcipher3)
sys.modules.setdefault("pysqlite3.dbapi2", sqlcipher3.dbapi2)

from app.store.store import Store  # noqa: E402
from app.store.workspace import Workspace  # noqa: E402

__all__ = ["Store", "Workspace"]
