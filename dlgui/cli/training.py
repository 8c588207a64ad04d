"""`dlgui train` and `dlgui runs`."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlgui.cli.console import Console
from dlgui.cli.projects import open_project
from dlgui.errors import DlguiError

if TYPE_CHECKING:
    from dlgui.engine.training_events import Event
    from dlgui.project.operations.plans import Plan
    from dlgui.project.operations.runs import Run
    from dlgui.project.project import Project

NEWEST = "newest"


def configure(command: str, parser: argparse.ArgumentParser) -> None:
    parser.add_argument("project", metavar="PROJECT", type=Path, help="project folder")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    if command == "runs":
        parser.set_defaults(run=list_runs)
        return
    add_network(parser)
    parser.add_argument("--method", choices=("quick", "finetune"),
                        help="quick (default): frozen network, seconds; finetune: the whole network")
    for name, kind, text in (
            ("epochs", int, "passes over the training split"), ("batch-size", int, "images at once"),
            ("learning-rate", float, "weight of a new gradient"), ("momentum", float, "share of the last update kept"),
            ("weight-prior", float, "strength of the regularization")):
        parser.add_argument(f"--{name}", metavar="N" if kind is int else "X", type=kind, help=f"{text} (finetune)")
    parser.add_argument("--image-size", metavar="N", type=int, help="side of the network's input in pixels")
    parser.add_argument("--seed", metavar="N", type=int, default=42, help="default 42")
    parser.add_argument("--device", metavar="DEVICE", default="auto", help="cpu, cuda[:i], mps or auto (default)")
    parser.add_argument("--resume", metavar="RUN", nargs="?", const=NEWEST,
                        help="go on with a run that was paused, interrupted or failed; without RUN with the newest "
                             "such run; --learning-rate gives it another rate from there on")
    parser.add_argument("--set", metavar="NAME=VALUE", action="append", default=[], dest="settings",
                        help="any other setting of training, augmentation or preprocessing, e.g. policy=one_cycle "
                             "mirror=rc early_stopping=3 contrast_normalization=true; VALUE is JSON or a word")
    parser.add_argument("--find-learning-rate", action="store_true",
                        help="instead of training, do a learning-rate range test and print a suggestion")
    parser.set_defaults(run=train)


def add_network(parser: argparse.ArgumentParser) -> None:
    """The options that name the network, or let it be found."""
    parser.add_argument("--network", metavar="NAME", help="default efficientnet_lite0; dlgui doctor lists those that "
                                                           "need no internet; auto tries them on the training split "
                                                           "and takes the best on the validation split")
    parser.add_argument("--budget", metavar="SECONDS", type=float, default=60.0,
                        help="time that --network auto may take, default 60")


def train(arguments: argparse.Namespace, console: Console) -> int:
    from dlgui.project.operations import runs, training

    with open_project(arguments.project) as project:
        if arguments.find_learning_rate:
            return _find_learning_rate(project, with_network(project, plan_of(arguments), console), console)
        if arguments.resume:
            _only_resume(arguments)
            run = training.resume(project, _unfinished(project, arguments.resume), arguments.learning_rate)
        else:
            run = training.start(project, with_network(project, plan_of(arguments), console))
        console.print(f"{run.id}: {run.method} on {run.network}, {run.device}")
        for event in training.execute(project, run, console.progress()):
            print_event(console, event)
        run = runs.get(project, run.id)
        result = describe(project, run)
    console.result(result)
    console.print(f"{run.id}: validation top-1 error {percent(run.validation_top1_error)}, "
                  f"{run.train_seconds or 0:.1f} s, {run.model}")
    return 0


def _only_resume(arguments: argparse.Namespace) -> None:
    """Refuses what a run that goes on would not heed."""
    for name in ("network", "method", "epochs", "batch_size", "momentum", "weight_prior", "image_size", "settings"):
        if getattr(arguments, name):
            option = "--set" if name == "settings" else f"--{name.replace('_', '-')}"
            raise DlguiError(option, "a run goes on with the settings that it began with",
                             "leave it out, or train a new run; only --learning-rate may change")


def _unfinished(project: Project, name: str) -> Run:
    """The run of a name, or the newest that stands still; one that failed only where no other does."""
    from dlgui.project.operations import runs

    if name != NEWEST:
        return runs.get(project, name)
    waiting = runs.waiting(project) or [r for r in runs.all_runs(project) if r.state == "failed"]
    if not waiting:
        raise DlguiError(project.folder, "no run of it was paused or interrupted",
                         "train a new one with: dlgui train PROJECT")
    return waiting[-1]


def with_network(project: Project, plan: Plan, console: Console) -> Plan:
    """The plan with a network, where it leaves that open."""
    from dlgui.project.operations import choosing, plans

    if plan.network != plans.AUTO:
        return plan

    plan, tried = choosing.choose(project, plan, console.progress())
    console.table(["network", "validation", "loss", "seconds"],
                  [(t.network, percent(t.top1_error), "too slow" if t.loss is None else f"{t.loss:.4f}",
                    f"{t.seconds:.1f}") for t in tried])
    console.print(plan.why)
    return plan


def list_runs(arguments: argparse.Namespace, console: Console) -> int:
    from dlgui.project.operations import runs

    with open_project(arguments.project) as project:  # where nobody trains, what was killed is told as interrupted
        found: list[dict[str, Any]] = [{
            "run": r.id, "name": r.name, "network": r.network, "method": r.method, "state": r.state,
            "validation_top1_error": r.validation_top1_error,
            **({} if r.test_top1_error is None else {"test_top1_error": r.test_top1_error}),
            "train_seconds": r.train_seconds, "created": r.created, "device": r.device, "error": r.error}
            for r in runs.all_runs(project)]
    console.result({"runs": found})
    console.table(["run", "network", "method", "state", "validation", "test", "seconds", "created"],
                  [(r["run"], r["network"], r["method"], r["state"], percent(r["validation_top1_error"]),
                    percent(r.get("test_top1_error")), r["train_seconds"], r["created"]) for r in found])
    if any(r["state"] in ("paused", "interrupted") for r in found):
        console.print("go on with what was paused or interrupted: dlgui train PROJECT --resume RUN")
    for failed in (r for r in found if r["state"] == "failed"):
        console.print(f"{failed['run']} failed: {failed['error']}")
    if not found:
        console.print("no run yet; train one: dlgui train PROJECT")
    return 0


def plan_of(arguments: argparse.Namespace) -> Plan:
    """The plan that the options of `train` describe. Raises `InvalidValue`."""
    from dataclasses import fields

    from dlgui.engine.preprocessing import Preprocessing
    from dlgui.project.operations.plans import Plan

    settings = dict(_setting(text) for text in arguments.settings)
    of_images = {f.name for f in fields(Preprocessing)}
    preprocessing = {name: settings.pop(name) for name in list(settings) if name in of_images}
    for name in ("epochs", "batch_size", "learning_rate", "momentum", "weight_prior"):
        if getattr(arguments, name) is not None:
            settings[name] = getattr(arguments, name)
    method = arguments.method or ("finetune" if settings or arguments.find_learning_rate else "quick")
    plan = {"network": arguments.network} if arguments.network else {}
    return Plan(**plan, method=method, image_size=arguments.image_size, seed=arguments.seed, device=arguments.device,
                settings=settings, preprocessing=preprocessing, budget=arguments.budget)


def _setting(text: str) -> tuple[str, Any]:
    from dlgui.errors import InvalidValue

    name, equals, value = text.partition("=")
    if not equals:
        raise InvalidValue("--set", text, "NAME=VALUE")
    try:
        return name.strip(), json.loads(value)
    except ValueError:
        return name.strip(), value


def _find_learning_rate(project: Project, plan: Plan, console: Console) -> int:
    from dlgui.project.operations import training

    curve, suggestion = training.find_learning_rate(project, plan, console.progress())
    console.result({"learning_rate": suggestion, "curve": [{"learning_rate": r, "loss": x} for r, x in curve]})
    console.table(["learning rate", "loss"], curve[:: max(len(curve) // 20, 1)])
    console.print(f"suggested learning rate: {suggestion:.2g}")
    return 0


def describe(project: Project, run: Run) -> dict[str, Any]:
    """The keys of `dlgui train --json`."""
    from dlgui.project.operations import runs

    return {"run": run.id, "network": run.network, "method": run.method, "device": run.device, "seed": run.seed,
            "epochs": run.epochs, "best_epoch": run.best_epoch, "validation_top1_error": run.validation_top1_error,
            "train_seconds": run.train_seconds, "images_per_second": run.images_per_second,
            "history": runs.history(project, run), "model": str(run.model), "state": run.state,
            "parameters": run.parameters}


def print_event(console: Console, event: Event) -> None:
    from dlgui.engine.training_events import EpochDone

    if isinstance(event, EpochDone):
        console.print(f"epoch {event.epoch}: loss {event.loss:.4f}, training error {percent(event.train_top1_error)}, "
                      f"validation error {percent(event.validation_top1_error)}, {event.seconds:.1f} s"
                      + (" (best so far)" if event.best else ""))


def percent(error: float | None) -> str:
    """A fraction in percent, or a dash."""
    return "-" if error is None else f"{100 * error:.2f} %"
