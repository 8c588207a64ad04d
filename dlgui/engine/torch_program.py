"""A whole classifier as one torch program: from pixels to confidences and, with a rule, to decisions."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from dlgui.engine.classifier import Classifier
from dlgui.engine.rejection import UNKNOWN, Rejection


class _Exported(nn.Module):
    """uint8 (N, H, W, C) images to float32 (N, classes) confidences; with a rule for rejection to a tuple of these,
    int64 (N,) decisions and, where the rule has a detector, float32 (N,) novelty."""

    def __init__(self, classifier: Classifier) -> None:
        super().__init__()
        p = classifier.preprocessing
        self.network, self.temperature = classifier.torch_module(), classifier.temperature
        self.factor, self.offset = (p.range_max - p.range_min) / 255.0, p.range_min
        self.rejection = _Rejection(classifier.rejection) if classifier.rejection is not None else None

    def forward(self, image: torch.Tensor) -> torch.Tensor | tuple[torch.Tensor, ...]:
        scaled = image.float() * self.factor + self.offset
        features = self.network.pooled(self.network.maps(scaled.permute(0, 3, 1, 2)))
        confidences = torch.softmax(self.network.head(features) / self.temperature, dim=1)
        return confidences if self.rejection is None else (confidences, *self.rejection(features, confidences))


class _Rejection(nn.Module):
    """As `Rejection.decide` and `Novelty.scores`."""

    def __init__(self, rule: Rejection) -> None:
        super().__init__()
        self.register_buffer("thresholds", torch.tensor(rule.thresholds, dtype=torch.float32))
        self.novelty = rule.novelty
        for name, array in (rule.novelty.arrays() if rule.novelty is not None else {}).items():
            self.register_buffer(name, torch.from_numpy(np.array(array)))

    def forward(self, features: torch.Tensor, confidences: torch.Tensor) -> tuple[torch.Tensor, ...]:
        highest, predicted = confidences.max(1)
        decided = (highest < self.get_buffer("thresholds")[predicted]).long()
        if self.novelty is None:
            return (decided,)
        basis = self.get_buffer("basis")
        x = (features - self.get_buffer("centre")) * self.get_buffer("scale")
        inside = x @ basis.T
        rest = (x - inside @ basis).square().sum(1) / self.novelty.noise
        away = (inside[:, None] - self.get_buffer("means")).square() / self.get_buffer("variance")
        scores = (away.sum(2).amin(1) + rest).sqrt() / self.novelty.limit
        return torch.where(scores > 1, UNKNOWN, decided), scores


def exported_program(classifier: Classifier) -> torch.export.ExportedProgram:
    """The whole classifier by torch.export, for any number of images."""
    p = classifier.preprocessing
    example = torch.zeros(2, p.height, p.width, p.channels, dtype=torch.uint8)
    with torch.no_grad():
        return torch.export.export(_Exported(classifier).eval(), (example,),
                                   dynamic_shapes={"image": {0: torch.export.Dim("n", min=1)}}, strict=False)
