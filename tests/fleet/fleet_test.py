#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Every migration of a fleet is stored once, as report has it, whatever happens on the way."""
import contextlib
import json
import os
import pathlib
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile

from fleet import FLEET, HOSTS, Collector, Postgres, expected, halves, report, run, ship, stored, stores_of
from tap import Tap
from waiting import eventually, need

# Of one migration with both halves each, in every way that they end.
KINDS = ["p2p", "direct", "tunnelled", "auto-converge", "cancelled", "compressed", "disks", "devices"]
SEVERAL = ["cancelled-twice", "retried", "retried-direct"]  # migrations of one guest
OK, FAILURE, USAGE, INCOMPLETE = 0, 1, 2, 3


def once(tap, folder):
    stores = stores_of(folder, KINDS)
    wanted = expected(KINDS)
    with Collector(folder / "data") as collector:
        tap.equal("both hosts ship all that they have", [ship(collector, letter, stores[letter])
                                                          for letter in HOSTS], [(OK, "", "")] * 2)
        eventually(lambda: len(collector.migrations()) == len(KINDS))
        tap.equal("each migration's report is byte for byte report's", stored(collector), wanted)
        tap.equal("all with both halves", [m["halves"] for m in collector.migrations()], [2] * len(KINDS))
        tap.equal("nothing new: nothing is sent", [ship(collector, letter, stores[letter]) for letter in HOSTS],
                  [(OK, "", "")] * 2)
        tap.equal("the halves have come once", (collector.metric('migtrace_collector_messages_total{kind="half"}'),
                                                collector.metric("migtrace_collector_repeated_total")),
                  (2.0 * len(KINDS), 0.0))
        for letter in HOSTS:
            shutil.rmtree(stores[letter] / "ship")
        tap.equal("numbers that were lost: all is sent again", [ship(collector, letter, stores[letter])
                                                                for letter in HOSTS], [(OK, "", "")] * 2)
        tap.equal("status 0 of a collector that is told to end", collector.end(signal.SIGTERM), 0)
        collector.start()
        need("nothing left to look at", lambda: collector.metric("migtrace_collector_partitions") == 64)
        tap.equal("and no migration is there twice", stored(collector), wanted)


def to_and_fro(tap, folder):
    """Of one guest several by the same two recorders: each half goes with its own other one."""
    for kind in SEVERAL:
        (folder / kind).mkdir()
        stores = stores_of(folder / kind, [kind])
        pairs = list(zip(halves(stores["a"]), halves(stores["b"]), strict=True))
        # A half may have what came behind it, too: so has the report of these two files.
        wanted = sorted(line for pair in pairs for line in report(*pair))
        with Collector(folder / f"{kind}-data") as collector:
            for letter in HOSTS:
                ship(collector, letter, stores[letter])
            eventually(lambda c=collector, n=len(pairs): len(c.migrations()) == n)
            tap.equal(f"{kind}: several of one guest", (len(pairs) > 1, stored(collector)), (True, wanted))
            tap.equal(f"{kind}: no half is refused", collector.metric("migtrace_collector_refused_total"), 0.0)


def a_half_alone(tap, folder):
    stores = stores_of(folder, ["p2p"])
    with Collector(folder / "data", "--expire", "1ms") as collector:
        ship(collector, "a", stores["a"])
        need("the half alone", lambda: [m["halves"] for m in collector.migrations()] == [1])
        tap.equal("a half whose other one has not come is reported alone", stored(collector),
                  sorted(report(*halves(stores["a"]))))
        ship(collector, "b", stores["b"])
        eventually(lambda: [m["halves"] for m in collector.migrations()] == [2])
        tap.equal("when it comes, both are one", stored(collector), expected(["p2p"]))


@contextlib.contextmanager
def shipping(collector, letter, store):
    """What ships the store as long as the context, however that ends."""
    host = HOSTS[letter]
    with subprocess.Popen([FLEET, "ship", "--to", collector.url, "--key", collector.key(host), "--host", host,
                           "--store", store], stderr=subprocess.DEVNULL) as shipper:
        try:
            yield shipper
        finally:
            shipper.terminate()


