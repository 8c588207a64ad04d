"""Where the processor's time goes from a folder of images to a classifier, and how far each part is from its limit.

python benchmarks/where_time_goes.py [FOLDER] [--labels SOURCE] [--epochs 1] [--part quick|apply|finetune|limits ...]

Run it on one core (`OMP_NUM_THREADS=1`, `taskset -c 0` on Linux) to have every second attributed, see
benchmarks/profiling.py. A single answer is in benchmarks/applying.py, the import of 100,000 files in import.py.
"""

from __future__ import annotations

import contextlib
import io
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from common import data_of, data_parser, peak_flops, timed
from profiling import profiled

from dlgui.cli import main as cli
from dlgui.project.operations import evaluations, splits, training
from dlgui.project.project import Project


def main() -> None:
    parser = data_parser(__doc__)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--part", nargs="*", default=["quick", "apply", "finetune", "limits"])
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

        def apply() -> None:
            with contextlib.redirect_stdout(io.StringIO()):
                cli.main(["apply", f"{folder}/p", str(root)])

        profiled("folder to evaluated quick classifier", quick)
        if "apply" in arguments.part:
            profiled("dlgui apply, all images of the folder", apply)
        if "finetune" in arguments.part:
            profiled(f"fine-tuning, {arguments.epochs} epoch(s), features of quick at hand", finetune)
        if "limits" in arguments.part:
            with Project.open(Path(folder) / "p") as project:
                limits(project)


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
