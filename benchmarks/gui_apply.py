"""How long the window's event loop is blocked while the Apply tab classifies live frames, a watched folder and files.

    python benchmarks/gui_apply.py [--seconds 8]

A timer beats every 4 ms in the window's thread; what it comes late is a block (`gui_latency.Heart`). A folder is played
as a camera is, at the images' own size, at 12 megapixels and with heatmaps; 20 files a second arrive in a watched
folder; a thousand are classified at once.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
from pathlib import Path

from common import heading
from gui_latency import Heart, small_project, until_idle, wait


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=8)
    seconds = parser.parse_args().seconds
    heading("Event loop while the Apply tab works")
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores before the benchmark\n")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        project = small_project(folder, 96)
        measure(project, sorted((folder / "images").rglob("*.jpg")), folder, seconds)


def measure(project: Path, images: list[Path], folder: Path, seconds: float) -> None:
    from PIL import Image

    from dlgui.gui import theme
    from dlgui.gui.app import application
    from dlgui.gui.main_window import MainWindow
    from dlgui.project.operations import training
    from dlgui.project.project import Project

    with Project.open(project) as opened:
        training.train(opened, training.Plan(device="cpu"))
    large, arriving, many = folder / "large", folder / "arriving", folder / "many"
    for made in (large, arriving, many):
        made.mkdir()
    for i, file in enumerate(images[:4]):
        with Image.open(file) as image:
            image.convert("RGB").resize((4000, 3000)).save(large / f"{i}.jpg")
    for i in range(1000):
        shutil.copy(images[i % len(images)], many / f"{i}.jpg")
    app = application()
    theme.apply("light")
    window = MainWindow()
    heart = Heart(window)
    window.resize(1280, 800)
    window.show()

    window.session.open(project)
    until_idle(window)
    window.tabs.setCurrentWidget(window.apply_tab)
    wait(1)
    tab, page = window.apply_tab, window.apply_tab.camera
    shown: list[object] = []
    page.live.answered.connect(shown.append)
    for name, source, heat in (("folder played, first time", images[0].parent, False),
                               ("folder played", images[0].parent, False),
                               ("folder played, heatmaps", images[0].parent, True),
                               ("folder of 12 megapixels played", large, False)):
        shown.clear()
        heart.start()
        tab.show_camera(True)
        page.heatmap.setChecked(heat)
        page.play_folder(str(source))
        wait(seconds)
        tab.show_camera(False)
        heart.stop(f"{name}, {len(shown) / seconds:.1f} answers a second")
        until_idle(window)
    heart.start()
    tab.watch_folder(str(arriving))
    for i in range(int(20 * seconds)):
        shutil.copy(images[i % len(images)], arriving / f"{i}.jpg")
        wait(0.05)
    wait(1)
    heart.stop(f"watched folder, {len(tab.table.answers)} of {int(20 * seconds)} images")
    tab.classifying.stop()
    until_idle(window)
    heart.start()
    tab.classify([str(many)])
    until_idle(window)
    heart.stop(f"{len(tab.table.answers)} files at once")
    window.close()
    app.quit()


if __name__ == "__main__":
    main()
