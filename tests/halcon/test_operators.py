"""Signatures, values and errors of the operators."""

import inspect
import json
import os
from pathlib import Path

import numpy as np
import pytest

import dlgui.halcon as ha


@pytest.fixture(scope="module")
def handle():
    made = ha.read_dl_classifier("pretrained_dl_classifier_compact.hdl")
    ha.set_dl_classifier_param(made, "image_dimensions", [64, 64, 3])
    ha.set_dl_classifier_param(made, "classes", ["a", "b", "c"])
    ha.set_dl_classifier_param(made, "batch_size", 2)
    return made


@pytest.fixture(scope="module")
def images(textile_images):
    return textile_images[:4]


def test_signatures_are_the_published_ones():
    listing = Path(os.environ.get("DLGUI_REAL_DATA", "nowhere")).parent / "halcon_signatures.json"
    if not listing.is_file():
        pytest.skip("no list of signatures beside the data sets")
    for name, signature in json.loads(listing.read_text()).items():
        assert list(inspect.signature(getattr(ha, name)).parameters) == signature["parameters"], name


def test_defaults_and_ranges(handle):
    assert ha.get_dl_classifier_param(handle, ["image_range_min", "image_range_max"]) == [-127, 128]
    assert ha.get_dl_classifier_param(handle, "classes") == ["a", "b", "c"]
    assert ha.get_dl_classifier_param(handle, "class_ids") == [0, 1, 2]
    assert ha.get_dl_classifier_param_s(handle, "learning_rate") == 0.001
    assert ha.get_dl_classifier_param_s(handle, "type") == "classification"
    assert ha.get_dl_classifier_param_s(handle, "num_trainable_params") > 1e6
    assert len(ha.get_dl_classifier_param(handle, "summary")) > 50
    with pytest.raises(ha.HOperatorError):
        ha.get_dl_classifier_param_s(handle, "classes")


@pytest.mark.parametrize(("name", "value", "said"), [
    ("batch_size", 0, "from 1"), ("batch_size", 2.5, "whole number"), ("learning_rate", -1, "above 0"),
    ("learning_rate", "fast", "fast"), ("momentum", 1.0, "below 1"), ("weight_prior", -0.1, "from 0"),
    ("classes", ["a", "a"], "each name once"), ("image_num_channels", 2, "1 or 3"), ("image_width", 3, "15"),
    ("solver_type", "lbfgs", "sgd or adam"), ("runtime", "tpu", "'cpu' or 'gpu'"), ("class_weights", [1, 2], "3"),
    ("image_range_min", 0, "image_range_min"), ("no_such", 1, "no_such"), ("runtime_init", "later", "immediately"),
])
def test_bad_values_are_refused_in_one_sentence_and_change_nothing(handle, name, value, said):
    before = ha.get_dl_classifier_param(handle, ["batch_size", "learning_rate", "momentum", "classes", "image_width"])
    with pytest.raises(ha.HOperatorError, match=said) as problem:
        ha.set_dl_classifier_param(handle, name, value)
    assert "\n" not in str(problem.value)
    assert problem.value.error_code == 1300
    assert before == ha.get_dl_classifier_param(handle, ["batch_size", "learning_rate", "momentum", "classes",
                                                         "image_width"])


def test_preprocessing_follows_the_old_rules(handle, images):
    done = ha.preprocess_dl_classifier_images(images, [], [], handle)
    assert ha.count_obj(done) == 4
    array = ha.himage_as_numpy_array(ha.select_obj(done, 1))
    assert array.shape == (64, 64, 3)
    np.testing.assert_array_equal(array[..., 0], array[..., 1])  # a gray image spreads over three channels
    white = ha.preprocess_dl_classifier_images(np.full((64, 64), 255, np.uint8), [], [], handle)
    assert float(ha.himage_as_numpy_array(white).max()) == pytest.approx(128)
    again = ha.preprocess_dl_classifier_images(done, [], [], handle)  # real images are taken as they are
    np.testing.assert_array_equal(ha.himage_as_numpy_array(ha.select_obj(again, 1)), array)
    stretched = ha.preprocess_dl_classifier_images(images, "contrast_normalization", "true", handle)
    assert ha.himage_as_numpy_array(ha.select_obj(stretched, 1)).max() == pytest.approx(128)
    for name, value in (("contrast_normalization", "yes"), ("sharpness", "1")):
        with pytest.raises(ha.HOperatorError):
            ha.preprocess_dl_classifier_images(images, name, value, handle)
    with pytest.raises(ha.HOperatorError, match="byte and real"):
        ha.preprocess_dl_classifier_images([images[0], images[1].astype(np.float32)], [], [], handle)


