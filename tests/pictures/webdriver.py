# SPDX-License-Identifier: GPL-2.0-or-later
"""A headless Chromium that a test drives, by the WebDriver protocol over plain HTTP on loopback."""
import base64
import json
import re
import shutil
import subprocess
import tempfile
import urllib.error
import urllib.request

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--disable-ipc-flooding-protection",  # 200 of a page's own links in 10 s are no attack
         "--hide-scrollbars", "--force-device-scale-factor=1"]


class Browser:
    """A context: nothing of it is left when it ends."""

    def __enter__(self):
        self.directory = tempfile.mkdtemp()
        self.driver = subprocess.Popen(["chromedriver", "--port=0"], stdout=subprocess.PIPE,
                                       stderr=subprocess.DEVNULL, text=True,
                                       env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
                                            "HOME": self.directory})
        try:
            port = None
            while not port:
                line = self.driver.stdout.readline()
                if not line:
                    raise RuntimeError("chromedriver did not start")
                port = re.search(r"successfully on port (\d+)", line)
            self.base = f"http://127.0.0.1:{port[1]}/session"
            self.session = self.call("POST", "", {"capabilities": {"alwaysMatch": {
                "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
                "goog:chromeOptions": {
                    "args": [*FLAGS, f"--user-data-dir={self.directory}/profile"]}}}})["sessionId"]
            self.base += f"/{self.session}"
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if hasattr(self, "session"):
            try:
                self.call("DELETE", "")
            except OSError:
                pass
        self.driver.terminate()
        self.driver.wait()
        shutil.rmtree(self.directory, ignore_errors=True)

    def call(self, method, path, body=None):
        request = urllib.request.Request(
            self.base + path, method=method,
            data=None if body is None else json.dumps(body).encode())
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"{path}: {error.read().decode()[:1000]}") from error

    def open(self, path):
        self.visit(f"file://{path}")

    def visit(self, url):
        self.call("POST", "/url", {"url": url})

    def run(self, script, *arguments):
        return self.call("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def resize(self, width, height):
        self.cdp("Emulation.setDeviceMetricsOverride",
                 {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False})

    def cdp(self, command, parameters):
        return self.call("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def media(self, media="", scheme="light"):
        self.cdp("Emulation.setEmulatedMedia",
                 {"media": media, "features": [{"name": "prefers-color-scheme", "value": scheme}]})

    def find(self, css):
        return self.call("POST", "/element", {"using": "css selector", "value": css})

    def keys(self, css, text):
        self.call("POST", f"/element/{self.find(css)[ELEMENT]}/value", {"text": text})

    def click(self, css):
        self.call("POST", f"/element/{self.find(css)[ELEMENT]}/click", {})

    def act(self, *sources):
        self.call("POST", "/actions", {"actions": list(sources)})

    def log(self, kind):
        return self.call("POST", "/se/log", {"type": kind})

    def requests(self):
        """What was asked of any network, or file, since the last time; not what the page forbids."""
        messages = [json.loads(entry["message"])["message"] for entry in self.log("performance")]
        forbidden = {message["params"]["requestId"] for message in messages
                     if message["params"].get("blockedReason") == "csp"}
        return [message["params"]["request"]["url"] for message in messages
                if message["method"] == "Network.requestWillBeSent" and
                message["params"]["requestId"] not in forbidden]

    def screenshot(self, path):
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.call("GET", "/screenshot")))

    def pdf(self):
        return base64.b64decode(self.call("POST", "/print", {}))
