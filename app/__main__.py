"""`python -m app` and the command `hocba`: the window, or a command."""

from __future__ import annotations

import sys


def main() -> int:
    from app.updates.handing_over import hand_over

    code = hand_over(sys.argv[1:])
    if code is not None:
        return code
    from app.cli import run  # after the interpreter is up: `--help` must not wait for Qt

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
