#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Whose rights migtrace uses: a file with capabilities leaks nothing, what parses has none."""
import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "e2e"))
from recorder import BUILD, MIGTRACE
from lab import Lab
from tap import Tap
from waiting import HANGS_S, eventually

REPLAY = pathlib.Path(__file__).parent.parent / "replay"
HALVES = [REPLAY / "p2p/1-a.jsonl", REPLAY / "p2p/1-b.jsonl"]
NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]


KEPT = [2, 6, 7, 8, 19, 38, 39, 40]  # of root: setuid, setgid and setpcap, and the same
CAPABILITIES = ["bpf", "perfmon", "sys_ptrace", "dac_read_search", "checkpoint_restore"]


def with_capabilities(names):
    """Runs what follows as nobody who has just these."""
    just = ",".join(["-all"] + ["+" + name for name in names])
    return [*NOBODY, f"--inh-caps={just}", f"--ambient-caps={just}", f"--bounding-set={just}"]


class StandIn:
    """The stand-in daemon of tests/bpf, which does what it is told."""

    def __enter__(self):
        self.process = subprocess.Popen([BUILD / "bpf/daemon"], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.pid = self.process.pid
        self.do("nothing", 0)  # it is up when it answers
        return self

    def do(self, command, count):
        self.process.stdin.write(f"{command} {count}\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == "done\n"

    def __exit__(self, *exception):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


def run(*command, **options):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          check=False, **options)


def status_of(pid):
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return {key: value.split() for key, value in (line.split(":", 1) for line in lines)}


def is_running(pid):
    try:
        return status_of(pid)["State"][0] != "Z"
    except FileNotFoundError:
        return False


def children(pid):
    found = [int(child) for child in
             pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return found + [grandchild for child in found for grandchild in children(child)]


def setcap_of_doctor():
    """The capabilities that doctor tells a user without any to grant."""
    done = run(*NOBODY, "--bounding-set=-all", MIGTRACE, "doctor")
    line = next(line for line in done.stdout.splitlines() if line.endswith("=ep FILE"))
    return line.split()[0]


def granted(directory):
    """A copy of the program with these capabilities, which anybody may run."""
    copy = pathlib.Path(directory) / "migtrace"
    shutil.copy(MIGTRACE, copy)
    subprocess.run(["setcap", setcap_of_doctor(), copy], check=True)
    return copy


def user_files(tap):
    """What root keeps to itself stays so for who runs a file with capabilities."""
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o755)
        program = granted(directory)
        secret, open_one = pathlib.Path(directory) / "secret", pathlib.Path(directory) / "open"
        shutil.copy(HALVES[0], secret)
        shutil.copy(HALVES[1], open_one)
        secret.chmod(0o600)
        library = pathlib.Path(directory) / "libvirt.so.0"
        shutil.copy(BUILD / "bpf/libvirt.so.0", library)
        library.chmod(0o600)
        closed = pathlib.Path(directory) / "closed"  # of which the files inside are anybody's
        closed.mkdir(mode=0o700)
        shutil.copy(HALVES[1], closed / "inside")
        (closed / "inside").chmod(0o666)
        for name, command, path in [
                ("report", ["report", secret], secret),
                ("report of a directory that is closed", ["report", closed / "inside"],
                 closed / "inside"),
                ("verify", ["verify", secret], secret),
                ("verify --watch", ["verify", "--watch", secret], secret),
                ("--reported-source", ["report", "--reported-source", secret, open_one], secret),
                ("--reported-destination",
                 ["verify", "--reported-destination", secret, open_one], secret),
                ("live --record", ["live", "--record", secret], secret),
                ("live --record in a closed directory", ["live", "--record", closed / "inside"],
                 closed / "inside")]:
            before = path.read_bytes()
            done = run(*NOBODY, program, *command, timeout=HANGS_S)
            tap.true(f"{name}: not what the user may not open", done.returncode in (1, 3) and
                     done.stderr.startswith(f"migtrace: {path}: Permission denied\n") and
                     done.stdout in ("", "0 of 0 migrations judged\n"), done)
            tap.equal(f"{name}: and it is as it was", path.read_bytes(), before)
        done = run(*NOBODY, program, "doctor", library)
        tap.true("doctor: nor a library", "NOT PROBED" not in done.stdout
                 and "Permission denied" in done.stderr, done)
        done = run(*NOBODY, program, "report", open_one)
        tap.equal("what the user may open is reported", done.returncode, 3)
        done = run(MIGTRACE, "report", secret)
        tap.equal("root may all", done.returncode, 3)


def output(tap):
    """record -o: with a daemon to record, which is when the output is opened."""
    with tempfile.TemporaryDirectory() as directory, \
            StandIn() as daemon:
        os.chmod(directory, 0o755)
        program = granted(directory)
        secret = pathlib.Path(directory) / "secret"
        secret.write_text("root's\n")
        secret.chmod(0o644)
        done = run(*NOBODY, program, "record", "--pid", daemon.pid, "-o", secret, timeout=HANGS_S)
        tap.equal("record -o: not over a file that the user may not write",
                  (done.returncode, secret.read_text()), (1, "root's\n"))
        tap.true("record -o: says so", f"{secret}: Permission denied\n" in done.stderr, done)


def capabilities(tap):
    """What doctor lists is all that it takes, and each of it is needed."""
    tap.equal("setcap of just these", setcap_of_doctor(),
              ",".join("cap_" + name for name in CAPABILITIES) + "=ep")
    with StandIn() as daemon, tempfile.TemporaryDirectory() as directory:
        os.chown(directory, 65534, 65534)
        out = pathlib.Path(directory) / "out"
        command = [MIGTRACE, "record", "--pid", str(daemon.pid), "-o", str(out)]
        with subprocess.Popen([*with_capabilities(CAPABILITIES), *command],
                              stderr=subprocess.PIPE, text=True) as recorder:
            eventually(lambda: out.exists() and '"kind":"clock"' in out.read_text())
            daemon.do("source", 3)
            eventually(lambda: out.read_text().count('"event":"perform","edge":"return"') == 3)
            recorder.send_signal(signal.SIGINT)
            recorder.communicate()
        lines = [json.loads(line) for line in out.read_text().splitlines()]
        performs = [line for line in lines if line.get("event") == "perform"]
        tap.equal("the driver is probed: status, calls seen, host",
                  (recorder.returncode, len(performs),
                   [line["host"] for line in lines if line["kind"] == "daemon"]),
                  (0, 6, [os.uname().nodename]))
        for missing in CAPABILITIES:
            rest = [name for name in CAPABILITIES if name != missing]
            done = run(*with_capabilities(rest), *command)
            tap.true(f"without CAP_{missing.upper()}: refused, in one line", done.returncode == 1
                     and done.stderr.startswith("migtrace: run as root: this needs "
                                                f"CAP_{missing.upper()} to ")
                     and done.stderr.count("\n") == 1, done)
        done = run(*with_capabilities(CAPABILITIES), *command, "--test-attach", "perf")
        tap.equal("perf events need one more, and it is said why", (done.returncode, done.stderr),
                  (1, "migtrace: run as root: this needs CAP_SYS_ADMIN, as without uprobe_multi "
                      "probes are perf events\n"))


def namespaces(tap):
    """Capabilities in a user namespace are none for BPF."""
    done = run("unshare", "--user", "--map-root-user", MIGTRACE, "record")
    tap.true("in a user namespace: refused", done.returncode == 1 and
             "the host's user namespace" in done.stderr and done.stderr.count("\n") == 1, done)
    done = run("unshare", "--user", "--map-root-user", MIGTRACE, "doctor")
    tap.true("in a user namespace: doctor knows", "all that it takes" not in done.stdout, done)


def two_hosts(tap):
    """A real migration, recorded as nobody with these capabilities: all figures, and the hosts'."""
    with Lab() as lab, tempfile.TemporaryDirectory() as directory:
        os.chown(directory, 65534, 65534)
        lab.run("guest", "a")
        files = [pathlib.Path(directory) / host for host in "ab"]
        recorders = [subprocess.Popen(
            [*with_capabilities(CAPABILITIES), MIGTRACE, "record", "--netns",
             lab.run("netns", file.name).strip(), "-o", file]) for file in files]
        try:
            eventually(lambda: all(file.exists() and '"kind":"clock"' in file.read_text()
                              for file in files))
            lab.run("migrate", "a")
            eventually(lambda: '"event":"perform","edge":"return"' in files[0].read_text())
            held = [int(status_of(recorder.pid)["CapPrm"][0], 16) >> 21 & 1
                    for recorder in recorders]
        finally:
            for recorder in recorders:
                recorder.send_signal(signal.SIGINT)
            statuses = [recorder.wait() for recorder in recorders]
        tap.equal("both recorders: status, CAP_SYS_ADMIN", (statuses, held), ([0, 0], [0, 0]))
        done = run(MIGTRACE, "report", "--format", "json", *files)
        report = json.loads(done.stdout)
        tap.equal("status, outcome, hosts",
                  (done.returncode, report["outcome"], report["source"]["host"],
                   report["destination"]["host"]), (0, "completed", "host-a", "host-b"))
        tap.equal("figures that are not known", [name for name in
                  ("elapsed", "elapsed_net", "transfer", "downtime", "downtime_net", "blackout")
                  if "unknown" in report[name]], [])


def environment(tap):
    """Whoever runs a file with capabilities does not tell it where to look, or what to load."""
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o755)
        program = granted(directory)
        dangerous = {"DEBUGINFOD_URLS": "http://127.0.0.1:9", "LD_PRELOAD": "/none",
                     "XDG_CACHE_HOME": directory, "LIBVIRT_DEBUG": "1"}
        done = run(*NOBODY, program, "record", "--debuginfod", env={**os.environ, **dangerous})
        tap.true("servers of the user's are not asked",
                 done.returncode == 2 and "$DEBUGINFOD_URLS names no server" in done.stderr, done)
        done = run(MIGTRACE, "record", "--debuginfod", "--pid", "1",
                   env={**os.environ, "DEBUGINFOD_URLS": "http://127.0.0.1:9"})
        tap.true("of root's own they are", "names no server" not in done.stderr, done)
        program.chmod(0o4755)
        done = run(*NOBODY, program, "schema")
        tap.true("a set-user-ID file does nothing at all", done.returncode == 1 and
                 done.stdout == "" and "set-user-ID" in done.stderr, done)


