#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Peers over a real ssh: found, lost, killed, silent and hostile ones; and nothing is left there."""
import contextlib
import json
import os
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from kinds import ADDRESSES, destroy_all, is_sending
from lab import LAB, Lab
from link_test import is_gone
from live import Live
from live_test import READY, is_recording, netns, peer
from recorder import MIGTRACE
from tap import Tap
from waiting import eventually, is_listening, need

PORT = 2222
BPFTOOL = shutil.which("bpftool") or "/usr/sbin/bpftool"
RSS_MAX_KIB = 20 * 1024  # also after a flood
FIGURES = ("elapsed", "elapsed_net", "transfer", "downtime", "downtime_net")


@contextlib.contextmanager
def sshd(lab, directory, name="far", host="b", options=None, via="a"):
    """A server in the host's namespaces with keys of its own; ssh finds it by a configuration,
    and goes there from that other host's network. Its migtrace is given the options, or traces that host alone."""
    address = ADDRESSES[host]
    for key in ("host", "user"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", directory / key], check=True)
    (directory / "bin").mkdir()
    wrapper = directory / "bin/migtrace"
    wrapper.write_text(f"#!/bin/sh\necho $$ >>{directory}/pids\n"
                       f"exec {MIGTRACE} \"$@\" {options or '--netns ' + lab.run('netns', host).strip()}\n")
    wrapper.chmod(0o755)
    (directory / "sshd_config").write_text(
        f"Port {PORT}\nListenAddress {address}\nHostKey {directory}/host\nPidFile none\n"
        f"AuthorizedKeysFile {directory}/user.pub\nStrictModes no\nUsePAM no\n"
        f"PermitRootLogin prohibit-password\nSetEnv PATH={directory}/bin:/usr/bin:/bin\n")
    key = (directory / "host.pub").read_text()
    (directory / "known").write_text(f"[{address}]:{PORT} {key}")
    (directory / "ssh_config").write_text(
        f"Host {name}\nHostName {address}\nPort {PORT}\nUser root\nIdentityFile {directory}/user\n"
        f"UserKnownHostsFile {directory}/known\nStrictHostKeyChecking yes\n"
        f"ProxyCommand nsenter -t {lab.run('pid', via).strip()} -n socat - TCP4:%h:%p\n")
    (directory / "bin/ssh").write_text(
        f"#!/bin/sh\nexec /usr/bin/ssh -F {directory}/ssh_config \"$@\"\n")
    (directory / "bin/ssh").chmod(0o755)
    os.makedirs("/run/sshd", exist_ok=True)
    server = subprocess.Popen(
        [LAB, "exec", host, "sh", "-c", f"mkdir -p /run/sshd; exec /usr/sbin/sshd -D -e -f {directory}/sshd_config"],
        env=lab.environment, stderr=subprocess.DEVNULL)
    try:
        need(f"an sshd on {host}", lambda: is_listening(lab.run("pid", host).strip(), PORT))
        yield {**os.environ, "PATH": f"{directory}/bin:{os.environ['PATH']}"}
    finally:
        server.terminate()
        server.wait()


def pids(directory):
    path = directory / "pids"
    return [int(pid) for pid in path.read_text().split()] if path.exists() else []


def rss_kib(live):
    status = pathlib.Path(f"/proc/{live.process.pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0])


def list_of(what):
    """The text of it, or nothing: one went away meanwhile, of which bpftool makes an error."""
    done = subprocess.run([BPFTOOL, "-j", what, "list"], capture_output=True, check=False)
    return None if done.returncode else done.stdout


def bpf_ids():
    """Of all links and programs of the kernel, which both hosts here share with all else that runs."""
    return {(what, one["id"]) for what in ("link", "prog")
            for one in json.loads(need(f"a list of each {what}", list_of, what))}


def over_ssh(tap, lab, directory, environment):
    with Live(*netns(lab, "a"), "--peer", "far", environment=environment) as live:
        tap.true("ssh: the peer is watched", live.wait_for("far: connected")[0], live.errors())
        lab.run("migrate", "a")
        tap.true("ssh: the result is of both hosts", live.wait_for("beat ", ", elapsed ")[0],
                 live.text() + live.errors())
        tap.equal("ssh: a good end, and nothing said", (live.end(), live.errors()), (0, []))
    tap.true("ssh: nothing is left on the peer", eventually(
        lambda: pids(directory) and all(map(is_gone, pids(directory)))), pids(directory))


def killed(tap, lab, directory, environment):
    """The recorder there is killed, and comes again; then we are, and it ends."""
    with Live(*netns(lab, "a"), "--peer", "far", environment=environment) as live:
        live.wait_for("far: connected")
        os.kill(pids(directory)[-1], signal.SIGKILL)
        tap.true("peer killed: said, with its name", live.wait_for("far: ended", lines=live.said)[0],
                 live.errors())
        tap.true("peer killed: it comes again", live.wait_for("far: connected again")[0], live.errors())
        lab.run("migrate", "b")
        tap.true("peer killed: the next migration is whole", live.wait_for(", elapsed ")[0],
                 live.text())
        live.process.kill()
        live.process.wait()
        tap.true("we are killed: the peer ends", eventually(
            lambda: all(map(is_gone, pids(directory)))), pids(directory))


def cut(tap, lab, directory, environment):
    """The way between the hosts, for longer than a peer may be silent."""
    with Live(*netns(lab, "a"), "--peer", "far", environment=environment) as live:
        live.wait_for("far: connected")
        first = pids(directory)[-1]
        link = lab.run("exec", "a", "sh", "-c", "ip -o link | grep -o 'veth[^:@]*\\|eth[^:@]*\\|[a-z0-9-]*@' | "
                       "tr -d @ | grep -v lo | head -n 1").strip()
        lab.run("exec", "a", "ip", "link", "set", link, "down")
        tap.true("link cut: said, with the peer's name",
                 live.wait_for("migtrace: far", lines=live.said)[0], live.errors())
        lab.run("exec", "a", "ip", "link", "set", link, "up")
        tap.true("link restored: it is connected again", live.wait_for("far: connected again")[0],
                 live.errors())
        lab.run("migrate", "a")
        tap.true("link restored: the next migration is whole", live.wait_for(", elapsed ")[0],
                 live.text())
        tap.equal("link restored: a good end", live.end(), 0)
    tap.true("link cut: the recorder that was cut off has ended by itself", eventually(is_gone, first), first)


def hostile(tap, lab, directory, environment):
    """An error that names the peer, little memory, and the rest goes on."""
    header = '{"kind":"header","schema":"migtrace.record/1","id":"x","host":"x"}'
    event = ('{"kind":"event","event":"prepare","edge":"enter","ktime_ns":%d,'
             '"uuid":"00000000-0000-0000-0000-000000000001","pid":1,"tid":1,"comm":"x",'
             '"uuid_agrees":null,"cookie_len":0,"cookie_hash":"0000000000000000","cookie_head":""}')
    flood = (f"import sys\nprint({header!r})\nt = 1000\nwhile True:\n    t += 1\n"
             f"    print({event!r} % t)\n")
    (directory / "flood.py").write_text(flood)
    for name, command, said in (
            ("rubbish", "head -c 100000 /dev/urandom; cat >/dev/null", "protocol error"),
            ("another schema", "echo " + shlex.quote(header.replace("record/1", "record/9")) +
             "; cat >/dev/null", "not migtrace.record/1"),
            ("a line without end", "yes | tr -d '\\n'", "protocol error"),
            ("a flood", f"exec python3 {directory}/flood.py", "exceeds the data rate limit")):
        with Live(*netns(lab, "b" if at_b(lab) else "a"), "--peer-command", command,
                  environment=environment) as live:
            live.wait_for(READY)
            tap.true(f"{name}: said, with the peer's name", live.wait_for("peer 1", said, lines=live.said)[0]
                     or live.wait_for(said, lines=live.said)[0], live.errors())
            tap.true(f"{name}: given up", live.wait_for("giving up", lines=live.said)[0],
                     live.errors())
            lab.run("migrate", "b" if at_b(lab) else "a")
            tap.true(f"{name}: the rest goes on", live.wait_for("downtime here")[0], live.text()[-5:])
            used = rss_kib(live)
            tap.true(f"{name}: {RSS_MAX_KIB} KiB are enough", used < RSS_MAX_KIB, used)
            print(f"# {name}: {used} KiB resident")
            tap.equal(f"{name}: an end without the peer", live.end(), 3)


def bad_line(tap, lab, directory, environment):
    """A line of a peer's that is none costs what it could change: neither the peer nor the next migration."""
    here, there = host_of(lab)
    (directory / "bad.sed").write_text('/^{"kind":"event","event":"finish","edge":"enter"/i'
                                       f"{'x' * 200000}\\nrubbish\n")
    command = peer(lab, there)[1] + f" | sed -u -f {directory}/bad.sed"
    with Live(*netns(lab, here), "--json", "--peer-command", command, "--record", directory / "bad.jsonl",
              environment=environment) as live:
        need("bad lines of a peer: its clock", is_recording, *(directory / f"bad.jsonl{end}" for end in ("", ".peer-1")))
        lab.run("migrate", here)
        first = json.loads(live.wait_for('"migtrace.migration/1"')[1])
        lab.run("migrate", there)
        second = json.loads(live.wait_for('"migtrace.migration/1"', count=2)[1])
        tap.equal("bad lines of a peer: unknown is what they could change", (first["outcome"], first["downtime"]),
                  ("completed", {"unknown": "a line of the recording could not be read"}))
        tap.true("bad lines of a peer: the next migration is measured", "est_ns" in second["downtime"], second["downtime"])
        tap.true("bad lines of a peer: the first is named", re.search(
            r"peer 1:\d+: line: not JSON: line skipped", "\n".join(live.errors())), live.errors())
        tap.equal("bad lines of a peer: a good end", live.end(), 0)
        tap.true("bad lines of a peer: counted", "peer 1: 2 lines skipped" in "\n".join(live.errors()), live.errors())


def at_b(lab):
    return "beat" in lab.run("exec", "b", "virsh", "-q", "list", "--name")


def slow(tap, lab, directory, environment):
    """Its bytes come late; its stamps are still right."""
    (directory / "slow.py").write_text(
        "import os, sys, time\nwhile True:\n    b = os.read(0, 4096)\n    if not b: break\n"
        "    time.sleep(0.2); os.write(1, b)\n")
    here, there = ("b", "a") if at_b(lab) else ("a", "b")
    command = peer(lab, there)[1] + f" | python3 {directory}/slow.py"
    with Live(*netns(lab, here), "--peer-command", command, environment=environment) as live:
        live.wait_for("connected")
        lab.run("migrate", here)
        tap.true("slow peer: the result is of both hosts", live.wait_for(", elapsed ")[0],
                 live.text() + live.errors())
        tap.equal("slow peer: a good end, and nothing said", (live.end(), live.errors()), (0, []))


def host_of(lab):
    return ("b", "a") if at_b(lab) else ("a", "b")


def slowly(lab, host):
    """Starts a migration that goes on until it is made faster."""
    migration = subprocess.Popen([LAB, "migrate", host, "--live", "--p2p", "--bandwidth", "1"],
                                 env=lab.environment, stderr=subprocess.DEVNULL)
    return migration


def faster(lab, host, migration):
    is_sending(lab, host)  # before that libvirt sets the speed that it began with
    lab.run("exec", host, "virsh", "-q", "migrate-setspeed", "beat", "2000")
    migration.wait()


def lost_in_the_middle(lab, directory, environment, second):
    """Returns the report, and what was said; second: the command that is the peer afterwards."""
    again, started = directory / "again", directory / "started"
    records = [directory / f"middle.jsonl{end}" for end in ("", ".peer-1", ".peer-1.2")]
    for path in (again, started, *records):
        path.unlink(missing_ok=True)
    here, there = host_of(lab)
    recorder = peer(lab, there)[1]
    command = f"echo $$ >>{started}; [ -e {again} ] && exec $(cat {again}); exec {recorder}"
    with Live(*netns(lab, here), "--json", "--peer-command", command, "--record",
              directory / "middle.jsonl", environment=environment) as live:
        need("the peer's clock", is_recording, *records[:2])
        migration = slowly(lab, here)
        live.wait_for('"begun"')
        again.write_text(second or recorder)
        os.kill(int(started.read_text().split()[0]), signal.SIGKILL)
        live.wait_for("peer 1: ended", lines=live.said)
        if second:
            live.wait_for("trying again in 2 s", lines=live.said)
        else:
            need("the peer's clock again", is_recording, *records)
        faster(lab, here, migration)
        live.wait_for("migtrace.migration/1")
        live.end()
        return live.reports(), [json.loads(line)["error"] for line in live.errors()]


def lost_meanwhile(tap, lab, directory, environment):
    """The peer's recorder is killed in the middle of a migration: what that can change is unknown."""
    name = "peer lost, and back before the end"
    reports, said = lost_in_the_middle(lab, directory, environment, None)
    tap.equal(f"{name}: said once", said, ["peer 1: ended", "peer 1: trying again in 1 s"])
    tap.equal(f"{name}: one migration, completed", [r["outcome"] for r in reports], ["completed"])
    tap.equal(f"{name}: no figure is touched, as none begins there before the hand-over",
              {key: reports[0][key].get("unknown") for key in FIGURES}, dict.fromkeys(FIGURES))
    name = "peer lost, and not back"
    reports, said = lost_in_the_middle(lab, directory, environment, "false")
    tap.equal(f"{name}: one migration, completed", [r["outcome"] for r in reports], ["completed"])
    # By whether the peer had reported Prepare before it was killed.
    whys = [reports[0][key].get("unknown") for key in FIGURES]
    tap.true(f"{name}: all that need the other side are unknown",
             len(set(whys)) == 1 and whys[0] in ("the destination's Finish was not seen",
                                                 "the destination's side was not seen"), whys)
    tap.equal(f"{name}: put off for longer each time", said[:4],
              ["peer 1: ended", "peer 1: trying again in 1 s",
               "peer 1: ended", "peer 1: trying again in 2 s"])


WRITES = re.compile(r"^\d+ (creat|mk(dir|nod)(at)?|(sym|un)?link(at)?|rename\w*|\w*ch(mod|own)\w*|truncate)\("
                    r"|O_CREAT|O_TRUNC|BPF_OBJ_PIN")


def prefixed(tap, lab, directory, environment):
    """By a command that stays in between, as sudo does, and one that changes namespaces, as kubectl exec
    does. Whether all end in order or we are killed: no probe, no process and no file is left."""
    here, there = host_of(lab)
    prefix, trace, started = directory / "sudo", directory / "trace", directory / "prefixed"
    prefix.write_text(f"#!/bin/sh\necho $$ >>{started}\n\"$@\"\n")
    prefix.chmod(0o755)
    command = (f"{prefix} nsenter -t {lab.run('pid', there).strip()} -m -n -u -- strace -f -qq -o {trace} "
               f"-e trace=%file,bpf {peer(lab, there)[1]}")
    for name, end in (("ended", signal.SIGINT), ("killed", signal.SIGKILL)):
        before = bpf_ids()
        with Live(*netns(lab, here), "--peer-command", command, environment=environment) as live:
            live.wait_for("connected")
            if name == "ended":
                lab.run("migrate", here)
                tap.true("a prefix: the result is of both hosts", live.wait_for(", elapsed ")[0],
                         live.text() + live.errors())
            during = bpf_ids() - before
            tap.true(f"{name}: both hosts had probes", len(during) > 2, during)
            status = live.end(end)
            tap.equal(f"{name}: as it should", status, 0 if name == "ended" else -signal.SIGKILL)
        tap.true(f"{name}: no probe is left", eventually(lambda: not bpf_ids() & during),
                 bpf_ids() & during)
        tap.true(f"{name}: no process is left on the peer", eventually(
            lambda: all(is_gone(int(pid)) for pid in started.read_text().split())), started.read_text())
        calls = trace.read_text().splitlines()
        tap.equal(f"{name}: no file is made on the peer",
                  [call for call in calls if WRITES.search(re.sub(r'"[^"]*"', "", call))], [])
        tap.true(f"{name}: files are seen to be read there", any("O_RDONLY" in call for call in calls), "")


def several(tap, lab, directory, environment):
    """Watched from a third host without a libvirt; one peer of them does not exist, one is killed."""
    second = directory / "second"
    second.mkdir()
    with sshd(lab, second, "near", "a"), open(directory / "ssh_config", "a") as config:
        config.write((second / "ssh_config").read_text())
        config.flush()
        with Live("--netns", "/proc/self/ns/net", "--peer", "near", "--peer", "far", "--peer", "none",
                  environment=environment) as live:
            tap.true("several peers: no daemon is needed here", live.wait_for("no libvirt daemon on this host")[0],
                     live.errors())
            for name in ("near", "far"):
                live.wait_for(f"{name}: connected")
            lab.run("migrate", host_of(lab)[0])
            tap.true("several peers: the result is of both", live.wait_for(", elapsed ")[0],
                     live.text() + live.errors())
            tap.true("several peers: the one that is not there is named",
                     live.wait_for("migtrace: none", lines=live.said)[0], live.errors())
            os.kill(pids(second)[-1], signal.SIGKILL)
            live.wait_for("near: ended", lines=live.said)
            lab.run("migrate", host_of(lab)[0])
            tap.true("several peers: one is lost, the other tells its side",
                     live.wait_for("downtime here")[0] or live.wait_for(", elapsed ", count=2)[0],
                     live.text() + live.errors())
            tap.true("several peers: connected again", live.wait_for("near: connected again")[0], live.errors())
            lab.run("migrate", host_of(lab)[0])
            tap.true("several peers: and the next one is whole",
                     live.wait_for(", elapsed ", count=2)[0], live.text() + live.errors())
            tap.equal("several peers: one of them was not there", live.end(), 3)
            tap.equal("several peers: which is said at the end", live.errors()[-1],
                      "migtrace: none: not connected: its side may be missing")
        tap.true("several peers: nothing is left on any", eventually(
            lambda: all(map(is_gone, pids(directory) + pids(second)))), pids(second))


def contradicting(tap, lab, directory, environment):
    """A peer whose answers are of another clock than its records, as no kernel's CLOCK_MONOTONIC is."""
    (directory / "step.py").write_text(
        "import json, sys\n"
        "for line in sys.stdin:\n"
        "    record = json.loads(line)\n"
        "    for key in ('t2_ns', 't3_ns'):\n"
        "        if key in record: record[key] += 50_000_000\n"
        "    print(json.dumps(record, separators=(',', ':')), flush=True)\n")
    here, there = host_of(lab)
    command = peer(lab, there)[1] + f" | python3 {directory}/step.py"
    with Live(*netns(lab, here), "--peer-command", command, "--fail-if", "downtime>10s",
              command=("wait", "beat"), environment=environment) as live:
        live.wait_for("connected")
        lab.run("migrate", here)
        status = live.end(sig=None)
        tap.equal("clocks that contradict each other: 4", status, 4)
        tap.true("clocks that contradict each other: said, and which condition is undecided",
                 "migtrace: the two hosts' clocks contradict each other" in live.errors() and
                 any("downtime>10s: undecided: " in e for e in live.errors()), live.errors())


def main():
    tap = Tap()
    with Lab() as lab, tempfile.TemporaryDirectory(prefix="mtp") as name:
        directory = pathlib.Path(name)
        directory.chmod(0o755)
        lab.run("guest", "a")
        with sshd(lab, directory) as environment:
            for test in (over_ssh, killed, cut, slow, hostile, bad_line, lost_meanwhile,
                         contradicting, prefixed, several):
                tap.run(test, lab, directory, environment)
            destroy_all(lab)
    tap.end()


if __name__ == "__main__":
    main()
