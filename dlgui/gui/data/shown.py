"""Which images the middle of the Data tab shows, in which order; knows no widget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dlgui.project.project import ImageTable


@dataclass(frozen=True)
class Shown:
    """An order over some rows of the table.

    Attributes:
        table: all images.
        rows: int64 (n,), the row at each position.
    """

    table: ImageTable
    rows: np.ndarray

    def __len__(self) -> int:
        return len(self.rows)

    def ids(self, positions: Sequence[int]) -> list[int]:
        """Image ids at positions; positions beyond the end are left out."""
        chosen = np.array(list(positions), np.int64)
        return self.table.id[self.rows[chosen[chosen < len(self.rows)]]].tolist()

    def positions(self, ids: Sequence[int]) -> np.ndarray:
        """Positions of those of the images that are shown, int64, ascending."""
        return np.flatnonzero(np.isin(self.table.id[self.rows], np.asarray(ids, np.int64)))

    def after_labeling(self, positions: Sequence[int]) -> int | None:
        """Id of the image to go to once those at `positions` are labeled.

        The next without a label below them, else the first without one above; where every other has one, the next.
        None where there is nowhere to go.
        """
        if not len(positions):
            return None
        last = max(positions)
        unlabeled = self.table.label[self.rows] < 0
        unlabeled[list(positions)] = False
        found = np.flatnonzero(unlabeled)
        later = found[found > last]
        if len(found):
            return int(self.table.id[self.rows[later[0] if len(later) else found[0]]])
        return int(self.table.id[self.rows[last + 1]]) if last + 1 < len(self.rows) else None
