"""Images that a project keeps itself, for the folder of its images takes no files: in `added`, beside its database.

The store names them `/added/…`, so that they go where the project goes. Everybody else sees their absolute path, which
leads to the file through `image_root / path`, as the path of any image does.
"""

from __future__ import annotations

import os
from pathlib import Path

FOLDER = "added"


def takes_files(root: Path) -> bool:
    """Whether an image folder is the user's: files in an installed package, as the demo's, go with its next update."""
    return not {"site-packages", "dist-packages"} & set(root.absolute().parts)


def is_own(path: str) -> bool:
    """Whether this is the path of an image that lies outside the image folder."""
    return os.path.isabs(path)  # noqa: PTH117 - of 100,000 images in 0.02 s, by a Path in 0.2 s


def from_store(folder: Path, stored: str) -> str:
    """The path of an image whose name in the store this is.

    Args:
        folder: the project's.
        stored: what `to_store` gave.
    """
    return f"{folder.absolute().as_posix()}{stored}" if stored.startswith("/") else stored


def to_store(folder: Path, path: str) -> str:
    """What the store calls the image of a path: `/` and its place in the project, or else in the image folder."""
    return f"/{Path(path).relative_to(folder.absolute()).as_posix()}" if is_own(path) else path


def path_of(folder: Path, root: Path, file: Path) -> str | None:
    """The path of a file as an image of a project; None where it must be copied first.

    Args:
        folder: the project's.
        root: its image folder.
        file: absolute.
    """
    if file.is_relative_to(root.absolute()):
        return file.relative_to(root.absolute()).as_posix()
    return file.as_posix() if file.is_relative_to(folder.absolute() / FOLDER) else None
