"""The left side of the Train tab: how fast augmentation examples are redrawn, how true the time on the cards is.

    python benchmarks/train_setup.py PROJECT

PROJECT is copied first; the copy trains two quick runs.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from pathlib import Path

from common import heading, timed

from dlgui.project.operations import outlook, previews, training
from dlgui.project.operations.training import Plan
from dlgui.project.project import Project

CHANGES = {
    "mirror, turn": {"mirror": "rc", "rotate_range": 20, "augmentation_percentage": 100},
    "contrast, hue, zoom": {"contrast": 0.3, "hue": 0.1, "zoom": 0.4},
    "blur, noise": {"blur": 3, "noise": 10},
    "light spot": {"brightness_variation_spot": 60, "augmentation_percentage": 100},
    "TrivialAugment": {"modern": "trivial"},
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("project", type=Path)
    given = parser.parse_args().project
    heading("Train tab, set-up")
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(shutil.copytree(given, Path(folder) / "copy.dlproj"))
        with Project.open(copy) as project:
            found = previews.examples(project, Plan(), 12, 0)
            print(f"12 examples of {found[0].width} × {found[0].height} px, shown at "
                  f"{found[0].pixels.shape[1]} × {found[0].pixels.shape[0]}, goal 100 ms")
            for name, values in CHANGES.items():
                seconds, spread = timed(lambda values=values: previews.augmented(found, values, 1), 7)
                print(f"  {name:22} {1000 * seconds:6.1f} ms  ± {1000 * spread:.1f}")
            for title, plan in (("stages chosen anew", Plan(seed=43)), ("new size", Plan(image_size=128))):
                expected = outlook.estimate(project, plan)
                started = time.perf_counter()
                training.train(project, plan)
                print(f"quick, {title}: estimated {expected.seconds if expected else 0:.1f} s, "
                      f"took {time.perf_counter() - started:.1f} s")


if __name__ == "__main__":
    main()
