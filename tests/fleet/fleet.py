# SPDX-License-Identifier: GPL-2.0-or-later
"""A fleet on one machine: real stores of real halves, collectors, PostgreSQL, as tests need them."""
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from recorder import BUILD, MIGTRACE
from waiting import need

FLEET = BUILD / "sanitized/migtrace-fleet"
REPLAY = pathlib.Path(__file__).parent.parent / "replay"
HOSTS = {"a": "host-a", "b": "host-b"}


def run(*arguments, program=FLEET, **options):
    done = subprocess.run([program, *map(str, arguments)], capture_output=True, check=False, text=True, **options)
    return done.returncode, done.stdout, done.stderr


def stores_of(folder, kinds):
    """A store for each of the two hosts, with its halves of these kinds of migrations."""
    for letter in HOSTS:
        files = [file for kind in kinds for file in sorted((REPLAY / kind).glob(f"*-{letter}.jsonl"))]
        status, _, err = run("import", "--store", folder / letter, *files, program=MIGTRACE)
        if status:
            raise RuntimeError(err)
    return {letter: folder / letter for letter in HOSTS}


def halves(store):
    return sorted(store.glob("*.jsonl.gz"))


def report(*files):
    """The lines of `migtrace report` of these files."""
    return run("report", "--format", "json", *files, program=MIGTRACE)[1].splitlines()


def expected(kinds):
    """What report says of each kind's two halves."""
    lines = []
    for kind in kinds:
        with tempfile.TemporaryDirectory() as folder:
            of_kind = stores_of(pathlib.Path(folder), [kind])
            lines += report(*(half for store in of_kind.values() for half in halves(store)))
    return sorted(lines)


def stored(collector):
    """The lines of all reports that a collector has."""
    return sorted(line for text in collector.reports() for line in text.splitlines())


def ship(collector, letter, store, *options, host=None, key=None):
    """Ships what is in the store, once."""
    host = host or HOSTS[letter]
    return run("ship", "--once", "--to", collector.url, "--key", key or collector.key(host), "--host", host,
               "--store", store, *options)


class Collector:
    def __init__(self, data, *options, scheme="http", context=None, program=FLEET):
        self.data, self.options, self.scheme, self.context, self.program = data, options, scheme, context, program
        self.process, self.port, self.log = None, 0, pathlib.Path(f"{data}.log")

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.end(signal.SIGTERM)

    def start(self):
        """At the port that it had, where it had one."""
        with open(self.log, "ab") as log:
            began = log.tell()
            self.process = subprocess.Popen([self.program, "collect", "--data", self.data, "--listen",
                                             f"127.0.0.1:{self.port}", *self.options], stderr=log)
        said = need("a collector", lambda: re.search(r"collecting at \S+:(\d+)\n", self.log.read_text()[began:]) or
                    self.process.poll() is not None)
        if said is True:
            raise RuntimeError(self.log.read_text())
        self.port = int(said.group(1))

    def said(self):
        return self.log.read_text().splitlines()

    def end(self, sig):
        self.process.send_signal(sig)
        return self.process.wait()

    @property
    def url(self):
        return f"{self.scheme}://127.0.0.1:{self.port}"

    def key(self, host):
        path = self.data / "keys" / f"{host}.key"
        if not path.exists():
            run("collect", "--data", self.data, "--init", host, program=self.program)
        return path

    def get(self, path, **headers):
        request = urllib.request.Request(self.url + path, headers=headers)
        with urllib.request.urlopen(request, context=self.context) as answer:
            return answer.read().decode()

    def post(self, message):
        """Returns the status of HTTP, and what came with it."""
        request = urllib.request.Request(self.url + "/v1/message", data=message, method="POST")
        try:
            with urllib.request.urlopen(request, context=self.context) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def migrations(self):
        return json.loads(self.get("/v1/migrations?since=2020-01-01&limit=100000"))["migrations"]

    def reports(self):
        return [self.get(f"/v1/migrations/{migration['id']}") for migration in self.migrations()]

    def metric(self, name):
        lines = [line for line in self.get("/metrics").splitlines() if line.startswith(name + " ")]
        return float(lines[0].rpartition(" ")[2]) if lines else None


class Postgres:
    """A server of its own, in a folder, as a user that is not root."""
    USER = "nobody"

    def __init__(self, folder):
        self.folder, self.process = folder, None
        found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"))
        self.programs = found[-1]

    def _as_user(self, *command):
        return ["setpriv", f"--reuid={self.USER}", "--regid=nogroup", "--clear-groups", *command] if not os.getuid() \
            else list(command)

    def __enter__(self):
        self.folder.mkdir()
        if not os.getuid():
            shutil.chown(self.folder, self.USER)
        subprocess.run(self._as_user(self.programs / "initdb", "-D", self.folder / "data", "-A", "trust", "-U", "migtrace"),
                       check=True, capture_output=True, cwd="/")
        self.start()
        return self

    def start(self):
        with open(f"{self.folder}.log", "ab") as log:
            self.process = subprocess.Popen(
                self._as_user(self.programs / "postgres", "-D", self.folder / "data", "-k", self.folder,
                              "-c", "listen_addresses="), stdout=log, stderr=log, cwd="/")
        need("PostgreSQL", lambda: not subprocess.run(
            [self.programs / "pg_isready", "-q", "-h", self.folder], check=False).returncode)

    def kill(self):
        """As by a loss of power: also those that it has started."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait()

    def __exit__(self, *_):
        self.kill()

    @property
    def uri(self):
        return f"postgresql:///postgres?host={self.folder}&user=migtrace"
