"""What the whole suite needs to know about the machine it runs on."""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile

# Nothing of a test is written to this machine's own data and log.
_HOME = tempfile.mkdtemp(prefix="hocba-tests-")
atexit.register(shutil.rmtree, _HOME, ignore_errors=True)
os.environ["HOCBA_HOME"] = _HOME

# These drive programs and kernel features that only Linux has (SoftHSM, xmlsec1, poppler, fork,
# resource limits); on Windows the rest of the suite runs.
collect_ignore = (
    [
        "contract",
        "flow",
        "unit/test_limits.py",
        "unit/test_pades_views.py",
        "unit/test_sheets.py",
        "unit/test_transcript_view.py",
        "unit/test_xades_signing.py",
    ]
    if sys.platform == "win32"
    else []
)
