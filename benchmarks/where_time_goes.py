"""Where the processor's time goes from a folder of images to a classifier, and how far each part is from its limit.

python benchmarks/where_time_goes.py [FOLDER] [--labels SOURCE] [--epochs 1] [--part quick|finetune|limits ...]

The stacks of all threads are looked at 200 times a second; the processor seconds of each thread since the last look
belong to the part in which it is found. What native threads of their own used is "native threads": 0 with one thread,
so run it on one core (`OMP_NUM_THREADS=1`, `taskset -c 0` on Linux) to have every second attributed.
"""

from __future__ import annotations

import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import numpy as np
from common import data_of, data_parser, peak_flops, timed

from dlgui.project.operations import evaluations, splits, training
from dlgui.project.project import Project

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
    ("/dlgui/engine/scanning.py", "", "health figures of the images"),
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
    ("/dlgui/engine/model_file.py", "", "write the model"),
    ("/dlgui/engine/finetune.py", "_save", "write checkpoints"),
    ("/dlgui/project/store.py", "", "project file"),
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
                print(f"{name:46} {seconds:7.2f} s  {100 * seconds / whole:5.1f} %")


def part_of(frame: FrameType | None) -> str:
    """The part to which a stack belongs."""
    while frame is not None:
        code = frame.f_code
        for file, function, part in PARTS:
            if file in code.co_filename and function in code.co_name:
                return part
        frame = frame.f_back
    return "everything else"


def main() -> None:
    parser = data_parser(__doc__)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--part", nargs="*", default=["quick", "finetune", "limits"])
    arguments = parser.parse_args()
    root = data_of(arguments, "where the time goes")
    with tempfile.TemporaryDirectory() as folder:
        def quick() -> None:
            with Project.create(Path(folder) / "p", root, arguments.labels) as project:
                splits.split(project, 70, 15)
                evaluations.judge(project, training.train(project, training.Plan(device="cpu")))

        def finetune() -> None:
            with Project.open(Path(folder) / "p") as project:
                training.train(project, training.Plan(method="finetune", device="cpu",
                                                      settings={"epochs": arguments.epochs}))

        profiled("folder to evaluated quick classifier", quick)
        if "finetune" in arguments.part:
            profiled(f"fine-tuning, {arguments.epochs} epoch(s), features of quick at hand", finetune)
        if "limits" in arguments.part:
            with Project.open(Path(folder) / "p") as project:
                limits(project)


def profiled(title: str, work: Callable[[], None]) -> None:
    profile, begun = Profile(), time.perf_counter()
    with profile.running():
        work()
    profile.print(title, time.perf_counter() - begun)


def limits(project: Project) -> None:
    """What the parts cannot be faster than, one thread each."""
    import torch
    from PIL import Image
    from torch.utils.flop_counter import FlopCounterMode

    from dlgui.engine import runtime
    from dlgui.engine.backbones import pretrained
    from dlgui.engine.classifier import Classifier
    from dlgui.engine.images import read_image
    from dlgui.engine.pooling import Pooling
    from dlgui.project.operations.training import Plan, preprocessing_of

    table = project.images()
    rows = table.rows("all")[:200]
    files = [project.require_image_root() / table.path[row] for row in rows]
    preprocessing = preprocessing_of(table, table.rows("train"), Plan())
    width, height = preprocessing.width, preprocessing.height

    def decoder() -> None:
        for file in files:
            with Image.open(file) as image:
                image.load()

    def rate(work: Callable[[], object], count: int) -> float:
        return count / timed(work, 3)[0]

    arrays = [read_image(file) for file in files]
    pixels = np.stack([preprocessing.pixels(array) for array in arrays[:32]])
    images = [Image.fromarray(array[..., 0] if array.shape[2] == 1 else array) for array in arrays]
    network = pretrained("efficientnet_lite0")
    deepest = len(network.channels) - 1
    session = runtime.feature_session(network, Pooling(((deepest, ("mean",)),)), threads=1)
    every = runtime.feature_session(network, runtime.all_statistics(range(deepest + 1)), threads=1)
    classifier = Classifier.pretrained(classes=["a", "b"], preprocessing=preprocessing)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        classifier.torch_module()(torch.zeros(1, 3, height, width))
    torch.set_num_threads(1)
    flops = peak_flops()
    large = np.empty(1 << 27, np.uint8)
    bandwidth = 2 * large.nbytes / timed(lambda: large.copy(), 5)[0]
    print(f"\n## limits of one core at {width} x {height}, {counter.get_total_flops() / 1e9:.2f} GFLOP an image")
    print(f"matrix product {flops / 1e9:.0f} GFLOP/s, memory {bandwidth / 1e9:.1f} GB/s")
    for name, work, count in (
            ("decode: Pillow alone", decoder, len(files)),
            ("decode: dlgui", lambda: [read_image(file) for file in files], len(files)),
            ("resize: Pillow alone", lambda: [image.resize((width, height)) for image in images], len(files)),
            ("resize: dlgui", lambda: [preprocessing.pixels(array) for array in arrays], len(files)),
            ("forward: deepest stage's mean", lambda: session.run(pixels), len(pixels)),
            ("forward: all statistics of every stage", lambda: every.run(pixels), len(pixels))):
        print(f"{name:40} {rate(work, count):8.1f} images/s")
    print(f"{'forward: limit by operations':40} {flops / counter.get_total_flops():8.1f} images/s")


if __name__ == "__main__":
    main()