def killed(tap, folder):
    """The collector is killed while halves come, again and again."""
    stores = stores_of(folder, KINDS)
    wanted = expected(KINDS)
    with contextlib.ExitStack() as stack:
        collector = stack.enter_context(Collector(folder / "data"))
        shippers = [stack.enter_context(shipping(collector, letter, stores[letter])) for letter in HOSTS]
        for count in (1, 3, 6):
            eventually(lambda n=count: len(collector.migrations()) >= n)
            collector.end(signal.SIGKILL)
            collector.start()
        eventually(lambda: len(collector.migrations()) >= len(KINDS))
        tap.equal("killed three times: each migration once", stored(collector), wanted)
        tap.true("no connection while there is nothing to say", eventually(lambda: not any(
            os.readlink(file).startswith("socket:") for shipper in shippers
            for file in pathlib.Path(f"/proc/{shipper.pid}/fd").iterdir())), [shipper.pid for shipper in shippers])
        for shipper in shippers:
            shipper.send_signal(signal.SIGTERM)
        tap.equal("a shipper that is told to end", [shipper.wait() for shipper in shippers], [0, 0])


def as_it_comes(tap, folder):
    """A running shipper sends what is new; what is replaced is replaced."""
    store = stores_of(folder, ["p2p"])["a"]
    with Collector(folder / "data", "--expire", "1ms") as collector:
        with shipping(collector, "a", store) as shipper:
            need("the first", lambda: len(collector.migrations()) == 1)
            stores_of(folder, ["direct"])
            tap.true("a half is sent when it is kept", eventually(lambda: len(collector.migrations()) == 2),
                     collector.migrations())
            shipper.send_signal(signal.SIGTERM)
        index = store / "index"
        half, other = halves(store)
        # The service has kept more of it: under its id, with another length.
        half.write_bytes(half.read_bytes() + half.read_bytes())
        lines = index.read_text().splitlines()
        index.write_text("\n".join(line.replace(f"\t{half.stat().st_size // 2}\t", f"\t{half.stat().st_size}\t")
                                   for line in lines) + "\n")
        before = collector.metric('migtrace_collector_messages_total{kind="half"}')
        tap.equal("a half that was replaced is sent", ship(collector, "a", store), (OK, "", ""))
        tap.equal("it alone", collector.metric('migtrace_collector_messages_total{kind="half"}') - before, 1.0)
        eventually(lambda: collector.metric("migtrace_migrations_of_one_half_total") == 3)
        tap.equal("it takes the place of the one before", len(collector.migrations()), 2)
        other.unlink()
        shutil.rmtree(store / "ship")
        tap.equal("a half that the store has no more is told", ship(collector, "a", store), (OK, "", ""))
        tap.equal("as gone", collector.metric('migtrace_collector_messages_total{kind="gone"}'), 1.0)


def put_back(tap, folder):
    """A store's folder that was put back to what it had been."""
    store = stores_of(folder, ["p2p"])["a"]
    with Collector(folder / "data") as collector:
        ship(collector, "a", store)
        shutil.copytree(store / "ship", folder / "old")
        stores_of(folder, ["direct"])
        ship(collector, "a", store)
        shutil.rmtree(store / "ship")
        shutil.copytree(folder / "old", store / "ship")
        for half in halves(store)[1:]:
            half.unlink()
        lines = (store / "index").read_text().splitlines()
        (store / "index").write_text("\n".join(lines[:2]) + "\n")
        status, _, err = ship(collector, "a", store)
        tap.equal("numbers that are older than the collector's: new ones", (status, err), (OK, (
            "migtrace: the collector has more than 1 halves of this store: they get new numbers\n")))


def replay(data, *folders):
    return run("collect", "--data", data, "--replay", *folders)


def looks(folder):
    """All that is in it, and when it was changed."""
    return {path: (path.stat().st_mtime_ns, path.is_file() and path.read_bytes()) for path in sorted(folder.rglob("*"))}