def readers(tap):
    """report and verify, while they wait for what they parse."""
    for command in (["report", "-"], ["verify", "-"], ["verify", "--watch", "-"]):
        with subprocess.Popen([MIGTRACE, *command], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True) as reader:
            is_confined = eventually(lambda: status_of(reader.pid)["Seccomp"] == ["2"])
            status = status_of(reader.pid)
            tap.equal(f"{' '.join(command)}: without privileges, and with none to come",
                      (is_confined, [int(status[key][0], 16) for key in
                                     ("CapPrm", "CapEff", "CapInh", "CapBnd", "CapAmb")],
                       status["NoNewPrivs"]), (True, [0] * 5, ["1"]))
            reader.stdin.write(HALVES[0].read_text())
            reader.communicate()


def probers(pid):
    """Who of its children probes: it has rights, but can get no more."""
    found = []
    for child in children(pid):
        with contextlib.suppress(FileNotFoundError):  # who reads a file apart ends soon
            status = status_of(child)
            if status["NoNewPrivs"] == ["1"] and int(status["CapPrm"][0], 16):
                found.append(child)
    return found


def separation(tap):
    """What records parses, and has nothing; what probes has the rights, and ends with it."""
    with StandIn() as daemon:
        for command in (["record"], ["live", "--peer-command", "exec sleep 60"]):
            with subprocess.Popen([MIGTRACE, *command, "--pid", str(daemon.pid)], text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE) as recorder:
                is_confined = eventually(lambda: status_of(recorder.pid)["Seccomp"] == ["2"])
                status = status_of(recorder.pid)
                tap.equal(f"{command[0]}: confined",
                          (is_confined, int(status["CapPrm"][0], 16), int(status["CapBnd"][0], 16),
                           status["NoNewPrivs"]), (True, 0, 0, ["1"]))
                eventually(lambda: probers(recorder.pid))
                os.kill(probers(recorder.pid)[0], signal.SIGKILL)
                said = recorder.communicate()[1]
            tap.true(f"{command[0]}: ends when what probes has ended",
                     recorder.returncode == 1 and
                     "migtrace: the probing process has ended\n" in said, said)
        with subprocess.Popen([MIGTRACE, "record", "--pid", str(daemon.pid)],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as recorder:
            eventually(lambda: status_of(recorder.pid)["Seccomp"] == ["2"]
                  and len(children(recorder.pid)) == 1)  # nothing is read apart any more
            left = children(recorder.pid)
            recorder.kill()
        eventually(lambda: not any(map(is_running, left)))
        tap.equal("what probes ends when what records was killed",
                  (len(left), [pid for pid in left if is_running(pid)]), (1, []))


def filters(tap):
    """The filter is in no command's way: all formats come out as without it."""
    for directory in ("p2p", "postcopy", "auto-converge"):
        files = sorted((REPLAY / directory).glob("*.jsonl"))
        for command in [["report", "--format", form] for form in
                        ("text", "json", "html", "perfetto", "csv", "virsh", "otlp")] + \
                       [["verify", "--format", form] for form in ("text", "json", "junit")]:
            done, free = (run(program, *command, *files) for program in
                          (MIGTRACE, BUILD / "sanitized/migtrace"))
            tap.equal(f"{directory}, {' '.join(command)}: as without a filter",
                      (done.returncode, done.stdout, done.stderr),
                      (free.returncode, free.stdout, free.stderr))


def linked_socket(tap):
    """A daemon's container has another daemon's socket by a link: that one is not asked."""
    with tempfile.TemporaryDirectory() as directory:
        decoy = pathlib.Path(directory) / "decoy"
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(decoy))
            listener.listen()
            listener.setblocking(False)
            shell = "mount -t tmpfs none /run && mkdir /run/libvirt && " \
                    f"ln -s {decoy} /run/libvirt/libvirt-sock-ro && exec {BUILD}/bpf/daemon"
            with subprocess.Popen(["unshare", "--mount", "sh", "-c", shell], text=True,
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE) as daemon:
                daemon.stdin.write("nothing 0\n")
                daemon.stdin.flush()
                daemon.stdout.readline()
                with subprocess.Popen([MIGTRACE, "record", "--stats", "--pid", str(daemon.pid)],
                                      stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                      text=True) as recorder:
                    said = next(line for line in recorder.stderr if "cannot subscribe to job events" in line)
                    recorder.send_signal(signal.SIGINT)
                    recorder.stderr.read()
                daemon.stdin.close()
            try:
                reached = listener.accept()
            except BlockingIOError:
                reached = None
        tap.equal("a socket that is reached by a link: nobody comes", reached, None)
        tap.equal("a socket that is reached by a link: it is said", said,
                  f"migtrace: libvirt, pid {daemon.pid}: cannot subscribe to job events: its socket: reached "
                  "by a link, which is not followed; retrying: until then its own numbers of jobs may be missing\n")


