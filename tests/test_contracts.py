"""The rules that hold the house together, each shown to bite: a planted violation must be found."""

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = [room for room in ("engine", "project", "halcon", "report", "cli")
         if (ROOT / "dlgui" / room / "__init__.py").exists()]

VIOLATIONS = [
    ("engine", "import PySide6.QtCore", "Only the window knows Qt"),
    ("project", "from PySide6 import QtCore", "Only the window knows Qt"),
    ("halcon", "def f():\n    import pyqtgraph", "Only the window knows Qt"),
    ("cli", "def f():\n    import PySide6.QtWidgets", "Only the window knows Qt"),
    ("report", "import PySide6", "Only the window knows Qt"),
    ("engine", "from dlgui import project", "The rooms import downwards only"),
    ("engine", "import dlgui.cli.main", "The rooms import downwards only"),
    ("engine", "import dlgui.halcon", "The rooms import downwards only"),
    ("engine", "import dlgui.report", "The rooms import downwards only"),
    ("project", "def f():\n    import dlgui.cli.main", "The rooms import downwards only"),
    ("project", "import dlgui.halcon", "The rooms import downwards only"),
    ("halcon", "import dlgui.project", "The rooms import downwards only"),
    ("report", "import dlgui.project", "The rooms import downwards only"),
    ("attic", "", "The rooms import downwards only"),  # a new room must be given its place
]


def lint(folder):
    return subprocess.run([sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()",
                           "--no-cache"], cwd=folder, capture_output=True, text=True, check=False, errors="replace",
                          env={**os.environ, "PYTHONPATH": str(folder), "PYTHONIOENCODING": "utf-8"})


@pytest.fixture
def copy(tmp_path):
    shutil.copytree(ROOT / "dlgui", tmp_path / "dlgui", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_contracts_hold(copy):
    done = lint(copy)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(("room", "line", "contract"), VIOLATIONS)
def test_a_planted_violation_is_found(copy, room, line, contract):
    named = re.findall(r"dlgui[. ](?:import )?(\w+)", line)
    if any(other not in ROOMS for other in [*named, room] if other != "attic"):
        pytest.skip("a room of this rule is not built yet")
    (copy / "dlgui" / room).mkdir(exist_ok=True)
    (copy / "dlgui" / room / "__init__.py").touch()
    (copy / "dlgui" / room / "planted.py").write_text(line + "\n")
    done = lint(copy)
    assert done.returncode == 1, done.stdout
    assert re.search(rf"^{contract} BROKEN", done.stdout, re.MULTILINE), done.stdout
    assert "planted" in done.stdout or "attic" in done.stdout


def test_every_room_is_known_to_these_tests():
    found = {path.parent.name for path in (ROOT / "dlgui").glob("*/__init__.py")}
    assert found
    assert found <= {*ROOMS, "gui"}


def test_importing_any_room_loads_neither_qt_nor_training():
    heavy = ("torch", "torchvision", "timm", "onnxruntime", "sklearn", "scipy", "PySide6", "pyqtgraph")
    modules = [f"dlgui.{path.relative_to(ROOT / 'dlgui').with_suffix('').as_posix().replace('/', '.')}"
               for room in ROOMS for path in (ROOT / "dlgui" / room).rglob("*.py")
               if path.name != "__init__.py" and not path.name.startswith("torch_")]
    assert len(modules) > 5
    code = (f"import importlib, sys\nfor name in {modules!r}:\n    importlib.import_module(name)\n"
            f"    heavy = [n for n in {heavy!r} if n in sys.modules]\n    assert not heavy, (name, heavy)")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_nothing_unpickles_and_nothing_prints_in_the_library():
    files = list((ROOT / "dlgui").rglob("*.py"))
    assert len(files) > 10
    for path in files:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"^\s*(import|from) (pickle|joblib|dill|shelve|marshal)\b", text, re.MULTILINE), path
        assert "weights_only=False" not in text.replace(" ", ""), path
        if "cli" not in path.parts:
            calls = [node.func for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
            assert not any(isinstance(call, ast.Name) and call.id == "print" for call in calls), path
