#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The packages: the same bytes whenever they are built; installed, upgraded and purged in Debian 12 and 13."""
import hashlib
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))
from tap import Tap

BUILD = pathlib.Path(os.environ.get("O", "build")).absolute()
ROOTS = BUILD / "roots"
SUITES = {"bookworm": "Debian 12", "trixie": "Debian 13"}
VERSION = re.search(r'MIGTRACE_VERSION "(.*)"', (ROOT / "src/base/version.h").read_text()).group(1)
OLDER = "0.0.9"
# What the program that only reads is made to do without.
HEAVY = {"libvirt0", "libbpf1", "libdw1", "libdw1t64", "libelf1", "libelf1t64", "libssh2-1"}
# As the golden report is made.
REPORT = "migtrace report --explain-clock --reported-source reported-source --reported-destination reported-destination *.jsonl"
ENABLED = "/etc/systemd/system/multi-user.target.wants/migtrace.service"


def run(*command, check=False, **more):
    return subprocess.run(command, capture_output=True, text=True, check=check, **more)


def files(folder, suffix):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.glob(f"*{suffix}"))}


def same_bytes(tap, form, suffix, count):
    """Built again in another folder, at another time, by another clock."""
    with tempfile.TemporaryDirectory() as other:
        done = run("make", "--no-print-directory", f"PACKAGE={other}/deeper", f"{form}-packages", cwd=ROOT,
                   env={**os.environ, "TZ": "Pacific/Auckland", "LC_ALL": "C"})
        tap.true(f"{form}: builds a second time", done.returncode == 0, done.stdout + done.stderr)
        first = files(BUILD / "package" / form, suffix)
        tap.equal(f"{form}: {count} packages", len(first), count)
        tap.equal(f"{form}: the same bytes in both", files(pathlib.Path(other) / "deeper" / form, suffix), first)


def hardened(tap):
    done = run("blhc", "--bindnow", BUILD / "package/deb/build.log")
    tap.true("deb: all was compiled with Debian's hardening", done.returncode == 0, done.stdout[:2000])


class Debian:
    """A fresh minimal root of a suite for each script, with the packages in /debs."""

    def __init__(self, suite, debs):
        self.suite, self.debs = suite, debs
        done = run(ROOT / "tests/package/root", "make", ROOTS, suite)
        if done.returncode:
            raise RuntimeError(done.stderr)

    def run(self, script):
        return run(ROOT / "tests/package/root", "run", ROOTS, self.suite, self.debs, "sh", "-euc", FUNCTIONS + script)

    def sections(self, script):
        """Returns what the script prints behind each line "== NAME", and its status by None."""
        done = self.run(script)
        parts = re.split(r"^== (.*)\n", done.stdout, flags=re.M)
        return {None: (done.returncode, done.stderr), **dict(zip(parts[1::2], (part.strip() for part in parts[2::2])))}


FUNCTIONS = """
install() {
	apt-get install -qq -y --no-install-recommends "$@" >/tmp/apt 2>&1 || { cat /tmp/apt >&2; exit 1; }
}
packages() {
	dpkg-query -W -f '${Package} ${Installed-Size}\\n' | LC_ALL=C sort
}
ours() {
	find / -xdev \\( -path /debs -o -path /tmp -o -path /var/log -o -path /var/cache -o -path /var/lib/apt \\) -prune \\
		-o -name '*migtrace*' -print | sort
}
"""


def brought(before, after):
    """Returns which packages were added, and their size in MB, as dpkg says it."""
    old = dict(line.split() for line in before.splitlines())
    new = {name: int(size) for name, size in (line.split() for line in after.splitlines()) if name not in old}
    return set(new), sum(new.values()) / 1000


def reader(tap, debian, name):
    said = debian.sections(f"""
packages >/tmp/before
install /debs/migtrace-report_{VERSION}_amd64.deb
echo == before; cat /tmp/before; echo == after; packages
echo == version; migtrace --version
echo == report; cd /debs; {REPORT}
echo == refuses; migtrace record 2>&1 || echo $?
install /debs/migtrace_{VERSION}_amd64.deb
echo == replaced; dpkg-query -W -f '${{Package}} ${{db:Status-Status}}\\n' migtrace-report migtrace 2>/dev/null || :
migtrace help | grep -c -w record
""")
    tap.equal(f"{name}, migtrace-report: it goes well", said[None], (0, ""))
    packages, size = brought(said["before"], said["after"])
    print(f"# {name}: migtrace-report brings {len(packages)} packages, {size:.1f} MB: {' '.join(sorted(packages))}")
    tap.equal(f"{name}, migtrace-report: without the heavy libraries", packages & HEAVY, set())
    tap.true(f"{name}, migtrace-report: a few small packages", len(packages) <= 6 and size < 4, (packages, size))
    tap.true(f"{name}, migtrace-report: its version", said["version"].startswith(f"migtrace {VERSION} ("), said["version"])
    tap.same_text(f"{name}, migtrace-report: reports a recording", said["report"],
                  (ROOT / "tests/replay/p2p/report.text").read_text().strip())
    tap.equal(f"{name}, migtrace-report: does not trace", said["refuses"],
              "migtrace: record: this build only reads recordings: install the package migtrace\n2")
    tap.true(f"{name}: migtrace takes its place", "migtrace installed" in said["replaced"] and
             "migtrace-report installed" not in said["replaced"] and said["replaced"].endswith("1"), said["replaced"])


