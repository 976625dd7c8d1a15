#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The package on Debian 12 and 13 as they boot: systemd runs the service, journald has what it says, the power fails."""
import contextlib
import json
import os
import pathlib
import re
import sys
import tempfile

ROOT = pathlib.Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests/package")]
from booted import BUILD, Machine, accelerator, eventually, image_of
from tap import Tap

SUITES = {"bookworm": "Debian 12", "trixie": "Debian 13"}
DEBS = pathlib.Path(os.environ.get("DEBS", BUILD / "package/deb"))
MESSAGE_ID = re.search(r'JOURNAL_HALF_ID "(.*)"', (ROOT / "src/keep/journal.h").read_text()).group(1)
LAB = "LAB=/mnt/lab LAB_BUILD=/build/lab /tree/tests/lab/lab"
P2P = "--live --p2p"
SLOW = f"{P2P} --bandwidth 1"  # MiB/s: it lasts until it is made faster
IDLE_S = 60
BOTH = [("destination", "completed"), ("source", "completed")]


def show(machine, *properties):
    """What systemd says of the service."""
    lines = machine.run(f"systemctl show migtrace -p {','.join(properties)}").splitlines()
    said = dict(line.split("=", 1) for line in lines)
    return said[properties[0]] if len(properties) == 1 else [said[name] for name in properties]


def rows(machine, domain=""):
    """The store's halves, as the one command says them; those of one guest."""
    status, out, err = machine.tried(f"migtrace list --json {domain}")
    if status not in (0, 3):
        raise RuntimeError(err)
    return [json.loads(line) for line in out.splitlines()]


def ends(machine, domain):
    return sorted((row["role"], row["outcome"]) for row in rows(machine, domain))


def lab(machine, command, guest="beat"):
    return machine.run(f"LAB_GUEST={guest} {LAB} {command}")


def await_idle(machine):
    """What is being recorded is as good as empty, and so nothing migrates."""
    machine.wait("the service is idle", "! grep -q '\"kind\":\"event\"' /var/lib/migtrace/current.jsonl")


def begone(machine, guest):
    """From where it went: an emulated machine has no time for guests that nobody needs any more."""
    lab(machine, f"exec b virsh -q destroy {guest}")


def begin_slowly(machine, guest):
    """A new guest's migration, whose memory is on its way when this returns; what machine.finish() takes."""
    lab(machine, f"guest a {guest}")
    migration = machine.begin(f"LAB_GUEST={guest} {LAB} migrate a {SLOW}")

    def sends():
        if ended := machine.status(migration):
            raise RuntimeError(f"the migration has ended: {ended}")
        return machine.tried(f"{LAB} exec a virsh -q domjobinfo {guest} | grep -q 'Memory processed: *0*[1-9.]'")[0] == 0
    eventually("it sends", sends)
    return migration


@contextlib.contextmanager
def migrating(machine, guest):
    """For as long as the block takes; the rest follows at once behind it."""
    migration = begin_slowly(machine, guest)
    yield
    lab(machine, f"exec a virsh -q migrate-setspeed {guest} 2000")
    status, out, err = machine.finish(migration)
    if status:
        raise RuntimeError(out + err)
    begone(machine, guest)


def installed(tap, machine, name):
    done = machine.tried(f"apt-get install -y /debs/{deb().name}")
    tap.equal(f"{name}: apt installs the package", done[0], 0)
    tap.equal(f"{name}: the service is enabled, and runs", machine.run("systemctl is-enabled migtrace; systemctl is-active migtrace"),
              "enabled\nactive")
    tap.equal(f"{name}: systemd has waited until it records", show(machine, "Type", "StatusText", "NRestarts", "WatchdogUSec"),
              ["notify", "recording", "0", "5min"])
    print(f"# {name}: {machine.run('uname -r')}, {machine.run('systemctl --version | head -n 1')}, "
          f"{machine.run('virsh -V | head -n 1')}")
    tap.equal(f"{name}: it complains of nothing", machine.run("journalctl -q -o cat -u migtrace -p warning"), "")
    status, out, _ = machine.tried("migtrace doctor")
    tap.equal(f"{name}: doctor finds nothing wrong with the service", (status, "lacks" in out), (0, False))


def secure(tap, machine, name):
    status, out, _ = machine.tried("systemd-analyze security --no-pager --threshold=20 migtrace.service")
    print(f"# {name}: {out.strip().splitlines()[-1]}")
    tap.equal(f"{name}: systemd-analyze security is 2.0 at most", status, 0)


