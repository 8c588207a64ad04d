"""When a classifier should say nothing: thresholds from costs, the risk-coverage curve, unknown images."""

import itertools
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlgui.engine import model_file, novelty
from dlgui.engine.classifier import Classifier
from dlgui.engine.exporters import export
from dlgui.engine.inference import Predictor
from dlgui.engine.pooling import Pooling
from dlgui.engine.predictions import Predictions
from dlgui.engine.rejection import ACCEPTED, NOT_SURE, UNKNOWN, Costs, Rejection, outcome, propose, risk_coverage
from dlgui.errors import DlguiError, InvalidValue


def predictions(confidence, truth):
    """Two classes; `confidence` is that of class 0."""
    c = np.array(confidence, np.float32)
    return Predictions(["a", "b"], np.stack([c, 1 - c], 1), np.array(truth), [str(i) for i in range(len(c))])


def test_without_samples_chow_decides():
    found = predictions([], [])
    assert propose(found, Costs.uniform(2, 1, 0.1)) == pytest.approx((0.9, 0.9))
    assert propose(found, Costs(np.array([[0, 10], [1, 0]]), 0.5)) == pytest.approx((0.95, 0.5))
    assert propose(found, Costs.uniform(2, 0, 0.1)) == (0, 0)


def test_samples_correct_the_rule():
    found = predictions([0.99, 0.98, 0.97, 0.96], [0, 0, 1, 0])  # a mistake at 0.97: better ask up to there
    threshold = propose(found, Costs.uniform(2, 1, 0.1))[0]
    assert 0.97 < threshold <= 0.98 + 1e-6
    assert propose(found, Costs.uniform(2, 1, 0.9))[0] <= 0.96  # asking is nearly as dear as the mistake


@given(st.lists(st.tuples(st.integers(0, 20), st.booleans()), max_size=12), st.floats(0, 2), st.floats(0, 1))
def test_no_threshold_is_cheaper(samples, wrong, not_sure):
    found = predictions([0.5 + 0.025 * c if c else 0.51 for c, _ in samples], [0 if fine else 1 for _, fine in samples])
    costs = Costs.uniform(2, wrong, not_sure)

    def cost(threshold):
        return outcome(Rejection((threshold, 0.0)), found, costs=costs).cost

    best = cost(propose(found, costs)[0])
    assert all(best <= cost(t) + 1e-6 for t in np.linspace(0, 1, 81))


def test_the_curve_meets_its_ends_and_its_definition():
    rng = np.random.default_rng(0)
    found = predictions(rng.uniform(0.5, 1, 200).round(2), rng.integers(0, 2, 200))
    curve = risk_coverage(found)
    assert curve.coverage[0] == 1
    assert curve.risk[0] == pytest.approx(1 - found.correct.mean())
    for coverage, risk, threshold in zip(curve.coverage, curve.risk, curve.threshold, strict=True):
        found_here = outcome(Rejection((threshold, threshold)), found)
        assert (found_here.coverage, found_here.risk) == (pytest.approx(coverage), pytest.approx(risk))
    wanted = curve.threshold_for(0.45)
    assert outcome(Rejection((wanted, wanted)), found).risk <= 0.45
    assert curve.threshold_for(-1) == 1
    assert len(risk_coverage(predictions([], [])).coverage) == 0


def test_decisions_and_their_order():
    rule = Rejection((0.8, 0.6))
    confidences = np.array([[0.8, 0.2], [0.79, 0.21], [0.4, 0.6], [0.45, 0.55]], np.float32)
    assert rule.decide(confidences).tolist() == [ACCEPTED, NOT_SURE, ACCEPTED, NOT_SURE]
    assert rule.decide(confidences, np.array([1.01, 2, 1, 0])).tolist() == [UNKNOWN, UNKNOWN, ACCEPTED, NOT_SURE]
    for wrong in ((1.1, 0), (float("nan"), 0), (-1, 0)):
        with pytest.raises(InvalidValue):
            Rejection(wrong)
    with pytest.raises(InvalidValue):
        Costs.uniform(2, -1)


def test_false_alarms_are_what_was_asked_for():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(3000, 40)) @ rng.normal(size=(40, 200)) + rng.normal(size=(3000, 200))
    labels = rng.integers(0, 3, 3000)
    x = (x + 30 * np.eye(3, 200)[labels]).astype(np.float32)
    fitted = novelty.fit(x[:1000], labels[:1000], 3)
    made = fitted.calibrated(fitted.distances(x[1000:2000]), 0.05)
    assert (made.scores(x[2000:]) > 1).mean() == pytest.approx(0.05, abs=0.02)
    assert (made.scores(rng.normal(size=(100, 200)).astype(np.float32) * 40) > 1).mean() > 0.95
    few = fitted.calibrated(fitted.distances(x[1000:1009]), 0.01)
    assert few.false_alarm_rate == pytest.approx(0.1), "nine images cannot promise one percent"
    with pytest.raises(DlguiError, match="no image"):
        fitted.calibrated(np.empty(0))
    with pytest.raises(InvalidValue):
        fitted.calibrated(np.ones(3), 0)
    with pytest.raises(DlguiError, match="fewer than three"):
        novelty.fit(x[:2], labels[:2], 3)
    constant = novelty.fit(np.ones((5, 4), np.float32), np.zeros(5, int), 2)
    assert np.isfinite(constant.distances(x[:3, :4])).all()


