"""`dlgui auto` and `dlgui demo`: from a folder of images to an evaluated classifier and a report."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

from dlgui.cli import training as training_commands
from dlgui.cli.console import Console
from dlgui.cli.evaluation import print_evaluation
from dlgui.cli.projects import SOURCES, open_project, print_health, print_info, print_listing, print_split


def configure(command: str, parser: argparse.ArgumentParser) -> None:
    if command == "auto":
        parser.add_argument("images", metavar="IMAGES_DIR", type=Path, help="image folder; it stays as it is")
        parser.add_argument("--project", metavar="PROJECT", type=Path, required=True, help="new project folder")
        parser.add_argument("--labels", metavar="SOURCE", default="last_folder", help=SOURCES)
    else:
        parser.add_argument("project", metavar="PROJECT", type=Path, nargs="?", default=Path("demo.dlproj"),
                            help="project folder, default demo.dlproj")
        parser.add_argument("--headless", action="store_true", help="do not open the window afterwards")
    training_commands.add_network(parser)
    parser.add_argument("--method", choices=("quick", "finetune"), default="quick", help="default quick")
    parser.add_argument("--seed", metavar="N", type=int, default=42, help="default 42")
    parser.add_argument("--device", metavar="DEVICE", default="auto", help="cpu, cuda[:i], mps or auto (default)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=auto if command == "auto" else demo)


def auto(arguments: argparse.Namespace, console: Console) -> int:
    console.result(main_job(arguments.images, arguments.labels, arguments, console))
    return 0


def demo(arguments: argparse.Namespace, console: Console) -> int:
    from dlgui import environment
    from dlgui.project.demo import demo_images

    result = main_job(demo_images(), "last_folder", arguments, console)
    console.result(result)
    if not arguments.headless and environment.has_display():
        from dlgui.cli.window import open_window

        return open_window(arguments.project)
    return 0


def main_job(images: Path, source: str, arguments: argparse.Namespace, console: Console) -> dict[str, Any]:
    """Import, check, split, train, evaluate on the test split, report. An interrupted job goes on where it was."""
    from dlgui.engine.evaluation import evaluate
    from dlgui.project.operations import evaluations, plans, reports, runs, splits
    from dlgui.project.operations.checks import check
    from dlgui.project.operations.info import info
    from dlgui.project.project import Project
    from dlgui.project.store import FILE

    started = time.perf_counter()
    progress = console.progress()
    if (arguments.project / FILE).exists():
        project = open_project(arguments.project)
        differs = (f"other images ({project.image_root})" if project.image_root != images.absolute() else
                   f"labels from {project.meta('label_source')}" if project.meta("label_source") != source else "")
        if differs:
            from dlgui.errors import DlguiError

            project.close()
            raise DlguiError(arguments.project, f"a project over {differs}", "choose another project folder")
        console.print(f"{arguments.project}: going on with this project")
    else:
        project = Project.create(arguments.project, images, source, progress,
                                 lambda listing: print_listing(console, listing))
    with project:
        figures, health = info(project), check(project)
        print_info(console, figures)
        print_health(console, health)
        if figures["splits"]["none"] and not any(figures["splits"][s] for s in ("train", "validation", "test")):
            divided = splits.split(project, seed=arguments.seed)
            print_split(console, divided.per_class, divided.counts, divided.warnings)
        plan = plans.Plan(network=arguments.network or plans.Plan.network, method=arguments.method,
                             seed=arguments.seed, device=arguments.device, budget=arguments.budget)
        run = _train(project, plan, progress, console)
        found = evaluate(evaluations.predict(project, run, "test", progress=progress)).to_json()
        evaluations.record(project, run, "test", found)
        report = project.folder / "report.html"
        console.print(f"\n{run.id} on the test split: {found['num_samples']} images")
        print_evaluation(console, found)
        reports.write(project, runs.get(project, run.id), report, progress)
        result = {"project": str(project.folder), "info": info(project),
                  "train": training_commands.describe(project, run),
                  "evaluation": {"run": run.id, "split": "test", **found}, "model": str(run.model),
                  "report": str(report), "seconds": time.perf_counter() - started}
    console.print(f"\nmodel:  {result['model']}\nreport: {result['report']}\n"
                  f"done in {result['seconds']:.0f} s; look closer with: dlgui {arguments.project}")
    return result


def _train(project: Any, plan: Any, progress: Any, console: Console) -> Any:
    """Trains, or resumes the run that an interruption left."""
    from dlgui.errors import DlguiError
    from dlgui.project.operations import runs, training

    run = None
    unfinished = [run for run in runs.waiting(project) if run.method == plan.method]
    if unfinished:
        try:
            run = training.resume(project, unfinished[-1])
            console.print(f"{run.id}: going on")
        except DlguiError:  # its data has changed since
            run = None
    run = run or training.start(project, training_commands.with_network(project, plan, console))
    for event in training.execute(project, run, progress):
        training_commands.print_event(console, event)
    return runs.get(project, run.id)
