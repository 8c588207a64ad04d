"""Scripts open the application's widgets where there is a display, and work the same without."""

import json
import subprocess
import sys

import numpy as np
import pytest

import dlgui.halcon as ha
from dlgui.halcon.handles import checked
from dlgui.halcon.viewer import Viewer
from dlgui.halcon.window import WindowHandle


@pytest.fixture
def handle():
    made = ha.read_dl_classifier("pretrained_dl_classifier_compact")
    ha.set_dl_classifier_param(made, "classes", ["a", "b"])
    ha.set_dl_classifier_param(made, "image_dimensions", [64, 64, 3])
    return made


def test_progress_and_heatmap_open_one_real_window_that_closes_with_the_handle(handle):
    window = ha.open_window(0, 0, 400, 300)
    process = None
    for n in (1, 2):
        ha.plot_dl_classifier_training_progress([0.5] * n, [0.4] * n, [0.1] * n, list(range(1, n + 1)), 5, window)
        process = checked(window, WindowHandle).viewer._process
        assert process.poll() is None
    image = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    found = ha.dev_display_dl_classifier_heatmap(image, handle, "heatmap_grad_cam", [], [], window)
    assert ha.himage_as_numpy_array(found).shape == (64, 64)
    assert checked(window, WindowHandle).viewer._process is process  # still there, and has answered
    assert process.poll() is None
    ha.close_window(window)
    assert process.returncode == 0


def test_no_window_opens_without_a_display_or_when_it_shall_not_be_seen(monkeypatch):
    invisible = ha.open_window(0, 0, 400, 300, 0, "invisible")
    assert checked(invisible, WindowHandle).viewer is None
    for name in ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    window = ha.open_window(0, 0, 400, 300)
    ha.plot_dl_classifier_training_progress([0.5], [0.4], [0.1], [1], [], window)
    assert checked(window, WindowHandle).viewer._process is None
    assert np.ptp(ha.himage_as_numpy_array(ha.dump_window_image(window))) > 0
    ha.close_window(window)


def test_a_closed_window_does_not_stop_the_script():
    viewer = Viewer()
    viewer.show("training_progress", history=[], epochs=1)
    viewer._process.kill()
    viewer._process.wait()
    for _ in range(3):
        viewer.show("training_progress", history=[], epochs=1)
    viewer.close()


def test_image_results_are_returned_and_shown(handle, textile):
    files = [path.as_posix() for path in sorted((textile / "local").iterdir())[:4]]
    images = ha.preprocess_dl_classifier_images(ha.read_image(files), [], [], handle)
    ha.set_dl_classifier_param(handle, "batch_size", 4)
    result = ha.apply_dl_classifier(images, handle)
    labels = ["a", "b", "a", "b"]
    plain = ha.get_dl_classifier_image_results(files, labels, handle, result, "result", "wrong")
    shown = ha.get_dl_classifier_image_results(files, labels, handle, result, ["result", "display"], ["wrong", "true"])
    assert plain == shown
    from dlgui.halcon.procedures import evaluation

    assert evaluation._viewer._process.poll() is None
    evaluation._viewer.close()
    with pytest.raises(ha.HOperatorError, match="display"):
        ha.get_dl_classifier_image_results(files, labels, handle, result, "display", "perhaps")


def test_the_process_ends_when_the_script_does():
    done = subprocess.run([sys.executable, "-m", "dlgui.gui.script_window"], text=True, capture_output=True, timeout=60,
                          input=json.dumps({"show": "image_results", "rows": []}) + "\n")
    assert done.returncode == 0, done.stderr
