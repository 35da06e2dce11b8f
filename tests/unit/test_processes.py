"""What children of this program get to know."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import app
from app.processes import SECRETS, child_environment


def test_no_child_gets_a_passphrase(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SECRETS:
        monkeypatch.setenv(name, "mật khẩu")
    code = "import json, os; import app.work; print(json.dumps(dict(os.environ)))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=child_environment({"SOFTHSM2_CONF": "here"}),
        capture_output=True,
        text=True,
        check=True,
        cwd="/",
    )
    seen = json.loads(done.stdout)
    assert not set(SECRETS) & set(seen)
    assert "mật khẩu" not in seen.values()
    assert seen["SOFTHSM2_CONF"] == "here"


def test_every_child_is_started_with_that_environment() -> None:
    """But one: a newer version of the program itself, which takes this one's place."""
    root = Path(app.__file__).parent
    starting = {
        path.relative_to(root).as_posix()
        for path in root.rglob("*.py")
        if "subprocess.run(" in (text := path.read_text("utf-8")) or "subprocess.Popen(" in text
    }
    without = {
        one for one in starting if "child_environment" not in (root / one).read_text("utf-8")
    }
    assert without == {"updates/handing_over.py"}
