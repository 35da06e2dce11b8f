"""Child processes: none opens a console window, none takes more memory than it was given."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_STARTS = {"run", "Popen", "call", "check_call", "check_output"}


def _children(tree: ast.AST) -> list[ast.Call]:
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in _STARTS
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "subprocess"
    ]


def test_no_child_opens_a_console_window() -> None:
    every = {
        f"{file.relative_to(ROOT)}:{child.lineno}": {word.arg for word in child.keywords}
        for file in (ROOT / "app").rglob("*.py")
        for child in _children(ast.parse(file.read_text("utf-8")))
    }
    assert every
    assert [place for place, words in every.items() if "creationflags" not in words] == []


def test_no_child_s_words_are_read_in_the_system_s_code_page() -> None:
    """`text=True` alone takes Windows' own; a child of ours writes UTF-8."""
    every = {
        f"{file.relative_to(ROOT)}:{child.lineno}": {word.arg for word in child.keywords}
        for file in (ROOT / "app").rglob("*.py")
        for child in _children(ast.parse(file.read_text("utf-8")))
    }
    said = {"text", "universal_newlines"}
    assert [p for p, words in every.items() if said & words and "encoding" not in words] == []


@pytest.mark.parametrize(("wanted", "code"), [(1 << 20, 0), (1 << 30, 7)])
def test_a_process_gets_no_more_memory_than_it_was_given(wanted: int, code: int) -> None:
    program = f"""
import sys
from app.processes import limit_memory
limit_memory(512 << 20)
try:
    bytearray({wanted})
except MemoryError:
    sys.exit(7)
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False)
    assert done.returncode == code
