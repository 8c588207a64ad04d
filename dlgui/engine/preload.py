"""Loads large native libraries without holding up the other threads of the process.

Python keeps its lock while the linker works, a second or more for torch; a window would stand still so long. The
linker called through ctypes works without the lock, and what it has loaded the import then finds.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import sys
import threading
from collections.abc import Iterable
from pathlib import Path

LIBRARIES = {"torch": ("lib/libtorch_global_deps.*", "lib/libc10.*", "lib/libtorch_cpu.*", "lib/libtorch.*",
                       "lib/libtorch_python.*"),
             "triton": ("_C/libtriton*",), "onnxruntime": ("capi/onnxruntime_pybind11_state*",)}


def preload(*packages: str) -> None:
    """Loads the libraries of packages (keys of `LIBRARIES`) that are not imported yet; call it off the window's thread.

    Does nothing where there is no `dlopen` (Windows, where torch's own loading gives the lock free) and never fails:
    the import that follows says what is wrong.
    """
    with contextlib.suppress(ImportError):
        for package in packages:
            found = importlib.util.find_spec(package) if package not in sys.modules else None
            for folder in (found.submodule_search_locations or []) if found is not None else []:
                for pattern in LIBRARIES[package]:
                    preload_files(sorted(Path(folder).glob(pattern)))


def prepare_to_train() -> None:
    """What a thread that trains does first, so that the window does not stand still meanwhile."""
    yield_to_the_window()
    preload("onnxruntime", "torch", "triton")


def preload_files(paths: Iterable[Path]) -> None:
    """The same for library files."""
    if os.name != "posix":
        return
    with contextlib.suppress(OSError, AttributeError):
        import ctypes

        load = ctypes.CDLL(None).dlopen
        load.restype, load.argtypes = ctypes.c_void_p, (ctypes.c_char_p, ctypes.c_int)
        for path in paths:
            load(os.fsencode(path), os.RTLD_NOW | os.RTLD_LOCAL)


def yield_to_the_window(steps: int = 3) -> None:
    """Lets the calling thread, and those that it starts, come after the window's where both want a processor.

    Only where threads have a priority of their own (Linux); never fails. More steps do harm where another program
    keeps a processor busy: all threads of a training wait for the slowest, and the window for whoever holds Python's
    lock.
    """
    _yield([threading.get_native_id()], steps)


def let_helpers_yield(steps: int = 3) -> None:
    """The same for all threads but the calling one: before the window is made these are what libraries have started to
    compute with, which spin while they wait and would have a processor like the window."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            _yield({int(task.name) for task in Path("/proc/self/task").iterdir()} - {threading.get_native_id()}, steps)


def _yield(threads: Iterable[int], steps: int) -> None:
    if sys.platform == "linux":
        for thread in threads:
            with contextlib.suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + steps)
