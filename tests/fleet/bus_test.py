#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Every migration of a fleet is stored once by way of NATS, whatever its servers do."""
import hashlib
import hmac
import json
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile

from fleet import FLEET, HOSTS, Collector, Postgres, expected, halves, run, stored, stores_of
from nats import Client, Nats
from tap import Tap
from waiting import eventually, need

# Of one migration with both halves each.
KINDS = ["p2p", "direct", "tunnelled", "auto-converge", "cancelled", "compressed"]
LARGE = ["throttled"]
HEAD_MAX = 600  # of a half's message, before its bytes
OK, FAILURE, INCOMPLETE = 0, 1, 3
STREAM = "halves come by the stream"


def count_of(collector, name, **labels):
    text = ",".join(f'{label}="{value}"' for label, value in labels.items())
    return collector.metric(f"migtrace_collector_{name}_total" + (f"{{{text}}}" if text else ""))


def keys_of(data):
    """The keys of both hosts, and who may say what to a bus."""
    run("collect", "--data", data, "--init", *HOSTS.values())


def users_of(data):
    """A line of a configuration in a folder beside it: NATS takes it from there."""
    return [f"include '../{data.name}/nats-permissions.conf'"]


def over(nats, data, *options):
    """A collector's options for that bus."""
    return "--nats", nats.url, "--nats-credentials", data / "collector.nats", *options


def shipping(url, data, letter, store, *options, credentials=None):
    host = HOSTS[letter]
    return ["ship", "--to", url, "--key", data / f"keys/{host}.key", "--host", host, "--store", store,
            "--credentials", credentials or data / f"keys/{host}.nats", *options]


class Shippers:
    """Both hosts' programs, as long as a test needs them."""

    def __init__(self, nats, data, stores):
        self.commands = [shipping(nats.url, data, letter, stores[letter]) for letter in HOSTS]
        self.processes = []

    def __enter__(self):
        self.processes = [subprocess.Popen([FLEET, *map(str, command)], stderr=subprocess.DEVNULL)
                          for command in self.commands]
        return self

    def __exit__(self, *_):
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.wait()


def has_said(collector, words):
    return any(words in line for line in collector.said())


def one_node(tap, folder):
    data, stores = folder / "data", stores_of(folder, KINDS)
    keys_of(data)
    with Nats(folder, lines=users_of(data)) as nats, Collector(data, *over(nats, data)) as collector:
        need("the stream", has_said, collector, STREAM)
        tap.equal("both hosts ship all that they have", [run(*shipping(nats.url, data, letter, stores[letter], "--once"))
                                                          for letter in HOSTS], [(OK, "", "")] * 2)
        eventually(lambda: len(collector.migrations()) == len(KINDS))
        tap.equal("each migration's report is byte for byte report's", stored(collector), expected(KINDS))
        tap.equal("each half has come once", (count_of(collector, "messages", kind="half"),
                                              count_of(collector, "repeated")), (2.0 * len(KINDS), 0.0))
        with Client(nats.nodes[0], data / "collector.nats") as client:
            state = client.ask("$JS.API.STREAM.INFO.MIGTRACE")["state"]
            tap.equal("by the stream", state["messages"], 2 * len(KINDS))
            waiting = lambda: [one for one in client.ask("$JS.API.CONSUMER.LIST.MIGTRACE")["consumers"]
                               if one["num_ack_pending"] or one["num_pending"]]
            tap.true("which is told that the database has them", eventually(lambda: not waiting()), waiting())
        tap.equal("status 0 of a collector that is told to end", collector.end(signal.SIGTERM), 0)
        collector.start()


