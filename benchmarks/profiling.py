"""Where the processor's time goes: the stacks of all threads are looked at 200 times a second.

The processor seconds of each thread since the last look belong to the part in which it is found. What native threads of
their own used is "native threads": 0 with one thread, so run it on one core (`OMP_NUM_THREADS=1`, `taskset -c 0` on
Linux) to have every second attributed.
"""

from __future__ import annotations

import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

PARTS: tuple[tuple[str, str, str], ...] = (
    # of the file's path, of the function's name, the part; the innermost frame that fits decides
    ("/dlgui/engine/images.py", "", "decode images"),
    ("/dlgui/engine/preprocessing.py", "scale", "scale to float32"),
    ("/dlgui/engine/preprocessing.py", "", "resize"),
    ("/dlgui/engine/augmentation.py", "", "augment"),
    ("/dlgui/engine/finetune.py", "_batch", "gather pixels"),
    ("/dlgui/engine/runtime.py", "__init__", "prepare graphs"),
    ("/dlgui/engine/runtime.py", "", "forward (ONNX Runtime)"),
    ("/dlgui/engine/onnx_network.py", "", "prepare graphs"),
    ("/dlgui/engine/scanning.py", "difference_hash", "hash of the appearance"),
    ("/dlgui/engine/scanning.py", "_scan", "hashes of file and pixels"),
    ("/dlgui/engine/labels.py", "", "list and label"),
    ("/dlgui/engine/quick.py", "", "closed-form fit, choice of stages"),
    ("/dlgui/engine/content_table.py", "", "write features and pixels"),
    ("/dlgui/engine/torch_average.py", "", "mean of the weights"),
    ("/dlgui/engine/torch_fusion.py", "", "forward (torch)"),
    ("/torch/optim/", "", "optimizer"),
    ("/torch/_tensor.py", "backward", "backward"),
    ("/dlgui/engine/torch_training.py", "_update", "forward and backward glue"),
    ("/dlgui/engine/torch_network.py", "forward", "forward (torch)"),
    ("/dlgui/engine/torch_network.py", "maps", "forward (torch)"),
    ("/dlgui/engine/torch_network.py", "pooled", "forward (torch)"),
    ("/dlgui/engine/model_file.py", "", "read and write the model"),
    ("/dlgui/engine/finetune.py", "_save", "write checkpoints"),
    ("/dlgui/project/store.py", "", "project file"),
    ("/dlgui/project/image_table.py", "read_table", "project file"),
    ("/dlgui/project/operations/images.py", "_changed", "is the file as it was?"),
    ("/dlgui/project/operations/images.py", "", "gather results"),
    ("/dlgui/engine/scanning.py", "", "gather results"),
    ("/concurrent/futures/", "", "hand work to threads"),
    ("<frozen importlib", "", "import modules"),
)


class Profile:
    """Processor seconds by part."""

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()
        self._clocks: dict[int, float] = {}
        self._over = threading.Event()

    @contextmanager
    def running(self) -> Iterator[None]:
        begun, watcher = time.process_time(), threading.Thread(target=self._watch, daemon=True)
        self._clocks[threading.get_ident()] = time.thread_time()  # what came before is not of this work
        watcher.start()
        try:
            yield
        finally:
            self._over.set()
            watcher.join()
            rest = time.process_time() - begun - sum(self.seconds.values())
            self.seconds["native threads, threads too short to be seen"] = max(rest, 0.0)

    def _watch(self) -> None:
        own = threading.get_ident()
        while not self._over.wait(0.005):
            for thread, frame in sys._current_frames().items():
                try:
                    now = time.clock_gettime(time.pthread_getcpuclockid(thread))
                except OSError:  # it has ended
                    continue
                used = now - self._clocks.get(thread, 0.0 if thread != own else now)
                self._clocks[thread] = now
                self.seconds["this measurement" if thread == own else part_of(frame)] += max(used, 0.0)

    def print(self, title: str, wall: float) -> None:
        whole = sum(self.seconds.values())
        print(f"\n## {title}: {wall:.1f} s, {whole:.1f} s of processor")
        for name, seconds in self.seconds.most_common():
            if seconds >= 0.005 * whole:
                print(f"{name:46} {seconds:7.2f} s  {100 * seconds / whole:5.1f} %", flush=True)


def part_of(frame: FrameType | None) -> str:
    """The part to which a stack belongs."""
    while frame is not None:
        code = frame.f_code
        for file, function, part in PARTS:
            if file in code.co_filename and function in code.co_name:
                return part
        frame = frame.f_back
    return "everything else"


def profiled(title: str, work: Callable[[], object]) -> None:
    """Does the work and prints where its time went."""
    profile, begun = Profile(), time.perf_counter()
    with profile.running():
        work()
    profile.print(title, time.perf_counter() - begun)
