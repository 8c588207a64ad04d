"""`dlgui doctor` says what is here and what is missing."""

import json

from dlgui import environment
from dlgui.cli.main import main


def test_doctor_json(capsys):
    assert main(["doctor", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["versions"]["numpy"]
    assert found["versions"]["dlgui"]
    assert found["devices"][0]["device"] == "cpu"
    assert found["processor"]["cores"] >= 1
    assert "efficientnet_lite0" in found["pretrained"]
    assert isinstance(found["cache"]["bytes"], int)
    assert bool(found["missing_libraries"]) == bool(found["install_command"])


def test_doctor_names_what_is_missing_and_the_command(capsys, monkeypatch):
    monkeypatch.setattr(environment, "missing_libraries", lambda: ["libxcb-cursor.so.0"])
    monkeypatch.setattr(environment, "qt", lambda: {"loads": False, "reason": "no plug-in", "display": False})
    assert main(["doctor"]) == 0
    out = capsys.readouterr().out
    assert "does not load: no plug-in" in out
    assert "apt-get install -y --no-install-recommends libxcb-cursor0" in out
