# SPDX-License-Identifier: GPL-2.0-or-later
"""Two hosts of every shape, and what has to be true of the migrations between them: one row each."""
import dataclasses
import typing

import places
import ways
from kinds import MODULAR, P2P

TCP, QEMU, RPC, PHASE = "tcp", "qemu", "rpc", "phase"
ALL = {TCP, QEMU, RPC, PHASE}


@dataclasses.dataclass
class Shape:
    """What comes from elsewhere is the plain shape's."""
    what: str
    up: tuple = ()  # options of `lab up`
    way: typing.Callable = ways.straight
    control: tuple = tuple(P2P)
    bounds: frozenset = frozenset(ALL)  # the kinds of messages that bound the offset
    is_quick: bool = False  # enough for `make check`
    daemons: typing.Callable = places.system  # of the hosts


def of(*kinds):
    return frozenset(kinds)


SHAPES = {
    "plain": Shape("libvirtd and QEMU on both, one network, TCP", is_quick=True),
    "client": Shape("the client drives it", control=("--live",), bounds=of(TCP, QEMU, PHASE)),
    "tls": Shape("TLS, of libvirt and of QEMU", ("--tls",), ways.tls),
    "ssh": Shape("qemu+ssh, by virt-ssh-helper", way=ways.ssh),
    "ipv6": Shape("IPv6 alone", ("--ipv6",)),
    "network": Shape("QEMU's stream over another network, by --migrateuri", ("--second",), ways.second_network),
    "nics": Shape("the same, by four connections", ("--second",), ways.second_network,
                  (*P2P, "--parallel", "--parallel-connections", "4")),
    "router": Shape("a router between", ("--router",)),
    "nat": Shape("both addresses translated on the way", ("--router",), ways.translated, is_quick=True),
    "ports": Shape("each host's own firewall gives its connections other ports", way=ways.other_ports),
    "proxy": Shape("a TCP proxy between", ("--router",), ways.proxied, bounds=of(QEMU, RPC, PHASE)),
    "taken": Shape("a TCP proxy between, with the addresses and ports of both ends", ("--router",), ways.taken,
                   bounds=of(QEMU, RPC, PHASE), is_quick=True),
    "unix": Shape("unix sockets, relayed", way=ways.unix_sockets, bounds=of(QEMU, RPC, PHASE)),
    "tunnelled": Shape("QEMU's stream within libvirt's connection", control=(*P2P, "--tunnelled"),
                       bounds=of(RPC, PHASE)),
    "pods": Shape("pods of one image, unix sockets, relayed", ("--overlay",), ways.unix_sockets, bounds=of(QEMU, RPC, PHASE),
                  is_quick=True),
    "session": Shape("daemons of a user, beside the hosts' own; TCG", daemons=places.session),
    "modular": Shape("virtqemud behind virtproxyd on both", MODULAR),
    "modular-tls": Shape("the same with TLS", ("--tls", *MODULAR), ways.tls),
    "modular-unix": Shape("the same, unix sockets, relayed", MODULAR, ways.unix_sockets, bounds=of(QEMU, RPC, PHASE)),
    "mixed": Shape("libvirtd on one, virtqemud on the other", ("--shape-b", "modular")),
}
