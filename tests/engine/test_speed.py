"""Measuring this computer, and knowing where weights are."""

import threading

import pytest

from dlgui.engine import network_weights, networks, speed, weight_files
from dlgui.engine.preprocessing import Preprocessing
from dlgui.engine.progress import Cancelled, Progress
from dlgui.errors import DlguiError

SMALL = Preprocessing(48, 48)


@pytest.fixture
def own_cache(tmp_path, monkeypatch):
    """A cache of the test's own that knows the backbones made before."""
    from dlgui.engine.storage import cache_folder

    made = cache_folder("backbones")
    monkeypatch.setenv("DLGUI_CACHE", str(tmp_path / "cache"))
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "backbones").symlink_to(made, target_is_directory=True)
    return tmp_path / "cache"


def test_what_was_measured_is_real_and_kept(own_cache):
    assert speed.forward("efficientnet_lite0", SMALL, measure=False) is None
    rate = speed.forward("efficientnet_lite0", SMALL)
    assert 1 < rate < 1e5
    assert speed.forward("efficientnet_lite0", SMALL, measure=False) == rate
    assert speed.forward("efficientnet_lite0", Preprocessing(64, 48), measure=False) is None


def test_training_is_measured_by_the_real_loop(own_cache):
    found = speed.training("efficientnet_lite0", SMALL, {"batch_size": 4, "rotate_range": 10, "epochs": 3}, 3, "cpu")
    assert 0.2 < found["train"] < 1e4
    assert found["evaluate"] > 0.2


def test_a_measurement_can_be_cancelled(own_cache):
    progress = Progress()
    threading.Timer(0.3, progress.cancel).start()
    with pytest.raises(Cancelled):
        speed.forward("efficientnet_lite0", SMALL, progress)
    assert not list((own_cache / "speed").glob("*.json"))


def test_what_cannot_be_measured_says_why(own_cache):
    with pytest.raises(DlguiError, match="could not be measured"):
        speed.training("efficientnet_lite0", SMALL, {"batch_size": 4}, 3, "cuda:7")


def test_weights_are_here_or_it_is_said_where_to_put_them(own_cache, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(own_cache / "torch"))
    assert network_weights.state(networks.info("efficientnet_lite0")).state == "installed"
    info = networks.info("resnet34")
    state = network_weights.state(info)
    if not network_weights.here("resnet34"):
        assert state.state == "fetched"
        assert str(weight_files.weights_place(info)) in state.remedy
    place = weight_files.weights_place(info)
    place.write_bytes(b"")
    assert network_weights.state(info).state == "brought"
    assert weight_files.brought_file(info) == place
