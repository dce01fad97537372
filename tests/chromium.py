"""Headless Chromium for tests of pages: its protocol over a pair of pipes, one JSON text to each zero byte."""

from __future__ import annotations

import base64
import itertools
import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

WAIT_S = 60.0


class Page:
    """The one tab of a browser, by the descriptors of its pipes."""

    def __init__(self, commands: int, answers: int) -> None:
        self._commands, self._answers, self._session = commands, answers, {}
        self._numbers, self._rest = itertools.count(1), b""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self._session = {"sessionId": session}

    def call(self, method: str, **parameters: object) -> dict:
        """What the browser answers to a command; events on the way are passed over."""
        number = next(self._numbers)
        command = {"id": number, "method": method, "params": parameters} | self._session
        os.write(self._commands, json.dumps(command).encode() + b"\0")  # shorter than a pipe holds
        while True:
            answer = self._read()
            if answer.get("id") == number:
                assert "error" not in answer, f"{method}: {answer['error']}"
                return answer["result"]

    def _read(self) -> dict:
        while b"\0" not in self._rest:
            read = os.read(self._answers, 2**20)
            assert read, "the browser has ended"
            self._rest += read
        text, _, self._rest = self._rest.partition(b"\0")
        return json.loads(text)

    def ask(self, expression: str) -> object:
        """The value of a JavaScript expression.

        Raises:
          AssertionError: it threw.
        """
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def wait_for(self, expression: str) -> None:
        """Waits until an expression holds."""
        end = time.monotonic() + WAIT_S
        while not self.ask(expression):
            assert time.monotonic() < end, f"{expression}: not within {WAIT_S:g} s"
            time.sleep(0.05)

    def open(self, path: Path, width: int, height: int, scheme: str) -> None:
        """Opens a file in a window of this size, for a reader who likes a light or a dark scheme."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.call("Page.navigate", url="about:blank")  # else the page that was open may still answer
        self.wait_for("location.href === 'about:blank'")
        self.call("Page.navigate", url=path.as_uri())
        self.wait_for(f"location.pathname === {json.dumps(str(path))} && document.readyState === 'complete'")

    def press(self, key: str) -> None:
        text = {"text": "\r"} if key == "Enter" else {}
        codes = {"Enter": 13, "Tab": 9}
        self.call("Input.dispatchKeyEvent", type="keyDown", key=key, windowsVirtualKeyCode=codes[key], **text)
        self.call("Input.dispatchKeyEvent", type="keyUp", key=key, windowsVirtualKeyCode=codes[key])

    def save_picture(self, path: Path, whole: bool = False) -> None:
        picture = self.call("Page.captureScreenshot", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(picture["data"]))


@contextmanager
def page(program: str, folder: Path) -> Iterator[Page]:
    """A browser with its profile in `folder`; it ends with the block."""
    commands_out, commands = os.pipe()
    answers, answers_in = os.pipe()
    line = f'exec "$0" "$@" 3<&{commands_out} 4>&{answers_in}'
    options = [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--remote-debugging-pipe",
        f"--user-data-dir={folder}",
    ]
    browser = subprocess.Popen(
        ["bash", "-c", line, program, *options], pass_fds=(commands_out, answers_in), stderr=subprocess.DEVNULL
    )
    os.close(commands_out)
    os.close(answers_in)
    try:
        yield Page(commands, answers)
    finally:
        browser.terminate()
        browser.wait()
        os.close(commands)
        os.close(answers)
