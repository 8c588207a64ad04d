"""Frames a second of the training plot while it is zoomed and while points come in: python benchmarks/plot_speed.py"""

from __future__ import annotations

import os
import time

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from common import frames, heading

POINTS, FRAMES, EPOCHS = 1_000_000, 120, 200
SIZE = 1280, 720


def main() -> None:
    from dlgui.gui import theme
    from dlgui.gui.app import application
    from dlgui.gui.train.lines import RunCurves
    from dlgui.gui.train.plot import TrainingPlot

    heading("Training plot")
    app = application()
    theme.apply("light")
    plot = TrainingPlot()
    plot.resize(*SIZE)
    plot.show()
    random = np.random.default_rng(0)
    epoch = np.arange(1, POINTS + 1) * EPOCHS / POINTS
    loss = np.exp(-epoch / 40) + 0.1 * random.random(POINTS)
    batches = np.stack([np.arange(1, POINTS + 1), epoch, loss, 1e-3 * (1 + np.cos(np.pi * epoch / EPOCHS)) / 2], 1)
    history = [{"epoch": e, "iteration": e, "loss": 1.0, "train_top1_error": 0.5 * np.exp(-e / 30),
                "validation_top1_error": 0.5 * np.exp(-e / 40) + 0.02 * random.random(), "learning_rate": 1e-3,
                "seconds": e} for e in range(1, EPOCHS + 1)]
    started = time.perf_counter()
    curves = RunCurves.of("run-001", "run-001", EPOCHS, history, batches)
    plot.show_runs([curves])
    app.processEvents()
    print(f"{POINTS:,} batches and {EPOCHS} epochs shown after {time.perf_counter() - started:.2f} s, window "
          f"{SIZE[0]} × {SIZE[1]}")

    box, view = plot.getPlotItem().getViewBox(), plot.viewport()
    frames("zooming from everything to 1,000 points", view, lambda i: box.setXRange(
        0, EPOCHS * (0.001 ** (i / FRAMES)), padding=0), FRAMES)
    frames("moving through a tenth", view, lambda i: box.setXRange(i * 1.5, i * 1.5 + EPOCHS / 10, padding=0), FRAMES)

    def grow(i: int) -> None:
        rows = np.arange(1, 101)[:, None] / 100
        curves.add_batches(np.concatenate([POINTS + i * 100 + 100 * rows, EPOCHS + (i + rows) / 50,
                                           0.1 + 0.1 * random.random((100, 1)), 1e-5 + 0 * rows], 1))
        plot.fit()
        plot.redraw()

    frames("100 points more in each frame, everything shown", view, grow, FRAMES)
    plot.set_smoothing(0.05)
    frames("smoothed, moving through a tenth", view, lambda i: box.setXRange(i * 1.5, i * 1.5 + EPOCHS / 10, padding=0),
           FRAMES)


if __name__ == "__main__":
    main()
