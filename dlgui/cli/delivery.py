"""`dlgui export`, `report` and `script`: what leaves the project."""

from __future__ import annotations

import argparse
from pathlib import Path

from dlgui.cli.console import Console
from dlgui.cli.projects import open_project


def configure(command: str, parser: argparse.ArgumentParser) -> None:
    parser.add_argument("project", metavar="PROJECT", type=Path, help="project folder")
    if command != "script":
        parser.add_argument("--run", dest="run_id", metavar="RUN", help="default: the newest finished run")
    if command == "export":
        parser.add_argument("--format", choices=("dlclassifier", "onnx", "openvino", "torch_export"), required=True,
                            help="dlclassifier (dlgui's own), onnx, openvino, torch_export")
    parser.add_argument("--out", metavar="FILE", type=Path, required=True, help="file to write")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run={"export": export, "report": report, "script": script}[command])


def export(arguments: argparse.Namespace, console: Console) -> int:
    from dlgui.engine import exporters
    from dlgui.engine.model_file import read_model
    from dlgui.project.operations import evaluations, runs

    with open_project(arguments.project, read_only=True) as project:
        run = runs.get(project, arguments.run_id)
        classifier = read_model(run.model)
        images = evaluations.some_images(project)
    difference = exporters.export(classifier, arguments.format, arguments.out, images)
    console.result({"run": run.id, "format": arguments.format, "out": str(arguments.out), "images": len(images),
                    "max_difference": difference})
    console.print(f"{arguments.out}: {arguments.format}, checked on {len(images)} images, "
                  f"confidences differ by at most {difference:.1e}")
    return 0


def report(arguments: argparse.Namespace, console: Console) -> int:
    from dlgui.project.operations import reports, runs

    with open_project(arguments.project) as project:
        run = runs.get(project, arguments.run_id)
        reports.write(project, run, arguments.out, console.progress())
    console.result({"run": run.id, "out": str(arguments.out)})
    console.print(f"{arguments.out}: report of {run.id}")
    return 0


def script(arguments: argparse.Namespace, console: Console) -> int:
    from dlgui.project.operations import scripts

    with open_project(arguments.project, read_only=True) as project:
        scripts.write(project, arguments.out)
    console.result({"out": str(arguments.out)})
    console.print(f"{arguments.out}: run it with python")
    return 0
