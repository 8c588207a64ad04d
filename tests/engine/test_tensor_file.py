"""What is written piece by piece, the library reads."""

import numpy as np
from safetensors import safe_open

from dlgui.engine.tensor_file import write_tensors


def test_the_library_reads_what_was_written(tmp_path):
    rng = np.random.default_rng(0)
    arrays = {"layer.weight": rng.standard_normal((4, 3, 2), np.float32), "steps": np.array(7, np.int64),
              "turned": rng.standard_normal((3, 5)).T, "mask": np.array([True, False, True]),
              "none": np.empty((0, 4), np.float32)}
    with (tmp_path / "a.safetensors").open("wb") as file:
        write_tensors(file, arrays, {"state": '{"épreuve": 1}'})
    with safe_open(tmp_path / "a.safetensors", framework="numpy") as found:
        assert found.metadata() == {"state": '{"épreuve": 1}'}
        assert set(found.keys()) == set(arrays)
        for name, array in arrays.items():
            np.testing.assert_array_equal(found.get_tensor(name), array)
            assert found.get_tensor(name).dtype == array.dtype