def three_nodes(tap, folder):
    """While halves come, each node is killed, then whichever leads the stream, then all at once."""
    data, stores = folder / "data", stores_of(folder, KINDS[:1])
    keys_of(data)
    with (Nats(folder, 3, users_of(data)) as nats,
          Collector(data, *over(nats, data, "--nats-replicas", "3")) as collector, Shippers(nats, data, stores)):
        need("the stream", has_said, collector, STREAM)
        victims = {node.name: lambda one=node: [one] for node in nats.nodes}
        victims["its leader"] = lambda: [need("a leader", nats.leader, "MIGTRACE")]
        victims["any node"] = lambda: nats.nodes
        for count, (name, kind) in enumerate(zip(victims, KINDS[1:]), 2):
            killed = victims[name]()
            stores_of(folder, [kind])
            for node in killed:
                node.kill()
            if killed == nats.nodes:
                nats.start(*killed)
            tap.true(f"without {name} what is new comes", eventually(lambda n=count: len(collector.migrations()) == n),
                     collector.said())
            if killed != nats.nodes:
                nats.start(*killed)
        tap.equal("each migration once, as report has it", stored(collector), expected(KINDS))


def deleted(tap, folder):
    """The stream is deleted: halves come all the same, and it is not made again under its name."""
    data, stores = folder / "data", stores_of(folder, KINDS[:1])
    keys_of(data)
    with Nats(folder, lines=users_of(data)) as nats, Collector(data, *over(nats, data)) as collector:
        need("the stream", has_said, collector, STREAM)
        with Client(nats.nodes[0], data / "collector.nats") as client:
            tap.equal("a stream is deleted", client.ask("$JS.API.STREAM.DELETE.MIGTRACE")["success"], True)
            tap.equal("halves come without it", [run(*shipping(nats.url, data, letter, stores[letter], "--once"))
                                                 for letter in HOSTS], [(OK, "", "")] * 2)
            tap.true("that is said", eventually(has_said, collector, "the stream was deleted"), collector.said())
            collector.end(signal.SIGTERM)
            collector.start()
            tap.true("also by the next collector", eventually(lambda: len(
                [line for line in collector.said() if "the stream was deleted" in line]) == 2), collector.said())
            stores_of(folder, KINDS[1:2])
            tap.equal("to which halves come, too", [run(*shipping(nats.url, data, letter, stores[letter], "--once"))
                                                    for letter in HOSTS], [(OK, "", "")] * 2)
            tap.equal("no stream was made", client.ask("$JS.API.STREAM.NAMES")["total"], 0)
        eventually(lambda: len(collector.migrations()) == 2)
        tap.equal("each migration once", stored(collector), expected(KINDS[:2]))


def collectors_killed(tap, folder):
    """Two collectors share the partitions; while halves come one is killed, then the other one."""
    stores = stores_of(folder, KINDS)
    with Postgres(folder / "postgres") as postgres:
        data = [folder / "data0", folder / "data1"]
        keys_of(data[0])
        shutil.copytree(*data)
        with Nats(folder, lines=users_of(data[0])) as nats:
            collectors = [Collector(path, *over(nats, path, "--database", postgres.uri)) for path in data]
            with collectors[0] as first, collectors[1] as second:
                need("both", lambda: first.metric("migtrace_collector_partitions") ==
                     second.metric("migtrace_collector_partitions") == 32)
                with Shippers(nats, data[0], stores):
                    need("some", lambda: len(second.migrations()) >= 1)
                    first.end(signal.SIGKILL)
                    need("all but what it looked at", lambda: second.metric("migtrace_collector_partitions") == 64)
                    second.end(signal.SIGKILL)
                    first.start()
                    eventually(lambda: len(first.migrations()) == len(KINDS))
                tap.equal("both killed: each migration once", stored(first), expected(KINDS))
                second.start()


def no_stream(tap, folder):
    """A server without JetStream, which begins after the collector."""
    data, stores = folder / "data", stores_of(folder, KINDS[:2])
    keys_of(data)
    nats = Nats(folder, lines=users_of(data), has_jetstream=False)
    with Collector(data, *over(nats, data)) as collector:
        tap.true("no server: said", eventually(has_said, collector, "no server answers"), collector.said())
        status, _, err = run(*shipping(nats.url, data, "a", stores["a"], "--once"))
        tap.equal("a host says it, too", (status, err), (
            FAILURE, f"migtrace: {nats.url}: No server available for connection\n"))
        with nats:
            tap.true("no stream: said", eventually(has_said, collector, "no stream can be had"), collector.said())
            tap.equal("halves come", [run(*shipping(nats.url, data, letter, stores[letter], "--once"))
                                      for letter in HOSTS], [(OK, "", "")] * 2)
            eventually(lambda: len(collector.migrations()) == 2)
            tap.equal("each migration once", stored(collector), expected(KINDS[:2]))
            collector.end(signal.SIGTERM)
            status, _, err = run(*shipping(nats.url, data, "a", stores["a"], "--once"))
            tap.equal("no collector: said", (status, err), (
                FAILURE, f"migtrace: {nats.url}: no collector is at this bus\n"))
            collector.start()


