"""`Predictor`: torch on a GPU, ONNX Runtime on the processor, behind one face and with equal results."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from dlgui.engine import devices, networks, onnx_network
from dlgui.engine.loading import load_batches
from dlgui.engine.progress import Progress
from dlgui.engine.rejection import ACCEPTED, DECISIONS
from dlgui.engine.runtime import Session, stretch
from dlgui.engine.storage import kept
from dlgui.errors import InvalidValue, UnreadableImage

if TYPE_CHECKING:
    import onnx

    from dlgui.engine.classifier import Classifier

RUNTIMES = ("auto", "onnx", "torch")
Source = Literal["pixels", "scaled", "features", "maps"]
GPU_BATCH = 64
KEPT = 8
"""Models of files whose graphs are kept ready, so that the next process needs neither to make them nor, for that, to
import ONNX: a quarter of the time of a single answer (benchmarks/applying.py)."""


@dataclass(frozen=True, eq=False)
class Judgement:
    """What a classifier says about one image once its rejection rule was heard.

    Attributes:
        confidences: float32 (classes,).
        decision: one of `rejection.DECISIONS`; `accepted` where the classifier has no rule.
        novelty: how unlike the training images it is, above 1 unknown; None where the classifier cannot tell.
    """

    confidences: np.ndarray
    decision: str
    novelty: float | None = None


class Predictor:
    """Classifies preprocessed images; a snapshot of the classifier's weights at the time it was made.

    Args:
        classifier: what to run.
        device: `auto`, `cpu`, `cuda[:i]` or `mps`.
        runtime: `auto` takes ONNX Runtime on the processor and torch on a GPU.
        batch_size: images a run; by default the fastest for the device.
        threads: processor threads, 0 for all.
    """

    def __init__(self, classifier: Classifier, device: str = "auto", runtime: str = "auto",
                 batch_size: int | None = None, threads: int = 0) -> None:
        if runtime not in RUNTIMES:
            raise InvalidValue("runtime", runtime, ", ".join(RUNTIMES))
        self.classifier, self.asked_device = classifier.snapshot(), device
        self.device = devices.choose(device)
        self.runtime = runtime if runtime != "auto" else ("onnx" if self.device == "cpu" else "torch")
        self.batch_size = batch_size or (stretch() if self.device == "cpu" else GPU_BATCH)
        self.images_per_second = 0.0
        self._threads = threads
        self._sessions: dict[Source, Session] = {}
        self._backbone: onnx.ModelProto | None = None
        self._head = (*classifier.head, classifier.temperature)
        self._rejection = classifier.rejection

    def predict_pixels(self, pixels: np.ndarray) -> np.ndarray:
        """uint8 (N, H, W, C) images at the network's size to float32 (N, classes) confidences."""
        if self.runtime == "torch":
            return self._torch(self.classifier.preprocessing.scale(pixels))[0]
        return self._session("pixels").run(pixels)

    def predict_scaled(self, batch: np.ndarray) -> np.ndarray:
        """float32 (N, H, W, C) gray values in range_min … range_max to float32 (N, classes) confidences."""
        if self.runtime == "torch":
            return self._torch(batch)[0]
        return self._session("scaled").run(np.ascontiguousarray(batch, np.float32))

    def judge_pixels(self, pixels: np.ndarray) -> list[Judgement]:
        """What is said of uint8 (N, H, W, C) images at the network's size."""
        if not len(pixels):
            return []
        novelty: np.ndarray | None = None
        if self.runtime == "torch":
            confidences, features = self._torch(self.classifier.preprocessing.scale(pixels))
            if self._rejection is not None and self._rejection.novelty is not None:
                novelty = self._rejection.novelty.scores(features)
        else:
            found = self._session("pixels").run_all(pixels)
            confidences, novelty = found["confidences"], found.get("novelty")
        decided = np.full(len(pixels), ACCEPTED) if self._rejection is None else self._rejection.decide(
            confidences, novelty)
        return [Judgement(row, DECISIONS[d], None if novelty is None else float(novelty[i]))
                for i, (row, d) in enumerate(zip(confidences, decided, strict=True))]

    def features(self, pixels: np.ndarray) -> np.ndarray:
        """uint8 (N, H, W, C) images at the network's size to the float32 (N, length) that feeds the linear layer."""
        if self.runtime == "torch":
            return self._torch(self.classifier.preprocessing.scale(pixels))[1]
        return self._session("features").run(pixels)

    def predict_with_maps(self, pixels: np.ndarray) -> tuple[np.ndarray, dict[int, np.ndarray]]:
        """Confidences as `predict_pixels`, and for each pooled stage its maps, float32 (N, channels, h, w).

        For a few images at a time: early stages have large maps.
        """
        if self.runtime == "torch":
            return self._torch_with_maps(self.classifier.preprocessing.scale(pixels))
        found = self._session("maps").run_all(pixels)
        return found["confidences"], {stage: found[f"stage{stage}"] for stage in self.classifier.pooling.stages}

    def predict_paths(self, paths: Sequence[str | Path], progress: Progress | None = None,
                      ) -> Iterator[tuple[int, np.ndarray | UnreadableImage]]:
        """Position and confidences (classes,) of each file, or why it could not be read; in the order of `paths`.

        `images_per_second` holds the speed, decoding included, once the iterator is used up.
        """
        for i, found in self.judge_paths(paths, progress):
            yield i, found.confidences if isinstance(found, Judgement) else found

    def judge_paths(self, paths: Sequence[str | Path], progress: Progress | None = None,
                    ) -> Iterator[tuple[int, Judgement | UnreadableImage]]:
        """As `predict_paths`, with the whole judgement of each file."""
        start, count = time.perf_counter(), 0
        for batch in load_batches(paths, self.classifier.preprocessing, self.batch_size, progress):
            results: dict[int, Judgement | UnreadableImage] = dict(batch.failures)
            results.update(zip(batch.indices.tolist(), self.judge_pixels(batch.pixels), strict=True))
            count += len(batch.indices)
            yield from sorted(results.items(), key=lambda item: item[0])
        self.images_per_second = count / max(time.perf_counter() - start, 1e-9)

    def _session(self, source: Source) -> Session:
        if source not in self._sessions:
            name, own = self.classifier.file_hash, networks.info(self.classifier.network).source == "user"
            graph = self._graph(source) if name is None or own or source != "pixels" else kept(
                f"ready/{name}-{onnx_network.FORM}.onnx", lambda: self._graph(source), KEPT)
            self._sessions[source] = Session(graph, self._threads, spinning=source != "maps")
        return self._sessions[source]

    def _graph(self, source: Source) -> bytes:
        """An ONNX file. (The builder of a user's network may make another one tomorrow: his are never kept.)"""
        import onnx

        if self._backbone is None:
            self._backbone = onnx.load(self.classifier.graph(), load_external_data=False)
        p = self.classifier.preprocessing
        return onnx_network.assemble(self._backbone, networks.info(self.classifier.network),
                                     self.classifier.pooling, "scaled" if source == "scaled" else "pixels",
                                     (p.range_min, p.range_max), None if source == "features" else self._head,
                                     None if source == "maps" else self._rejection, source == "maps",
                                     ).SerializeToString()

    def _torch(self, scaled: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Confidences (N, classes) and pooled features (N, length), float32."""
        import torch

        module = self.classifier.torch_module().to(self.device)
        confidences, features = [], []
        with torch.inference_mode():
            for part in np.split(scaled, range(self.batch_size, len(scaled), self.batch_size)):
                pooled = module.pooled(module.maps(torch.from_numpy(part).permute(0, 3, 1, 2).to(self.device)))
                confidences.append(torch.softmax(module.head(pooled) / self._head[2], dim=1).float().cpu().numpy())
                features.append(pooled.float().cpu().numpy())
        return np.concatenate(confidences), np.concatenate(features)

    def _torch_with_maps(self, scaled: np.ndarray) -> tuple[np.ndarray, dict[int, np.ndarray]]:
        import torch

        module = self.classifier.torch_module().to(self.device)
        with torch.inference_mode():
            maps = module.maps(torch.from_numpy(scaled).permute(0, 3, 1, 2).to(self.device))
            confidences = torch.softmax(module.from_maps(maps) / self._head[2], dim=1).float().cpu().numpy()
        return confidences, {stage: m.float().cpu().numpy() for stage, m in zip(
            module.pooling.stages, maps, strict=True)}
