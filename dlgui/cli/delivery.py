"""`dlgui export`, `report`, `corrections` and `script`: what leaves the project, and what comes back."""

from __future__ import annotations

import argparse
from pathlib import Path

from dlgui.cli.console import Console
from dlgui.cli.projects import open_project


def configure(command: str, parser: argparse.ArgumentParser) -> None:
    parser.add_argument("project", metavar="PROJECT", type=Path, help="project folder")
    if command == "corrections":
        parser.add_argument("file", metavar="FILE.json", type=Path, help="what “Save corrections” in a report wrote")
        parser.add_argument("--accept", action="store_true",
                            help="take over what fits today's labels, as one step of undo; without it they are listed")
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        parser.set_defaults(run=corrections)
        return
    if command == "report":
        parser.add_argument("--intended-use", metavar="TEXT",
                            help="what the classifier is for; kept in the project, for the model card")
        parser.add_argument("--card", metavar="FILE.md", type=Path, help="write the model card as Markdown, too")
    if command != "script":
        parser.add_argument("--run", dest="run_id", metavar="RUN", help="default: the newest finished run")
    if command == "export":
        parser.add_argument("--format", choices=("dlclassifier", "onnx", "openvino", "torch_export"), required=True,
                            help="dlclassifier (dlgui's own), onnx, openvino, torch_export")
        parser.add_argument("--int8", action="store_true",
                            help="onnx only: eight-bit convolutions, with ranges from training images; prints what "
                                 "that costs on the validation split before anything is saved")
        parser.add_argument("--accept-loss", metavar="SHARE", type=float, default=0.01,
                            help="with --int8: save only if the top-1 error rises by no more than this (default 0.01)")
    parser.add_argument("--out", metavar="FILE", type=Path, required=True, help="file to write")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run={"export": export, "report": report, "script": script}[command])


def export(arguments: argparse.Namespace, console: Console) -> int:
    from dlgui.errors import DlguiError
    from dlgui.project.operations import exports, runs

    with open_project(arguments.project, read_only=True) as project:
        run = runs.get(project, arguments.run_id)
        prepared = exports.prepare(project, run, arguments.format, int8=arguments.int8, progress=console.progress())
        found = prepared.certificate
        for line in found.sentences():
            console.print(line)
        if found.cost is not None and found.cost.loss > arguments.accept_loss:
            loss = found.cost.loss
            raise DlguiError(arguments.out, f"not saved: int8 raises the top-1 error by {100 * loss:.2f} points, more "
                             f"than {100 * arguments.accept_loss:g}",
                             f"export without --int8, or accept it with --accept-loss {loss:.4f}")
        written = exports.save(project, run, prepared, arguments.out)
    console.result({"run": run.id, "format": arguments.format, "out": str(arguments.out), "images": found.images,
                    "max_difference": found.max_difference, "agreement": found.agreement,
                    "certificate": found.to_dict(), "files": [str(path) for path in written]})
    for path in written:
        console.print(f"written: {path}")
    return 0


def report(arguments: argparse.Namespace, console: Console) -> int:
    from dlgui.project.operations import cards, reports, runs

    with open_project(arguments.project) as project:
        run = runs.get(project, arguments.run_id)
        if arguments.intended_use is not None:
            cards.set_intended_use(project, arguments.intended_use)
        reports.write(project, run, arguments.out, console.progress())
        if arguments.card is not None:
            reports.write_card(project, run, arguments.card)
    console.result({"run": run.id, "out": str(arguments.out),
                    **({} if arguments.card is None else {"card": str(arguments.card)})})
    console.print(f"{arguments.out}: report of {run.id}")
    if arguments.card is not None:
        console.print(f"{arguments.card}: its model card")
    return 0


def corrections(arguments: argparse.Namespace, console: Console) -> int:
    from dlgui.project.operations import corrections as operations

    with open_project(arguments.project, read_only=not arguments.accept) as project:
        found = operations.read(project, arguments.file)
        fitting = [p for p in found if not p.problem]
        if arguments.accept and fitting:
            operations.accept(project, fitting)
    console.result({"proposals": [vars(p) for p in found], "accepted": len(fitting) if arguments.accept else 0})
    console.table(["image", "labeled", "proposed", "comment", "note"],
                  [(p.path, p.current or "-", p.proposed or "no label", p.comment, p.problem) for p in found])
    console.print(f"{len(fitting)} of {len(found)} " + ("taken over" if arguments.accept
                                                         else "can be taken over: add --accept"))
    return 0


def script(arguments: argparse.Namespace, console: Console) -> int:
    from dlgui.project.operations import scripts

    with open_project(arguments.project, read_only=True) as project:
        scripts.write(project, arguments.out)
    console.result({"out": str(arguments.out)})
    console.print(f"{arguments.out}: run it with python")
    return 0