def frugal(tap, machine, name):
    """Nothing migrates, and nothing is done: by systemd's account of its cgroup, and by the kernel's of its memory."""
    await_idle(machine)
    before = int(show(machine, "CPUUsageNSec"))
    machine.run(f"sleep {IDLE_S}")
    used = (int(show(machine, "CPUUsageNSec")) - before) / 1e9 / IDLE_S
    group = "/sys/fs/cgroup" + show(machine, "ControlGroup")
    kib = sum(int(number) for number in machine.run(
        f"for p in $(cat {group}/cgroup.procs); do sed -n 's/^Pss: *//p' /proc/$p/smaps_rollup; done").split() if number != "kB")
    stat = dict(line.split() for line in machine.run(f"cat {group}/memory.stat").splitlines())
    mib = {key: round(int(stat[key]) / 2**20, 1) for key in ("anon", "file", "kernel") if key in stat}
    print(f"# {name}: idle {used:.4%} of a core; Pss {kib / 1024:.1f} MiB; of the cgroup {mib} MiB, "
          f"current {int(show(machine, 'MemoryCurrent')) / 2**20:.1f} MiB")
    tap.true(f"{name}: idle, it takes less than 0.1 % of a core", used < 0.001, used)
    tap.true(f"{name}: and less than 20 MiB", kib < 20 * 1024, f"{kib} KiB")


def migrates(tap, machine, name):
    """Both hosts are this machine's, so that the service keeps both halves."""
    lab(machine, "up")
    lab(machine, "guest a --idle")
    lab(machine, f"migrate a {P2P}")
    begone(machine, "beat")
    eventually("both halves are kept", lambda: len(rows(machine)) == 2)
    tap.equal(f"{name}: a migration is kept, both halves of it", ends(machine, "beat"), BOTH)
    entries = [json.loads(line) for line in machine.run(f"journalctl -q -o json MESSAGE_ID={MESSAGE_ID}").splitlines()]
    tap.equal(f"{name}: journald has an entry of each", sorted(
        (entry["MIGTRACE_ID"], entry["MIGTRACE_UUID"], entry["MIGTRACE_DOMAIN"], entry["MIGTRACE_ROLE"], entry["MIGTRACE_OUTCOME"],
         entry["MIGTRACE_DOWNTIME_LO_NS"], entry["MIGTRACE_DOWNTIME_HI_NS"], entry["_SYSTEMD_UNIT"]) for entry in entries), sorted(
        (row["id"], row["uuid"], "beat", row["role"], "completed",
         *(str(-1 if row["downtime"][bound] is None else row["downtime"][bound]) for bound in ("lo_ns", "hi_ns")),
         "migtrace.service") for row in rows(machine)))
    print(f"# {name}: {entries[0]['MESSAGE']}")
    status, out, _ = machine.tried("migtrace last beat")
    tap.true(f"{name}: migtrace last reports it", status == 0 and "outcome       completed: " in out and
             re.search(r"^  downtime +\d", out, re.M), out)


def reloaded(tap, machine, name):
    """The new configuration is read once nothing migrates; one that is wrong, never."""
    machine.run("mkdir -p /etc/migtrace.conf.d; echo max-age = 1X >/etc/migtrace.conf.d/x.conf")
    pid = show(machine, "MainPID")
    status, _, _ = machine.tried("systemctl reload migtrace")
    tap.equal(f"{name}: a wrong configuration is refused, and the service goes on", (
        status != 0, show(machine, "MainPID", "ActiveState"),
        "1X: invalid duration" in machine.run("journalctl -q -o cat -u migtrace -n 20")), (True, [pid, "active"], True))
    machine.run("echo max-age = 40d >/etc/migtrace.conf.d/x.conf")
    with migrating(machine, "reloaded"):
        machine.run("systemctl reload migtrace")
        eventually("it says that it waits", lambda: "waits until nothing migrates" in show(machine, "StatusText"))
        tap.equal(f"{name}: reload in the midst of a migration: it goes on", show(machine, "MainPID"), pid)
    eventually("it is started again", lambda: show(machine, "MainPID") != pid and show(machine, "StatusText") == "recording")
    tap.equal(f"{name}: and is started again behind it, which is whole", (ends(machine, "reloaded"), "gap" in machine.run(
        "migtrace last reloaded")), (BOTH, False))


def restarted(tap, machine, name):
    with migrating(machine, "restarted"):
        machine.run("systemctl restart migtrace")
        tap.equal(f"{name}: restart in the midst of a migration: what there was is kept", ends(machine, "restarted"),
                  [("destination", "unfinished"), ("source", "unfinished")])
    eventually("both are kept", lambda: ends(machine, "restarted") == BOTH)
    source = next(row["id"] for row in rows(machine, "restarted") if row["role"] == "source")
    _, out, _ = machine.tried(f"migtrace report {source}")
    tap.true(f"{name}: each half alone says when nothing was recorded", "source: the recording has a gap, " in out, out)