def life(tap, debian, name):
    said = debian.sections(f"""
packages >/tmp/before
install /debs/older/migtrace_{OLDER}_amd64.deb
echo == before; cat /tmp/before; echo == after; packages
echo == older; dpkg-query -W -f '${{Version}}\\n' migtrace; readlink {ENABLED}
rm {ENABLED} # as systemctl disable does
install /debs/migtrace_{VERSION}_amd64.deb
echo == newer; dpkg-query -W -f '${{Version}}\\n' migtrace
echo == kept; ls {ENABLED} 2>&1 || :
echo == works; migtrace --version; migtrace help record | head -n 1
mkdir -p /var/lib/private/migtrace; : >/var/lib/private/migtrace/x; ln -s private/migtrace /var/lib/migtrace
apt-get remove -qq -y migtrace >/dev/null 2>&1
echo == removed; ls /var/lib/private/migtrace; ls /usr/bin/migtrace 2>&1 || :
apt-get purge -qq -y migtrace >/dev/null 2>&1
echo == purged; ours
install /debs/migtrace_{VERSION}_amd64.deb
echo == again; readlink {ENABLED}
apt-get purge -qq -y migtrace >/dev/null 2>&1
echo == gone; ours
""")
    tap.equal(f"{name}, migtrace: it goes well", said[None], (0, ""))
    packages, size = brought(said["before"], said["after"])
    print(f"# {name}: migtrace brings {len(packages)} packages, {size:.1f} MB")
    tap.equal(f"{name}, migtrace: the service is enabled", said["older"], f"{OLDER}\n/lib/systemd/system/migtrace.service")
    tap.equal(f"{name}, migtrace: an upgrade", said["newer"], VERSION)
    tap.true(f"{name}, migtrace: what was disabled stays so", "No such file" in said["kept"], said["kept"])
    tap.true(f"{name}, migtrace: works", f"migtrace {VERSION} (" in said["works"] and "Usage: migtrace record" in said["works"],
             said["works"])
    tap.true(f"{name}, migtrace: removed, what was recorded stays", said["removed"].startswith("x\n") and
             "No such file" in said["removed"], said["removed"])
    tap.equal(f"{name}, migtrace: purged, nothing stays", said["purged"], "")
    tap.equal(f"{name}, migtrace: enabled again", said["again"], "/lib/systemd/system/migtrace.service")
    tap.equal(f"{name}, migtrace: purged at once, nothing stays", said["gone"], "")


def traces(tap, debian, name):
    """Debian's own way to test packages: a migration is traced by what is installed, of the installed alone."""
    said = debian.run(f"""
mount -t tmpfs none /tmp
install autopkgtest iproute2 kmod
autopkgtest /debs/migtrace_{VERSION}_amd64.changes -- null
""")
    results = re.findall(r"^(\S+) +(PASS|FAIL|SKIP)\b", said.stderr.partition(" summary\n")[2], re.M)
    tap.true(f"{name}: autopkgtest", said.returncode == 0 and results == [("real-migration", "PASS"), ("report", "PASS")],
             said.stdout[-4000:] + said.stderr[-4000:])


def older_package(debs):
    """The same package with a lower version."""
    (debs / "older").mkdir()
    with tempfile.TemporaryDirectory() as folder:
        run("dpkg-deb", "-R", debs / f"migtrace_{VERSION}_amd64.deb", f"{folder}/x", check=True)
        control = pathlib.Path(folder, "x/DEBIAN/control")
        control.write_text(control.read_text().replace(f"Version: {VERSION}", f"Version: {OLDER}"))
        run("dpkg-deb", "--root-owner-group", "-b", f"{folder}/x", debs / "older" / f"migtrace_{OLDER}_amd64.deb")


def main():
    tap = Tap()
    tap.run(same_bytes, "deb", ".deb", 6)
    tap.run(same_bytes, "rpm", ".rpm", 3)
    tap.run(hardened)
    with tempfile.TemporaryDirectory() as folder:
        debs = pathlib.Path(folder)
        for file in [*(BUILD / "package/deb").glob("migtrace*_*"), *(ROOT / "tests/replay/p2p").glob("1-?.jsonl"),
                     *(ROOT / "tests/replay/p2p").glob("reported-*")]:
            (debs / file.name).write_bytes(file.read_bytes())
        older_package(debs)
        for suite, name in SUITES.items():
            tap.run(lambda tap, s=suite, n=name: reader(tap, Debian(s, debs), n))
            tap.run(lambda tap, s=suite, n=name: life(tap, Debian(s, debs), n))
            tap.run(lambda tap, s=suite, n=name: traces(tap, Debian(s, debs), n))
    tap.end()


if __name__ == "__main__":
    main()
