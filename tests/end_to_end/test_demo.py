"""The newcomer's first command."""

import json
import subprocess
import sys


def test_the_demo_gives_an_evaluated_classifier_and_a_report(tmp_path):
    done = subprocess.run([sys.executable, "-m", "dlgui", "demo", str(tmp_path / "demo.dlproj"), "--headless",
                           "--json"], capture_output=True, text=True, check=True)
    result = json.loads(done.stdout)
    assert result["info"]["num_images"] == 2000
    assert result["evaluation"]["top1_error"] < 0.05
    assert sum(map(sum, result["evaluation"]["confusion_matrix"])) == result["evaluation"]["num_samples"] >= 290
    assert (tmp_path / "demo.dlproj" / "report.html").stat().st_size > 100_000
