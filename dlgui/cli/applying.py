"""`dlgui apply` and `reject`: what a model says of images, and when it should rather say nothing."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from dlgui.cli.console import Console
from dlgui.cli.evaluation import MODEL, load_model
from dlgui.cli.projects import open_project
from dlgui.cli.training import percent


def configure(command: str, parser: argparse.ArgumentParser) -> None:
    if command == "apply":
        parser.add_argument("model", metavar="MODEL", help=MODEL)
        parser.add_argument("paths", metavar="PATH", nargs="+", type=Path, help="images, folders and zip archives")
        parser.add_argument("--batch-size", metavar="N", type=int, help="images at once; by default the fastest")
        parser.add_argument("--device", metavar="DEVICE", default="auto", help="cpu, cuda[:i], mps or auto (default)")
        parser.add_argument("--csv", metavar="FILE", type=Path, help="write the results as a table")
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        parser.epilog = ("Each result has a decision: accepted, not_sure (the confidence is below the model's "
                         "threshold for the class) or unknown (unlike anything it was trained on). 'dlgui reject' "
                         "gives a model its thresholds; without them everything is accepted.")
        parser.set_defaults(run=apply)
    else:
        parser.add_argument("project", metavar="PROJECT", type=Path, help="project folder")
        parser.add_argument("--run", dest="run_id", metavar="RUN", help="default: the newest finished run")
        parser.add_argument("--wrong", metavar="COST", type=float,
                            help="cost of every mistake (default: the project's, at first 1)")
        parser.add_argument("--not-sure", metavar="COST", type=float,
                            help="cost of no answer (default: the project's, at first 0.2)")
        parser.add_argument("--false-alarms", metavar="PERCENT", type=float, default=1.0,
                            help="share of familiar images that may be called unknown (default 1; 0: none ever is)")
        parser.add_argument("--remove", action="store_true", help="take the rule out of the model again")
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        parser.epilog = ("Proposes a confidence threshold for each class, of least cost on the validation split, and a "
                         "limit for how unlike the training images an image may be; stores both in the run's model.")
        parser.set_defaults(run=reject)


def apply(arguments: argparse.Namespace, console: Console) -> int:
    from dlgui.engine import answers

    predictor = load_model(arguments.model).predictor(arguments.device)
    if arguments.batch_size is not None:
        from dlgui.errors import InvalidValue

        if arguments.batch_size < 1:
            raise InvalidValue("--batch-size", arguments.batch_size, "a whole number from 1")
        predictor.batch_size = arguments.batch_size
    progress = console.progress()
    with tempfile.TemporaryDirectory(prefix="dlgui-") as folder:
        found = answers.gather(arguments.paths, folder, progress)
        progress.task("classifying", len(found.files))
        given = [answers.renamed(a, found.names) for a in answers.classify(predictor, found.files, progress)]
    given += found.refused
    classes = predictor.classifier.classes
    document = answers.document(given, classes)
    console.result({**document, "images_per_second": predictor.images_per_second})
    if arguments.csv:
        answers.write(arguments.csv, given, classes)
    ruled = predictor.classifier.rejection is not None
    console.table(["image", "predicted", "confidence", *(["decision"] if ruled else [])],
                  [(r["path"], r["predicted"], round(r["confidence"], 4), *([r["decision"]] if ruled else []))
                   for r in document["results"]])
    for item in document["failed"]:
        console.print(f"failed: {item['path']}: {item['reason']}")
    if not document["results"]:
        from dlgui.errors import DlguiError

        reason = f" ({document['failed'][0]['reason']})" if document["failed"] else ""
        raise DlguiError(arguments.paths[0], f"no image could be classified{reason}",
                         "name readable images or folders of them")
    return 0


def reject(arguments: argparse.Namespace, console: Console) -> int:
    from dlgui.engine.rejection import Costs, outcome
    from dlgui.project.operations import rejection, runs

    with open_project(arguments.project) as project:
        run = runs.get(project, arguments.run_id)
        if arguments.remove:
            rejection.store(project, run, None)
            console.result({"run": run.id, "rejection": None, "model": str(run.model)})
            console.print(f"{run.id} accepts every answer again")
            return 0
        evidence = rejection.gather(project, run, console.progress())
        costs = evidence.costs
        if arguments.wrong is not None:
            costs = Costs.uniform(len(run.classes), arguments.wrong, costs.not_sure)
        if arguments.not_sure is not None:
            costs = Costs(costs.wrong, arguments.not_sure)
        rule = rejection.rule(evidence, costs, arguments.false_alarms / 100 or None)
        rejection.store(project, run, rule)
        scores = None if rule.novelty is None else evidence.distances / rule.novelty.limit
        found = outcome(rule, evidence.found, scores)
    console.result({"run": run.id, "rejection": rule.to_dict(), "coverage": found.coverage, "risk": found.risk,
                    "cost": found.cost, "num_samples": len(evidence.found), "model": str(run.model)})
    console.table(["class", "not sure below"], [(name, round(t, 4)) for name, t in zip(run.classes, rule.thresholds,
                                                                                       strict=True)])
    if rule.novelty is not None:
        console.print(f"unknown: {percent(rule.novelty.false_alarm_rate)} false alarms, calibrated on "
                      f"{rule.novelty.calibrated_on} images")
    console.print(f"on validation: {percent(found.coverage)} answered, {percent(found.risk)} of the answers wrong")
    return 0