@pytest.fixture(scope="module")
def ruled(textile_images):
    """A classifier with a rule made from eight real images."""
    made = Classifier.pretrained(classes=["good", "bad"], pooling=Pooling(((0, ("mean", "max")), (2, ("std",)))))
    rng = np.random.default_rng(0)
    made.set_head(rng.normal(size=made.head[0].shape).astype(np.float32) / 20, np.zeros(2, np.float32))
    pixels = np.stack([made.preprocessing.pixels(image) for image in textile_images])
    features = Predictor(made, "cpu").features(pixels)
    fitted = novelty.fit(features[:6], np.array([0, 0, 0, 1, 1, 1]), 2)
    made.set_rejection(Rejection((0.55, 0.7), fitted.calibrated(fitted.distances(features[6:]), 0.3),
                                 Costs(np.array([[0, 2.0], [1, 0]]), 0.2), {"split": "validation"}))
    return made


def strange(images):
    return [*images, 255 - images[0], np.random.default_rng(3).integers(0, 255, (250, 250, 3)).astype(np.uint8)]


def test_engine_runtimes_and_onnx_say_the_same(ruled, textile_images, tmp_path):
    import onnxruntime

    pixels = np.stack([ruled.preprocessing.pixels(image) for image in strange(textile_images)])
    fast = Predictor(ruled, "cpu", runtime="onnx").judge_pixels(pixels)
    slow = Predictor(ruled, "cpu", runtime="torch").judge_pixels(pixels)
    assert {j.decision for j in fast[-2:]} == {"unknown"}
    for a, b in zip(fast, slow, strict=True):
        assert a.decision == b.decision or a.novelty == pytest.approx(1, abs=1e-3)  # one lies exactly on the limit
        assert a.novelty == pytest.approx(b.novelty, rel=2e-3)
    export(ruled, "onnx", tmp_path / "m.onnx", textile_images[:2])
    session = onnxruntime.InferenceSession(str(tmp_path / "m.onnx"), providers=["CPUExecutionProvider"])
    confidences, decision, score = session.run(["confidences", "decision", "novelty"], {"image": pixels})
    np.testing.assert_allclose(confidences, [j.confidences for j in fast], atol=1e-5)
    assert [("accepted", "not_sure", "unknown")[d] for d in decision] == [j.decision for j in fast]
    np.testing.assert_allclose(score, [j.novelty for j in fast], rtol=1e-3)
    assert session.get_outputs()[0].name == "confidences", "programs that know no rule go on as before"
    about = json.loads(session.get_modelmeta().custom_metadata_map["dlgui.rejection"])
    assert about["decisions"] == ["accepted", "not_sure", "unknown"]
    assert about["thresholds"] == [0.55, 0.7]


def test_thresholds_alone_are_in_the_graph_too(ruled, textile_images, tmp_path):
    import onnxruntime

    plain = model_file.from_bytes(model_file.to_bytes(ruled))
    plain.set_rejection(Rejection((1.0, 1.0)))
    export(plain, "onnx", tmp_path / "m.onnx", textile_images[:1])
    session = onnxruntime.InferenceSession(str(tmp_path / "m.onnx"), providers=["CPUExecutionProvider"])
    assert [o.name for o in session.get_outputs()] == ["confidences", "decision"]
    found = session.run(["decision"], {"image": plain.preprocessing.pixels(textile_images[0])[None]})
    assert found[0].tolist() == [1]


def test_the_rule_lies_in_the_model_file(ruled, textile_images):
    content = model_file.to_bytes(ruled)
    read = model_file.from_bytes(content)
    assert model_file.to_bytes(read) == content
    assert read.rejection.to_dict() == ruled.rejection.to_dict()
    pixels = np.stack([ruled.preprocessing.pixels(image) for image in textile_images])
    assert [j.novelty for j in read.predictor().judge_pixels(pixels)] == [
        j.novelty for j in ruled.predictor().judge_pixels(pixels)]
    read.set_head(*read.head)
    assert read.rejection is None, "a rule holds only for the weights it was made for"


def test_a_classifier_without_a_rule_is_a_file_that_older_programs_read(ruled):
    import io
    import zipfile

    def description(classifier):
        with zipfile.ZipFile(io.BytesIO(model_file.to_bytes(classifier))) as archive:
            return json.loads(archive.read("classifier.json"))

    assert description(ruled)["format"] == 2
    plain = model_file.from_bytes(model_file.to_bytes(ruled))
    plain.set_rejection(None)
    assert description(plain)["format"] == 1
    assert "rejection" not in description(plain)


@pytest.mark.parametrize("spoil", [
    lambda rule: rule["thresholds"].pop(),
    lambda rule: rule["thresholds"].__setitem__(0, 7),
    lambda rule: rule["novelty"].__setitem__("limit", 0),
    lambda rule: rule["novelty"].pop("noise"),
    lambda rule: rule["costs"].__setitem__("wrong", [[1]]),
    lambda rule: rule.pop("about"),
])
def test_spoiled_rules_are_refused(ruled, spoil):
    import io
    import zipfile

    with zipfile.ZipFile(io.BytesIO(model_file.to_bytes(ruled))) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    document = json.loads(contents["classifier.json"])
    spoil(document["rejection"])
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in contents.items():
            archive.writestr(name, json.dumps(document) if name == "classifier.json" else content)
    with pytest.raises(model_file.ModelFileError, match="description is wrong"):
        model_file.from_bytes(out.getvalue())


def test_costs_survive_json():
    for costs in (Costs.uniform(3, 2, 0.3), Costs(np.arange(9.0).reshape(3, 3), 0.1)):
        back = Costs.from_dict(json.loads(json.dumps(costs.to_dict())), 3)
        assert (back.wrong == costs.wrong).all()
        assert back.not_sure == costs.not_sure
    assert [Costs.uniform(3).wrong[i, j] for i, j in itertools.product(range(3), repeat=2)].count(0) == 3
