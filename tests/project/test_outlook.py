"""What a card says: counts, the best run, and a time that was measured; examples of augmentation."""

import json
import time
from dataclasses import replace

import numpy as np
import pytest

from dlgui.engine import backbones, recipe
from dlgui.engine.model_file import read_model
from dlgui.engine.storage import cache_folder
from dlgui.errors import InvalidValue
from dlgui.project.operations import evaluations, outlook, previews, runs, splits, training
from dlgui.project.operations.training import Plan


def test_a_run_without_validation_images_counts_too(project):
    splits.split(project, 70, 0)
    plan = Plan(method="finetune", image_size=32, settings={"epochs": 1, "batch_size": 16})
    run = evaluations.judge(project, training.train(project, plan))
    best = outlook.outlook(project, plan).best
    assert (best.id, best.validation_top1_error) == (run.id, None)
    assert best.test_top1_error is not None


def test_outlook_counts_what_will_be_trained(project):
    assert outlook.outlook(project, Plan()).train == 0
    splits.split(project)
    found = outlook.outlook(project, Plan(image_size=64))
    assert (found.every, len(found.classes), found.width, found.best) == (72, 3, 64, None)
    assert sum(found.counts) == found.train
    with pytest.raises(InvalidValue):
        outlook.outlook(project, Plan(network="vit_b_16", image_size=64))


def test_estimate_falls_when_the_images_are_known_and_fits_what_then_happens(project):
    splits.split(project)
    plan = Plan(image_size=48)
    before = outlook.estimate(project, plan)
    assert before.new == 72
    run = training.train(project, plan)
    assert outlook.outlook(project, plan).best.id == run.id
    after = outlook.estimate(project, plan)
    assert after.new == 0
    assert after.parts["features"] == 0 < before.parts["features"]
    assert before.seconds / 30 < run.train_seconds < before.seconds * 30  # of the right size, on a busy machine too


def test_a_finished_fine_tuning_tells_the_speed_of_the_next(project):
    splits.split(project)
    plan = Plan(method="finetune", image_size=48, settings={"epochs": 1, "batch_size": 8})
    first = outlook.estimate(project, plan)
    assert first.source == ""
    run = training.train(project, plan)
    second = outlook.estimate(project, plan)
    assert second.source == run.id
    assert second.parts["training"] == pytest.approx(len(project.images().rows("train")) / run.images_per_second)
    runs.rename(project, run, "best one")
    assert outlook.estimate(project, plan).source == "best one"


def test_a_quick_training_tells_how_much_of_the_network_fine_tuning_will_use(project):
    splits.split(project)
    network = backbones.pretrained("efficientnet_lite0")
    plan = Plan(method="finetune", image_size=40, settings={"epochs": 1, "batch_size": 4})
    run = training.train(project, Plan(image_size=40))
    deepest = read_model(run.model).pooling.last_stage
    outlook.estimate(project, plan)
    asked = [json.loads(path.read_text()).get("request", {}) for path in cache_folder("speed").glob("*.json")]
    assert min(deepest + 1 + recipe.DEEPER, len(network.channels)) in [
        request["settings"]["stages"] for request in asked if request.get("width") == 40]


def test_examples_take_the_classes_in_turn_and_augmentation_repeats(project):
    found = previews.examples(project, Plan(image_size=64), 6, 0)
    assert sorted(e.label for e in found) == ["global", "global", "local", "local", "nominal", "nominal"]
    assert found[0].pixels.shape == (64, 64, 3)
    assert [e.path for e in previews.examples(project, Plan(image_size=64), 6, 1)] != [e.path for e in found]
    values = {"mirror": "c", "augmentation_percentage": 100}
    changed = previews.augmented(found, values, 3)
    assert all(np.array_equal(a, e.pixels[:, ::-1]) for a, e in zip(changed, found, strict=True))
    noisy = {"noise": 20, "rotate_range": 20}
    assert all(np.array_equal(a, b) for a, b in zip(previews.augmented(found, noisy, 5),
                                                    previews.augmented(found, noisy, 5), strict=True))


def test_examples_are_shrunk_and_what_is_in_pixels_with_them(project):
    large, = previews.examples(project, Plan(image_size=256), 1, 0)
    assert (large.pixels.shape, large.width, large.factor) == ((128, 128, 3), 256, 0.5)
    small = replace(large, factor=1.0)
    for values, halved in (({"blur": 6.0}, {"blur": 3.0}), ({"noise": 30}, {"noise": 15}),
                           ({"crop_pixel": 200, "augmentation_percentage": 100},
                            {"crop_pixel": 100, "augmentation_percentage": 100})):
        assert np.array_equal(previews.augmented([large], values, 1)[0], previews.augmented([small], halved, 1)[0])


def test_twelve_examples_are_redrawn_in_time(project):
    found = previews.examples(project, Plan(image_size=224), 12, 0)
    values = {"rotate_range": 20, "mirror": "rc", "contrast": 0.3, "zoom": 0.3, "augmentation_percentage": 100}
    previews.augmented(found, values, 0)
    started = time.perf_counter()
    previews.augmented(found, values, 1)
    assert time.perf_counter() - started < 1.0  # ten times the goal: this machine may be busy
