"""A child process that ends as it is told: `python -m tests.support.child_faults HOW`.

As the process of a token's driver (whose argument is a file) it dies of a segmentation fault.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

from app import log


def end(how: str) -> None:
    if how == "abort":
        os.abort()
    elif how == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    elif how != "nothing":
        ctypes.string_at(0)


if __name__ == "__main__":
    with log.kept_as("window" if len(sys.argv[1]) < 10 else "token_worker"):
        end(sys.argv[1])
