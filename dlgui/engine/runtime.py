"""The fast runtime: ONNX graphs run by ONNX Runtime on the processor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from dlgui.engine import networks, onnx_network
from dlgui.engine.backbones import BackboneFiles
from dlgui.engine.pooling import Pooling

if TYPE_CHECKING:
    import onnx

BATCH = 4
"""Images a run: on a processor small batches keep the maps in the cache and are fastest (benchmarks/inference.py)."""


class Session:
    """A graph with one input, ready to run.

    Args:
        model: made by `onnx_network.assemble`.
        threads: processor threads, 0 for all.
    """

    def __init__(self, model: onnx.ModelProto, threads: int = 0) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(model.SerializeToString(), options, ["CPUExecutionProvider"])
        self._input = self._session.get_inputs()[0].name
        self.names = [output.name for output in self._session.get_outputs()]

    def run(self, images: np.ndarray, batch_size: int = BATCH) -> np.ndarray:
        """Runs (N, H, W, C) images through the graph in small batches; float32 (N, …)."""
        return self.run_all(images, batch_size)[0]

    def run_all(self, images: np.ndarray, batch_size: int = BATCH) -> list[np.ndarray]:
        """The same, with every output in the order of `names`."""
        parts = [self._session.run(None, {self._input: images[i:i + batch_size]})
                 for i in range(0, len(images), batch_size)]
        return [np.concatenate(found) for found in zip(*parts, strict=True)] if parts else [
            np.empty((0, 0), np.float32) for _ in self.names]


def feature_session(files: BackboneFiles, pooling: Pooling, threads: int = 0) -> Session:
    """uint8 (N, H, W, C) images to float32 (N, length) pooled statistics of a pretrained backbone."""
    import onnx

    backbone = onnx.load(files.graph, load_external_data=False)
    model = onnx_network.assemble(backbone, networks.info(files.name), pooling, "pixels", (0.0, 255.0))
    return Session(model, threads)


def all_statistics(stages: Sequence[int]) -> Pooling:
    """Every statistic of every given stage."""
    from dlgui.engine.pooling import STATISTICS

    return Pooling(tuple((stage, STATISTICS) for stage in stages))