def test_training_refuses_what_does_not_fit(handle, images):
    done = ha.preprocess_dl_classifier_images(images, [], [], handle)
    for batch, labels, said in ((done, [0, 1, 0, 1], "batch_size"), (images[:2], [0, 1], "not real"),
                                (ha.select_obj(done, [1, 2]), [0, 7], "0 … 2"),
                                (ha.select_obj(done, [1, 2]), ["a"], "one label an image"),
                                (np.full((2, 64, 64, 3), 300, np.float32), [0, 1], "gray values"),
                                (np.zeros((2, 32, 32, 3), np.float32), [0, 1], "shape")):
        with pytest.raises(ha.HOperatorError, match=said):
            ha.train_dl_classifier_batch(batch, handle, labels)
    unset = ha.read_dl_classifier("pretrained_dl_classifier_compact.hdl")
    with pytest.raises(ha.HOperatorError, match="classes"):
        ha.train_dl_classifier_batch(done, unset, [0])


def test_results_in_all_three_names_and_both_indices(handle, images):
    result = ha.apply_dl_classifier(ha.preprocess_dl_classifier_images(images, [], [], handle), handle)
    best = ha.get_dl_classifier_result(result, "all", "predicted_classes")
    ids = ha.get_dl_classifier_result(result, "all", "predicted_class_ids")
    assert best == [["a", "b", "c"][i] for i in ids]
    one = ha.get_dl_classifier_result(result, 2, "confidences")
    assert one == sorted(one, reverse=True)
    assert sum(one) == pytest.approx(1)
    assert set(ha.get_dl_classifier_result(result, 2, "predicted_classes")) == {"a", "b", "c"}
    for index, name in ((4, "confidences"), (-1, "confidences"), ("some", "confidences"), (0, "colour")):
        with pytest.raises(ha.HOperatorError):
            ha.get_dl_classifier_result(result, index, name)
    ha.clear_dl_classifier_result(result)
    with pytest.raises(ha.HOperatorError, match="cleared"):
        ha.get_dl_classifier_result(result)


def test_a_vendors_file_is_refused_with_the_way_out(tmp_path):
    (tmp_path / "old.hdl").write_bytes(b"HALCON\x00\x01 closed format")
    with pytest.raises(ha.HOperatorError, match=r"closed.*pretrained_dl_classifier_compact"):
        ha.read_dl_classifier(str(tmp_path / "old.hdl"))
    with pytest.raises(ha.HOperatorError, match="no such file"):
        ha.read_dl_classifier(str(tmp_path / "nowhere.hdl"))


def test_measures_and_their_pairs(handle):
    results = [ha.operators.ResultHandle(["a", "b", "c"], np.eye(3, dtype=np.float32)[[0, 1, 2, 0, 1, 0]])]
    truth = ["a", "b", "c", "a", "c", "b"]
    found = ha.evaluate_dl_classifier(truth, handle, results, ["top1_error", "precision", "recall", "f_score"],
                                      ["global", "a", "b", "global"])
    precision, recall = np.mean([2 / 3, 1 / 2, 1]), np.mean([1, 1 / 2, 1 / 2])
    assert found == pytest.approx([2 / 6, 2 / 3, 1 / 2, 2 * precision * recall / (precision + recall)])
    assert ha.evaluate_dl_classifier([0, 1, 2, 0, 2, 1], handle, results, "top2_error", ["global", "c"]) == \
        ha.evaluate_dl_classifier(truth, handle, results, ["top2_error", "top2_error"], ["global", "c"])
    for arguments, said in (((truth[:5], handle, results), "one label"), ((["a"] * 6, handle, results), "no image of"),
                            ((truth, handle, results, "accuracy"), "topK_error"),
                            ((truth, handle, results, "precision", "d"), "global"),
                            ((truth, handle, results, ["precision"] * 2, ["a"] * 3), "one length")):
        with pytest.raises(ha.HOperatorError, match=said):
            ha.evaluate_dl_classifier(*arguments)


