"""`python -m tests.bench [NAME] [--json]`: run the benches whose names begin with NAME."""

from __future__ import annotations

import argparse
import importlib
import json
import pkgutil
import sys
from dataclasses import asdict

import tests.bench


def main() -> int:
    areas = sorted(
        m.name for m in pkgutil.iter_modules(tests.bench.__path__) if m.name != "__main__"
    )
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("name", nargs="?", default="", help=f"area or measure: {', '.join(areas)}")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    wanted = options.name.split(".")[0]
    chosen = [a for a in areas if not wanted or a == wanted or a.startswith(f"{wanted}_")]
    if not chosen:
        parser.error(f"no bench is called {options.name}")
    found = [
        measure
        for area in chosen
        for measure in importlib.import_module(f"tests.bench.{area}").measures()
        if measure.name.startswith(options.name) or area == wanted == options.name
    ]
    if options.json:
        print(json.dumps([asdict(m) for m in found], ensure_ascii=False, indent=1))
    else:
        for m in found:
            floor = "" if m.floor is None else f"floor {m.floor:.4g}"
            print(
                f"{'ok ' if m.holds else 'MISS'} {m.name:38} {m.value:10.4g} {m.unit:8} "
                f"{floor:16} goal {m.goal}"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