def too_large(tap, folder):
    """A half that the bus does not take keeps no other one of its host; it comes when the bus takes it."""
    (folder / "small").mkdir()
    data, large, small = folder / "data", stores_of(folder, LARGE), stores_of(folder / "small", KINDS[:2])
    keys_of(data)
    half, = halves(large["a"])
    most = max(path.stat().st_size for path in halves(small["a"])) + HEAD_MAX
    tap.true("it is larger than the others, and their heads", half.stat().st_size > most, (half.stat().st_size, most))
    nats = Nats(folder, lines=[*users_of(data), f"max_payload: {most}"])
    command = shipping(nats.url, data, "a", large["a"], "--once")
    with nats, Collector(data, *over(nats, data)) as collector:
        need("the stream", has_said, collector, STREAM)
        said = (INCOMPLETE, "", f"migtrace: {half.name.partition('.')[0]}: not sent: the bus takes no message of that size: "
                "see its max_payload\n")
        tap.equal("a half that the bus does not take: said", run(*command), said)
        stores_of(folder, KINDS[:2])
        tap.equal("those behind it", run(*command), said)
        tap.true("come", eventually(lambda: count_of(collector, "messages", kind="half") == 2), collector.said())
        tap.equal("it is missing", collector.metric("migtrace_database_numbers_missing"), 1.0)
        node, = nats.nodes
        node.kill()
        conf = node.folder / "conf"
        conf.write_text(conf.read_text().replace(f"max_payload: {most}", "max_payload: 1048576"))
        nats.start(node)
        need("it answers again", lambda: run(*command)[0] == OK)
        tap.equal("a bus that takes more gets it", (count_of(collector, "messages", kind="half"),
                                                    collector.metric("migtrace_database_numbers_missing")), (3.0, 0.0))


def message(data, host):
    """A half as the host's program would sign it."""
    body = b"no recording"
    head = json.dumps({"schema": "migtrace.message/1", "kind": "half", "host": host, "store": "0" * 32,
                       "nonce": "1" * 32, "number": 1, "id": "20261125T031922-7993455c-src",
                       "sha256": hashlib.sha256(body).hexdigest()}).encode()
    key = bytes.fromhex((data / f"keys/{host}.key").read_text())
    return head + b"\n" + hmac.new(key, head, "sha256").hexdigest().encode() + b"\n" + body


