"""What this computer offers: versions, devices, system libraries, the cache. For `doctor`, reports and crash reports.

Imports no framework until a function needs it.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import dlgui

PACKAGES = ("numpy", "pillow", "tifffile", "torch", "torchvision", "timm", "onnx", "onnxruntime", "openvino",
            "safetensors", "platformdirs", "PySide6_Essentials", "pyqtgraph", "conformal-clip-data")

# What Qt's plug-in for X11 and its font and GL parts load, and the Debian or Ubuntu package that holds it.
QT_LIBRARIES = {
    "libEGL.so.1": "libegl1", "libGL.so.1": "libgl1", "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1", "libfreetype.so.6": "libfreetype6", "libglib-2.0.so.0": "libglib2.0-0",
    "libxkbcommon.so.0": "libxkbcommon0", "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libX11-xcb.so.1": "libx11-xcb1", "libxcb-cursor.so.0": "libxcb-cursor0", "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0", "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0", "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0", "libxcb-sync.so.1": "libxcb-sync1", "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xinerama.so.0": "libxcb-xinerama0", "libxcb-xkb.so.1": "libxcb-xkb1",
}

MULTIMEDIA_LIBRARIES = {"libpulse.so.0": "libpulse0"}
"""What the extra `camera` needs besides."""

_QT_CHECK = "from PySide6 import QtGui, QtWidgets; QtGui.QGuiApplication([]); print('loads')"


@cache
def versions() -> dict[str, str | None]:
    """Installed versions of Python, dlgui and the packages it stands on; None where one is not installed."""
    from importlib import metadata  # here, for it brings the standard library's mail along

    found: dict[str, str | None] = {"python": platform.python_version(), "dlgui": dlgui.__version__}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = None
    return found


def cores() -> int:
    """How many logical cores this process may use; less than the machine has where it is confined to some."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def processor() -> dict[str, Any]:
    """The processor's name, its architecture and how many logical cores this process may use."""
    name = platform.processor()
    information = Path("/proc/cpuinfo")
    if information.exists():
        lines = information.read_text(errors="replace").splitlines()
        name = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), name)
    return {"name": name or platform.machine(), "architecture": platform.machine(), "cores": cores()}


def devices() -> list[dict[str, Any]]:
    """What torch can compute on: `device` as `--device` takes it, `name`, and `memory` in bytes where it has its own.

    Imports torch.
    """
    import torch

    found: list[dict[str, Any]] = [{"device": "cpu", "name": processor()["name"], "memory": None}]
    if torch.cuda.is_available():
        for index in range(torch.cuda.device_count()):
            properties = torch.cuda.get_device_properties(index)
            found.append({"device": f"cuda:{index}", "name": properties.name, "memory": properties.total_memory})
    if torch.backends.mps.is_available():
        found.append({"device": "mps", "name": "Apple GPU", "memory": None})
    return found


def has_display() -> bool:
    """Whether a window can be shown (always taken to be so outside Linux)."""
    if os.environ.get("QT_QPA_PLATFORM"):
        return True
    return sys.platform != "linux" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def qt() -> dict[str, Any]:
    """Whether Qt loads, tried in a process of its own, with the reason where it does not; and whether a display is
    there."""
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    try:
        done = subprocess.run([sys.executable, "-c", _QT_CHECK], capture_output=True, text=True, timeout=60,
                              env=environment, errors="replace")
        lines = done.stderr.strip().splitlines()
        reason = None if done.stdout.strip() == "loads" else lines[-1] if lines else f"exit status {done.returncode}"
    except (OSError, subprocess.TimeoutExpired) as problem:
        reason = str(problem)
    return {"loads": reason is None, "reason": reason, "display": has_display()}


def missing_libraries() -> list[str]:
    """Names of the shared libraries that Qt needs and this system lacks; empty outside Linux."""
    if sys.platform != "linux":
        return []
    import ctypes
    from importlib.util import find_spec

    camera = find_spec("PySide6") is not None and find_spec("PySide6.QtMultimedia") is not None
    missing = []
    for library in (*QT_LIBRARIES, *(MULTIMEDIA_LIBRARIES if camera else ())):
        try:
            ctypes.CDLL(library)
        except OSError:
            missing.append(library)
    return missing


def install_command(libraries: list[str]) -> str | None:
    """The command that installs `libraries` on Debian and Ubuntu; None where there are none."""
    if not libraries:
        return None
    sudo = "" if hasattr(os, "geteuid") and os.geteuid() == 0 else "sudo "
    packages = QT_LIBRARIES | MULTIMEDIA_LIBRARIES
    return f"{sudo}apt-get install -y --no-install-recommends {' '.join(packages[name] for name in libraries)}"


def summary() -> dict[str, str]:
    """A few lines that say what a result was made with, for reports."""
    found = versions()
    kept = ("python", "dlgui", "torch", "torchvision", "onnxruntime", "numpy", "pillow")
    chip = processor()
    return {"system": platform.platform(terse=True), "processor": f"{chip['name']} ({chip['cores']} cores)",
            **{name: version for name in kept if (version := found[name])}}


def memory_in_use() -> int | None:
    """Bytes of memory that this process holds; None where the system does not tell."""
    try:
        with Path("/proc/self/statm").open() as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, AttributeError):
        pass
    try:
        import resource

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024
    except ImportError:
        return None
