"""The project in figures."""

from __future__ import annotations

from collections import Counter
from typing import Any

from dlgui.engine.splitting import SUBSETS
from dlgui.project.project import Project


def info(project: Project) -> dict[str, Any]:
    """Counts of images, classes, splits and runs, and the unreadable files (keys of `dlgui info --json`)."""
    table = project.images()
    labels = Counter(table.label[table.usable].tolist())
    splits = Counter(table.split[table.usable].tolist())
    return {
        "num_images": len(table),
        "num_labeled": int(table.trainable.sum()),
        "classes": {name: labels[i] for i, name in enumerate(table.class_names)},
        "splits": {**{name: splits[i] for i, name in enumerate(SUBSETS)}, "none": splits[-1]},
        "unreadable": unreadable(project),
        "runs": project.store.rows("SELECT COUNT(*) FROM runs")[0][0],
        "missing": [path for path, gone in zip(table.path, table.missing, strict=True) if gone],
        "excluded": int(table.excluded.sum()),
        "flagged": int(table.flag.sum()),
        "image_root": str(project.image_root),
        "label_source": project.meta("label_source"),
    }


def unreadable(project: Project) -> list[dict[str, str]]:
    """Files that could not be decoded, with the reason."""
    table = project.images()
    return [{"path": path, "reason": reason} for path, reason in zip(table.path, table.reason, strict=True) if reason]
