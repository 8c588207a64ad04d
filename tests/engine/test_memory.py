"""Memory that stays while it is needed again and again, and goes back when it is not."""

import subprocess
import sys

import pytest

SCRIPT = """
import resource, threading
from dlgui.engine import memory
from dlgui.environment import memory_in_use
possible = memory.one_heap()

def faults_of_work():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(20):
        blocks = [b"1" * (10 << 20) for _ in range(8)]
        del blocks
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

def work():
    with memory.kept():
        first, again = faults_of_work(), faults_of_work()
        with memory.kept():
            pass
        print(again < 1000, memory_in_use() >> 20 > 80)
    after = memory_in_use() >> 20
    with memory.kept():
        print(faults_of_work() > 1000)  # it had gone
    print(after < 80)

worker = threading.Thread(target=work)
if possible:
    worker.start()
    worker.join()
print(possible)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc is told")
def test_memory_is_kept_between_batches_and_given_back_at_the_end():
    said = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True).stdout.split()
    if said != ["False"]:
        assert said == ["True"] * 5


def test_without_one_heap_nothing_is_done():
    code = "from dlgui.engine import memory\nwith memory.kept():\n    memory.give_back()\nprint('fine')"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "fine\n"
