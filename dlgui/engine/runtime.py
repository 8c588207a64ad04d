"""The fast runtime: ONNX graphs run by ONNX Runtime on the processor."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np

from dlgui import environment
from dlgui.engine import networks, onnx_network
from dlgui.engine.backbones import BackboneFiles
from dlgui.engine.pooling import Pooling

if TYPE_CHECKING:
    import onnx
    import onnxruntime

BATCH = 2
"""Images a run: on a processor small batches keep the maps in the cache and are fastest (benchmarks/inference.py)."""


def stretch() -> int:
    """Images that keep every core busy for a while."""
    return 4 * BATCH * environment.cores()


class Session:
    """A graph with one input, ready to run.

    Many images are shared out among the cores, each of which runs the graph by itself: a third faster than all cores on
    the same few images (benchmarks/inference.py). A single small batch has them all.

    Args:
        model: made by `onnx_network.assemble`.
        threads: processor threads, 0 for as many as there are cores to use.
    """

    def __init__(self, model: onnx.ModelProto, threads: int = 0) -> None:
        self._graph = model.SerializeToString()
        self._threads = threads or environment.cores()
        self._input = model.graph.input[0].name
        self.names = [output.name for output in model.graph.output]
        self._sessions: dict[int, onnxruntime.InferenceSession] = {}
        self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="runtime")

    def run(self, images: np.ndarray) -> np.ndarray:
        """Runs (N, H, W, C) images through the graph; float32 (N, …)."""
        return self.run_all(images)[0]

    def run_all(self, images: np.ndarray) -> list[np.ndarray]:
        """The same, with every output in the order of `names`."""
        batches = [images[start:start + BATCH] for start in range(0, len(images), BATCH)]
        if not batches:
            return [np.empty((0, 0), np.float32) for _ in self.names]
        if self._threads == 1 or len(batches) == 1:
            session = self._session(self._threads)
            parts = [session.run(None, {self._input: batch}) for batch in batches]
        else:
            session = self._session(1)
            parts = list(self._pool.map(lambda batch: session.run(None, {self._input: batch}), batches))
        return [np.concatenate(found) for found in zip(*parts, strict=True)]

    def _session(self, threads: int) -> onnxruntime.InferenceSession:
        if threads not in self._sessions:
            import onnxruntime

            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = threads
            options.log_severity_level = 3
            self._sessions[threads] = onnxruntime.InferenceSession(self._graph, options, ["CPUExecutionProvider"])
        return self._sessions[threads]


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
