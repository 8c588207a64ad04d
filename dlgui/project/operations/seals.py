"""The reproduction seal: one hash over all that decides a run, kept beside its model, and what differs between two."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Mapping
from typing import Any

from dlgui import environment
from dlgui.engine import backbones
from dlgui.engine.storage import write_atomically
from dlgui.errors import DlguiError
from dlgui.project import own_images
from dlgui.project.operations import runs
from dlgui.project.operations.runs import Run
from dlgui.project.project import Project

FILE = "seal.json"
DECIDING = ("python", "dlgui", "numpy", "pillow", "tifffile", "torch", "torchvision", "timm", "onnxruntime", "scipy")
"""Packages whose version may change a result."""


def ingredients(project: Project, run: Run) -> dict[str, Any]:
    """All that decides a run, in the order in which differences are looked for.

    Hashes stand for images (path and content), labels and split as they were when the run began, and for the pretrained
    weights; the rest is as it is.
    """
    rows = [(own_images.to_store(project.folder, path), *rest)  # a project that was moved is still the same
            for path, *rest in runs.snapshot_rows(project, run)]
    files = (backbones.pretrained if run.parameters.get("pretrained", True) else backbones.random)(run.network)
    versions, chip = environment.versions(), environment.processor()
    return {
        "images": digest([[path, content] for path, content, _, _ in rows]),
        "labels": digest([[path, label] for path, _, label, _ in rows]),
        "split": digest([[path, subset] for path, _, _, subset in rows]),
        "classes": run.outputs.then, "method": run.method, "network": run.network,
        "pretrained weights": hashlib.sha256(files.weights.read_bytes()).hexdigest()[:32],
        "seed": run.seed, "settings": run.parameters, "device": run.device,
        "versions": {name: versions[name] for name in DECIDING if versions.get(name)},
        "processor": {"name": chip["name"], "cores": chip["cores"]}}


def outcome(project: Project, run: Run, ended: str) -> dict[str, Any]:
    """What came of it: why it ended, losses and errors of every epoch, and a hash of the weights."""
    history = [{name: row[name] for name in ("epoch", "loss", "train_top1_error", "validation_top1_error")}
               for row in runs.history(project, run)]
    return {"ended by": ended, "history": history, "weights": _weights(run)}


def seal(project: Project, run: Run, ended: str) -> dict[str, Any]:
    """Seals a finished run: writes `seal.json` into its folder and returns what is in it.

    Args:
        project: which.
        run: as it is at its end.
        ended: the reason of `Finished`; one that was stopped by hand cannot be repeated exactly.

    Raises:
        DlguiError: the folder cannot be written.
    """
    of = ingredients(project, run)
    document = {"seal": digest(of), "ingredients": of, "outcome": outcome(project, run, ended)}
    text = json.dumps(document, indent=1, ensure_ascii=False)
    write_atomically(run.folder / FILE, lambda file: file.write(text.encode()))
    return document


def read(run: Run) -> dict[str, Any] | None:
    """The seal of a run; None where it has none, or one that was changed by hand."""
    try:
        document = json.loads((run.folder / FILE).read_text(encoding="utf-8"))
        return document if document["seal"] == digest(document["ingredients"]) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def digest(value: Any) -> str:
    """A hash of a JSON value, whatever the order of its keys."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def first_difference(a: Any, b: Any, where: str = "") -> tuple[str, Any, Any] | None:
    """Where two JSON values differ first, depth first in the order of `a`: place, value there in `a`, in `b`."""
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        for key in [*a, *(k for k in b if k not in a)]:
            found = first_difference(a.get(key), b.get(key), f"{where}, {key}" if where else str(key))
            if found:
                return found
        return None
    if isinstance(a, list) and isinstance(b, list) and a != b:
        for i, (x, y) in enumerate(zip(a, b, strict=False)):
            found = first_difference(x, y, f"{where} {i + 1}")
            if found:
                return found
        return f"{where}, number of entries", len(a), len(b)
    return None if a == b else (where, a, b)


def _weights(run: Run) -> str:
    try:
        with zipfile.ZipFile(run.model) as archive:
            return str(json.loads(archive.read("classifier.json"))["weights_sha256"])
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as problem:
        raise DlguiError(run.model, f"cannot be read ({problem})", "train again") from problem
