"""What of the libraries goes into the frozen program.

PyInstaller takes along whatever a library could need. Qt alone would bring QML, a second OpenGL, a
virtual keyboard, its own translations and a PDF reader for pictures; others bring headers and type
stubs. `keeps` says for each file whether the program can use it; `installer/hocba.spec` asks.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath

QT_MODULES = frozenset(
    {
        *("Core", "Gui", "Network", "Pdf", "PdfWidgets", "PrintSupport", "Widgets"),
        *("DBus", "XcbQpa"),  # the window under Linux: input methods, X11
    }
)
"""Qt modules that the program imports, and those that Linux' own window needs."""

QT_PLUGINS = {
    "platforms": {"qwindows", "qoffscreen", "qxcb"},
    "imageformats": {"qico", "qjpeg"},
    "platforminputcontexts": {"composeplatforminputcontext", "ibusplatforminputcontext"},
    "platformthemes": {"qxdgdesktopportal"},
}
"""By folder. PNG needs none, TLS is Python's, the style is Fusion, which is built in."""

NOT_IMPORTED = (
    *("app.department", "fastapi", "starlette", "uvicorn", "jinja2", "sqlalchemy", "psycopg"),
    *("boto3", "botocore", "moto", "prometheus_client", "pydantic", "pydantic_core", "multipart"),
    *("pytest", "_pytest", "hypothesis", "schemathesis", "selenium", "coverage", "mypy", "mypyc"),
    *("pip", "setuptools", "wheel", "hatchling", "PyInstaller", "pkg_resources", "importlinter"),
    *("tkinter", "lib2to3", "pydoc_data", "test", "idlelib", "ensurepip", "turtle"),
    *("numpy", "IPython", "sympy", "networkx", "win32com", "pythonwin", "win32ui"),
    *("PySide6.QtQml", "PySide6.QtQuick", "PySide6.QtWebEngineCore", "PySide6.QtMultimedia"),
    *("PySide6.Qt3DCore", "PySide6.QtOpenGL", "PySide6.QtSvg", "PySide6.QtDBus"),
)
"""Modules that PyInstaller must not follow."""

_QT_LIBRARY = re.compile(r"(?:lib)?Qt6(\w+?)(?:\.dll|\.so(?:\.6)?|\.abi3\.so|\.pyd)$")
_SOFTWARE_OPENGL = {"opengl32sw.dll", "d3dcompiler_47.dll"}
_UNUSED_PARTS = re.compile(r"PIL/_(avif|imagingtk|imagingft|imagingcms)\b|lxml/objectify\b")
_FOR_BUILDING = {".pyi", ".pxd", ".pyx", ".h", ".hpp", ".lib", ".a", ".c"}
_FOR_BUILDING_NAMES = {"py.typed"}


def keeps(target: str) -> bool:
    """Whether the file that would lie at `target` (below the program's folder) is of use."""
    path = PurePosixPath(target.replace("\\", "/"))
    if path.suffix in _FOR_BUILDING or path.name in _FOR_BUILDING_NAMES:
        return False
    parts = path.parts
    if "tests" in parts[1:-1] or path.name in _SOFTWARE_OPENGL:
        return False
    if _UNUSED_PARTS.search(path.as_posix()):
        return False
    if parts[:2] in (("resources", "station"), ("resources", "docs")):
        return False  # the department's pages, and what is for people who work on the program
    if found := _QT_LIBRARY.match(path.name):
        return found[1] in QT_MODULES
    return _keeps_of_qt(parts) if parts[0] == "PySide6" else True


def _keeps_of_qt(parts: tuple[str, ...]) -> bool:
    if {"translations", "qml"} & set(parts):
        return False  # the program's own is in resources/translations
    if "plugins" not in parts:
        return True
    kind, name = parts[parts.index("plugins") + 1], parts[-1]
    plain = name.removeprefix("lib").partition(".")[0]
    return plain in QT_PLUGINS.get(kind, ())
