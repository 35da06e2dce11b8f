"""`python -m tests.bench [NAME] [--json]`: run the benches whose names begin with NAME.

What runs is told on stderr. A bench that cannot run is a line with its reason and exit code 1; the
others' figures stand. A figure that misses its goal is no failure: machines differ.
"""

from __future__ import annotations

import argparse
import importlib
import json
import pkgutil
import sys
import time
from dataclasses import asdict

import tests.bench
from tests.bench import Measure


def main() -> int:
    areas = sorted(
        m.name for m in pkgutil.iter_modules(tests.bench.__path__) if m.name != "__main__"
    )
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("name", nargs="?", default="", help=f"area or measure: {', '.join(areas)}")
    parser.add_argument("--json", action="store_true", help="one list, when all have run")
    options = parser.parse_args()
    wanted = options.name.split(".")[0]
    chosen = [a for a in areas if not wanted or a == wanted or a.startswith(f"{wanted}_")]
    if not chosen:
        parser.error(f"no bench is called {options.name}")
    whole = wanted == options.name
    told, failed = [], False
    for number, area in enumerate(chosen, 1):
        _say(f"[{number}/{len(chosen)}] {area} …")
        start = time.monotonic()
        try:
            measures = importlib.import_module(f"tests.bench.{area}").measures()
        except Exception as error:  # noqa: BLE001 - the other benches go on
            reason = f"{type(error).__name__}: {error}"
            failed = True
            told.append(asdict(Measure(area, None, "", None, f"not measured: {reason}", False)))
            _show(options.json, f"FAIL {area:38} {' '.join(reason.split())[:200]}")
            continue
        _say(f"[{number}/{len(chosen)}] {area}: {time.monotonic() - start:.0f} s")
        for m in measures:
            if (whole and area == wanted) or m.name.startswith(options.name):
                told.append(asdict(m))
                _show(options.json, _line(m))
    if options.json:
        print(json.dumps(told, ensure_ascii=False, indent=1))
    return int(failed)


def _show(as_json: bool, line: str) -> None:
    if not as_json:
        print(line, flush=True)


def _line(m: Measure) -> str:
    floor = "" if m.floor is None else f"floor {m.floor:.4g}"
    mark = "ok  " if m.holds else "MISS"
    return f"{mark} {m.name:38} {m.value:10.4g} {m.unit:8} {floor:16} goal {m.goal}"


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
