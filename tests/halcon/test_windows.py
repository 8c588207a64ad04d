"""Scripts open the application's widgets where there is a display, and work the same without."""

import json
import os
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


def test_a_window_that_is_gone_does_not_stop_the_script(caplog):
    viewer = Viewer()
    viewer.show("training_progress", history=[], epochs=1)
    viewer._process.kill()
    viewer._process.wait()
    for _ in range(3):
        viewer.show("training_progress", history=[], epochs=1)
    viewer.close()
    assert len(caplog.records) == 1


def test_a_window_that_cannot_open_says_why_and_the_script_goes_on(monkeypatch, caplog):
    monkeypatch.setenv("QT_QPA_PLATFORM", "nonsense")
    window = ha.open_window(0, 0, 400, 300)
    ha.plot_dl_classifier_training_progress([0.5], [0.4], [0.1], [1], [], window)
    ha.close_window(window)
    assert "no Qt platform plugin could be initialized" in caplog.text
    with pytest.raises(ha.HOperatorError, match="no Qt platform plugin could be initialized"):
        ha.gen_interactive_confusion_matrix(["1.png"], ["a"], ["a"])


HAND = """
import sys
asked = {"dlgui.gui.pick_cell", "dlgui.gui.script_window"} & set(sys.orig_argv)
if asked:  # a process with a window: this is the person who sits before it
    import os, threading, time

    def come():
        while not getattr(sys.modules.get("PySide6.QtWidgets"), "QApplication", None):
            time.sleep(0.05)
        while sys.modules["PySide6.QtWidgets"].QApplication.instance() is None:
            time.sleep(0.05)
        from PySide6.QtCore import QTimer
        from PySide6.QtWidgets import QApplication

        QTimer.singleShot(0, QApplication.instance(), lambda: act(QApplication.instance()))

    def act(app):
        from PySide6.QtCore import QTimer, Qt
        from PySide6.QtTest import QTest
        from dlgui.gui.evaluate.matrix import ConfusionMatrix

        window = next((w for w in app.topLevelWidgets() if w.isVisible()), None)
        if window is None:
            QTimer.singleShot(50, app, lambda: act(app))
        elif os.environ["HAND"] == "close":
            window.close()
        elif "dlgui.gui.pick_cell" in asked:
            view = window.findChild(ConfusionMatrix)
            place = view.visualRect(view.model().index(2, 0)).center()  # answered c, which no image is
            QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)

    threading.Thread(target=come, daemon=True).start()
"""

SCRIPT = """
import sys
import numpy as np
import dlgui.halcon as ha

files, truth = sys.argv[1:], ["a", "a", "b", "b"]
handle = ha.read_dl_classifier("pretrained_dl_classifier_compact")
ha.set_dl_classifier_param(handle, ["classes", "image_dimensions", "batch_size"], [["a", "b"], [64, 64, 3], 4])
images = ha.preprocess_dl_classifier_images(ha.read_image(files), [], [], handle)
window, other = ha.open_window(0, 0, 400, 300), ha.open_window(0, 0, 500, 400)
for n in (1, 2, 3):
    ha.train_dl_classifier_batch(images, handle, truth)
    ha.plot_dl_classifier_training_progress([0.5] * n, [0.4] * n, [0.1] * n, list(range(1, n + 1)), 3, window)
result = ha.apply_dl_classifier(images, handle)
print(ha.gen_confusion_matrix(truth, ["a", "c", "b", "b"], [], [], other).tolist())
print(ha.gen_interactive_confusion_matrix(files, truth, ["a", "c", "b", "b"]) == files[1:2])
shown = ha.get_dl_classifier_image_results(files, truth, handle, result, "display", "true")
ha.dev_display_dl_classifier_heatmap(ha.read_image(files[0]), handle, "heatmap_grad_cam", [], [], other)
print(len(shown[0]), "PySide6" in sys.modules)
"""


@pytest.mark.parametrize("hand", ["click", "close"])
def test_a_plain_script_goes_on_beside_its_windows_and_ends(textile, tmp_path, hand):
    (tmp_path / "sitecustomize.py").write_text(HAND)
    (tmp_path / "script.py").write_text(SCRIPT)
    files = [str(path) for path in sorted((textile / "local").iterdir())[:4]]
    place = os.pathsep.join(filter(None, [str(tmp_path), os.environ.get("PYTHONPATH")]))
    done = subprocess.run([sys.executable, str(tmp_path / "script.py"), *files], capture_output=True, text=True,
                          timeout=300, env={**os.environ, "PYTHONPATH": place, "HAND": hand})
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == ["[[1, 0], [0, 2]]", str(hand == "click"), "4 False"]


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
