"""A faithful port of the old examples' workflow, on real images, with nothing but the import line changed."""

import math

import numpy as np
import pytest

import dlgui.halcon as ha


@pytest.fixture(scope="module")
def folder(textile, tmp_path_factory):
    """Two classes that are easily told apart: 40 images each."""
    import shutil

    root = tmp_path_factory.mktemp("pills")
    for name in ("global", "nominal"):
        (root / name).mkdir()
        for file in sorted((textile / name).iterdir())[:40]:
            shutil.copy(file, root / name)
    return root


def test_the_workflow_of_the_old_examples(folder, tmp_path):
    ha.set_system("seed_rand", 42)
    # --- network and data
    dl_classifier_handle = ha.read_dl_classifier("pretrained_dl_classifier_compact.hdl")
    raw_files, labels, label_indices, classes = ha.read_dl_classifier_data_set(str(folder), "last_folder")
    assert classes == ["global", "nominal"]
    assert [classes[i] for i in label_indices] == labels

    # --- preprocess and store
    ha.set_dl_classifier_param(dl_classifier_handle, ["image_width", "image_height"], [96, 96])
    files = []
    for i, name in enumerate(raw_files):
        image = ha.read_image(name)
        image = ha.preprocess_dl_classifier_images(image, [], [], dl_classifier_handle)
        files.append(str(tmp_path / f"{i:03d}.hobj"))
        ha.write_object(image, files[-1])
    array = ha.himage_as_numpy_array(ha.read_image(files[0]))
    assert array.shape == (96, 96, 3)
    assert array.dtype == np.float32
    assert -127 <= array.min() < array.max() <= 128

    # --- split
    train_files, train_labels, val_files, val_labels, test_files, test_labels = ha.split_dl_classifier_data_set(
        files, labels, 60, 20)
    assert (len(train_files), len(val_files), len(test_files)) == (48, 16, 16)

    # --- parameters
    batch_size, num_epochs = 16, 4
    learning_rate, step_ratio, step_every = 0.001, 0.5, 3
    ha.set_dl_classifier_param(dl_classifier_handle, "classes", classes)
    ha.set_dl_classifier_param(dl_classifier_handle, "batch_size", batch_size)
    ha.set_dl_classifier_param(dl_classifier_handle, "runtime", "cpu")
    try:
        ha.set_dl_classifier_param(dl_classifier_handle, "runtime_init", "immediately")
    except ha.HOperatorError as problem:
        assert problem.error_code == 4104  # noqa: PT017 - as the old examples do
    ha.set_dl_classifier_param(dl_classifier_handle, "learning_rate", learning_rate)
    ha.set_dl_classifier_param(dl_classifier_handle, "momentum", 0.9)
    ha.set_dl_classifier_param(dl_classifier_handle, "weight_prior", 0.0005)

    # --- train, evaluate while training, plot, keep the best
    window = ha.open_window(0, 0, 700, 500, 0, "visible", "")
    train_errors, val_errors, rates, epochs, losses = [], [], [], [], []
    lowest = 1.0
    iterations = len(train_files) // batch_size
    for epoch in range(num_epochs):
        if epoch and epoch % step_every == 0:
            learning_rate *= step_ratio
            ha.set_dl_classifier_param(dl_classifier_handle, "learning_rate", learning_rate)
        order = np.random.default_rng(epoch).permutation(len(train_files))
        for iteration in range(iterations):
            batch = order[iteration * batch_size:(iteration + 1) * batch_size]
            images = ha.read_image([train_files[i] for i in batch])
            images = ha.augment_images(images, ["mirror", "augmentation_percentage"], ["rc", 50])
            result = ha.train_dl_classifier_batch(images, dl_classifier_handle, [train_labels[i] for i in batch])
            losses.append(ha.get_dl_classifier_train_result_s(result, "loss"))
        selected, selected_labels = ha.select_percentage_dl_classifier_data(train_files, train_labels, 50)
        for names, truth, errors in ((selected, selected_labels, train_errors), (val_files, val_labels, val_errors)):
            results, _, _ = ha.apply_dl_classifier_batchwise(names, dl_classifier_handle)
            errors += ha.evaluate_dl_classifier(truth, dl_classifier_handle, results, "top1_error", "global")
        rates.append(learning_rate)
        epochs.append(epoch + 1)
        ha.plot_dl_classifier_training_progress(train_errors, val_errors, rates, epochs, num_epochs, window)
        if val_errors[-1] <= lowest:
            lowest = val_errors[-1]
            ha.write_dl_classifier(dl_classifier_handle, str(tmp_path / "best.hdl"))
    ha.dump_window(window, "png", str(tmp_path / "progress"))
    assert np.ptp(np.asarray(ha.himage_as_numpy_array(ha.read_image(str(tmp_path / "progress.png"))))) > 100
    assert losses[-1] < losses[0]
    assert all(math.isfinite(loss) for loss in losses)
    ha.clear_dl_classifier(dl_classifier_handle)

    # --- evaluate the best
    best = ha.read_dl_classifier(str(tmp_path / "best.hdl"))
    ha.set_dl_classifier_param(best, "runtime", "cpu")
    results, predicted, confidences = ha.apply_dl_classifier_batchwise(test_files, best)
    names = [p[0] for p in predicted]
    error, precision, recall = ha.evaluate_dl_classifier(test_labels, best, results,
                                                         ["top1_error", "precision", "recall"], "global")
    assert error == np.mean([p != t for p, t in zip(names, test_labels, strict=True)])
    assert error <= 0.2
    assert 0.8 <= precision <= 1
    assert 0.8 <= recall <= 1
    assert all(sum(c) == pytest.approx(1, abs=1e-5) and c == sorted(c, reverse=True) for c in confidences)
    matrix = ha.gen_confusion_matrix(test_labels, names, ["display_matrix", "return_matrix"],
                                     ["relative", "absolute"], window)
    assert matrix.sum() == len(test_files)
    assert np.trace(matrix) == round((1 - error) * len(test_files))

    # --- heatmap and images by criteria
    heat = ha.dev_display_dl_classifier_heatmap(ha.read_image(test_files[0]), best, "heatmap_grad_cam",
                                                ["target_class_id"], [0], window)
    assert ha.himage_as_numpy_array(heat).shape == (96, 96)
    found, *_ = ha.get_dl_classifier_image_results(test_files, test_labels, best, results,
                                                   ["result", "sort"], ["correct", "confidence"])
    assert len(found) == np.trace(matrix)
    assert ha.gen_interactive_confusion_matrix(test_files, test_labels, predicted, ["ground_truth", "predicted"],
                                               ["global", "global"])

    # --- serialize, and inference on a new image
    item = ha.serialize_dl_classifier(best)
    ha.fwrite_serialized_item(str(tmp_path / "item.ser"), item)
    again = ha.deserialize_dl_classifier(ha.fread_serialized_item(str(tmp_path / "item.ser")))
    image = ha.preprocess_dl_classifier_images(ha.read_image(raw_files[0]), [], [], again)
    first, second = (ha.apply_dl_classifier(image, handle) for handle in (best, again))
    assert ha.get_dl_classifier_result(first, 0, "confidences") == ha.get_dl_classifier_result(second, 0, "confidences")
    assert ha.get_dl_classifier_result_s(first, "all") in classes


def test_quick_and_fine_tuning_as_procedures(folder):
    handle = ha.read_dl_classifier("pretrained_dl_classifier_compact")
    files, labels, _, classes = ha.read_dl_classifier_data_set(str(folder), "last_folder")
    ha.set_dl_classifier_param(handle, "classes", classes)
    ha.set_dl_classifier_param(handle, "image_dimensions", [96, 96, 3])
    error = ha.fit_dl_classifier_quick(files, labels, handle, "seed", 7)
    assert error < 0.1
    result = ha.apply_dl_classifier(ha.preprocess_dl_classifier_images(ha.read_image(files), [], [], handle), handle)
    right = np.mean(np.array(ha.get_dl_classifier_result(result)) == np.array(labels))
    assert right > 0.9
    fresh = ha.read_dl_classifier("pretrained_dl_classifier_compact")
    ha.set_dl_classifier_param(fresh, "classes", classes)
    ha.set_dl_classifier_param(fresh, "image_dimensions", [64, 64, 3])
    errors = ha.fine_tune_dl_classifier(files[::2], labels[::2], files[1::4], labels[1::4], fresh,
                                        ["epochs", "batch_size"], [1, 16])
    assert len(errors) == 1
