"""The table of parameters: complete, true to the classes behind it, and clear about what is wrong."""

import contextlib
from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlgui.engine import networks, parameters
from dlgui.engine.augmentation import Augmentation
from dlgui.engine.hyperparameters import Hyperparameters
from dlgui.engine.parameters import BY_NAME, TABLE, defaults, joined_values, problems, split_values
from dlgui.engine.preprocessing import Preprocessing
from dlgui.engine.settings import TrainingSettings, balanced_weights
from dlgui.errors import InvalidValue


def test_every_field_of_the_engine_is_in_the_table():
    known = {f.name for of in (TrainingSettings, Hyperparameters, Augmentation, Preprocessing) for f in fields(of)}
    instead = {"width", "height", "hyperparameters", "augmentation", "class_weights"}  # in parts, or in a table
    assert known - instead <= set(BY_NAME)


def test_every_parameter_explains_itself_and_bears_its_default():
    assert len(BY_NAME) == len(TABLE)
    for p in TABLE:
        assert p.about.endswith(".")
        assert p.raising.endswith(".")
        assert p.title
        assert p.section in parameters.SECTIONS
        assert p.check(p.default) == p.default
        if p.kind in ("whole", "number"):
            assert p.low < p.high
            assert p.parse(p.shown(p.default)) == p.default


@pytest.mark.parametrize("parameter", [p for p in TABLE if p.target == "settings" and p.kind in ("whole", "number")],
                         ids=lambda p: p.name)
def test_the_engine_takes_what_the_table_allows(parameter):
    for value in (parameter.low, parameter.high, parameter.default):
        TrainingSettings().changed(**{parameter.name: value})


def test_what_is_wrong_is_said_with_what_is_allowed():
    with pytest.raises(InvalidValue, match="a whole number from 1 to 4096"):
        BY_NAME["batch_size"].parse("0")
    with pytest.raises(InvalidValue, match="number"):
        BY_NAME["learning_rate"].parse("fast")
    assert BY_NAME["learning_rate"].parse("3e-4") == BY_NAME["learning_rate"].parse("0,0003") == 0.0003
    assert BY_NAME["early_stopping"].parse("Never") == 0
    assert BY_NAME["crop_pixel"].parse("off") == "off"
    with pytest.raises(InvalidValue):
        BY_NAME["epochs"].parse("2.5")
    with pytest.raises(InvalidValue):
        BY_NAME["mirror"].check("sideways")


@given(st.text(max_size=12))
def test_any_text_gives_a_value_or_a_reason(text):
    for name in ("batch_size", "learning_rate", "crop_percentage", "image_size"):
        with contextlib.suppress(InvalidValue):
            BY_NAME[name].check(BY_NAME[name].parse(text))


def test_steps_stay_in_range_and_rates_step_by_a_factor():
    rate = BY_NAME["learning_rate"]
    assert rate.stepped(0.001, 1) == 0.0015
    assert rate.stepped(100, 3) == 100
    assert BY_NAME["batch_size"].stepped(16, 1) == 32
    assert BY_NAME["momentum"].stepped(0.9, -1) == 0.85


def test_values_go_to_where_they_belong_and_back():
    values = defaults() | {"learning_rate": 0.002, "mirror": "rc", "image_size": 64, "image_height": 96,
                           "contrast_normalization": True, "seed": 7}
    own, settings, preprocessing = split_values(values, "finetune")
    assert own == {"image_size": 64, "seed": 7, "pretrained": True}
    assert settings == {"learning_rate": 0.002, "mirror": "rc"}
    assert preprocessing == {"width": 64, "height": 96, "contrast_normalization": True}
    assert joined_values(own, settings, preprocessing) == values
    assert split_values(values, "quick")[1] == {}
    full = TrainingSettings().changed(**settings).to_dict()
    assert joined_values(own, full, preprocessing) == values  # as a run has them
    with pytest.raises(InvalidValue, match="unheard"):
        joined_values(own, {"unheard": 1}, {})


def test_values_that_do_not_go_together_are_explained_at_their_field():
    lite, fixed = networks.info("efficientnet_lite0"), networks.info("vit_b_16")
    assert problems(defaults(), lite, "finetune") == {}
    assert "at least 32" in problems(defaults() | {"image_size": 16}, lite, "quick")["image_size"].remedy
    assert "224 × 224" in problems(defaults() | {"image_size": 100}, fixed, "quick")["image_size"].remedy
    assert set(problems(defaults() | {"image_height": 64}, lite, "quick")) == {"image_height"}
    assert set(problems(defaults() | {"range_min": 200.0}, lite, "quick")) == {"range_max"}
    late = defaults() | {"warm_up": 9.0, "policy": "cosine", "epochs": 8}
    assert set(problems(late, lite, "finetune")) == {"warm_up"}
    assert problems(late, lite, "quick") == {}


def test_balanced_weights_make_up_for_the_counts():
    assert balanced_weights([30, 10, 20]) == pytest.approx((20 / 30, 2.0, 1.0))
    counts = [7, 1, 52]
    weights = balanced_weights(counts)
    assert sum(c * w for c, w in zip(counts, weights, strict=True)) == pytest.approx(sum(counts))
    assert balanced_weights([5, 0])[1] == 2.5


def test_published_accuracies_are_those_of_torchvision():
    import torchvision

    for name in networks.names():
        info = networks.info(name)
        if info.source == "torchvision":
            meta = torchvision.models.get_model_weights(name).DEFAULT.meta
            assert info.imagenet_top1 == pytest.approx(meta["_metrics"]["ImageNet-1K"]["acc@1"], abs=0.06), name
            assert info.parameters == pytest.approx(meta["num_params"] / 1e6, abs=0.06), name
