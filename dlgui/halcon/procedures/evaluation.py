"""Applying a classifier to many files, measures, and images by criteria."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dlgui.engine.evaluation import Measures, confusion_matrix, measures_of, topk_error
from dlgui.engine.predictions import Predictions
from dlgui.engine.selection import Criteria, select
from dlgui.errors import DlguiError
from dlgui.halcon.errors import BAD_IMAGE, HOperatorError, operator, refuse
from dlgui.halcon.handles import ClassifierHandle, HHandle, ResultHandle, checked, one_or_many
from dlgui.halcon.iconic import HObject, read_image
from dlgui.halcon.operators import apply_dl_classifier, get_dl_classifier_result
from dlgui.halcon.options import pairs
from dlgui.halcon.viewer import Viewer

_viewer: Viewer | None = None


@operator
def apply_dl_classifier_batchwise(image_files: Sequence[str], dlclassifier_handle: HHandle,
                                  ) -> tuple[list[HHandle], list[list[str]], list[list[float]]]:
    """Classifies preprocessed image files batch by batch.

    Returns:
        a result handle a batch; for each image all classes, and their confidences, by falling confidence.

    Raises:
        HOperatorError: no file, or a file that is not a preprocessed image.
    """
    handle = checked(dlclassifier_handle, ClassifierHandle)
    files = one_or_many(image_files)
    if not files:
        raise refuse("image_files", "none", "at least one file")
    size = handle.classifier.hyperparameters.batch_size
    results: list[HHandle] = []
    classes: list[list[str]] = []
    confidences: list[list[float]] = []
    for start in range(0, len(files), size):
        images = HObject([a for name in files[start:start + size] for a in read_image(name).arrays])
        try:
            result = apply_dl_classifier(images, handle)
        except HOperatorError as problem:
            raise HOperatorError("apply_dl_classifier_batchwise",
                                 f"{problem.error_message}; the files must be preprocessed images", BAD_IMAGE) from None
        results.append(result)
        for i in range(len(images)):
            classes.append([str(c) for c in get_dl_classifier_result(result, i, "predicted_classes")])
            confidences.append([float(c) for c in get_dl_classifier_result(result, i, "confidences")])
    return results, classes, confidences


@operator
def evaluate_dl_classifier(ground_truth_labels: Sequence[str | int], dlclassifier_handle: HHandle,
                           dlclassifier_result_handles: HHandle | Sequence[HHandle],
                           evaluation_measure_type: str | Sequence[str] = "top1_error",
                           classes_to_evaluate: str | Sequence[str] = "global") -> list[float]:
    """Measures of a classification.

    Args:
        ground_truth_labels: names or indices, one an image, in the order of the results.
        dlclassifier_handle: gives the classes.
        dlclassifier_result_handles: of `apply_dl_classifier_batchwise`.
        evaluation_measure_type: 'topK_error' for any K, 'precision', 'recall', 'f_score', 'mean_f_score'.
        classes_to_evaluate: 'global' or class names; one of the two lists may be a single value.

    Returns:
        one number a pair. Global precision and recall are means over classes, the global 'f_score' is the harmonic
        mean of these two, 'mean_f_score' the mean of the classes' F-scores.
    """
    handle = checked(dlclassifier_handle, ClassifierHandle)
    predictions = _predictions(handle, one_or_many(ground_truth_labels), one_or_many(dlclassifier_result_handles))
    measures, scopes = one_or_many(evaluation_measure_type), one_or_many(classes_to_evaluate)
    if len(measures) != len(scopes):
        if (len(measures) > 1 and len(scopes) > 1) or not measures or not scopes:
            raise refuse("classes_to_evaluate", f"{len(scopes)} values for {len(measures)} measures",
                         "lists of one length, or one of them a single value")
        count = max(len(measures), len(scopes))
        measures, scopes = measures * (count // len(measures)), scopes * (count // len(scopes))
    classes = handle.classifier.classes
    for scope in scopes:
        if scope != "global" and scope not in classes:
            raise refuse("classes_to_evaluate", scope, f"global, {', '.join(classes)}")
    found = measures_of(confusion_matrix(predictions.truth, predictions.predicted, len(classes)))
    return [_measure(predictions, found, m, s) for m, s in zip(measures, scopes, strict=True)]


def _predictions(handle: ClassifierHandle, labels: list[Any], results: list[Any]) -> Predictions:
    classes = handle.classifier.classes
    confidences = np.concatenate([checked(r, ResultHandle).confidences for r in results]) if results else \
        np.empty((0, len(classes)), np.float32)
    if len(confidences) != len(labels):
        raise refuse("ground_truth_labels", f"{len(labels)} labels", f"one label an image: {len(confidences)}")
    truth = handle.classifier.label_indices([int(v) if isinstance(v, np.integer) else v for v in labels])
    missing = sorted(set(range(len(classes))) - set(truth.tolist()))
    if missing:
        raise DlguiError("ground_truth_labels", f"no image of class {classes[missing[0]]}",
                         "check the split: every class of the network must occur")
    return Predictions(classes, confidences, truth, [str(i) for i in range(len(truth))])


def _measure(predictions: Predictions, found: Measures, name: str, scope: str) -> float:
    if isinstance(name, str) and name.startswith("top") and name.endswith("_error") and name[3:-6].isdigit() \
            and int(name[3:-6]) >= 1:
        return topk_error(predictions, int(name[3:-6]), None if scope == "global" else scope)
    by_class = {"precision": found.precision, "recall": found.recall, "f_score": found.f_score,
                "mean_f_score": found.f_score}
    overall = {"precision": found.mean_precision, "recall": found.mean_recall, "f_score": found.global_f_score,
               "mean_f_score": found.mean_f_score}
    if name not in by_class:
        raise refuse("evaluation_measure_type", name, "topK_error, precision, recall, f_score or mean_f_score")
    return float(overall[name] if scope == "global" else by_class[name][predictions.classes.index(scope)])


@operator
def get_dl_classifier_image_results(image_files: Sequence[str], ground_truth_labels: Sequence[str | int],
                                    dlclassifier_handle: HHandle,
                                    dlclassifier_result_handles: HHandle | Sequence[HHandle],
                                    gen_param_name: str | Sequence[str] = (),
                                    gen_param_value: Any = ()) -> tuple[list[str], list[str], list[str], list[float]]:
    """Images by criteria.

    Args:
        image_files, ground_truth_labels: in the order of the results.
        dlclassifier_handle, dlclassifier_result_handles: what was applied.
        gen_param_name, gen_param_value: 'result' ('all', 'wrong', 'correct'), 'ground_truth', 'predicted' (class),
            'min_confidence', 'max_confidence', 'topk_miss' (K), 'sort' ('confidence', 'loss', 'file_name'),
            'display' ('false', 'true': shows them in a window where there is a display, in place of those shown before,
            'wait': until it is closed).

    Returns:
        files, their ground truth, their predicted classes and confidences.
    """
    keys = {"result": "outcome", "ground_truth": "truth", "predicted": "predicted",
            "min_confidence": "minimum_confidence", "max_confidence": "maximum_confidence", "topk_miss": "topk_miss"}
    criteria, sort, display = {}, None, "false"
    for name, value in pairs(gen_param_name, gen_param_value):
        if name == "sort":
            sort = value
        elif name == "display":
            if value not in ("false", "true", "wait"):
                raise refuse("display", value, "false, true or wait")
            display = value
        elif name in keys:
            criteria[keys[name]] = value
        else:
            raise refuse("gen_param_name", name, ", ".join([*keys, "sort", "display"]))
    handle = checked(dlclassifier_handle, ClassifierHandle)
    found = _predictions(handle, one_or_many(ground_truth_labels), one_or_many(dlclassifier_result_handles))
    found = Predictions(found.classes, found.confidences, found.truth, [str(f) for f in image_files])
    chosen = select(found, Criteria(**criteria), sort)
    results = ([found.paths[i] for i in chosen], [found.classes[found.truth[i]] for i in chosen],
               [found.classes[found.predicted[i]] for i in chosen], [float(found.confidence[i]) for i in chosen])
    if display != "false":
        scale = handle.classifier.preprocessing
        _results_viewer().show("image_results", rows=list(zip(*results, strict=True)), wait=display == "wait",
                               title="1 image" if len(chosen) == 1 else f"{len(chosen)} images",
                               range=[scale.range_min, scale.range_max])
    return results


def _results_viewer() -> Viewer:
    """A new window in place of the one before."""
    global _viewer
    if _viewer is not None:
        _viewer.close()
    _viewer = Viewer()
    return _viewer
