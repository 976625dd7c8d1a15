#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Debug files from a real debuginfod server on loopback: only if asked for, never by itself."""
import contextlib
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from recorder import BUILD, MIGTRACE
from tap import Tap
from waiting import need



def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def stripped_driver(directory):
    """A driver without symbols, and beside it what was stripped off, for the server to find."""
    driver, debug = directory / "libvirt_driver_qemu.so", directory / "served/driver.debug"
    debug.parent.mkdir()
    run("gcc", "-g", "-O2", "-fPIC", "-fno-ipa-sra", "-D_GNU_SOURCE", "-Itests/bpf", "-shared",
        "-Wl,--build-id", "-o", driver, "tests/bpf/driver.c", BUILD / "bpf/libvirt.so.0")
    run("objcopy", "--only-keep-debug", driver, debug)
    run("strip", driver)
    notes = run("readelf", "-n", driver)
    return driver, notes.split("Build ID:")[1].split()[0]


def serves(url):
    with contextlib.suppress(OSError, urllib.error.HTTPError):
        urllib.request.urlopen(url).close()
        return True


@contextlib.contextmanager
def server(directory, build_id):
    """A debuginfod of what is served; gives its URL and its log once it has the build."""
    port, log = free_port(), directory / "log"
    with open(log, "wb") as out, subprocess.Popen(
            ["debuginfod", "-v", "-p", str(port), "-d", directory / "db", "-F", directory / "served"],
            stdout=out, stderr=out) as process:
        try:
            url = f"http://127.0.0.1:{port}"
            need("a debuginfod that has the build", serves, f"{url}/buildid/{build_id}/debuginfo")
            yield url, log
        finally:
            process.terminate()


def doctor(driver, directory, *options, **environment):
    done = subprocess.run([MIGTRACE, "doctor", "--json", *options, driver], text=True,
                          capture_output=True, check=False,
                          env={**os.environ, "HOME": str(directory), **environment})
    if not done.stdout:
        return done, None
    probes = [p for t in json.loads(done.stdout)["targets"] for p in t["probes"]]
    return done, [p["how"] for p in probes if p["name"] == "qemuMigrationSrcRun"]


def main():
    tap = Tap()
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        driver, build_id = stripped_driver(directory)
        with server(directory, build_id) as (url, log):
            asked = log.read_text().count(build_id)
            tap.equal("not asked without the option",
                      doctor(driver, directory, DEBUGINFOD_URLS=url)[1], ["name string"])
            tap.equal("the server's log shows no request", log.read_text().count(build_id), asked)
            tap.equal("asked with the option, and both ways agree",
                      doctor(driver, directory, "--debuginfod", DEBUGINFOD_URLS=url)[1],
                      ["debuginfod, name string"])
            tap.true("the server's log shows the request", log.read_text().count(build_id) > asked,
                     log.read_text()[-500:])
        done, how = doctor(driver, directory / "other", "--debuginfod",
                           DEBUGINFOD_URLS=f"http://127.0.0.1:{free_port()}")
        tap.equal("a server that is not there is a way less", how, ["name string"])
    done, _ = doctor(driver, directory, "--debuginfod", DEBUGINFOD_URLS="")
    tap.equal("no server named: a usage error", (done.returncode, "names no server" in done.stderr),
              (2, True))
    tap.end()


main()
