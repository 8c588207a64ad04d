"""The coach speaks where its rules say so, and keeps silent elsewhere."""

from dataclasses import replace
from pathlib import Path

import pytest

from dlgui.engine import coach
from dlgui.engine.coach import Case, advise

DOCS = Path(__file__).resolve().parents[2] / "docs" / "coach.md"


def case(errors, training=None, loss=None, **more):
    training = training or [0.3] * len(errors)
    loss = loss or [1.0 - 0.01 * i for i in range(len(errors))]
    rows = [{"epoch": i + 1, "loss": x, "train_top1_error": t, "validation_top1_error": v}
            for i, (x, t, v) in enumerate(zip(loss, training, errors, strict=True))]
    return Case(rows, **{"epochs": 20, "train": {"a": 500, "b": 500}, "validation": 1000, **more})


QUIET = case([0.3, 0.25, 0.22, 0.2], [0.3, 0.25, 0.2, 0.18])
SPEAKING = {
    "diverging": case([0.3] * 5, loss=[1.0, 0.5, 0.6, 0.7, 0.9]),
    "guessing": case([0.5, 0.49, 0.5]),
    "overfitting": case([0.2, 0.1, 0.11, 0.12, 0.13], [0.2, 0.15, 0.1, 0.05, 0.02]),
    "memorized": case([0.2, 0.12, 0.12], [0.1, 0.02, 0.001]),
    "stalled": case([0.2, 0.1, 0.12, 0.11, 0.12, 0.11, 0.12, 0.11], [0.1] * 8),
    "unfinished": case([0.3, 0.2, 0.1], [0.3, 0.2, 0.15], [1.0, 0.8, 0.6], epochs=3, done=True),
    "underfitting": case([0.3, 0.25, 0.25], [0.4, 0.3, 0.28], [1, 1, 1], epochs=3, done=True),
    "small validation": case([0.3, 0.2], validation=40),
    "different splits": case([0.3], [0.01], method="quick", done=True, cross_validated=0.05, epochs=1),
    "imbalance": case([0.2, 0.1], train={"common": 1000, "rare": 60}),
    "few images": case([0.2, 0.1], train={"a": 100, "b": 12}),
    "all right": case([0.1, 0.0], done=True),
}


@pytest.mark.parametrize("rule", SPEAKING)
def test_each_rule_speaks(rule):
    said = {advice.rule: advice for advice in advise(SPEAKING[rule])}
    assert rule in said
    assert said[rule].mood in ("warning", "hint", "good")
    assert said[rule].text.endswith((".", ")."))


def test_it_is_silent_while_all_goes_well_and_before_anything_is_known():
    assert advise(QUIET) == []
    assert advise(Case([])) == []
    assert advise(case([None, None], train={})) == []


def test_overfitting_needs_three_epochs_and_a_falling_training_error():
    assert "overfitting" not in {a.rule for a in advise(case([0.1, 0.11, 0.12], [0.3, 0.2, 0.1]))}
    assert "overfitting" not in {a.rule for a in advise(case([0.1, 0.11, 0.12, 0.13], [0.1, 0.2, 0.2, 0.3]))}
    text = next(a.text for a in advise(SPEAKING["overfitting"]) if a.rule == "overfitting")
    assert "risen for 3 epochs" in text
    assert "weight prior" in text


def test_a_start_that_is_kept_is_named_and_no_epoch():
    start = replace(SPEAKING["stalled"], best_epoch=0, best_error=0.02, validation=50)
    said = {advice.rule: advice.text for advice in advise(start)}
    assert "the start, the quick classifier, which is kept" in said["stalled"]
    assert "from 0.35 %" in said["small validation"]
    assert "all right" not in {a.rule for a in advise(replace(SPEAKING["all right"], best_epoch=0, best_error=0.01))}
    assert "of epoch 4" in next(a.text for a in advise(replace(SPEAKING["stalled"], best_epoch=4))
                                if a.rule == "stalled")


def test_warnings_come_first():
    both = case([0.2, 0.12, 0.12], [0.1, 0.02, 0.001], validation=40)
    assert [a.mood for a in advise(both)] == ["warning", "hint"]


def test_every_rule_is_documented():
    text = DOCS.read_text()
    assert len(coach._RULES) == len(SPEAKING)
    for rule in SPEAKING:
        assert f"| `{rule}` |" in text
