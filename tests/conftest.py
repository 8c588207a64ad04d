"""Fixtures that every part of the suite shares."""

import logging
import os
from pathlib import Path

import hypothesis
import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")  # the suite needs no display
if "PYTEST_XDIST_WORKER" in os.environ:  # the workers share the cores: threads that spin would only hinder each other
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

hypothesis.settings.register_profile("dlgui", deadline=None)  # a busy machine is no failure
hypothesis.settings.load_profile("dlgui")


@pytest.fixture(autouse=True)
def no_unexpected_logs(request):
    """Fails a test during which dlgui logs a warning that the test does not look at."""
    if "caplog" in request.fixturenames:
        yield
        return
    heard = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: heard.append(record.getMessage())
    logger = logging.getLogger("dlgui")
    logger.addHandler(handler)
    yield
    logger.removeHandler(handler)
    assert not heard


@pytest.fixture(scope="session")
def textile():
    """Folder of the demo's 2,000 inspection images: `global`, `local`, `nominal`."""
    import conformal_clip_data

    return Path(conformal_clip_data.__file__).parent / "data" / "textile_images" / "simulated"


@pytest.fixture(scope="session")
def textile_images(textile):
    """Eight real images as uint8 arrays (250, 250, 3)."""
    from dlgui.engine.images import read_image

    return [read_image(path) for folder in ("local", "nominal") for path in sorted((textile / folder).iterdir())[:4]]


@pytest.fixture(scope="session")
def real_data():
    """Folder with further real data sets; without it the tests that need them are skipped."""
    folder = os.environ.get("DLGUI_REAL_DATA")
    if not folder:
        pytest.skip("DLGUI_REAL_DATA names no folder of data sets")
    return Path(folder)


@pytest.fixture(scope="session")
def small_folder(textile, tmp_path_factory):
    """A folder of 72 real images in three class folders."""
    import shutil

    root = tmp_path_factory.mktemp("images")
    for name in ("global", "local", "nominal"):
        (root / name).mkdir()
        for file in sorted((textile / name).iterdir())[:24]:
            shutil.copy(file, root / name / file.name)
    return root


@pytest.fixture(scope="session")
def small_project(small_folder, tmp_path_factory):
    """A closed project over `small_folder`, to be copied: reading its images anew for each test would take longer."""
    from dlgui.project.project import Project

    folder = tmp_path_factory.mktemp("projects") / "small.dlproj"
    Project.create(folder, small_folder).close()
    return folder


@pytest.fixture
def project(small_project, tmp_path):
    """A new project over `small_folder`."""
    import shutil

    from dlgui.project.project import Project

    with Project.open(shutil.copytree(small_project, tmp_path / "small.dlproj")) as made:
        yield made


@pytest.fixture(scope="session")
def disk(tmp_path_factory):
    """Makes disks: `disk("ro")` cannot be written, `disk("size=16k")` is full, others are as small as they say."""
    import shutil
    import subprocess

    mounted = []

    def made(options):
        folder = tmp_path_factory.mktemp("disk")
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
        if shutil.which("mount") is None or subprocess.run(command, capture_output=True, check=False).returncode:
            pytest.skip("no disk can be mounted here")
        mounted.append(folder)
        if options == "size=16k":
            (folder / "there").write_bytes(bytes(16 << 10))
        return folder
    yield made
    for folder in mounted:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)  # something may still be mapped
