"""`dlgui gui` and `dlgui screenshots`."""

from __future__ import annotations

import argparse
import os
import re
from pathlib import Path

from dlgui.cli.console import Console

SMALL = 64
"""Side in pixels of the images that `screenshots --fine-tune` learns from."""


def configure(command: str, parser: argparse.ArgumentParser) -> None:
    if command == "gui":
        parser.add_argument("project", metavar="PROJECT", type=Path, nargs="?", help="project folder to open")
        parser.set_defaults(run=lambda arguments, console: open_window(arguments.project))
        return
    parser.add_argument("project", metavar="PROJECT", type=Path, help="project folder")
    parser.add_argument("out", metavar="OUT_DIR", type=Path, help="folder for the PNG files")
    parser.add_argument("--theme", choices=("light", "dark"), default="light", help="default light")
    parser.add_argument("--size", metavar="WxH", default="1280x800", help="default 1280x800")
    parser.add_argument("--fine-tune", action="store_true",
                        help="first fine-tune a small run where the project has none, for the pictures of its epochs")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=screenshots)


def open_window(project: Path | None) -> int:
    """Opens the application. Raises `DlguiError` without a display."""
    from dlgui import environment
    from dlgui.errors import DlguiError

    if not environment.has_display() and os.environ.get("QT_QPA_PLATFORM") not in ("offscreen", "minimal"):
        raise DlguiError("window", "there is no display",
                         "use the command line: dlgui demo --headless, or dlgui --help for all commands")
    from dlgui.gui.app import run

    return run(project)


def screenshots(arguments: argparse.Namespace, console: Console) -> int:
    from dlgui import environment
    from dlgui.errors import InvalidValue

    found = re.fullmatch(r"(\d{3,5})x(\d{3,5})", arguments.size)
    if not found:
        raise InvalidValue("--size", arguments.size, "WIDTHxHEIGHT, e.g. 1280x800")
    if not environment.has_display():
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    if arguments.fine_tune:
        _fine_tune(arguments.project, console)
    from dlgui.gui.screenshots import take

    written = take(arguments.project, arguments.out, arguments.theme, (int(found[1]), int(found[2])))
    console.result({"files": [str(path) for path in written]})
    for path in written:
        console.print(str(path))
    return 0


def _fine_tune(folder: Path, console: Console) -> None:
    """Trains a run that keeps its epochs, small and short, unless there is one."""
    from dlgui.cli.projects import open_project
    from dlgui.project.operations import epochs, plans, runs, training

    with open_project(folder) as project:
        if not any(epochs.of_run(run) for run in runs.all_runs(project)):
            plan = plans.Plan(method="finetune", image_size=SMALL, settings={"epochs": 4})
            training.train(project, plan, progress=console.progress())
