"""From an image to its answer: a fresh `dlgui apply`, its steps, and a file that arrives in a watched folder.

python benchmarks/applying.py MODEL IMAGE
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from common import heading

REPEATS = 7


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", help="a .dlclassifier file")
    parser.add_argument("image", type=Path)
    arguments = parser.parse_args()
    model, image = arguments.model, arguments.image
    heading("applying")
    seconds([sys.executable, "-m", "dlgui", "apply", model, str(image)])  # from now on its network lies ready
    bare = [seconds([sys.executable, "-c", "pass"]) for _ in range(REPEATS)]
    one = [seconds([sys.executable, "-m", "dlgui", "apply", model, str(image), "--json"]) for _ in range(REPEATS)]
    print(f"interpreter alone {1000 * statistics.median(bare):.0f} ms")
    print(f"dlgui apply, one image {1000 * statistics.median(one):.0f} ms (best {1000 * min(one):.0f})")
    steps(model, image)
    watched(model, image)


def steps(model: str, image: Path) -> None:
    """Prints the time of each step of an answer, median of fresh processes."""
    command = [sys.executable, str(Path(__file__).with_name("one_answer.py")), model, str(image)]
    found = [json.loads(subprocess.run(command, check=True, capture_output=True).stdout) for _ in range(REPEATS)]
    print(f"\n{'step':60} first   again")
    for name in found[0]:
        first, again = ([run[name][i] for run in found] for i in range(2))
        print(f"{name:60} {statistics.median(first):5.1f}" + (
            f"   {statistics.median(again):5.1f} ms" if again[0] is not None else " ms"))
    print()


def seconds(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - start


def watched(model: str, image: Path) -> None:
    from PySide6.QtCore import QEventLoop, QTimer

    from dlgui.gui.app import application
    from dlgui.gui.apply.classifying import Classifying
    from dlgui.gui.apply.models import LoadedModel
    from dlgui.gui.session import Session

    application()
    session = Session()
    work = Classifying(session, LoadedModel().get)
    loop = QEventLoop()
    arrived: list[float] = []
    work.came.connect(lambda _: (arrived.append(time.perf_counter()), loop.quit()))
    with tempfile.TemporaryDirectory() as folder:
        work.watch(model, folder)
        pause(3.0)
        taken = []
        for i in range(REPEATS):
            shutil.copy(image, Path(folder) / f"{i}{image.suffix}")
            complete = time.perf_counter()
            QTimer.singleShot(10000, loop.quit)
            loop.exec()
            taken.append(arrived[-1] - complete)
            pause(0.4)
        work.close()
        session.jobs.stop_all()
    print(f"watched folder, from complete to answered: median {1000 * statistics.median(taken):.0f} ms, "
          f"worst {1000 * max(taken):.0f} ms")


def pause(duration: float) -> None:
    from PySide6.QtCore import QEventLoop, QTimer

    loop = QEventLoop()
    QTimer.singleShot(int(1000 * duration), loop.quit)
    loop.exec()


if __name__ == "__main__":
    main()