def replayed(tap, folder):
    """The collector's database is lost: what hosts have, or copies of it, makes it again."""
    stores = stores_of(folder, KINDS)
    wanted, count = expected(KINDS), len(KINDS)
    copies = {letter: folder / "copies" / host for letter, host in HOSTS.items()}
    with Collector(folder / "data") as collector:
        for letter in HOSTS:
            ship(collector, letter, stores[letter])
            shutil.copytree(stores[letter], copies[letter])
        need("all", lambda: len(collector.migrations()) == count)
        collector.end(signal.SIGKILL)
        for file in (folder / "data").glob("migrations.sqlite*"):
            file.unlink()
        collector.start()
        before = looks(folder / "copies")
        tap.equal("a collector that runs: all that is in copies of the stores", replay(folder / "data", *copies.values()), (
            OK, "".join(f"{host}: {count} halves: {count} new, 0 were there, 0 not taken\n" for host in HOSTS.values()), ""))
        tap.equal("nothing in them is changed", looks(folder / "copies") == before, True)
        eventually(lambda: len(collector.migrations()) == count)
        tap.equal("each migration's report is byte for byte report's", stored(collector), wanted)
        tap.equal("again, of folders named with a slash: nothing is new", replay(folder / "data", f"{copies['a']}/"), (
            OK, f"host-a: {count} halves: 0 new, {count} were there, 0 not taken\n", ""))
        tap.equal("the hosts ship: it has all of that", [ship(collector, letter, stores[letter]) for letter in HOSTS],
                  [(OK, "", "")] * 2)
        tap.equal("and is sent nothing", [collector.metric(f'migtrace_collector_messages_total{{kind="{kind}"}}')
                                          for kind in ("half", "ask")], [0.0, 2.0])
        replayed_badly(tap, folder, collector, copies["a"])
        tap.equal("each migration is there once", stored(collector), wanted)


def replayed_badly(tap, folder, collector, copy):
    """Copies that are another host's, or not whole."""
    other = copy.parent / "host-c"
    shutil.copytree(copy, other)
    halves(other)[0].unlink()
    (other / f"{halves(other)[1].name.replace('-src', '-dst')}").write_bytes(b"")
    status, out, err = replay(folder / "data", other)
    tap.equal("a store that is called as another host, and is not whole", (status, out, sorted(err.splitlines())), (
        INCOMPLETE, f"host-c: {len(KINDS)} halves: {len(KINDS) - 1} new, 0 were there, 1 not taken\n", [
            f"migtrace: host-c: {halves(copy)[0].name.partition('.')[0]}: No such file or directory"]))
    tap.true("its halves are refused, each", eventually(
        lambda: collector.metric("migtrace_collector_refused_total") == len(KINDS) - 1), collector.said())
    nobody = copy.parent / "-x"
    nobody.symlink_to(copy)
    tap.equal("a folder that is called as no host", replay(folder / "data", nobody), (
        FAILURE, "", f"migtrace: {nobody}: is not called as a host: that is whose store it is taken for\n"))
    tap.equal("no folder", replay(folder / "data", copy.parent / "host-d"), (
        FAILURE, "", f"migtrace: {copy.parent}/host-d: No such file or directory\n"))
    tap.equal("none is named", replay(folder / "data")[::2], (USAGE, "migtrace: collect --replay: which stores?\n"))


def replayed_without_numbers(tap, folder):
    """Stores whose halves nobody has shipped yet; the collector comes later, and the hosts, too."""
    stores = stores_of(folder, KINDS)
    wanted, count = expected(KINDS), len(KINDS)
    named = [folder / host for host in HOSTS.values()]
    for letter, link in zip(HOSTS, named):
        link.symlink_to(stores[letter])
    tap.equal("before any collector has run", replay(folder / "data", *named), (
        OK, "".join(f"{host}: {count} halves: {count} new, 0 were there, 0 not taken\n" for host in HOSTS.values()), ""))
    tap.equal("no half has a number by that", [(stores[letter] / "ship").exists() for letter in HOSTS], [False] * 2)
    with Collector(folder / "data") as collector:
        eventually(lambda: len(collector.migrations()) == count)
        tap.equal("each migration's report is byte for byte report's", stored(collector), wanted)
        tap.equal("again: nothing is new", [replay(folder / "data", link)[1] for link in named], [
            f"{host}: {count} halves: 0 new, {count} were there, 0 not taken\n" for host in HOSTS.values()])
        tap.equal("their hosts ship them, with numbers", [ship(collector, letter, stores[letter]) for letter in HOSTS],
                  [(OK, "", "")] * 2)
        need("all were looked at", lambda: collector.metric("migtrace_database_halves_unread") == 0)
        tap.equal("each migration is there once", stored(collector), wanted)


