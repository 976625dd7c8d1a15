# SPDX-License-Identifier: GPL-2.0-or-later
"""What lies between two hosts: each way is a context of a lab that gives the migration's options from either host."""
import contextlib
import pathlib
import subprocess
import tempfile

from kinds import ADDRESSES, relays
from lab import LAB
from peer_test import sshd
from waiting import need

OTHER = {"a": "b", "b": "a"}
DAEMON, QEMU = 16509, 49152  # the ports of libvirtd, and of the first QEMU that is to be reached
NEAR = {"a": "192.168.77.254", "b": "192.168.78.254"}  # the router's address in each host's network
FAR = {"a": "192.168.77.1", "b": "192.168.78.2"}  # theirs, where there is a router


@contextlib.contextmanager
def straight(_lab):
    yield {"a": (), "b": ()}


@contextlib.contextmanager
def second_network(_lab):
    """QEMU's stream does not go where libvirt's calls go."""
    there = {"a": "192.168.79.2", "b": "192.168.79.1"}
    yield {host: ("--migrateuri", f"tcp://{there[host]}", "--listen-address", there[host]) for host in "ab"}


@contextlib.contextmanager
def tls(lab):
    """libvirt's connection to the other host, and QEMU's."""
    yield {host: ("--tls", "--desturi", f"qemu+tls://{ADDRESSES[OTHER[host]]}/system?pkipath={lab.directory}/tls") for host in "ab"}


@contextlib.contextmanager
def ssh(lab):
    """libvirt's calls go over ssh; QEMU's stream does not."""
    with contextlib.ExitStack() as stack:
        uris = {}
        for host in "ab":
            directory = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mts")))
            stack.enter_context(sshd(lab, directory, host=OTHER[host], via=host))
            uris[host] = f"qemu+ssh://far/system?command={directory}/bin/ssh"
        yield {host: ("--desturi", uri) for host, uri in uris.items()}


def to_router():
    """From each host the other one has the router's address."""
    return {host: ("--desturi", f"qemu+tcp://{NEAR[host]}:{DAEMON}/system", "--migrateuri", f"tcp://{NEAR[host]}:{QEMU}")
            for host in "ab"}


RULES = f"""
table ip nat {{
    chain arriving {{
        type nat hook prerouting priority -100
        ip daddr {NEAR["a"]} dnat to {FAR["b"]}
        ip daddr {NEAR["b"]} dnat to {FAR["a"]}
    }}
    chain leaving {{
        type nat hook postrouting priority 100
        masquerade
    }}
}}
"""


@contextlib.contextmanager
def translated(lab):
    """Neither host knows the other one's address."""
    subprocess.run([LAB, "exec", "r", "nft", "-f", "-"], input=RULES, text=True, env=lab.environment, check=True)
    yield to_router()


PORTS = """
table ip nat {
    chain leaving {
        type nat hook postrouting priority 100
        oifname "lab0" meta l4proto tcp masquerade to :30000-39999 random
    }
}
"""


@contextlib.contextmanager
def other_ports(lab):
    """Each host's own firewall gives its connections other ports, and leaves it its address."""
    for host in "ab":
        subprocess.run([LAB, "exec", host, "nft", "-f", "-"], input=PORTS, text=True, env=lab.environment, check=True)
    yield {"a": (), "b": ()}


def is_listened_to(lab, address, port):
    return lab.run("exec", "r", "ss", "-Hltn", f"src {address}:{port}") != ""


@contextlib.contextmanager
def proxied(lab):
    """A relay on the router, which both hosts connect to, or are connected to by."""
    with contextlib.ExitStack() as stack:
        for host in "ab":
            for port in (DAEMON, QEMU):
                stack.enter_context(lab.running("exec", "r", "socat", f"TCP-LISTEN:{port},bind={NEAR[host]},reuseaddr,fork",
                                                f"TCP:{FAR[OTHER[host]]}:{port}"))
                need(f"a relay for {host}", is_listened_to, lab, NEAR[host], port)
        yield to_router()


TAKEN = """for host in a b; do ip rule add iif "to-$host" table 7; done; ip route add local default dev lo table 7
           exec "$0" "$@" """


@contextlib.contextmanager
def taken(lab):
    """A proxy on the router that uses the addresses and ports of both ends."""
    proxy = pathlib.Path(__file__).parent / "proxy.py"
    with subprocess.Popen([LAB, "exec", "r", "sh", "-c", TAKEN, proxy, str(DAEMON), str(QEMU)], env=lab.environment,
                          stdout=subprocess.PIPE, text=True) as process:
        try:
            if process.stdout.readline() != "ready\n":
                raise RuntimeError("the proxy does not start")
            yield {host: ("--migrateuri", f"tcp://{FAR[OTHER[host]]}:{QEMU}") for host in "ab"}
        finally:
            process.kill()


@contextlib.contextmanager
def unix_sockets(lab):
    """As KubeVirt does it: neither libvirt nor QEMU sees more than unix sockets, which relays join."""
    with contextlib.ExitStack() as stack:
        yield {host: stack.enter_context(relays(lab, host, OTHER[host])) for host in "ab"}
