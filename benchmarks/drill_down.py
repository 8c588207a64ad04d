"""From a click on a cell of the confusion matrix to the images in the grid, at 100,000 samples.

QT_QPA_PLATFORM=offscreen python benchmarks/drill_down.py [SAMPLES] [CLASSES]
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
from common import heading, timed
from PIL import Image

from dlgui.engine.evaluation import evaluate
from dlgui.engine.matrix_table import MatrixTable
from dlgui.engine.predictions import Predictions
from dlgui.engine.selection import Criteria
from dlgui.gui import theme
from dlgui.gui.app import application
from dlgui.gui.evaluate.inspection import Inspection, Loaded
from dlgui.gui.evaluate.matrix import ConfusionMatrix
from dlgui.gui.evaluate.results_panel import ResultsPanel
from dlgui.gui.session import Session
from dlgui.gui.thumbnails import Thumbnails


def predictions(count: int, classes: int) -> Predictions:
    """Random answers, one in ten wrong."""
    generator = np.random.default_rng(0)
    truth = generator.integers(0, classes, count)
    answer = np.where(generator.random(count) < 0.9, truth, generator.integers(0, classes, count))
    confidences = generator.random((count, classes), np.float32) * 0.3
    confidences[np.arange(count), answer] += 1
    confidences /= confidences.sum(1, keepdims=True)
    return Predictions([f"class {i}" for i in range(classes)], confidences, truth,
                       [f"folder/{i:06d}.png" for i in range(count)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("samples", nargs="?", type=int, default=100_000)
    parser.add_argument("classes", nargs="?", type=int, default=20)
    arguments = parser.parse_args()
    count, classes = arguments.samples, arguments.classes
    heading(f"drill-down among {count} samples of {classes} classes")
    app = application()
    theme.apply("light")
    with tempfile.TemporaryDirectory() as folder:
        from dlgui.project.project import Project

        (Path(folder) / "images").mkdir()
        Image.new("L", (32, 32)).save(Path(folder) / "images" / "one.png")
        session, pictures = Session(), Thumbnails()
        session.adopt(Project.create(Path(folder) / "empty.dlproj", Path(folder) / "images"))
        inspection = Inspection(session)
        panel, matrix = ResultsPanel(inspection, pictures), ConfusionMatrix()
        matrix.cells.connect(inspection.choose_cells)
        panel.resize(500, 700)
        panel.show()
        matrix.show()
        inspection.take(Loaded(evaluation=evaluate(predictions(count, classes))))
        assert inspection.decisions is not None
        matrix.show_table(MatrixTable(inspection.decisions, "absolute", np.arange(classes)))
        app.processEvents()
        index = matrix.matrix.index
        cases = {"an off-diagonal cell": index(1, 0), "a diagonal cell": index(0, 0), "a true class": index(classes, 0),
                 "everything": index(classes, classes)}
        for order in ("loss", "confidence", "file_name"):
            inspection.sort(order)
            for name, place in cases.items():
                seconds, spread = timed(lambda place=place: (matrix.clicked.emit(place), app.processEvents()))
                print(f"{order:10} {name:22} {1000 * seconds:6.1f} ms (spread {1000 * spread:.1f}), "
                      f"{len(inspection.positions)} images")
        wanted = replace(Criteria("wrong"), minimum_confidence=0.2, maximum_confidence=0.9, topk_miss=2)
        seconds, spread = timed(lambda: (inspection.choose(wanted), app.processEvents()))
        print(f"{'filters':33} {1000 * seconds:6.1f} ms (spread {1000 * spread:.1f})")
        seconds, spread = timed(lambda: (inspection.suppose(threshold=0.3), app.processEvents()))
        print(f"{'threshold moved':33} {1000 * seconds:6.1f} ms (spread {1000 * spread:.1f})")
        panel.close()
        matrix.close()
        session.close()
        pictures.close()


if __name__ == "__main__":
    main()