def message(collector, host, body=b"", **fields):
    """A message as a host's program writes it: by the program, whose key signs anything."""
    head = {"schema": "migtrace.message/1", "kind": "half", "host": host, "store": "0" * 32, "nonce": "1" * 32,
            "number": 1, "id": "20261125T031922-7993455c-src", "sha256": subprocess.run(
                ["sha256sum"], input=body, capture_output=True, check=True).stdout[:64].decode(), **fields}
    line = json.dumps(head).encode()
    key = collector.key(host).read_text().strip()
    mac = subprocess.run(["openssl", "dgst", "-sha256", "-mac", "HMAC", "-macopt", f"hexkey:{key}", "-hex"],
                         input=line, capture_output=True, check=True).stdout.split()[-1]
    return line + b"\n" + mac + b"\n" + body


def hostile(tap, folder):
    stores = stores_of(folder, ["p2p"])
    half = halves(stores["a"])[0].read_bytes()
    with Collector(folder / "data", "--expire", "1ms") as collector:
        good = message(collector, "host-a", half)
        for name, said, status in (
                ("malformed", b"{}\n", 400), ("malformed", b"", 400), ("malformed", b"\0" * 9000, 400),
                ("malformed", good.replace(b'"number": 1', b'"number": -1'), 400),
                ("malformed", good.replace(b"host-a", b"host a"), 400),
                ("malformed", good.replace(b"2026", b"/../"), 400),
                ("other_version", good.replace(b"message/1", b"message/2"), 400),
                ("unsigned", good.replace(b"host-a", b"host-b"), 403),
                ("unsigned", good.replace(b'"number": 1', b'"number": 2'), 403),
                ("damaged", good[:-1], 400), ("damaged", good + b"x", 400),
                ("oversized", good + b"x" * (8 << 20), 413)):
            before = collector.metric(f'migtrace_collector_dropped_total{{reason="{name}"}}')
            got = collector.post(said)
            tap.equal(f"{name}: dropped, counted and named", (
                *got, collector.metric(f'migtrace_collector_dropped_total{{reason="{name}"}}') - before),
                (status, name.encode() + b"\n", 1.0))
        tap.equal("the same message, whole: taken", collector.post(good)[0], 200)
        need("its report", lambda: len(collector.migrations()) == 1)
        tap.equal("again: nothing happens", (collector.post(good)[0], collector.metric("migtrace_collector_repeated_total"),
                                             len(collector.migrations())), (200, 1.0, 1))
        other = halves(stores["b"])[0].read_bytes()
        tap.equal("another half under a number that was given: not taken",
                  (collector.post(message(collector, "host-a", other))[0],
                   collector.metric("migtrace_collector_conflicts_total")), (200, 1.0))
        for body in (b"", b"nothing", half[:100], b"\x1f\x8b" + b"\0" * 100):
            number = 2 + int(collector.metric("migtrace_collector_refused_total"))
            collector.post(message(collector, "host-a", body, number=number, id="20261125T031922-00000000-src"))
            tap.true("no recording: refused, counted", eventually(
                lambda n=number: collector.metric("migtrace_collector_refused_total") == n - 1), collector.said())
        refused = collector.metric("migtrace_collector_refused_total")
        collector.post(message(collector, "host-c", half, number=1))
        tap.true("another host's half: refused", eventually(
            lambda: collector.metric("migtrace_collector_refused_total") == refused + 1), collector.said())
        tap.equal("after all that there is one migration", len(collector.migrations()), 1)
        tap.equal("a wrong key: said", ship(collector, "a", stores["a"], key=collector.key("host-c")), (
            FAILURE, "", f"migtrace: {collector.url}: HTTP status 403: unsigned\n"))
    tap.equal("no collector: said", ship(collector, "a", stores["a"])[::2], (
        FAILURE, f"migtrace: {collector.url}: Couldn't connect to server\n"))