def foreign(tap, folder):
    """A host that speaks as another one: its server refuses it, and so does the collector where that does not."""
    data = folder / "data"
    keys_of(data)
    with (Nats(folder, lines=users_of(data)) as nats, Collector(data, *over(nats, data)) as collector):
        need("the stream", has_said, collector, STREAM)
        with Client(nats.nodes[0], data / "keys/host-b.nats") as client:
            for subject in ("migtrace.half.5.host-a", "migtrace.ask.host-a", "_INBOX.host-a.x",
                            "$JS.API.STREAM.DELETE.MIGTRACE"):
                tap.equal(f"{subject} is not host-b's", client.publish(subject, message(data, "host-a")), [
                    f"-ERR 'Permissions Violation for Publish to \"{subject}\"'"])
            tap.equal("its own is", client.publish("migtrace.half.5.host-b", message(data, "host-b")), [])
        need("that message", lambda: count_of(collector, "messages", kind="half") == 1)
        store = stores_of(folder, ["p2p"])["a"]
        status, _, err = run(*shipping(nats.url, data, "a", store, "--once", credentials=data / "keys/host-b.nats"))
        tap.equal("who ships so is told", (status, err), (
            FAILURE, f"migtrace: {nats.url}: Permissions Violation for Publish to \"migtrace.ask.host-a\"\n"))
        tap.equal("nothing of it has come", [count_of(collector, "messages", kind=kind) for kind in ("half", "ask")],
                  [1.0, 0.0])
    other = folder / "other"
    other.mkdir()
    shutil.copytree(data, other / "data", ignore=shutil.ignore_patterns("stream-*"))
    with Nats(other) as nats, Collector(other / "data", "--nats", nats.url) as collector:
        need("the stream", has_said, collector, STREAM)
        with Client(nats.nodes[0]) as client:
            for count, subject in enumerate(("migtrace.half.5.host-a", "migtrace.ask.host-a", "migtrace.half.5.+"), 1):
                tap.equal(f"{subject}: a server that lets all do all", client.publish(subject, message(data, "host-b")), [])
                tap.true("dropped, counted", eventually(
                    lambda n=count: count_of(collector, "dropped", reason="foreign") == n), collector.said())
            client.publish("migtrace.half.5.host-b", b"nothing")
            tap.true("malformed: dropped, counted", eventually(
                lambda: count_of(collector, "dropped", reason="malformed") == 1), collector.said())
            waiting = lambda: [one["num_ack_pending"] for one in client.ask("$JS.API.CONSUMER.LIST.MIGTRACE")["consumers"]
                               if one["num_ack_pending"]]
            tap.true("and not sent again", eventually(lambda: not waiting()), waiting())
        tap.equal("nothing of it was taken", count_of(collector, "messages", kind="half"), 0.0)


def secrets(tap, folder):
    data, stores = folder / "data", stores_of(folder, ["p2p"])
    keys_of(data)
    pem = folder / "tls.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                    "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", folder / "key.pem",
                    "-out", pem], check=True, capture_output=True)
    for path in (data / "nats-permissions.conf", data / "collector.nats", data / "keys/host-a.nats"):
        tap.equal(f"{path.name} is its user's alone", path.stat().st_mode & 0o777, 0o600)
    with Nats(folder, lines=[*users_of(data), f"tls: {{cert_file: '{pem}', key_file: '{folder}/key.pem'}}"]) as nats:
        url = nats.url.replace("nats://", "tls://")
        with Collector(data, "--nats", url, "--nats-ca", pem, "--nats-credentials", data / "collector.nats") as collector:
            need("the stream", has_said, collector, STREAM)
            tap.equal("by TLS", [run(*shipping(url, data, letter, stores[letter], "--once", "--ca", pem))
                                 for letter in HOSTS], [(OK, "", "")] * 2)
            shutil.rmtree(stores["a"] / "ship")
            status, _, err = run(*shipping(url, data, "a", stores["a"], "--once"))
            tap.equal("a server that nobody vouches for is told nothing", (status, err), (
                FAILURE, f"migtrace: {url}: SSL Error\n"))
            secret = data / "keys/host-a.nats"
            secret.chmod(0o644)
            status, _, err = run(*shipping(url, data, "a", stores["a"], "--once", "--ca", pem))
            tap.equal("a secret that others may read is refused", (status, err.splitlines()[0]), (
                FAILURE, f"migtrace: {secret}: others may read this secret: chmod 600"))
            secret.chmod(0o600)
            secret.write_text("host-a\nwrong\n")
            status, _, err = run(*shipping(url, data, "a", stores["a"], "--once", "--ca", pem))
            tap.equal("a wrong password", (status, err), (
                FAILURE, f"migtrace: {url}: Authentication Violation\n"))
            status, _, err = run(*shipping(url.replace("//", "//host-a:word@"), data, "a", stores["a"], "--once"))
            tap.equal("none on a command line", (status, err.splitlines()[0]), (
                FAILURE, "migtrace: a password in a URL can be read by others: use --credentials"))


def main():
    tap = Tap()
    tests = (one_node, three_nodes, deleted, collectors_killed, no_stream, too_large, foreign, secrets)
    for test in [test for test in tests if test.__name__ in sys.argv[1:]] or tests:
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder).chmod(0o755)
            tap.run(test, pathlib.Path(folder))
    tap.end()


if __name__ == "__main__":
    main()