def test_confusion_matrix_orientation_and_colours():
    from dlgui.halcon.procedures.plots import matrix_colour

    matrix = ha.gen_confusion_matrix(["x", "x", "y", "y"], ["x", "y", "y", "z"])
    np.testing.assert_array_equal(matrix, [[1, 0], [1, 1]])  # rows: predicted; z is not counted
    shares = ha.gen_confusion_matrix(["x", "x", "y", "y"], ["x", "y", "y", "z"], "return_matrix", "relative")
    np.testing.assert_allclose(shares, [[0.5, 0], [0.5, 0.5]])
    assert [matrix_colour(v, True) for v in (0.6, 0.61, 0.99)] == ["#666666", "#508650", "#00FF00"]
    assert [matrix_colour(v, False) for v in (0.0, 0.01, 0.3)] == ["#666666", "#8C4D4D", "#FF0000"]
    with pytest.raises(ha.HOperatorError):
        ha.gen_confusion_matrix(["x"], ["x"], "display_color", "maybe")


def test_data_set_semantics(tmp_path, textile):
    import shutil

    source = next(iter((textile / "local").iterdir()))
    for name in ("b/bottle_good_012.jpg", "a/a_12_b.jpg", "a/x.JPG"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(source, tmp_path / name)
    shutil.copy(source, tmp_path / "a" / "z.bmp")
    files, labels, indices, classes = ha.read_dl_classifier_data_set(str(tmp_path), "last_folder")
    assert [Path(f).name for f in files] == ["z.bmp", "a_12_b.jpg", "x.JPG", "bottle_good_012.jpg"]
    assert (labels, classes) == (["a", "a", "a", "b"], ["a", "b"])
    assert indices == [0, 0, 0, 1]
    assert ha.read_dl_classifier_data_set(str(tmp_path), "file_name_remove_index")[3] == [
        "a_12_b", "bottle_good", "x", "z"]
    assert ha.read_dl_classifier_data_set(str(tmp_path), [])[1:] == ([], [], [])
    for directory, label_source in ((str(tmp_path), "first_folder"), ([str(tmp_path)], "last_folder"),
                                    (str(tmp_path / "none"), "last_folder")):
        with pytest.raises(ha.HOperatorError):
            ha.read_dl_classifier_data_set(directory, label_source)


def test_split_and_selection_follow_the_floor_rule():
    files, labels = [f"{i}.png" for i in range(17)], ["a"] * 11 + ["b"] * 6
    ha.set_system("seed_rand", 3)
    first = ha.split_dl_classifier_data_set(files, labels, 50, 25)
    assert [len(part) for part in first[::2]] == [5 + 3, 8 - 5 + 4 - 3, 3 + 2]
    assert sorted(first[0] + first[2] + first[4]) == sorted(files)
    ha.set_system("seed_rand", 3)
    assert ha.split_dl_classifier_data_set(files, labels, 50, 25) == first
    chosen, chosen_labels = ha.select_percentage_dl_classifier_data(files, labels, 1)
    assert sorted(chosen_labels) == ["a", "b"]
    assert len(chosen) == 2
    for arguments in ((files, labels[:3], 50, 25), (files, labels, 80, 30), (files, labels, -1, 30), ([], [], 50, 25)):
        with pytest.raises(ha.HOperatorError):
            ha.split_dl_classifier_data_set(*arguments)


@pytest.mark.parametrize(("name", "value", "shape"), [
    ("rotate", 90, (60, 40)), ("rotate", 180, (40, 60)), ("mirror", "rc", (40, 60)),
    ("crop_percentage", 50, (20, 30)), ("crop_pixel", 16, (16, 16)), ("brightness_variation", 40, (40, 60)),
    ("brightness_variation_spot", 40, (40, 60)),
])
def test_augmentation(name, value, shape, textile_images):
    image = np.ascontiguousarray(textile_images[0][:40, :60])
    before = image.copy()
    done = ha.augment_images([image] * 8, [name, "augmentation_percentage"], [value, 100])
    shapes = {a.shape[:2] for a in done.arrays}
    assert shape in shapes or name == "rotate"
    assert any(a.shape != image.shape or (a != image).any() for a in done.arrays)
    np.testing.assert_array_equal(image, before)
    half = ha.augment_images([image] * 7, [name], [value])
    same = sum(a.shape == image.shape and bool((a == image).all()) for a in half.arrays)
    assert same >= 3  # at least half stay as they are


def test_augmentation_refuses_nonsense(textile_images):
    for name, value in (("mirror", "x"), ("rotate", 181), ("crop_pixel", 0), ("augmentation_percentage", 0),
                        ("colour", 1)):
        with pytest.raises(ha.HOperatorError):
            ha.augment_images(textile_images[:1], name, value)
    with pytest.raises(ha.HOperatorError):
        ha.augment_images([], [], [])
