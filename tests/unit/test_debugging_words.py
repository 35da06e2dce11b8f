"""`resources/docs/debugging.md` forgets no variable and no command."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import click

from app import cli

ROOT = Path(__file__).resolve().parents[2]
TOLD = set(re.findall(r"`([^`]+)`", (ROOT / "resources/docs/debugging.md").read_text("utf-8")))
SOURCES = [*(ROOT / "app").rglob("*.py"), *(ROOT / "installer").rglob("*.py")]
NAME = re.compile(r"[A-Z][A-Z0-9_]{3,}")
COMPUTED = {"app/department/store/s3_objects.py": {"AWS_ACCESS_KEY_ID"}}
"""Names that are put together where they are used, by the file that does so."""


def is_environment(node: ast.expr) -> bool:
    """`os.environ`, or a variable that is called after it."""
    return (isinstance(node, ast.Attribute) and node.attr == "environ") or (
        isinstance(node, ast.Name) and node.id in {"environ", "environment"}
    )


def asked_for(tree: ast.AST) -> Iterator[ast.expr]:
    """Whatever names a variable: asked for, set for a child, or an option's `envvar`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript) and is_environment(node.value):
            yield node.slice
        elif isinstance(node, ast.Call):
            called = node.func
            of_it = isinstance(called, ast.Attribute) and is_environment(called.value)
            if (of_it and node.args) or getattr(called, "attr", "") == "getenv":
                yield node.args[0]
            yield from (each.value for each in node.keywords if each.arg == "envvar")
        elif isinstance(node, ast.Dict) and any(
            key is None and is_environment(value)
            for key, value in zip(node.keys, node.values, strict=True)
        ):
            yield from (key for key in node.keys if key is not None)


def variables() -> Iterator[tuple[str, str]]:
    """(file, name) of each variable that the program reads or sets."""
    trees = {str(p.relative_to(ROOT)): ast.parse(p.read_text("utf-8")) for p in SOURCES}
    constants = {
        target.id: node.value.value
        for tree in trees.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name) and NAME.fullmatch(str(node.value.value))
    }
    for file, tree in trees.items():
        for asked in asked_for(tree):
            if isinstance(asked, ast.Constant):
                yield file, str(asked.value)
            elif isinstance(asked, ast.Name) and asked.id in constants:
                yield file, str(constants[asked.id])
            else:
                assert file in COMPUTED, f"{file}:{asked.lineno} names a variable in a new way"
                yield from ((file, name) for name in COMPUTED[file])


def commands(command: click.Command, called: str = "hocba") -> Iterator[str]:
    yield called
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            assert child is not None
            yield from commands(child, f"{called} {name}")


def test_every_variable_is_documented() -> None:
    found = set(variables())
    assert {"HOCBA_HOME", "HOCBA_DEBUG", "HOCBA_PASSWORD"} <= {name for _, name in found}
    assert sorted((file, name) for file, name in found if name not in TOLD) == []


def test_every_command_is_documented() -> None:
    found = list(commands(cli.hocba))
    assert "hocba department serve" in found
    assert [each for each in found if each not in TOLD] == []


def test_nothing_is_documented_that_is_not_there() -> None:
    named = {
        each for each in TOLD if each.startswith("hocba ") and not re.search(r"[-<…]{2}", each)
    }
    known = set(commands(cli.hocba))
    assert sorted(each for each in named - known if "…" not in each) == []
    ours = {each for each in TOLD if re.fullmatch(r"HOCBA_[A-Z_]+", each)}
    assert ours <= {name for _, name in variables()}
