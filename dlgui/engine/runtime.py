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
    import onnxruntime

BATCH = 2
"""Images a run: on a processor small batches keep the maps in the cache and are fastest (benchmarks/inference.py)."""


def stretch() -> int:
    """Images that keep every core busy for a while."""
    return 4 * BATCH * environment.cores()


class Session:
    """A graph with the input `image`, ready to run.

    Many images are shared out among the cores, each of which runs the graph by itself: a third faster than all cores on
    the same few images (benchmarks/inference.py). A single small batch has them all.

    Args:
        graph: made by `onnx_network.assemble`, as the bytes of an ONNX file.
        threads: processor threads, 0 for as many as there are cores to use.
        spinning: whether threads wait for the next image busily; where NumPy works between images they are in its way.
    """

    def __init__(self, graph: bytes, threads: int = 0, spinning: bool = True) -> None:
        self._graph, self._spinning = graph, spinning
        self._threads = threads or environment.cores()
        self._sessions: dict[int, onnxruntime.InferenceSession] = {}
        self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="runtime")

    def run(self, images: np.ndarray) -> np.ndarray:
        """Runs (N, H, W, C) images through the graph; float32 (N, …)."""
        return next(iter(self.run_all(images).values()))

    def run_all(self, images: np.ndarray) -> dict[str, np.ndarray]:
        """The same, with every output by its name, in the graph's order."""
        batches = [images[start:start + BATCH] for start in range(0, len(images), BATCH)]
        together = self._threads == 1 or len(batches) < 2
        session = self._session(self._threads if together else 1)
        names = [output.name for output in session.get_outputs()]
        if not batches:
            return {name: np.empty((0, 0), np.float32) for name in names}

        def run(batch: np.ndarray) -> list[np.ndarray]:
            return session.run(names, {"image": batch})

        parts = list((map if together else self._pool.map)(run, batches))
        return {name: np.concatenate(found) for name, found in zip(names, zip(*parts, strict=True), strict=True)}

    def _session(self, threads: int) -> onnxruntime.InferenceSession:
        if threads not in self._sessions:
            import onnxruntime

            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = threads
            options.log_severity_level = 3
            options.add_session_config_entry("session.intra_op.allow_spinning", "1" if self._spinning else "0")
            self._sessions[threads] = onnxruntime.InferenceSession(self._graph, options, ["CPUExecutionProvider"])
        return self._sessions[threads]


def feature_session(files: BackboneFiles, pooling: Pooling, threads: int = 0) -> Session:
    """uint8 (N, H, W, C) images to float32 (N, length) pooled statistics of a pretrained backbone."""
    import onnx

    backbone = onnx.load(files.graph, load_external_data=False)
    model = onnx_network.assemble(backbone, networks.info(files.name), pooling, "pixels", (0.0, 255.0))
    return Session(model.SerializeToString(), threads)


def all_statistics(stages: Sequence[int]) -> Pooling:
    """Every statistic of every given stage."""
    from dlgui.engine.pooling import STATISTICS

    return Pooling(tuple((stage, STATISTICS) for stage in stages))