def keys(tap, folder):
    with Collector(folder / "data") as collector:
        key = collector.key("host-a")
        tap.equal("a key is its user's alone", key.stat().st_mode & 0o777, 0o600)
        tap.equal("it stays as it is", (run("collect", "--data", folder / "data", "--init", "host-a")[0],
                                        collector.key("host-a").read_text()), (OK, key.read_text()))
        shared = folder / "shared.key"
        shutil.copy(key, shared)
        shared.chmod(0o644)
        tap.equal("one that others may read is refused", ship(collector, "a", folder, key=shared), (
            FAILURE, "", f"migtrace: {shared}: others may read this key: chmod 600\n"))
        shared.chmod(0o440)
        store = stores_of(folder, ["p2p"])["a"]
        tap.equal("a service's has its user in an ACL, as if it were its group's", run(
            "ship", "--once", "--to", collector.url, "--key", shared, "--host", "host-a", "--store", store,
            env={**os.environ, "CREDENTIALS_DIRECTORY": str(folder)}), (OK, "", ""))
        shared.chmod(0o600)
        shared.write_text("secret")
        tap.equal("what is no key is refused", ship(collector, "a", folder, key=shared), (
            FAILURE, "", f"migtrace: {shared}: is no key of migtrace\n"))
        tap.equal("a name that can be no host's", run("collect", "--data", folder / "data", "--init", "a/../b"), (
            FAILURE, "", "migtrace: a/../b: cannot be a host's name\n"))
        tap.equal("no store: said", ship(collector, "a", folder / "none"), (
            FAILURE, "", f"migtrace: {folder}/none: No such file or directory\n"))


def tls(tap, folder):
    stores = stores_of(folder, ["p2p"])
    pem = folder / "tls.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                    "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", folder / "key.pem",
                    "-out", pem], check=True, capture_output=True)
    context = ssl.create_default_context(cafile=pem)
    with Collector(folder / "data", "--cert", pem, "--cert-key", folder / "key.pem", scheme="https",
                   context=context) as collector:
        tap.equal("by TLS", ship(collector, "a", stores["a"], "--ca", pem), (OK, "", ""))
        status, _, err = ship(collector, "b", stores["b"])
        tap.equal("a collector that nobody vouches for is told nothing", (status, "certificate" in err), (FAILURE, True))


def shared_by_three(tap, folder):
    """Three collectors of one PostgreSQL, which is killed, and one of them, too."""
    stores = stores_of(folder, KINDS)
    wanted = expected(KINDS)
    with Postgres(folder / "postgres") as postgres:
        data = [folder / f"data{i}" for i in range(3)]
        run("collect", "--data", data[0], "--init", *HOSTS.values())
        for other in data[1:]:
            shutil.copytree(data[0], other)
        collectors = [Collector(path, "--database", postgres.uri) for path in data]
        for collector in collectors:
            collector.start()
        try:
            tap.true("they share the partitions", eventually(lambda: sorted(
                collector.metric("migtrace_collector_partitions") for collector in collectors) == [20, 22, 22]),
                [collector.metric("migtrace_collector_partitions") for collector in collectors])
            ship(collectors[0], "a", stores["a"])
            postgres.kill()
            tap.equal("no database: nothing is taken", ship(collectors[1], "b", stores["b"])[::2], (
                FAILURE, f"migtrace: {collectors[1].url}: HTTP status 503: not now\n"))
            collectors[0].end(signal.SIGKILL)
            postgres.start()
            need("the other half taken", lambda: ship(collectors[1], "b", stores["b"])[0] == OK)
            need("all of them", lambda: len(collectors[1].migrations()) == len(KINDS))
            tap.equal("one killed, and the database: each migration once", stored(collectors[2]), wanted)
            tap.true("the others share what it had", eventually(lambda: [
                collector.metric("migtrace_collector_partitions") for collector in collectors[1:]] == [32, 32]),
                [collector.metric("migtrace_collector_partitions") for collector in collectors[1:]])
        finally:
            for collector in collectors:
                if collector.process.poll() is None:
                    collector.end(signal.SIGTERM)


def main():
    tap = Tap()
    tests = (once, to_and_fro, a_half_alone, killed, as_it_comes, put_back, replayed, replayed_without_numbers, hostile, keys,
             tls, shared_by_three)
    for test in [test for test in tests if test.__name__ in sys.argv[1:]] or tests:
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder).chmod(0o755)
            tap.run(test, pathlib.Path(folder))
    tap.end()


if __name__ == "__main__":
    main()
