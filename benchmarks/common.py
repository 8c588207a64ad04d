"""What every benchmark prints about the machine, and how it measures."""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from dlgui import environment

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget


def heading(title: str) -> None:
    """Title, machine and versions."""
    print(f"# {title}")
    for name, value in environment.summary().items():
        print(f"{name}: {value}")
    print()


def data_parser(doc: str | None) -> argparse.ArgumentParser:
    """Arguments of a benchmark on a folder of images: FOLDER (default the demo) and `--labels`."""
    parser = argparse.ArgumentParser(description=doc)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--labels", default="last_folder")
    return parser


def data_of(arguments: argparse.Namespace, title: str) -> Path:
    """The folder of images, after the heading that names it."""
    from dlgui.engine.labels import read_listing  # here, for other benchmarks measure what imports cost
    from dlgui.project.demo import demo_images

    root = arguments.folder or demo_images()
    heading(f"{title}, {root.name}, {len(read_listing(root, arguments.labels).samples)} images")
    return Path(root)


def many_images(folder: Path, count: int, classes: int, contents: int = 512) -> Path:
    """A folder of `count` JPEG files of 320 x 240 pixels in folders of classes; returns it.

    So many different `contents` are drawn; the other files are links to them (names, labels and splits differ).
    """
    rng = np.random.default_rng(0)
    for i in range(count):
        file = folder / f"class_{i % classes}" / f"image_{i:06}.jpg"
        file.parent.mkdir(parents=True, exist_ok=True)
        if i < contents:
            small = Image.fromarray(rng.integers(0, 255, (8, 8, 3), np.uint8))
            small.resize((320, 240), Image.Resampling.BICUBIC).save(file)
        else:
            os.link(folder / f"class_{i % contents % classes}" / f"image_{i % contents:06}.jpg", file)
    return folder


def timed(work: Callable[[], object], repeats: int = 5) -> tuple[float, float]:
    """Median seconds and spread (largest minus smallest) of `repeats` runs after one to warm up."""
    work()
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds), max(seconds) - min(seconds)


def frames(name: str, view: QWidget, step: Callable[[int], object], count: int = 120) -> None:
    """Prints how many frames a second a widget paints: each is a step (0, 1, …) and all events until it is painted."""
    from PySide6.QtCore import QCoreApplication, QEvent, QObject

    class Painted(QObject):
        times = 0

        def eventFilter(self, _: QObject, event: QEvent) -> bool:
            self.times += event.type() == QEvent.Type.Paint
            return False

    seconds, watch, cpu = [], Painted(), time.process_time()
    view.installEventFilter(watch)
    for i in range(count):
        start, before = time.perf_counter(), watch.times
        step(i)
        while watch.times == before and time.perf_counter() < start + 1:
            QCoreApplication.processEvents()
        seconds.append(time.perf_counter() - start)
    cpu = (time.process_time() - cpu) / count
    view.removeEventFilter(watch)
    seconds.sort()
    print(f"{name}: {1 / statistics.median(seconds):.0f} frames a second (median), slowest twentieth "
          f"{1 / seconds[int(0.95 * count)]:.0f}; {1000 * cpu:.1f} ms of processor time a frame", flush=True)


def peak_flops() -> float:
    """Floating-point operations per second of a large matrix product (2048 x 2048), by ONNX Runtime or by torch: the
    faster of the two, on the threads that each takes by itself."""
    import onnxruntime
    import torch
    from onnx import TensorProto, helper

    shape = [2048, 2048]
    operands = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in "abc"]
    graph = helper.make_graph([helper.make_node("MatMul", ["a", "b"], ["c"])], "product", operands[:2], operands[2:])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, ["CPUExecutionProvider"])
    a, b = np.random.default_rng(0).random((2, *shape), np.float32)
    x, y = torch.from_numpy(a), torch.from_numpy(b)
    return 2 * 2048.0 ** 3 / min(timed(lambda: session.run(None, {"a": a, "b": b}), 7)[0], timed(lambda: x @ y, 7)[0])
