"""100,000 image files become a project: listing and labeling them beside pathlib and bare `os.scandir`; where the time
of the whole import goes (listed, entered, read, hashed), and what its parts cannot be faster than.

python benchmarks/import.py [FILES]
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sqlite3
import tempfile
from pathlib import Path

from common import heading, many_images, timed
from PIL import Image
from profiling import profiled

from dlgui.engine.images import read_image
from dlgui.engine.labels import read_listing
from dlgui.engine.scanning import scan_images
from dlgui.project.project import Project

SOME = 2000
"""Files on which the parts of reading are measured."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="?", type=int, default=100_000)
    count = parser.parse_args().files
    heading(f"import of {count} image files in 100 folders")
    with tempfile.TemporaryDirectory() as folder:
        root = many_images(Path(folder) / "images", count, 100)
        listing(root)
        profiled("import: listed, entered, read",
                 lambda: Project.create(Path(folder) / "p", root).close())
        limits(root, Path(folder))


def listing(root: Path) -> None:
    """Prints how long it takes to list and label."""
    ours, spread = timed(lambda: read_listing(root), 3)
    print(f"dlgui, listed and labeled   {ours:.2f} s (spread {spread:.2f})")
    for name, peer in (
            ("pathlib.rglob", lambda: sorted((p.relative_to(root).as_posix(), p.parent.name)
                                             for p in root.rglob("*.jpg"))),
            ("os.scandir, names alone", lambda: [entry.name for part in os.scandir(root)
                                                 for entry in os.scandir(part)])):
        seconds = timed(peer, 3)[0]
        print(f"{name:27} {seconds:.2f} s; {seconds / ours:.1f} times dlgui's")


def limits(root: Path, folder: Path) -> None:
    """What the parts of an import cannot be faster than, on one core."""
    paths = [sample.path for sample in read_listing(root).samples]
    some = [root / path for path in paths[:: max(len(paths) // SOME, 1)]]
    contents, pixels = [file.read_bytes() for file in some], read_image(some[0]).tobytes()

    def decoded() -> None:
        for file in some:
            with Image.open(file) as image:
                image.load()

    some_paths = [file.relative_to(root).as_posix() for file in some]
    print(f"\n## limits, {sum(map(len, contents)) / len(contents) / 1024:.1f} KiB a file")
    for name, work, count in (
            ("read: files alone, one core", lambda: [file.read_bytes() for file in some], len(some)),
            ("read: BLAKE2b of their bytes, one core",
             lambda: [hashlib.blake2b(content, digest_size=16).digest() for content in contents], len(some)),
            ("read: decoded by Pillow alone, one core", decoded, len(some)),
            ("read: BLAKE2b of their pixels, one core",
             lambda: [hashlib.blake2b(pixels, digest_size=16).digest() for _ in some], len(some)),
            ("read: dlgui, all cores", lambda: list(scan_images(root, some_paths)), len(some)),
            ("enter: SQLite's executemany alone", lambda: entered(folder, paths), len(paths))):
        print(f"{name:40} {count / timed(work, 3)[0]:9.0f} images/s", flush=True)


def entered(folder: Path, paths: list[str]) -> None:
    """Rows with a path and a class in a fresh database, on disk."""
    file = folder / "bare.sqlite"
    file.unlink(missing_ok=True)
    connection = sqlite3.connect(file)
    connection.execute("CREATE TABLE images (id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, class_id INTEGER)")
    connection.executemany("INSERT INTO images (path, class_id) VALUES (?, 1)", ((path,) for path in paths))
    connection.commit()
    connection.close()


if __name__ == "__main__":
    main()
