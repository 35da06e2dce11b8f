"""From the start of the process to the first paint, against a bare Qt window; off screen."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from tests.bench import Measure

_ROOT = Path(__file__).parents[2]
_PAINTED = """
class Painted(QObject):
    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.Paint:
            print("painted", flush=True)
            import os
            os._exit(0)
        return False
painted = Painted()
app.installEventFilter(painted)
"""
_BARE = (
    """
from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication, QWidget
app = QApplication([])
"""
    + _PAINTED
    + """
window = QWidget()
window.show()
app.exec()
"""
)
_HOCBA = (
    """
import sys
from PySide6.QtCore import QEvent, QObject
from app.ui.shell.app import build_application
app = build_application(["hocba"])
"""
    + _PAINTED
    + """
from app.ui.opening.practice import PracticeSession
session = PracticeSession()
session.start()
app.exec()
"""
)


_ROUNDS = 7


def measures() -> list[Measure]:
    """Turn by turn, so that what else the machine does weighs on both; medians."""
    bare, hocba = [], []
    for _ in range(_ROUNDS):
        bare.append(_until_painted(_BARE))
        hocba.append(_until_painted(_HOCBA))
    floor, value = median(bare), median(hocba)
    goal = "≤ 4× a bare Qt window"
    return [Measure("desktop.first_paint_ms", value, "ms", floor, goal, value <= 4 * floor)]


def _until_painted(program: str) -> float:
    """Milliseconds from the start of a process to its end, which is its first paint."""
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "HOCBA_HOME": home}
        begin = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-c", program],
            cwd=_ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        spent = (time.perf_counter() - begin) * 1000
    if "painted" not in done.stdout:
        raise RuntimeError(done.stderr)
    return spent
