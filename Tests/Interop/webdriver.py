"""Drives Debian's chromium by its driver (W3C WebDriver), with nothing but Python's own library."""

import base64
import json
import pathlib
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


def is_there():
    return shutil.which("chromium") is not None and shutil.which("chromedriver") is not None


class Browser:
    def __init__(self, profile, width=1280, height=900, dark=False, script=True):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.driver = subprocess.Popen(
            [shutil.which("chromedriver"), f"--port={port}", "--log-level=SEVERE"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.base = f"http://127.0.0.1:{port}"
        self.session = None
        self.width = width
        options = {
            "binary": shutil.which("chromium"),
            "args": [
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--hide-scrollbars",
                "--no-first-run",
                f"--user-data-dir={profile}",
                f"--window-size={width},{height}",
            ],
        }
        if not script:
            options["prefs"] = {"profile.managed_default_content_settings.javascript": 2}
        capabilities = {"browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
        try:
            self._until(lambda: self._call("GET", "/status")["ready"], 30, "the driver does not start")
            self.session = self._call("POST", "/session", {"capabilities": {"alwaysMatch": capabilities}})["sessionId"]
            # Of a phone: a window cannot be as narrow.
            self.devtools(
                "Emulation.setDeviceMetricsOverride",
                {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500},
            )
            if dark:
                features = [{"name": "prefers-color-scheme", "value": "dark"}]
                self.devtools("Emulation.setEmulatedMedia", {"features": features})
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        if self.session:
            try:
                self._call("DELETE", f"/session/{self.session}")
            except (OSError, RuntimeError):
                pass
            self.session = None
        self.driver.terminate()
        try:
            self.driver.wait(10)
        except subprocess.TimeoutExpired:
            self.driver.kill()

    def _call(self, method, path, body=None):
        data = json.dumps(body if body is not None else {}).encode() if method == "POST" else None
        request = urllib.request.Request(
            self.base + path, data=data, method=method, headers={"Content-Type": "application/json"}
        )
        try:
            with urllib.request.urlopen(request, timeout=90) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise RuntimeError(json.load(error)["value"]["message"]) from None

    def _do(self, method, path, body=None):
        return self._call(method, f"/session/{self.session}{path}", body)

    @staticmethod
    def _until(condition, seconds, words):
        end = time.monotonic() + seconds
        while True:
            try:
                if condition():
                    return
            except OSError:
                pass
            if time.monotonic() > end:
                raise AssertionError(words)
            time.sleep(0.1)

    def until(self, script, words, seconds=30):
        self._until(lambda: self.run(f"return {script}"), seconds, words)

    def until_at(self, part):
        """A click may come back before what it leads to is there."""
        self._until(lambda: part in self.address(), 30, f"the address does not get {part}")

    def open(self, url):
        self._do("POST", "/url", {"url": url})

    def run(self, script, *arguments):
        return self._do("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def find(self, selector):
        return self._do("POST", "/element", {"using": "css selector", "value": selector})[ELEMENT]

    def attribute(self, selector, name):
        return self._do("GET", f"/element/{self.find(selector)}/attribute/{name}")

    def text(self, selector):
        return self._do("GET", f"/element/{self.find(selector)}/text")

    def role(self, selector):
        return self._do("GET", f"/element/{self.find(selector)}/computedrole")

    def name(self, selector):
        return self._do("GET", f"/element/{self.find(selector)}/computedlabel")

    def click(self, selector):
        self._do("POST", f"/element/{self.find(selector)}/click")

    def type(self, selector, text):
        self._do("POST", f"/element/{self.find(selector)}/value", {"text": text})

    def keys(self, text):
        actions = [{"type": kind, "value": key} for key in text for kind in ("keyDown", "keyUp")]
        self._do("POST", "/actions", {"actions": [{"type": "key", "id": "keys", "actions": actions}]})

    def address(self):
        return self._do("GET", "/url")

    def log(self):
        return [entry["message"] for entry in self._do("POST", "/se/log", {"type": "browser"})]

    def devtools(self, command, parameters):
        return self._do("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def picture(self, path):
        # As tall as it is: what is out of sight need not be drawn otherwise.
        size = self.devtools("Page.getLayoutMetrics", {})["cssContentSize"]
        metrics = {"width": self.width, "height": min(int(size["height"]), 2400), "deviceScaleFactor": 1}
        self.devtools("Emulation.setDeviceMetricsOverride", {**metrics, "mobile": self.width < 500})
        self.run("return new Promise((done) => setTimeout(done, 300))")
        answer = self.devtools("Page.captureScreenshot", {})
        pathlib.Path(path).parent.mkdir(parents=True, exist_ok=True)
        pathlib.Path(path).write_bytes(base64.b64decode(answer["data"]))
