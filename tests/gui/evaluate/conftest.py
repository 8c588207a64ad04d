"""A project with real results: two quick runs and a fine-tuning on 72 images, trained once for all tests here."""

import shutil

import pytest
from looking import evaluating


@pytest.fixture(scope="session")
def judged_folder(small_folder, tmp_path_factory):
    """A project folder to copy, never to open."""
    from dlgui.project.operations import splits, training
    from dlgui.project.project import Project

    folder = tmp_path_factory.mktemp("judged") / "judged.dlproj"
    with Project.create(folder, small_folder) as project:
        splits.split(project, train=40, validation=30)
        training.train(project, training.Plan(method="finetune", image_size=48, settings={"epochs": 3,
                                                                                         "batch_size": 8}))
        training.train(project, training.Plan(image_size=32))
        training.train(project, training.Plan(image_size=48, seed=7))
    return folder


@pytest.fixture
def judged(window, judged_folder, tmp_path, idle):
    """The window on the Evaluate tab: the newest run, on all images."""
    evaluating(window, shutil.copytree(judged_folder, tmp_path / "judged.dlproj"), idle)
    yield window
    assert window.problems == []
