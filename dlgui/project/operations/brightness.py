"""How bright the images are; looked at once for each content and kept in the project's cache."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from dlgui import environment
from dlgui.engine import outliers
from dlgui.engine.content_table import ContentTable
from dlgui.engine.progress import Progress
from dlgui.project.project import Project

_BATCH = 256


def brightness(project: Project, rows: np.ndarray, progress: Progress | None = None) -> np.ndarray:
    """float32 (m, 2): mean and standard deviation of the gray values of some rows of the table; NaN where unknown.

    Raises:
        DlguiError: the image folder is gone.
        Cancelled: what was looked at so far is kept.
    """
    table, root = project.images(), project.require_image_root()
    kept = ContentTable(project.cache_folder, "brightness", (2,), np.float32)
    hashes = [str(table.content_hash[r]) if table.content_hash[r] else "00" * 16 for r in rows]
    missing = np.flatnonzero(kept.rows(hashes) < 0)
    missing = missing[np.unique(np.array(hashes)[missing], return_index=True)[1]] if len(missing) else missing
    if progress is not None and len(missing):
        progress.task("looking at brightness", len(missing))
    with ThreadPoolExecutor(max(environment.cores(), 2), thread_name_prefix="brightness") as pool:
        for start in range(0, len(missing), _BATCH):
            part = missing[start:start + _BATCH]
            found = list(pool.map(outliers.brightness, [root / table.path[rows[i]] for i in part]))
            kept.add([hashes[i] for i in part], np.array(found, np.float32))
            if progress is not None:
                progress.advance(len(part))
    return kept.read(kept.rows(hashes))
