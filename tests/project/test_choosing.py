"""`--network auto`: what is tried, and what is taken."""

from dataclasses import replace

from dlgui.project.operations import choosing, run_files, splits, training
from dlgui.project.operations.training import Plan


def test_the_best_on_validation_is_taken_within_the_budget(project):
    splits.split(project, 60, 20)
    plan, tried = choosing.choose(project, Plan(network="auto", image_size=64, budget=600))
    assert [t.network for t in tried] == list(choosing.CANDIDATES)
    best = min(tried, key=lambda t: (t.top1_error, t.loss))
    assert plan == Plan(network=best.network, image_size=64, budget=600)
    _, hurried = choosing.choose(project, replace(plan, image_size=72, budget=0.0))
    assert [t.top1_error is None for t in hurried] == [False, True, True]
    plan40 = Plan(network="auto", image_size=40, budget=1e-3)
    for _ in range(2):  # what the first probe left in the cache does not make the second look fast
        assert [t.top1_error is None for t in choosing.choose(project, plan40)[1]] == [False, True, True]
    run = training.start(project, Plan(network="auto", image_size=64, budget=600))
    assert run.network == best.network
    said = run_files.notices(run)[0]
    assert said.startswith(f"{best.network} was chosen")
    assert all(t.network in said and f"{100 * t.top1_error:.2f} %" in said for t in tried)


def test_without_validation_images_cross_validation_judges(project):
    splits.split(project, 80, 0)
    _, tried = choosing.choose(project, Plan(network="auto", image_size=64), candidates=choosing.CANDIDATES[:1])
    assert 0 <= tried[0].top1_error < 0.67
