"""`Predictor`: torch on a GPU, ONNX Runtime on the processor, behind one face and with equal results."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dlgui.engine import devices, networks, onnx_network
from dlgui.engine.loading import load_batches
from dlgui.engine.progress import Progress
from dlgui.engine.runtime import BATCH, Session
from dlgui.errors import InvalidValue, UnreadableImage

if TYPE_CHECKING:
    import onnx

    from dlgui.engine.classifier import Classifier

RUNTIMES = ("auto", "onnx", "torch")
GPU_BATCH = 64


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
        self.classifier, self.asked_device = classifier, device
        self.device = devices.choose(device)
        self.runtime = runtime if runtime != "auto" else ("onnx" if self.device == "cpu" else "torch")
        self.batch_size = batch_size or (max(BATCH, 8) if self.device == "cpu" else GPU_BATCH)
        self.images_per_second = 0.0
        self._threads = threads
        self._sessions: dict[str, Session] = {}
        self._backbone: onnx.ModelProto | None = None
        self._head = (*classifier.head, classifier.temperature)

    def predict_pixels(self, pixels: np.ndarray) -> np.ndarray:
        """uint8 (N, H, W, C) images at the network's size to float32 (N, classes) confidences."""
        if self.runtime == "torch":
            return self._torch(self.classifier.preprocessing.scale(pixels))
        return self._session("pixels").run(pixels)

    def predict_scaled(self, batch: np.ndarray) -> np.ndarray:
        """float32 (N, H, W, C) gray values in range_min … range_max to float32 (N, classes) confidences."""
        if self.runtime == "torch":
            return self._torch(batch)
        return self._session("scaled").run(np.ascontiguousarray(batch, np.float32))

    def predict_paths(self, paths: Sequence[str | Path], progress: Progress | None = None,
                      ) -> Iterator[tuple[int, np.ndarray | UnreadableImage]]:
        """Position and confidences (classes,) of each file, or why it could not be read; in the order of `paths`.

        `images_per_second` holds the speed, decoding included, once the iterator is used up.
        """
        start, count = time.perf_counter(), 0
        for batch in load_batches(paths, self.classifier.preprocessing, self.batch_size, progress):
            results: dict[int, np.ndarray | UnreadableImage] = dict(batch.failures)
            if len(batch.indices):
                results.update(zip(batch.indices.tolist(), self.predict_pixels(batch.pixels), strict=True))
            count += len(batch.indices)
            yield from sorted(results.items(), key=lambda item: item[0])
        self.images_per_second = count / max(time.perf_counter() - start, 1e-9)

    def _session(self, source: onnx_network.Input) -> Session:
        if source not in self._sessions:
            import onnx

            if self._backbone is None:
                self._backbone = onnx.load(self.classifier.graph())
            p = self.classifier.preprocessing
            model = onnx_network.assemble(self._backbone, networks.info(self.classifier.network),
                                          self.classifier.pooling, source, (p.range_min, p.range_max), self._head)
            self._sessions[source] = Session(model, self._threads)
        return self._sessions[source]

    def _torch(self, scaled: np.ndarray) -> np.ndarray:
        import torch

        module = self.classifier.torch_module().to(self.device)
        with torch.inference_mode():
            parts = [torch.softmax(module(torch.from_numpy(part).permute(0, 3, 1, 2).to(self.device))
                                   / self._head[2], dim=1).float().cpu().numpy()
                     for part in np.split(scaled, range(self.batch_size, len(scaled), self.batch_size))]
        return np.concatenate(parts)