DAEMONS = 20  # more than were listened to once


def session_daemons(tap):
    """Daemons of a user, each with one socket in a folder that is closed to all others: all are listened to."""
    with tempfile.TemporaryDirectory() as directory, contextlib.ExitStack() as stack:
        os.chmod(directory, 0o755)
        for name in ("daemon", "libvirt.so.0", "libvirt_driver_qemu.so"):
            shutil.copy(BUILD / "bpf" / name, directory)
        holder = stack.enter_context(subprocess.Popen(
            ["unshare", "--mount", "sh", "-c", "echo; exec cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE))
        stack.callback(holder.kill)
        holder.stdout.readline()
        listeners = [session_daemon(stack, pathlib.Path(directory), holder.pid, number) for number in range(DAEMONS)]
        with subprocess.Popen([MIGTRACE, "record", "--stats", "--mntns",
                               str(os.stat(f"/proc/{holder.pid}/ns/mnt").st_ino)],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as recorder:
            reached = sum(eventually(lambda at=listener: is_reached(at)) for listener in listeners)
            recorder.send_signal(signal.SIGINT)
    tap.equal("session daemons: each is reached by its own socket", reached, DAEMONS)


def session_daemon(stack, directory, holder, number):
    """Starts one; returns what it listens on."""
    place = directory / str(number) / "libvirt"
    place.mkdir(parents=True)
    listener = stack.enter_context(socket.socket(socket.AF_UNIX))
    listener.bind(str(place / "libvirt-sock"))
    listener.listen()
    listener.setblocking(False)
    for path in (place.parent, place, place / "libvirt-sock"):
        path.chmod(0o700)
        os.chown(path, 65534, 65534)
    daemon = stack.enter_context(subprocess.Popen(
        ["nsenter", "-t", str(holder), "-m", *NOBODY, directory / "daemon"], pass_fds=[listener.fileno()], text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE))
    stack.callback(daemon.kill)
    daemon.stdin.write("nothing 0\n")
    daemon.stdin.flush()
    daemon.stdout.readline()
    return listener


def is_reached(listener):
    with contextlib.suppress(BlockingIOError):
        listener.accept()[0].close()
        return True
    return False


def clients(tap):
    """Who talks to a real libvirt is nobody, and gets its numbers all the same."""
    with Lab() as lab, tempfile.TemporaryDirectory() as directory:
        lab.run("guest", "a")
        out = pathlib.Path(directory) / "a.jsonl"
        with subprocess.Popen([MIGTRACE, "record", "--stats", "--netns",
                               lab.run("netns", "a").strip(), "-o", out]) as recorder:
            eventually(lambda: len(children(recorder.pid)) == 3 and all(
                status_of(pid)["Seccomp"] == ["2"] for pid in children(recorder.pid)[1:]))
            prober, *talkers = (status_of(pid) for pid in children(recorder.pid))
            tap.equal("the recorder, and who listens: confined, one of them with libvirt as nobody",
                      sorted((status["Uid"][0], status["CapPrm"][0].strip("0"),
                              status["CapBnd"][0].strip("0"), status["NoNewPrivs"][0],
                              status["Seccomp"][0])
                             for status in [status_of(recorder.pid), *talkers]),
                      2 * [("0", "", "", "1", "2")] + [("65534", "", "", "1", "2")])
            tap.equal("root's prober has these capabilities, and no CAP_SYS_ADMIN",
                      int(prober["CapPrm"][0], 16), sum(1 << number for number in KEPT))
            lab.run("migrate", "a", "--live", "--p2p", "--persistent", "--undefinesource")
            lab.run("migrate", "b")
            eventually(lambda: out.read_text().count('"kind":"stats"') >= 3)
            ours = children(recorder.pid)
            recorder.send_signal(signal.SIGINT)
        stats = [json.loads(line) for line in out.read_text().splitlines()
                 if '"kind":"stats"' in line]
        tap.true("the daemon was asked, and has answered",
                 any(one["from"] == "event" for one in stats) and
                 any(one["from"] != "event" and "error" not in one for one in stats), stats)
        left = [pid for pid in ours if run("readlink", f"/proc/{pid}/exe").stdout.strip() == str(MIGTRACE)]
        tap.equal("nobody is left when it has ended", (len(ours) >= 3, left), (True, []))


def main():
    tap = Tap()
    tests = (user_files, output, capabilities, namespaces, two_hosts, environment, readers,
             separation, filters, linked_socket, session_daemons, clients)
    for test in tests:
        tap.run(test)
    tap.end()


if __name__ == "__main__":
    main()
