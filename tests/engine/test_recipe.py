"""The rules of fine-tuning by recipe, and that it never ends with less than quick training gives."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from dlgui.engine import quick, recipe
from dlgui.engine.classifier import Classifier
from dlgui.engine.features import Features
from dlgui.engine.pooling import Pooling
from dlgui.engine.preprocessing import Preprocessing
from dlgui.engine.settings import TrainingSettings
from dlgui.engine.statistics import clearly_better
from dlgui.engine.training_events import Notice
from dlgui.project.operations import evaluations, run_files, runs, splits, training
from dlgui.project.operations.training import Plan
from dlgui.project.project import Project


@pytest.mark.parametrize(("width", "height", "size"), [
    (28, 28, (128, 128)), (100, 100, (128, 128)), (128, 128, (128, 128)), (130, 90, (160, 160)), (200, 200, (200, 200)),
    (250, 250, (250, 250)), (640, 480, (224, 224))])
def test_small_images_stay_small(width, height, size):
    many = np.full(9, 1)
    assert recipe.input_size("efficientnet_lite0", width * many, height * many) == size
    assert recipe.input_size("vit_b_16", width * many, height * many) == (224, 224)


def test_few_images_are_gone_through_more_often():
    epochs = [TrainingSettings().for_images(count).epochs for count in (10, 100, 1000, 10_000, 1_000_000)]
    assert epochs == sorted(epochs, reverse=True)
    assert epochs[0] == 40
    assert epochs[-1] == 3
    assert TrainingSettings(epochs=7).for_images(10).epochs == 7


def test_a_silent_channel_is_not_blown_up_where_images_are_few():
    pooling, channels = Pooling(((0, ("mean", "max")), (1, ("mean",)))), [4, 3]
    figures = np.random.default_rng(0).normal(0, [1, 1, 1, 1e-3, 9, 9, 9, 9, 5, 5, 5], (300, 11)).astype(np.float32)
    for count, least in ((18, 0.5), (100, 0.2), (200, 0.1)):
        own, found = figures[:count].std(0), recipe.spread(figures[:count], pooling, channels, 256)
        assert found[3] > least
        np.testing.assert_allclose(np.delete(found, 3), np.delete(own, 3), rtol=0.3)
        assert found[4:8].min() > 2 * found[:4].max()  # each stage and statistic by itself
    np.testing.assert_array_equal(recipe.spread(figures, pooling, channels, 256), figures.std(0))


def test_the_stages_follow_what_quick_chose():
    assert recipe.stages(Pooling(((0, ("mean",)), (2, ("max",)))), 10) == 6
    assert recipe.stages(Pooling(((9, ("mean",)),)), 10) == 10
    assert recipe.pooling(TrainingSettings(stages=3), 10).stages == [0, 1, 2]
    assert recipe.pooling(TrainingSettings(pooled_stages="last"), 10).stages == [9]
    assert recipe.decided(TrainingSettings(), 6, "c").augmentation["mirror"] == "c"
    given = TrainingSettings(stages=4).changed(mirror="off")
    assert recipe.decided(given, 6, "c") == given


@pytest.mark.parametrize(("directions", "mirror"), [((1, 1j), "rc"), ((1 + 1j, 1 - 1j), "off")])
def test_images_are_mirrored_only_where_that_keeps_their_class(directions, mirror):
    """Stripes that stand or lie stay so when mirrored; rising and falling ones change places."""
    random, labels = np.random.default_rng(0), np.arange(60) % 2
    y, x = np.mgrid[:64, :64]
    waves = np.stack([np.sin(0.7 * (directions[k].real * x + directions[k].imag * y) + random.uniform(0, 6))
                      for k in labels])
    pixels = (128 + 60 * waves[..., None] + random.normal(0, 10, (60, 64, 64, 3))).astype(np.uint8)
    pooling = Pooling(tuple((stage, ("mean", "max")) for stage in range(4)))
    classifier = Classifier.pretrained(classes=["first", "second"], preprocessing=Preprocessing(64, 64),
                                       pooling=pooling)
    found = Features.of(classifier.predictor("cpu").features(pixels), pooling)
    fit = quick.fit(found, np.arange(40), labels[:40], 2, classifier.channels, competing={"all": pooling})
    classifier.set_head(fit.weight, fit.bias)
    assert recipe.mirror(classifier, pixels[40:], labels[40:]) == mirror
    assert recipe.mirror(classifier, pixels[:0], labels[:0]) == "off"


def test_fine_tuning_that_learns_nothing_keeps_quicks_classifier(project):
    splits.split(project)
    plain = training.train(project, Plan(image_size=64, device="cpu"))
    run = training.start(project, Plan(method="finetune", image_size=64, device="cpu", settings={
        "epochs": 1, "learning_rate": 1e-7, "head_learning_rate_factor": 0}))
    told = [event.text for event in training.execute(project, run) if isinstance(event, Notice)]
    run = runs.get(project, run.id)
    assert run.best_epoch == 0
    assert run.validation_top1_error == plain.validation_top1_error
    assert ["is the one to beat" in told[0], "it is kept" in told[-1]] == [True, True]
    assert run.parameters["settings"]["augmentation"]["mirror"] != "auto"
    assert run_files.quick_fit(run)["members"] == run_files.quick_fit(plain)["members"]
    np.testing.assert_allclose(evaluations.predict(project, run, "test").confidences,
                               evaluations.predict(project, plain, "test").confidences, atol=1e-3)


def test_training_is_short_where_no_epoch_could_be_kept(tmp_path):
    """Dark and bright noise: quick's classifier knows all of them."""
    random = np.random.default_rng(0)
    for name, level in (("dark", 60), ("bright", 190)):
        (tmp_path / "images" / name).mkdir(parents=True)
        for i in range(12):
            Image.fromarray(random.normal(level, 20, (64, 64)).clip(0, 255).astype(np.uint8)).save(
                tmp_path / "images" / name / f"{i}.png")
    with Project.create(tmp_path / "easy.dlproj", tmp_path / "images") as easy:
        splits.split(easy)
        plan = Plan(method="finetune", image_size=64, device="cpu")
        automatic = training.train(easy, plan)
        asked = training.train(easy, replace(plan, settings={"epochs": 4}))
        assert automatic.validation_top1_error == 0
        assert automatic.parameters["settings"]["epochs"] == len(runs.history(easy, automatic)) == 3
        assert any("no epoch could show" in text for text in run_files.notices(automatic))
        assert len(runs.history(easy, asked)) == 4, "what a person sets is obeyed"


@pytest.mark.parametrize(("wrong", "can"), [(0, False), (1, False), (2, True), (9, True)])
def test_one_error_is_too_few_to_be_beaten_by(wrong, can):
    assert recipe.can_be_beaten(np.arange(20) < wrong) is can


@pytest.mark.parametrize(("mended", "spoilt", "better"), [
    (0, 0, False), (1, 0, False), (2, 0, True), (3, 2, False), (4, 1, True), (0, 5, False)])
def test_an_epoch_replaces_the_candidate_only_beyond_chance(mended, spoilt, better):
    of_candidate = np.array([True] * mended + [False] * spoilt + [True, False])
    of_epoch = np.array([False] * mended + [True] * spoilt + [True, False])
    assert clearly_better(of_epoch, of_candidate) == better
