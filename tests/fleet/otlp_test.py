#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A collector sends a trace for each migration: read by OpenTelemetry's own decoder, whatever happens on the way."""
import json
import os
import pathlib
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from fleet import HOSTS, Collector, Postgres, halves, run, ship, stores_of
from otlp import Trace, form_faults, number_faults
from recorder import MIGTRACE
from tap import Tap
from waiting import eventually, need

DECODER = "@opentelemetry/otlp-transformer@0.214.0"  # the last one of its kind runs in Debian 12's node, too
RECEIVER = pathlib.Path(__file__).parent / "otlp_receiver.js"
KINDS = ["p2p", "direct", "postcopy", "cancelled", "devices", "refused-memory"]
PATH = "/v1/traces"
QUEUE_MAX = 100000
OK, NOT_NOW, REFUSED = {"status": 200}, {"status": 503}, {"status": 400}
NEVER = {"status": None}
MODULES = None


def decoder_install(folder):
    """OpenTelemetry's package from npm: the modules' folder."""
    done = subprocess.run(["npm", "install", "--prefix", folder, "--ignore-scripts", "--no-audit", "--no-fund", "--silent",
                           DECODER], capture_output=True, check=False, text=True)
    if done.returncode:
        raise RuntimeError(f"npm install {DECODER}: {done.stdout}{done.stderr}")
    return folder / "node_modules"


def free_port():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return server.getsockname()[1]


class Receiver:
    """One that listens as long as the context."""

    def __init__(self, folder, *answers, port=0):
        self.plan, self.out, self.port = folder / "plan", folder / "received", port
        self.answer(*answers or (OK,))

    def answer(self, *answers):
        """So from the next request on; the last one for ever."""
        new = self.plan.with_suffix(".new")
        new.write_text(json.dumps(answers))
        new.rename(self.plan)

    def __enter__(self):
        with open(self.out, "ab") as out:
            self.process = subprocess.Popen(["node", RECEIVER, MODULES, self.plan, str(self.port)], stdout=out)
        self.port = need("a receiver", lambda: [line["port"] for line in self._lines() if "port" in line])[-1]
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def _lines(self):
        whole = self.out.read_text().rpartition("\n")[0]
        return [json.loads(line) for line in whole.splitlines()]

    def requests(self, status=None):
        return [line for line in self._lines() if "port" not in line and status in (None, line["status"])]

    def accepted(self):
        return self.requests(200)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}{PATH}"


