"""Threads that come after the window's."""

import subprocess
import sys

import pytest

SCRIPT = """
import os, threading
from dlgui.engine.preload import let_helpers_yield, yield_to_the_window
go, told = threading.Event(), []
def help():
    told.append(threading.get_native_id())
    go.wait()
helper = threading.Thread(target=help)
helper.start()
while not told:
    pass
niceness = lambda thread: os.getpriority(os.PRIO_PROCESS, thread)
before = niceness(threading.get_native_id())
let_helpers_yield()
print(niceness(told[0]) - before, niceness(threading.get_native_id()) - before)
go.set()
worker = threading.Thread(target=lambda: (yield_to_the_window(), print(niceness(threading.get_native_id()) - before)))
worker.start()
worker.join()
print(niceness(threading.get_native_id()) - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="threads have no priority of their own")
def test_helpers_and_workers_come_after_the_window():
    said = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    assert said.stdout.split() == ["3", "0", "3", "0"]
