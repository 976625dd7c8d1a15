# SPDX-License-Identifier: GPL-2.0-or-later
"""A real Prometheus on loopback, which scrapes what it is told, and its HTTP API."""
import json
import socket
import subprocess
import urllib.error
import urllib.parse
import urllib.request

from waiting import need


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def promtool(*arguments, stdin=None):
    done = subprocess.run(["promtool", *map(str, arguments)], capture_output=True, check=False, text=True, input=stdin)
    return done.returncode, done.stdout, done.stderr


class Prometheus:
    JOB = "migtrace-collect"

    def __init__(self, folder, targets, rules=()):
        self.folder, self.url = folder, f"http://127.0.0.1:{free_port()}"
        folder.mkdir()
        (folder / "prometheus.yml").write_text(json.dumps({  # which is YAML, too
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "rule_files": [str(rule.absolute()) for rule in rules],
            "scrape_configs": [{"job_name": self.JOB, "static_configs": [{"targets": list(targets)}]}]}))

    def __enter__(self):
        with open(self.folder / "log", "wb") as log:
            self.process = subprocess.Popen(
                ["prometheus", f"--config.file={self.folder}/prometheus.yml", f"--storage.tsdb.path={self.folder}/data",
                 f"--web.listen-address={self.url[len('http://'):]}", "--enable-feature=exemplar-storage"],
                stdout=log, stderr=log)
        need("Prometheus", lambda: self.process.poll() is not None or self.is_ready())
        if self.process.poll() is not None:
            raise RuntimeError((self.folder / "log").read_text())
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def is_ready(self):
        try:
            with urllib.request.urlopen(self.url + "/-/ready") as answer:
                return answer.status == 200
        except urllib.error.URLError:
            return False

    def ask(self, path, **parameters):
        with urllib.request.urlopen(f"{self.url}/api/v1/{path}?{urllib.parse.urlencode(parameters)}") as answer:
            return json.load(answer)["data"]

    def query(self, expression):
        """Its series, each as (labels, number)."""
        return [({name: value for name, value in series["metric"].items() if name not in ("instance", "job")},
                 float(series["value"][1])) for series in self.ask("query", query=expression)["result"]]

    def value(self, expression):
        """Of the one series that there is; None: of none."""
        found = self.query(expression)
        return found[0][1] if len(found) == 1 else None

    def exemplars(self, selector):
        """Each as (labels of the series, labels of the exemplar, number)."""
        return [(series["seriesLabels"], exemplar["labels"], float(exemplar["value"]))
                for series in self.ask("query_exemplars", query=selector, start=0, end=2**32)
                for exemplar in series["exemplars"]]

    def target(self):
        return self.ask("targets")["activeTargets"][0]
