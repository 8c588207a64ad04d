"""`dlgui create`, `info`, `check`, `split`: a project and its data."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlgui.cli.console import Console

if TYPE_CHECKING:
    from dlgui.engine.labels import Listing
    from dlgui.project.project import Project

SOURCES = ("label source: last_folder (default; the folder that holds the image), file_name, file_name_remove_index "
           "(file name without its number at the end), csv:FILE (columns: image path, label, optional split, optional "
           "group) or none")


ROWS = 20
"""So many rows that were left out are printed."""


def configure(command: str, parser: argparse.ArgumentParser) -> None:
    parser.add_argument("project", metavar="PROJECT", type=Path, help="project folder")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    if command == "create":
        parser.add_argument("--images", metavar="DIR", type=Path, required=True, help="image folder; it stays as it is")
        parser.add_argument("--labels", metavar="SOURCE", default="last_folder", help=SOURCES)
    if command == "split":
        parser.add_argument("--train", metavar="PERCENT", type=float, default=70.0, help="default 70")
        parser.add_argument("--validation", metavar="PERCENT", type=float, default=15.0,
                            help="default 15; the rest is test")
        parser.add_argument("--seed", metavar="N", type=int, default=42, help="default 42")
        parser.add_argument("--group-by", metavar="GROUP",
                            help="'group' (the CSV's column) or a regular expression on the path: images that give the "
                                 "same match show the same object and stay together")
        parser.add_argument("--overwrite", action="store_true", help="replace the split that is there")
    parser.set_defaults(run={"create": create, "info": info, "check": check, "split": split}[command])


def create(arguments: argparse.Namespace, console: Console) -> int:
    from dlgui.project.operations.info import info as figures
    from dlgui.project.project import Project

    listings: list[Listing] = []
    with Project.create(arguments.project, arguments.images, arguments.labels, console.progress(),
                        listings.append) as project:
        found = figures(project)
    console.result({**found, **describe_listing(listings[0])})
    print_info(console, found)
    print_listing(console, listings[0])
    return 0


def info(arguments: argparse.Namespace, console: Console) -> int:
    with open_project(arguments.project, read_only=True) as project:
        tell(project, console)
    return 0


def check(arguments: argparse.Namespace, console: Console) -> int:
    from dlgui.project.operations.checks import check as health

    with open_project(arguments.project, read_only=True) as project:
        found = health(project, brightness=True, progress=console.progress())
    console.result(found)
    print_health(console, found)
    return 0


def split(arguments: argparse.Namespace, console: Console) -> int:
    from dlgui.project.operations import splits

    with open_project(arguments.project) as project:
        found = splits.split(project, arguments.train, arguments.validation, arguments.seed, arguments.group_by,
                             arguments.overwrite)
    console.result({"splits": found.counts, "classes": found.per_class, "warnings": found.warnings})
    print_split(console, found.per_class, found.counts, found.warnings)
    return 0


def open_project(folder: Path, read_only: bool = False) -> Project:
    """Opens a project of the command line."""
    from dlgui.project.project import Project

    return Project.open(folder, read_only)


def describe_listing(listing: Listing) -> dict[str, Any]:
    """What of a label source was not taken over."""
    return {"rejected": [{"path": path, "reason": reason} for path, reason in listing.rejected],
            "notes": listing.notes}


def print_listing(console: Console, listing: Listing) -> None:
    """Rows of a table that were not used, or only in part."""
    for path, reason in listing.rejected[:ROWS]:
        console.print(f"row left out: {path}: {reason}")
    if len(listing.rejected) > ROWS:
        console.print(f"… and {len(listing.rejected) - ROWS} more rows (--json lists all)")
    for note in listing.notes:
        console.print(f"note: {note}")


def tell(project: Project, console: Console) -> None:
    """What is in a project, as `info` says it."""
    from dlgui.project.operations.info import info as figures

    found = figures(project)
    console.result(found)
    print_info(console, found)


def print_info(console: Console, found: dict[str, Any]) -> None:
    console.print(f"{found['num_images']} images, {found['num_labeled']} labeled, {len(found['classes'])} classes, "
                  f"{len(found['unreadable'])} unreadable, {found['runs']} runs")
    console.table(["class", "images"], list(found["classes"].items()))
    console.print("splits: " + ", ".join(f"{count} {name}" for name, count in found["splits"].items()))
    for item in found["unreadable"]:
        console.print(f"unreadable: {item['path']}: {item['reason']}")


def print_health(console: Console, found: dict[str, Any]) -> None:
    """What is wrong with the data, most serious first; a few examples of each."""
    said = False
    for key, text in (("unreadable", "unreadable images"), ("conflicts", "sets of duplicates with different labels"),
                      ("leaks", "sets of duplicates that straddle splits"), ("exact_duplicates", "sets of duplicates"),
                      ("near_duplicates", "sets of near duplicates"), ("label_issues", "labels that look wrong"),
                      ("odd_sizes", "images of odd size"), ("odd_brightness", "images of odd brightness")):
        items = found[key]
        if not items:
            continue
        said = True
        console.print(f"{len(items)} {text}")
        for item in items[:5]:
            console.print("  " + (", ".join(item) if isinstance(item, list) else describe_issue(item)))
        if len(items) > 5:
            console.print(f"  … and {len(items) - 5} more (--json lists all)")
    warnings = found["imbalance"]["warnings"]
    for warning in warnings[:5]:
        console.print(f"note: {warning}")
    if len(warnings) > 5:
        console.print(f"note: … and {len(warnings) - 5} more classes (--json lists all)")
    if not said and not warnings:
        console.print("no problem found")


def describe_issue(item: dict[str, Any]) -> str:
    if "reason" in item:
        return f"{item['path']}: {item['reason']}"
    if "why" in item:
        return f"{item['path']}: {item['why']}"
    return f"{item['path']}: labeled {item['given']}, looks like {item['suggested']} ({item['score']:.2f})"


def print_split(console: Console, per_class: dict[str, dict[str, int]], counts: dict[str, int],
                warnings: list[str]) -> None:
    console.table(["class", *counts], [(name, *row.values()) for name, row in per_class.items()])
    console.print("total: " + ", ".join(f"{count} {name}" for name, count in counts.items()))
    for warning in warnings:
        console.print(f"note: {warning}")
