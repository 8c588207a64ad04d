#!/usr/bin/env python3
"""Sets dlgui up on first use (its own .venv beside this file), then runs `dlgui ARGS...`.

`python3 main.py test` sets up the tests too and runs them. Standard library only.
"""
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
QT_PACKAGES = ("libegl1 libgl1 libdbus-1-3 libfontconfig1 libfreetype6 libglib2.0-0 libxkbcommon0 libxkbcommon-x11-0 "
               "libx11-xcb1 libxcb-cursor0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-randr0 "
               "libxcb-render-util0 libxcb-shape0 libxcb-sync1 libxcb-xfixes0 libxcb-xinerama0 libxcb-xkb1 "
               "libpulse0 fonts-dejavu-core")
TESTS = ("-n", "auto", "--maxprocesses", "4", "--dist", "loadfile")  # as many at once as there are cores
QT_CHECK = ("import ctypes, sys; from PySide6 import QtGui, QtWidgets\n"
            "if sys.platform == 'linux': ctypes.CDLL('libxcb-cursor.so.0'); ctypes.CDLL('libxkbcommon-x11.so.0')\n"
            "from importlib.util import find_spec\n"
            "if find_spec('PySide6.QtMultimedia'): from PySide6 import QtMultimedia")  # only with the extra camera


def fail(what: str, why: str, remedy: str) -> None:
    sys.exit(f"error: {what}: {why}; {remedy}")


def say(text: str) -> None:
    print(f"dlgui: {text}", file=sys.stderr, flush=True)


def qt_loads() -> bool:
    return subprocess.run([PYTHON, "-c", QT_CHECK], capture_output=True).returncode == 0


def install_qt_libraries() -> None:
    """Installs the system libraries that Qt needs on Debian and Ubuntu, or says with which command to."""
    if sys.platform != "linux" or qt_loads():
        return
    command = f"apt-get install -y --no-install-recommends {QT_PACKAGES}"
    from shutil import which
    if not which("apt-get"):
        fail("Qt", "its system libraries are missing", f"install your system's counterparts of: {QT_PACKAGES}")
    if os.geteuid() != 0:
        fail("Qt", "its system libraries are missing", f"run: sudo {command}")
    say("installing the system libraries that Qt needs")
    quiet = {"stdout": subprocess.DEVNULL, "env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}}
    subprocess.run(["apt-get", "update", "-q"], **quiet)
    subprocess.run(command.split(), **quiet)
    if not qt_loads():
        fail("Qt", "it cannot load though its libraries were installed", "run: dlgui doctor")


def set_up(extra: str) -> None:
    """Makes .venv and installs the project with `extra`; does nothing where that was done before."""
    stamp = VENV / f"dlgui-{extra}.stamp"
    wanted = "\n".join([sys.version, (ROOT / "pyproject.toml").read_text(), (ROOT / "constraints.txt").read_text()])
    if stamp.exists() and stamp.read_text() == wanted:
        return
    say(f"setting up in {VENV} (first use; takes some minutes)")
    if not PYTHON.exists():
        import venv
        venv.create(VENV, with_pip=True)
    pip = [PYTHON, "-m", "pip", "install", "-q", "--disable-pip-version-check", "-c", ROOT / "constraints.txt",
           "-e", f"{ROOT}[{extra}]"]
    done = subprocess.run(pip, stdout=sys.stderr)
    if done.returncode:
        fail("set-up", f"pip could not install dlgui (exit {done.returncode})",
             "check the network connection and the disk space, then run the same command again")
    install_qt_libraries()
    stamp.write_text(wanted)


def main() -> int:
    if sys.version_info < (3, 11):  # noqa: UP036 - an older Python must be told so
        fail("set-up", f"Python {sys.version.split()[0]} is too old", "install Python 3.11 or newer")
    arguments = sys.argv[1:]
    testing = arguments[:1] == ["test"]
    set_up("test" if testing else "demo")
    command = [str(PYTHON), *(["-m", "pytest", *TESTS, *arguments[1:]] if testing else ["-m", "dlgui", *arguments])]
    if testing:
        os.chdir(ROOT)
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    if os.name == "posix":
        os.execv(PYTHON, command)
    try:
        return subprocess.run(command).returncode
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