def watched(tap, machine, name):
    """One that hangs is ended by systemd's watchdog, and started again."""
    machine.run("mkdir -p /run/systemd/system/migtrace.service.d; "
                "printf '[Service]\\nWatchdogSec=5\\n' >/run/systemd/system/migtrace.service.d/test.conf; "
                "systemctl daemon-reload; systemctl restart migtrace")
    pid = show(machine, "MainPID")
    machine.run(f"kill -STOP {pid}")
    eventually("it is started again", lambda: show(machine, "MainPID") not in (pid, "0") and show(machine, "StatusText") == "recording")
    tap.true(f"{name}: one that hangs is started again by the watchdog", "Watchdog timeout" in machine.run(
        "journalctl -q -o cat -u migtrace -n 50"), "")
    machine.run("rm -r /run/systemd/system/migtrace.service.d; systemctl daemon-reload; systemctl restart migtrace")
    pid = show(machine, "MainPID")
    for _ in range(8):  # more often than systemd's own limit
        machine.run("systemctl kill -s KILL migtrace")
        eventually("it is started again", lambda: show(machine, "ActiveState") == "active" and show(machine, "MainPID") not in (pid, "0"))
        pid = show(machine, "MainPID")
    tap.equal(f"{name}: killed again and again, it is there again", show(machine, "ActiveState"), "active")


def power_lost(tap, machine, name):
    """In the midst of a migration, when some of it was on the disk and some was not."""
    before = rows(machine)
    begin_slowly(machine, "lost")
    machine.wait("that is recorded", "grep -q MIGRATION /var/lib/migtrace/current.jsonl")
    machine.run("sync -d /var/lib/migtrace/current.jsonl; printf '{\"kind\":\"ev' >>/var/lib/migtrace/current.jsonl; "
                "sync -d /var/lib/migtrace/current.jsonl; printf 'torn' >>/var/lib/migtrace/index; sync -d /var/lib/migtrace/index")
    machine.power_off()
    machine.boot()
    machine.wait("the service runs", "systemctl is-active -q migtrace")
    eventually("what was recorded is kept", lambda: rows(machine, "lost"))
    tap.equal(f"{name}: the power fails: what there was is kept", ends(machine, "lost"),
              [("destination", "unfinished"), ("source", "unfinished")])
    tap.equal(f"{name}: and so is all that was kept before", rows(machine)[:len(before)], before)
    eventually("the index is whole again", lambda: machine.tried("migtrace list")[2] == "")
    status, out, _ = machine.tried("migtrace last lost")
    tap.equal(f"{name}: migtrace last reports it", (status, out.splitlines()[0].split()[0]), (3, "lost"))


def rebooted(tap, machine, name):
    before = rows(machine)
    machine.reboot()
    machine.wait("the service runs", "systemctl is-active -q migtrace")
    tap.equal(f"{name}: rebooted, it has all that there was", rows(machine), before)
    took = machine.run("""sync; echo 3 >/proc/sys/vm/drop_caches; a=$(date +%s%N); migtrace last reloaded >/tmp/last; b=$(date +%s%N)
        echo $(((b - a) / 1000000))""")
    print(f"# {name}: migtrace last from cold took {took} ms ({machine.accelerator})")
    tap.true(f"{name}: yesterday's migration is there", machine.run("cat /tmp/last").startswith("reloaded "), "")
    if machine.accelerator == "kvm":
        tap.true(f"{name}: from cold in less than a second", int(took) < 1000, took)


def purged(tap, machine, name):
    machine.run("apt-get purge -y migtrace")
    tap.equal(f"{name}: purged, nothing is left", machine.run(
        "find /etc /lib /usr /var /run -xdev -path /var/log -prune -o -path /var/cache -prune -o -path /var/lib/archives -prune "
        "-o -name '*migtrace*' -print; systemctl list-units --all --plain --no-legend 'migtrace*'; getent passwd migtrace || :"), "")


def deb():
    return next(DEBS.glob("migtrace_*_amd64.deb"))


def main():
    tap = Tap()
    for suite in os.environ.get("SUITES", " ".join(SUITES)).split():
        image = image_of(suite, deb())
        with tempfile.TemporaryDirectory() as folder, Machine(
                image, folder, {"tree": ROOT, "build": BUILD, "debs": DEBS}, accelerator()) as machine:
            machine.boot()
            for test in (installed, secure, frugal, migrates, reloaded, restarted, watched, power_lost, rebooted, purged):
                tap.run(test, machine, SUITES[suite])
    tap.end()


if __name__ == "__main__":
    main()
