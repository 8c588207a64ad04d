"""A real browser, where one is installed."""

import contextlib
import json
import shutil
import socket
import subprocess
import time
import urllib.request

import pytest


class Browser:
    """Headless Chromium through its driver's HTTP interface."""

    def __init__(self, port, folder):
        self._base = f"http://127.0.0.1:{port}"
        options = {"binary": shutil.which("chromium") or shutil.which("chromium-browser"), "args": [
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run",
            "--window-size=1280,900", f"--user-data-dir={folder / 'profile'}"],
            "prefs": {"download.default_directory": str(folder / "downloads")}}
        wanted = {"capabilities": {"alwaysMatch": {"goog:chromeOptions": options,
                                                   "goog:loggingPrefs": {"browser": "ALL"}}}}
        self._base += f"/session/{self._call('POST', '/session', wanted)['sessionId']}"

    def _call(self, method, path, body=None):
        request = urllib.request.Request(self._base + path, method=method, headers={"Content-Type": "application/json"},
                                         data=None if body is None else json.dumps(body).encode())
        with urllib.request.urlopen(request, timeout=90) as answer:
            return json.load(answer)["value"]

    def open(self, file):
        self._call("POST", "/url", {"url": file.as_uri()})

    def run(self, script, *arguments):
        return self._call("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def click(self, selector):
        found = self._call("POST", "/element", {"using": "css selector", "value": selector})
        element = next(iter(found.values()))
        self._call("POST", f"/element/{element}/click", {})

    def picture(self):
        return self._call("GET", "/screenshot")

    def complaints(self):
        return [entry["message"] for entry in self._call("POST", "/se/log", {"type": "browser"})]

    def close(self):
        self._call("DELETE", "")


@pytest.fixture
def browser(tmp_path):
    """Headless Chromium; skips where it is missing."""
    driver = shutil.which("chromedriver")
    if driver is None or not (shutil.which("chromium") or shutil.which("chromium-browser")):
        pytest.skip("chromium and chromium-driver are not installed")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([driver, f"--port={port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    made = None
    try:
        for _ in range(100):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.1)
        made = Browser(port, tmp_path)
        yield made
    finally:
        if made is not None:
            made.close()
        process.terminate()
        process.wait(20)
