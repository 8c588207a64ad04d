"""`dlgui advise` and `dlgui repeat`."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

from dlgui.cli.console import Console
from dlgui.cli.projects import open_project


def configure(command: str, parser: argparse.ArgumentParser) -> None:
    parser.add_argument("project", metavar="PROJECT", type=Path, help="project folder")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    if command == "repeat":
        parser.add_argument("--run", metavar="RUN", dest="run_id", help="default: the newest finished run")
        parser.set_defaults(run=repeat)
        return
    parser.add_argument("--network", metavar="NAME", help="default efficientnet_lite0")
    parser.add_argument("--image-size", metavar="N", type=int, help="size for the data forecast; default automatic")
    parser.add_argument("--more", metavar="N", type=int, default=50, help="images added to a class, default 50")
    parser.set_defaults(run=advise)


def advise(arguments: argparse.Namespace, console: Console) -> int:
    from dlgui.project.operations import advice
    from dlgui.project.operations.plans import Plan

    network = {"network": arguments.network} if arguments.network else {}
    plan = Plan(**network, image_size=arguments.image_size)
    with open_project(arguments.project) as project:
        sizes = advice.input_size(project, plan, console.progress())
        data = advice.data_forecast(project, plan, arguments.more, console.progress())
    console.result({
        "input_size": asdict(sizes),
        "data": {"more": data.more, "top1_error": data.error, "images": data.images, "left_out": data.left_out,
                 "classes": [{"class": c.name, "train_images": c.today, **asdict(c.forecast)} for c in data.classes]}})
    console.table(["size", "wrong", "images", "images/s"],
                  [(r.size, r.wrong, r.images, f"{r.images_per_second:.1f}") for r in sizes.results])
    console.print(f"fewest errors: {sizes.best} px; proposed: {sizes.proposed} px")
    console.table(["class", "training images", "error now", f"with {data.more} more", "95 %", "verdict"],
                  [(c.name, c.today, f"{c.forecast.now:.3f}", f"{c.forecast.then:.3f}",
                    "{:.3f} … {:.3f}".format(*c.forecast.then_interval), c.forecast.verdict) for c in data.classes])
    return 0


def repeat(arguments: argparse.Namespace, console: Console) -> int:
    from dlgui.project.operations import repeats, runs

    with open_project(arguments.project) as project:
        found = repeats.repeat(project, runs.get(project, arguments.run_id), console.progress())
    console.result({"run": found.original.id, "again": found.again.id if found.again else None, "same": found.same,
                    "seal": found.seal, "difference": asdict(found.difference) if found.difference else None,
                    "environment": asdict(found.environment) if found.environment else None})
    console.print(f"seal {found.seal}")
    if found.same:
        console.print(f"{found.original.id}: the same result, to the last bit")
    for difference in (found.difference, found.environment):
        if difference is not None:
            console.print(f"{difference.stage}: {difference.what} was {difference.then}, is now {difference.now}")
    return 0
