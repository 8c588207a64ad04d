"""`dlgui pack`, `unpack`, `export-data` and `import-data`: projects and data sets on their way to and from others."""

from __future__ import annotations

import argparse
from pathlib import Path

from dlgui.cli.console import Console
from dlgui.cli.projects import open_project

FORMATS = ("imagefolder", "csv", "huggingface", "coco")


def configure(command: str, parser: argparse.ArgumentParser) -> None:
    if command in ("pack", "export-data"):
        parser.add_argument("project", metavar="PROJECT", type=Path, help="project folder")
    if command == "pack":
        parser.add_argument("--out", metavar="FILE.zip", type=Path, required=True, help="archive to write")
        parser.add_argument("--images", action="store_true", help="take the image files along")
    elif command == "unpack":
        parser.add_argument("archive", metavar="FILE.zip", type=Path, help="what dlgui pack wrote")
        parser.add_argument("project", metavar="PROJECT", type=Path, help="new or empty folder")
        parser.add_argument("--images", metavar="DIR", type=Path,
                            help="where the images are here, for an archive without them")
    elif command == "export-data":
        parser.add_argument("--format", choices=FORMATS, required=True,
                            help="imagefolder (SPLIT/CLASS/FILE), csv (dataset.csv), huggingface (imagefolder with "
                                 "metadata.jsonl) or coco (annotations.json); groups, flags and notes go along")
        parser.add_argument("--out", metavar="DIR", type=Path, required=True, help="new or empty folder")
        parser.add_argument("--images", choices=("copy", "link", "none"), default="copy",
                            help="copy (default), hard links, or none: descriptions alone (csv and coco)")
    else:
        parser.add_argument("dataset", metavar="DATASET", type=Path, help="folder, CSV, JSON or JSONL of a data set")
        parser.add_argument("project", metavar="PROJECT", type=Path,
                            help="an existing project gets the labels, splits, groups, flags and notes of the images "
                                 "it has; otherwise a new project is made")
        parser.add_argument("--format", choices=FORMATS, help="by default what it looks like")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run={"pack": pack, "unpack": unpack, "export-data": export_data,
                             "import-data": import_data}[command])


def pack(arguments: argparse.Namespace, console: Console) -> int:
    from dlgui.project.operations import archive

    with open_project(arguments.project, read_only=True) as project:
        count = archive.pack(project, arguments.out, arguments.images, console.progress())
    size = arguments.out.stat().st_size
    console.result({"out": str(arguments.out), "files": count, "bytes": size, "images": arguments.images})
    console.print(f"{arguments.out}: {count} files, {size / 1e6:.1f} MB")
    return 0


def unpack(arguments: argparse.Namespace, console: Console) -> int:
    from dlgui.cli.projects import tell
    from dlgui.project.operations import archive

    with archive.unpack(arguments.archive, arguments.project, arguments.images, console.progress()) as project:
        tell(project, console)
    return 0


def export_data(arguments: argparse.Namespace, console: Console) -> int:
    from dlgui.project.operations import exchange

    with open_project(arguments.project, read_only=True) as project:
        found = exchange.export_dataset(project, arguments.format, arguments.out, arguments.images, console.progress())
    console.result({"out": str(arguments.out), "format": arguments.format, "images": found.images,
                    "files": [str(f) for f in found.files],
                    "failed": [{"path": path, "reason": reason} for path, reason in found.failed]})
    console.print(f"{arguments.out}: {found.images} images, {', '.join(f.name for f in found.files)}")
    for path, reason in found.failed:
        console.print(f"left out: {path}: {reason}")
    return 0


def import_data(arguments: argparse.Namespace, console: Console) -> int:
    from dlgui.project.operations import exchange
    from dlgui.project.store import FILE

    if (arguments.project / FILE).exists():
        with open_project(arguments.project) as project:
            found = exchange.import_dataset(project, arguments.dataset, arguments.format)
    else:
        project, found = exchange.create_from_dataset(arguments.project, arguments.dataset, arguments.format,
                                                      console.progress())
        project.close()
    console.result({"images": found.matched,
                    "rejected": [{"path": path, "reason": reason} for path, reason in found.rejected]})
    console.print(f"{arguments.project}: {found.matched} images described")
    for path, reason in found.rejected[:20]:
        console.print(f"note: {path}: {reason}")
    if len(found.rejected) > 20:
        console.print(f"… and {len(found.rejected) - 20} more (--json lists all)")
    return 0
