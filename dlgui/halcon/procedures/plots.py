"""What the procedures draw: training progress, confusion matrix, heatmap. A window may be left out (None)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image

from dlgui.engine import heatmaps
from dlgui.engine.evaluation import confusion_matrix
from dlgui.engine.matrix_table import step_colours
from dlgui.errors import DlguiError
from dlgui.halcon.errors import operator, refuse
from dlgui.halcon.handles import ClassifierHandle, HHandle, checked, one_or_many
from dlgui.halcon.iconic import HObject, arrays_of
from dlgui.halcon.options import options
from dlgui.halcon.viewer import last_words
from dlgui.halcon.window import WindowHandle, font

TRAINING, VALIDATION, RATE = "#ff00ff", "#ffd700", "#00ced1"
_LIMITS = (450, 1920, 250, 1080)


@operator
def plot_dl_classifier_training_progress(training_errors: Sequence[float], validation_errors: Sequence[float],
                                         learning_rates: Sequence[float], epochs: Sequence[float],
                                         num_epochs: float | Sequence[float], window_handle: HHandle | None) -> None:
    """Errors (fractions, shown in percent) on the left axis and the learning rate as steps on the right one.

    Args:
        training_errors, validation_errors, learning_rates, epochs: one value an evaluation so far.
        num_epochs: end of the axis; [] for the last epoch so far.
        window_handle: of `open_window`, or None to draw nothing.
    """
    columns = [[float(v) for v in one_or_many(values)] for values in
               (training_errors, validation_errors, learning_rates, epochs)]
    if len({len(column) for column in columns}) != 1 or not columns[0]:
        raise refuse("lengths", [len(column) for column in columns], "four lists of one length, at least 1")
    end = one_or_many(num_epochs)
    if end and (isinstance(end[0], bool) or not isinstance(end[0], (int, float, np.number))):
        raise refuse("num_epochs", end[0], "a number or []")
    last = float(end[0]) if end else max(columns[3])
    if window_handle is not None:
        window = checked(window_handle, WindowHandle)
        _draw_progress(window, columns, max(last, 1e-9))
        if window.viewer is not None:
            keys = ("train_top1_error", "validation_top1_error", "learning_rate", "epoch")
            history = [{**dict(zip(keys, row, strict=True)), "loss": None} for row in zip(*columns, strict=True)]
            window.viewer.show("training_progress", history=history, epochs=last, title="training progress")


def _draw_progress(window: WindowHandle, columns: list[list[float]], last: float) -> None:
    training, validation, rates, epochs = columns
    width, height = window.canvas.size
    window.resize(width, height)
    draw, small = window.draw(), font(max(height // 40, 10))
    left, right, top, bottom = 70, width - 80, 40, height - 90
    most = max(*training, *validation, 0.001)
    most = np.ceil(most * 1000) / 1000
    best = len(validation) - 1 - int(np.argmin(validation[::-1]))  # the last of the smallest

    def at(epoch: float, share: float) -> tuple[float, float]:
        return left + (right - left) * min(epoch / last, 1.0), bottom - (bottom - top) * share

    draw.rectangle((left, top, right, bottom), outline="gray")
    for i in range(5):
        draw.text((left - 8, at(0, i / 4)[1]), f"{100 * most * i / 4:.3g} %", "white", small, "rm")
        draw.text((at(last * i / 4, 0)[0], bottom + 6), f"{last * i / 4:.3g}", "white", small, "ma")
    peak = max(max(rates), 1e-30)
    draw.text((right + 6, top), f"{peak:.1e}", RATE, small, "lm")
    steps = [p for i, (e, r) in enumerate(zip(epochs, rates, strict=True))
             for p in ([at(e, rates[i - 1] / peak)] if i else []) + [at(e, r / peak)]]
    for points, colour in ((steps, RATE), ([at(e, v / most) for e, v in zip(epochs, training, strict=True)], TRAINING),
                           ([at(e, v / most) for e, v in zip(epochs, validation, strict=True)], VALIDATION)):
        if len(points) > 1:
            draw.line(points, colour, 2)
        x, y = points[0]
        draw.line((x - 5, y, x + 5, y), colour)
        draw.line((x, y - 5, x, y + 5), colour)
    lines = ((f"best validation error {100 * validation[best]:.2f} % (epoch {epochs[best]:g})", VALIDATION),
             (f"training error there {100 * training[best]:.2f} %", TRAINING),
             (f"learning rate {rates[-1]:.2e}   epoch {epochs[-1]:g} of {last:g}", RATE))
    for i, (text, colour) in enumerate(lines):
        draw.text((left, bottom + 26 + i * (small.size + 4)), text, colour, small)


@operator
def gen_confusion_matrix(ground_truth_labels: Sequence[str | int], predicted_classes: Sequence[str | int],
                         gen_param_name: str | Sequence[str] = (), gen_param_value: Any = (),
                         window_handle: HHandle | None = None) -> np.ndarray:
    """The confusion matrix: rows = predicted, columns = ground truth, classes = sorted unique ground truth labels.

    Args:
        ground_truth_labels, predicted_classes: one an image; predictions of other classes are not counted.
        gen_param_name, gen_param_value: 'display_matrix' and 'return_matrix' ('absolute', 'relative', 'none'),
            'display_color' ('true', 'false'), 'display_column_width' ('minimal', 'equal').
        window_handle: of `open_window`, or None to draw nothing.

    Returns:
        int64 or, relative, float64 (classes, classes); (0, 0) for 'none'.
    """
    amounts = ("absolute", "relative", "none")
    chosen = options(gen_param_name, gen_param_value, {
        "display_matrix": "absolute", "return_matrix": "absolute", "display_color": "true",
        "display_column_width": "minimal"}, {
        "display_matrix": amounts, "return_matrix": amounts, "display_color": ("true", "false"),
        "display_column_width": ("minimal", "equal")})
    truth, predicted = one_or_many(ground_truth_labels), [_best(p) for p in predicted_classes]
    if len(truth) != len(predicted) or not truth:
        raise refuse("predicted_classes", f"{len(predicted)} values", f"as many as labels ({len(truth)}), at least 1")
    classes = sorted(set(truth))
    position = {name: i for i, name in enumerate(classes)}
    pairs = [(position[t], position[p]) for t, p in zip(truth, predicted, strict=True) if p in position]
    absolute = confusion_matrix([t for t, _ in pairs], [p for _, p in pairs], len(classes))
    totals = np.array([truth.count(c) for c in classes], np.float64)
    shares = absolute / totals
    if window_handle is not None and chosen["display_matrix"] != "none":
        window = checked(window_handle, WindowHandle)
        _draw_matrix(window, [str(c) for c in classes], absolute, shares, chosen)
        if window.viewer is not None:
            names, counts = _all_counts(truth, predicted)
            window.viewer.show("confusion_matrix", classes=names, matrix=counts.tolist(), title="confusion matrix",
                               mode="truth" if chosen["display_matrix"] == "relative" else "absolute",
                               coloured=chosen["display_color"] == "true")
    none = np.empty((0, 0))
    return {"absolute": absolute, "relative": shares, "none": none}[chosen["return_matrix"]]


def matrix_colour(share: float, diagonal: bool) -> str:
    """The colour of a cell by its relative value, as the old procedure shows it."""
    red, green, blue = step_colours(np.array(share), np.array(diagonal)).tolist()
    return f"#{red:02X}{green:02X}{blue:02X}"


def _all_counts(truth: Sequence[Any], predicted: Sequence[Any]) -> tuple[list[str], np.ndarray]:
    """Names and counts of all classes, also of those that are predicted only: what a window shows leaves none out."""
    names = sorted({*map(str, truth), *map(str, predicted)})
    if all(isinstance(label, (int, np.integer)) for label in (*truth, *predicted)):
        names.sort(key=int)
    place = {name: i for i, name in enumerate(names)}
    return names, confusion_matrix([place[str(t)] for t in truth], [place[str(p)] for p in predicted], len(names))


def _best(predicted: Any) -> Any:
    return predicted[0] if isinstance(predicted, (list, tuple)) else predicted


def _draw_matrix(window: WindowHandle, classes: list[str], absolute: np.ndarray, shares: np.ndarray,
                 chosen: dict[str, str]) -> None:
    text = font(14)
    cells = [[f"{shares[i, j]:.2f}" if chosen["display_matrix"] == "relative" else str(absolute[i, j])
              for j in range(len(classes))] for i in range(len(classes))]
    widths = [max(text.getlength(s) for s in (name, *(row[j] for row in cells))) + 16
              for j, name in enumerate(classes)]
    if chosen["display_column_width"] == "equal":
        widths = [max(widths)] * len(widths)
    head = max(text.getlength(name) for name in classes) + 20
    width, height = max(int(head + sum(widths)) + 20, _LIMITS[0]), max(70 + 24 * len(classes), _LIMITS[2])
    if width > _LIMITS[1] or height > _LIMITS[3]:
        raise DlguiError("confusion matrix", f"{len(classes)} classes do not fit into a window",
                         "set 'display_matrix' to 'none' or evaluate fewer classes")
    window.resize(width, height)
    draw, x = window.draw(), head
    draw.text((10, 10), "predicted \\ ground truth", "white", text)
    for j, name in enumerate(classes):
        draw.text((x + widths[j] / 2, 40), name, "white", text, "ma")
        for i in range(len(classes)):
            colour = matrix_colour(float(shares[i, j]), i == j) if chosen["display_color"] == "true" else "white"
            draw.text((x + widths[j] / 2, 66 + 24 * i), cells[i][j], colour, text, "ma")
        x += widths[j]
    for i, name in enumerate(classes):
        draw.text((10, 66 + 24 * i), name, "white", text)


@operator
def gen_interactive_confusion_matrix(image_files: Sequence[str], ground_truth_labels: Sequence[str | int],
                                     predicted_classes: Sequence[str | int], gen_param_name: str | Sequence[str] = (),
                                     gen_param_value: Any = ()) -> list[str]:
    """Lets the user pick a cell of the confusion matrix in a window; returns the files of that cell, none where the
    window was closed.

    'ground_truth' and 'predicted' pick the cell without asking. Otherwise a display is needed.
    """
    names, values = one_or_many(gen_param_name), one_or_many(gen_param_value)
    chosen = dict(zip(names, values, strict=False))
    for name in names:
        if name not in ("ground_truth", "predicted"):
            raise refuse("gen_param_name", name, "ground_truth, predicted")
    predicted = [_best(p) for p in predicted_classes]
    if not len(image_files) == len(ground_truth_labels) == len(predicted):
        raise refuse("lengths", (len(image_files), len(ground_truth_labels), len(predicted)), "three equal lengths")
    if set(chosen) != {"ground_truth", "predicted"}:
        from dlgui import environment

        if not environment.has_display():
            raise DlguiError("window", "there is no display to pick a cell on",
                             "name the cell: gen_param_name ['ground_truth', 'predicted']")
        if not predicted:
            raise refuse("image_files", "none", "at least one image")
        chosen = _pick_cell(*_all_counts(ground_truth_labels, predicted))
        if not chosen:
            return []
    return [str(f) for f, t, p in zip(image_files, ground_truth_labels, predicted, strict=True)
            if (str(t), str(p)) == (str(chosen["ground_truth"]), str(chosen["predicted"]))]


def _pick_cell(classes: list[str], matrix: np.ndarray) -> dict[str, str]:
    """Asks in a process of its own, so that scripts never load a window toolkit."""
    import json
    import subprocess
    import sys

    done = subprocess.run([sys.executable, "-m", "dlgui.gui.pick_cell"], text=True, capture_output=True,
                          input=json.dumps({"classes": classes, "matrix": matrix.tolist()}))
    if done.returncode:
        raise DlguiError("window", f"could not be opened ({last_words(done.stderr)})", "run: dlgui doctor")
    return dict(json.loads(done.stdout or "{}"))


@operator
def dev_display_dl_classifier_heatmap(image: HObject, dlclassifier_handle: HHandle, heatmap_method: str = "grad_cam",
                                      gen_param_name: str | Sequence[str] = (), gen_param_value: Any = (),
                                      window_handle: HHandle | None = None) -> HObject:
    """The heatmap of one image, preprocessed or not, drawn over it.

    Args:
        image: one image; real images in the classifier's gray range are taken as preprocessed.
        dlclassifier_handle: the classifier.
        heatmap_method: 'heatmap_grad_cam', 'heatmap_guided_grad_cam', 'heatmap_confidence_based' (also without the
            'heatmap_').
        gen_param_name, gen_param_value: 'target_class_id', 'target_class', 'feature_size', 'sampling_size',
            'scaling' ('scale_after_relu' or 'none'), 'colors' ('jet', 'inverse_jet', 'hot', 'inverse_hot').
        window_handle: of `open_window`, or None to draw nothing.

    Returns:
        the map as a real image in 0…1.
    """
    handle = checked(dlclassifier_handle, ClassifierHandle)
    chosen = options(gen_param_name, gen_param_value, {
        "target_class_id": [], "target_class": [], "feature_size": 30, "sampling_size": 10,
        "scaling": "scale_after_relu", "colors": "jet"})
    if chosen["scaling"] not in ("scale_after_relu", "none"):
        raise refuse("scaling", chosen["scaling"], "scale_after_relu or none")
    arrays = arrays_of(image)
    if len(arrays) != 1:
        raise refuse("image", f"{len(arrays)} images", "exactly one image")
    array = arrays[0]
    if np.issubdtype(array.dtype, np.floating):
        array = handle.classifier.preprocessing.unscale(array)
    target = one_or_many(chosen["target_class"]) or one_or_many(chosen["target_class_id"])
    found = heatmaps.explain(handle.classifier, [array], method=str(heatmap_method).removeprefix("heatmap_"),
                             targets=target or None, feature_size=int(chosen["feature_size"]),
                             sampling_size=int(chosen["sampling_size"]), device=handle.device)[0]
    if window_handle is not None:
        window = checked(window_handle, WindowHandle)
        picture = Image.fromarray(heatmaps.overlay(array, found.map, chosen["colors"]))
        width, height = window.canvas.size
        window.resize(width, height)
        factor = min(width / picture.width, (height - 60) / picture.height)
        if factor > 0:
            window.canvas.paste(picture.resize((max(int(picture.width * factor), 1),
                                                max(int(picture.height * factor), 1))), (0, 0))
        draw, small = window.draw(), font(14)
        deviation = "" if found.maximum_deviation is None else f", deviation {found.maximum_deviation:.3f}"
        lines = (f"predicted {found.predicted} ({found.confidence:.3f})",
                 f"{found.method} for {found.target} ({found.target_confidence:.3f}){deviation}")
        for text, y in zip(lines, (height - 52, height - 30), strict=True):
            draw.text((6, y), text, "white", small)
        if window.viewer is not None:
            window.viewer.show("heatmap", arrays={"image": np.asarray(array), "map": found.map}, title="heatmap",
                               colours=chosen["colors"], text="\n".join(lines))
    return HObject([found.map])