def trace_id(request):
    return request["decoded"]["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["traceId"]


def of_halves(*files):
    return run("report", "--format", "otlp", *files, program=MIGTRACE)[1]


def expected(folder, kinds):
    """What report makes of each kind's two halves: by the trace's id."""
    found = {}
    for kind in kinds:
        own = folder / f"of-{kind}"
        if not own.exists():
            own.mkdir()
            stores_of(own, [kind])
        text = of_halves(*(half for letter in HOSTS for half in halves(own / letter)))
        found[Trace(text).root["traceId"]] = text
    return found


def replay(folder, data, kinds):
    """Brings the halves of these kinds into a collector's database, as of stores that are copied there."""
    named = folder / "named"
    if not named.exists():
        named.mkdir()
        for letter, host in HOSTS.items():
            (named / host).symlink_to(folder / letter)
    for store in stores_of(folder, kinds).values():
        status, _, err = run("collect", "--data", data, "--replay", named / HOSTS[store.name])
        if status:
            raise RuntimeError(err)


def metric(collector, result):
    return collector.metric(f'migtrace_collector_traces_total{{result="{result}"}}')


def waiting(collector):
    return collector.metric("migtrace_database_traces_waiting")


def each(tap, folder):
    """Each migration once, with the figures of its report; and no more after a restart."""
    wanted = expected(folder, KINDS)
    with Receiver(folder) as receiver, Collector(folder / "data", "--otlp", receiver.url) as collector:
        replay(folder, folder / "data", KINDS)
        eventually(lambda: metric(collector, "accepted") == len(KINDS))
        got = receiver.requests()
        tap.equal("a request for each migration", (len(wanted), sorted(map(trace_id, got))), (len(KINDS), sorted(wanted)))
        tap.equal("each byte for byte report's", {trace_id(one): one["text"] for one in got}, wanted)
        tap.equal("posted as JSON", {(one["method"], one["url"], one["type"]) for one in got},
                  {("POST", PATH, "application/json")})
        tap.equal("OpenTelemetry's decoder reads all that is in it, and nothing else",
                  [one.get("fault") for one in got], [None] * len(KINDS))
        decoded = {Trace(one["decoded"]).root["of"]["domain.uuid"]: Trace(one["decoded"]) for one in got}
        reports = {m["domain"]["uuid"]: m for m in map(json.loads, collector.reports())}
        tap.equal("as many spans as there are of each", sorted(len(trace.spans) for trace in decoded.values()),
                  sorted(len(Trace(text).spans) for text in wanted.values()))
        tap.equal("parents are there, and children within them", [form_faults(trace) for trace in decoded.values()],
                  [[]] * len(KINDS))
        tap.equal("bounds are those of the stored report",
                  [number_faults(decoded[uuid], m) for uuid, m in reports.items()], [[]] * len(KINDS))
        tap.equal("none waits", waiting(collector), 0.0)
        tap.equal("a collector that is told to end", collector.end(signal.SIGTERM), 0)
        collector.start()
        replay(folder, folder / "data", ["compressed"])
        eventually(lambda: metric(collector, "accepted") == 1)
        tap.equal("after a restart: what is new, and nothing again", [trace_id(one) for one in receiver.requests()[len(KINDS):]],
                  list(expected(folder, ["compressed"])))
        tap.equal("nothing was said", [line for line in collector.said() if "traces" in line], [])


def down_at_first(tap, folder):
    """Nobody listens, the collector is killed: what was stored is sent all the same."""
    wanted, port = expected(folder, KINDS), free_port()
    with Collector(folder / "data", "--otlp", f"http://127.0.0.1:{port}{PATH}?key=secret") as collector:
        replay(folder, folder / "data", KINDS)
        eventually(lambda: waiting(collector) == len(KINDS))
        need("a try", lambda: [line for line in collector.said() if "traces" in line])
        tap.equal("no receiver: said once, without the URL", [line for line in collector.said() if "traces" in line],
                  ["migtrace: traces: Couldn't connect to server; they are sent later"])
        tap.equal("all wait", (waiting(collector), metric(collector, "accepted")), (float(len(KINDS)), 0.0))
        collector.end(signal.SIGKILL)
        collector.start()
        with Receiver(folder, port=port) as receiver:
            eventually(lambda: metric(collector, "accepted") == len(KINDS))
            tap.equal("after a kill, when it is there: each once", {trace_id(one): one["text"] for one in receiver.requests()},
                      wanted)
            tap.equal("and no more", len(receiver.requests()), len(KINDS))
            tap.equal("none waits", waiting(collector), 0.0)


def not_now(tap, folder):
    """A receiver that is overloaded, and a collector that is killed between two of them."""
    wanted = expected(folder, KINDS)
    with Receiver(folder, OK, OK, NOT_NOW) as receiver, Collector(folder / "data", "--otlp", receiver.url) as collector:
        replay(folder, folder / "data", KINDS)
        need("503", lambda: receiver.requests(503))
        tap.equal("what was accepted does not wait", waiting(collector), float(len(KINDS) - 2))
        collector.end(signal.SIGKILL)
        receiver.answer(NOT_NOW, OK)
        collector.start()
        eventually(lambda: metric(collector, "accepted") == len(KINDS) - 2)
        tap.equal("each is accepted once", sorted(map(trace_id, receiver.accepted())), sorted(wanted))
        again = receiver.requests(503)
        tap.true("what was sent again is the same", len(again) >= 2 and {one["text"] for one in again} <= set(wanted.values()),
                 [trace_id(one) for one in again])
        tap.equal("it was said that it failed, and that it goes well again", [
            line for line in collector.said() if "traces" in line][-2:],
            ["migtrace: traces: HTTP status 503; they are sent later", "migtrace: traces: the receiver answers again"])


def unanswered(tap, folder):
    """Killed while the receiver has one that it has not answered for: that one is sent again, and is the same."""
    with Receiver(folder, NEVER, OK) as receiver, Collector(folder / "data", "--otlp", receiver.url) as collector:
        replay(folder, folder / "data", ["p2p"])
        need("a request", receiver.requests)
        tap.equal("the collector does not wait for it", len(collector.migrations()), 1)
        collector.end(signal.SIGKILL)
        collector.start()
        eventually(lambda: metric(collector, "accepted") == 1)
        tap.equal("at least once, and always the same", [one["text"] for one in receiver.requests()],
                  list(expected(folder, ["p2p"]).values()) * 2)


def refused(tap, folder):
    """What a receiver does not want is not sent again."""
    partial = {"status": 200, "body": json.dumps({"partialSuccess": {"rejectedSpans": "3", "errorMessage": "too\u001b[31m old"}})}
    with Receiver(folder, REFUSED, partial, OK) as receiver, Collector(folder / "data", "--otlp", receiver.url) as collector:
        replay(folder, folder / "data", KINDS)
        eventually(lambda: metric(collector, "accepted") == len(KINDS) - 2)
        tap.equal("one refused, one taken in part, the others whole", [metric(collector, result) for result in (
            "refused", "partial", "accepted", "dropped")], [1.0, 1.0, len(KINDS) - 2.0, 0.0])
        tap.equal("each was sent once", sorted(map(trace_id, receiver.requests())), sorted(expected(folder, KINDS)))
        first = [line for line in collector.said() if "traces" in line]
        tap.true("it was said, once, by which migration", len(first) == 1 and first[0].endswith("was refused: HTTP status 400") and
                 any(migration["id"] in first[0] for migration in collector.migrations()), first)


def replaced(tap, folder):
    """A half that was stored alone, and then with its other one: the same trace again, with more in it."""
    stores = stores_of(folder, ["p2p"])
    with Receiver(folder) as receiver, Collector(folder / "data", "--expire", "1ms", "--otlp", receiver.url) as collector:
        ship(collector, "a", stores["a"])
        need("the half alone", receiver.accepted)
        ship(collector, "b", stores["b"])
        eventually(lambda: metric(collector, "accepted") >= 2 and [m["halves"] for m in collector.migrations()] == [2] and
                   not waiting(collector))
        got = [Trace(one["decoded"]) for one in receiver.accepted()]
        tap.equal("one trace", {trace.root["traceId"] for trace in got}, set(expected(folder, ["p2p"])))
        tap.equal("first of one host, at last of both", ([name for _, name in got[0].hosts], [name for _, name in got[-1].hosts]),
                  (["host-a"], ["host-a", "host-b"]))


def to_and_fro(tap, folder):
    """Halves that have what came around them, too: a trace has one migration, and each migration one trace."""
    with Receiver(folder) as receiver, Collector(folder / "data", "--otlp", receiver.url) as collector:
        replay(folder, folder / "data", ["retried", "postcopy-broken"])
        need("all", lambda: len(collector.migrations()) == 4)
        eventually(lambda: metric(collector, "accepted") == 4)
        got = [Trace(one["decoded"]).root for one in receiver.requests()]
        tap.equal("four migrations, four traces", (len(got), len({root["traceId"] for root in got})), (4, 4))
        tap.equal("of these outcomes", sorted(root["of"]["outcome"] for root in got),
                  ["cancelled", "completed", "completed", "failed"])


def shared(tap, folder):
    """Two collectors of one PostgreSQL: each migration is sent by one of them."""
    with Postgres(folder / "postgres") as postgres, Receiver(folder) as receiver:
        run("collect", "--data", folder / "data", "--init", *HOSTS.values())
        shutil.copytree(folder / "data", folder / "other")
        options = ("--database", postgres.uri, "--otlp", receiver.url)
        with Collector(folder / "data", *options) as one, Collector(folder / "other", *options) as other:
            need("shares", lambda: {one.metric("migtrace_collector_partitions"),
                                    other.metric("migtrace_collector_partitions")} == {32.0})
            stores = stores_of(folder, KINDS)
            for letter in HOSTS:
                ship(one, letter, stores[letter])
            eventually(lambda: metric(one, "accepted") + metric(other, "accepted") == len(KINDS))
            tap.equal("each once", sorted(map(trace_id, receiver.requests())), sorted(expected(folder, KINDS)))
            tap.equal("and none waits", (waiting(one), waiting(other)), (0.0, 0.0))


def too_many(tap, folder):
    """The queue has an end: what has waited longest is dropped, and counted."""
    with Collector(folder / "data") as collector:
        replay(folder, folder / "data", ["p2p"])
        id, = [migration["id"] for migration in need("it", collector.migrations)]
    with sqlite3.connect(folder / "data/migrations.sqlite") as database:
        tap.equal("without --otlp nothing is queued", database.execute("SELECT count(*) FROM trace").fetchone(), (0,))
        database.executemany("INSERT INTO trace VALUES (?, ?, ?)", [(f"{i:032}", 0, i) for i in range(5)])
        database.execute("INSERT INTO trace SELECT ?, part, 5 FROM half LIMIT 1", (id,))
        database.executemany("INSERT INTO trace VALUES (?, ?, ?)", [(f"{i:032}", 0, i) for i in range(6, QUEUE_MAX + 5)])
    database.close()
    with Collector(folder / "data", "--otlp", f"http://127.0.0.1:{free_port()}{PATH}") as collector:
        eventually(lambda: metric(collector, "dropped") == 5)
        tap.equal("five are dropped, the others wait", (metric(collector, "dropped"), waiting(collector)),
                  (5.0, float(QUEUE_MAX)))


def urls(tap, folder):
    """A URL is not said to anybody, and one with a password is not taken."""
    for name, url, said in (
            ("a password", "http://user:hunter2@127.0.0.1/", "a URL with a user or a password is refused: others can see it"),
            ("a user", "https://hunter2@127.0.0.1/", "a URL with a user or a password is refused: others can see it"),
            ("another protocol", "file:///hunter2", "no URL of http or https"),
            ("none", "hunter2 is none", "no URL of http or https")):
        tap.equal(f"{name}: refused", run("collect", "--data", folder / "data", "--listen", "127.0.0.1:0", "--otlp", url),
                  (1, "", f"migtrace: --otlp: {said}\n"))


def run_each(tap, tests):
    for test in [test for test in tests if test.__name__ in sys.argv[1:]] or tests:
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder).chmod(0o755)
            tap.run(test, pathlib.Path(folder))


def main():
    global MODULES
    tap = Tap()
    run_each(tap, (urls,))
    with tempfile.TemporaryDirectory() as modules:
        try:
            MODULES = decoder_install(pathlib.Path(modules))
            run_each(tap, (each, down_at_first, not_now, unanswered, refused, replaced, to_and_fro, shared, too_many))
        except RuntimeError as why:
            tap.skip("read by another's decoder", str(why))
    tap.end()


if __name__ == "__main__":
    os.environ["NO_UPDATE_NOTIFIER"] = "1"
    main()
