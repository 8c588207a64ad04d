"""main.py: sets up on first use, says what is wrong in one line, and later starts at once."""

import ast
import importlib.util
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def setup_module(tmp_path, monkeypatch):
    """main.py as a module whose root is a temporary folder and whose subprocesses are only written down."""
    spec = importlib.util.spec_from_file_location("dlgui_main", ROOT / "main.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    (tmp_path / "pyproject.toml").write_text("one")
    (tmp_path / "constraints.txt").write_text("two")
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(module, "PYTHON", tmp_path / ".venv/bin/python")
    (tmp_path / ".venv/bin").mkdir(parents=True)
    (tmp_path / ".venv/bin/python").touch()
    calls = []

    def run(command, **options):
        calls.append([str(word) for word in command])
        return SimpleNamespace(returncode=module.outcome(calls[-1]))
    module.outcome = lambda command: 0
    module.calls = calls
    monkeypatch.setattr(module.subprocess, "run", run)
    return module


def test_it_uses_the_standard_library_alone_and_stays_short():
    text = (ROOT / "main.py").read_text(encoding="utf-8")
    assert len(text.splitlines()) < 120
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            assert all(name.name.split(".")[0] in sys.stdlib_module_names for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.module.split(".")[0] in sys.stdlib_module_names


def test_first_use_installs_and_later_use_does_not(setup_module):
    setup_module.set_up("demo")
    assert any("pip" in call and f"{setup_module.ROOT}[demo]" in call for call in setup_module.calls)
    setup_module.calls.clear()
    setup_module.set_up("demo")
    assert setup_module.calls == []
    (setup_module.ROOT / "pyproject.toml").write_text("changed")
    setup_module.set_up("demo")
    assert setup_module.calls


def test_a_failed_installation_says_so_and_is_tried_again(setup_module):
    setup_module.outcome = lambda command: int("pip" in command)
    for _ in range(2):
        setup_module.calls.clear()
        with pytest.raises(SystemExit, match=r"^error: set-up: pip could not install dlgui \(exit 1\); check the net"):
            setup_module.set_up("test")
        assert setup_module.calls


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux leaves Qt's libraries to the system")
def test_missing_libraries_are_installed_by_root_and_named_to_others(setup_module, monkeypatch):
    installed = []

    def outcome(command):
        installed.extend(command if command[:2] == ["apt-get", "install"] else [])
        return int("-c" in command and not installed)
    setup_module.outcome = outcome
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(setup_module.os, "geteuid", lambda: 1000)
    with pytest.raises(SystemExit, match=r"^error: Qt: its system libraries are missing; run: sudo apt-get install"):
        setup_module.install_qt_libraries()
    monkeypatch.setattr(setup_module.os, "geteuid", lambda: 0)
    setup_module.install_qt_libraries()
    assert "libxcb-cursor0" in installed


@pytest.mark.parametrize("extra", ["demo", "test"])
def test_later_starts_are_fast(extra):
    spec = importlib.util.spec_from_file_location("dlgui_main", ROOT / "main.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    stamp = module.VENV / f"dlgui-{extra}.stamp"
    wanted = (sys.version, (ROOT / "pyproject.toml").read_text(), (ROOT / "constraints.txt").read_text())
    if not stamp.exists() or not all(part in stamp.read_text() for part in wanted):
        pytest.skip("this environment was not made by main.py, or for other versions")
    start = time.perf_counter()
    module.set_up(extra)
    assert time.perf_counter() - start < 0.2


def test_the_doctor_and_the_set_up_know_the_same_libraries():
    from dlgui.environment import MULTIMEDIA_LIBRARIES, QT_LIBRARIES
    packages = {*QT_LIBRARIES.values(), *MULTIMEDIA_LIBRARIES.values()}
    text = (ROOT / "main.py").read_text(encoding="utf-8")
    assert packages <= set(text.replace('"', " ").replace(")", " ").split())


def test_an_argument_reaches_the_application():
    done = subprocess.run([sys.executable, "-m", "dlgui", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("dlgui ")
