"""One evaluated image as the parts of the Evaluate tab hand it to one another."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Sample:
    """An image of an evaluation.

    Attributes:
        position: in the predictions of the evaluation, where all its confidences are; -1 where it is not among them.
        image_id: of the project; None where the image has gone since.
        path: relative to the image root.
        file: absolute.
        truth, predicted: names of classes of the network.
        confidence: of the predicted class, 0…1.
        flagged: for a second look.
    """

    position: int
    image_id: int | None
    path: str
    file: Path
    truth: str
    predicted: str
    confidence: float
    flagged: bool = False

    @property
    def correct(self) -> bool:
        """Whether the network is right."""
        return self.truth == self.predicted
