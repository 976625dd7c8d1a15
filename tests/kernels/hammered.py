# SPDX-License-Identifier: GPL-2.0-or-later
"""What hammered stand-ins must have given: each event of each domain, and nothing of another's."""
import collections
import json
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "bpf"))
from bpf_test import (BACK_STATISTICS, DESTINATION_EVENTS, FEATURE, SOURCE_EVENTS, STATISTICS,
                      specific, states)

# What a kernel says of a machine whose CPUs have to wait for their host's.
SLOW = re.compile(r"hrtimer: interrupt took|^clocksource: |RT throttling|interrupt took too long")
# Also of a process that has died and left no counts: that is another fault.
OURS = re.compile(r"d00([0-2])0([0-3])04-0506-0708-090a-0b0c0d0e0f0\2$|"
                  r"0[0-2]0203aa-0506-0708-090a-0b0c0d0e0fbb$")
SECRETS = re.compile(rb"hunter2|secret-|VNC")


def cookie(domain):
    """The destination's, as hammer.c makes it: the whole, and what is recorded of its statistics."""
    statistics = f"\n    <started>{1700000000000 + int(domain, 16)}</started>\n  </statistics>"
    whole = (f"<qemu-migration>\n  <name>domain-{domain}</name>\n{4 * FEATURE}"
             f"  <graphics passwd='secret-{domain}'/>\n  <statistics>{statistics}\n"
             f"  <nbd passwd='secret-{domain}'/>\n</qemu-migration>\n")
    return whole, statistics


def expected_of_domain(name):
    """The events of one migration of that domain, both sides of it: destination, then source."""
    whole, statistics = cookie(name[2:])
    got = []
    for event, edge, fields in DESTINATION_EVENTS:
        fields = dict(fields)
        if event in ("prepare", "finish") and edge == "enter":
            fields |= {"cookie_len": len(whole) + 1, "cookie_head": whole[:256]}
        if fields.get("statistics") not in (None, BACK_STATISTICS):
            fields["statistics"] = statistics
        got.append((event, edge, fields))
    return got + SOURCE_EVENTS


class Qemu:
    pid = 0


def expected_of_qemu():
    """The events of one stop and start of the stand-in's vCPUs; no page is waited for."""
    return [(kind, "enter", {**fields, **({"stalls": 0} if "stalls" in fields else {})})
            for kind, _, _, fields in states(Qemu, True)]


def shown(event):
    """All that a test can know of an event, as something that can be counted."""
    fields = specific(event)
    if "about" in fields:  # QEMU's
        fields["uuid_agrees"] = event["uuid_agrees"]
    return event["event"], event["edge"], json.dumps(fields, sort_keys=True)


def counted(expected, times):
    return collections.Counter({(kind, edge, json.dumps(fields, sort_keys=True)): times * n
                                for (kind, edge, fields), n in unique(expected)})


def unique(expected):
    """Each different event, and how often it is in there."""
    different = []
    for event in expected:
        if event not in different:
            different.append(event)
    return [(event, expected.count(event)) for event in different]


def hashes_wrong(events):
    """Of the hashes of one domain: those that differ from what it gave at first, when alone."""
    first = {}
    wrong = 0
    for event in events:
        if event.get("cookie_head"):
            place = "there" if event["cookie_head"] == events[0].get("cookie_head") else event["cookie_head"]
            wrong += event["cookie_hash"] != first.setdefault(place, event["cookie_hash"])
    return wrong, first.get("there")


def statistics_wrong(name, events):
    known = {cookie(name[2:])[1], BACK_STATISTICS, STATISTICS}
    return sum(e["statistics"] not in known for e in events if "statistics" in e)


def by_uuid(lines):
    """Of all but spans off the CPU and ends of processes: they are as the machine is, or of no domain."""
    of = collections.defaultdict(list)
    for line in lines:
        if line["kind"] == "event" and line["event"] not in ("sched", "exit"):
            of[line["uuid"]].append(line)
    return of


def expected_of_all(counts):
    """Of each UUID: how often which event must be there."""
    return {uuid_of(name): counted(expected_of_domain(name) if is_domain(name)
                                   else expected_of_qemu(), int(times)) for name, times in counts}


def is_domain(name):
    return len(name) == 6


def uuid_of(name):
    """Of a domain of hammer.c; a QEMU says its own."""
    return f"{name}04-0506-0708-090a-0b0c0d0e0f{name[-2:]}" if is_domain(name) else name


def check(result, raw, lines):
    """What is wrong, by name: each is 0 where nothing is. What is lost was counted, or is missing."""
    of, wanted = by_uuid(lines), expected_of_all(result["counts"])
    got = {uuid: collections.Counter(map(shown, of[uuid])) for uuid in wanted}
    domains = [name for name, _ in result["counts"] if is_domain(name)]
    hashes = [hashes_wrong(of[uuid_of(name)]) for name in domains]
    end = lines[-1]
    missing = sum(sum((wanted[uuid] - got[uuid]).values()) for uuid in wanted)
    return {
        "altered or foreign events": sum(sum((got[uuid] - wanted[uuid]).values()) for uuid in wanted),
        "events of UUIDs that nobody has": sum(len(of[uuid]) for uuid in of if not OURS.match(uuid)),
        "events missing beyond those counted as lost": missing - end.get("lost", 0),
        "wrong hashes": sum(wrong for wrong, _ in hashes) + len(hashes) - len({h for _, h in hashes}),
        "wrong statistics": sum(statistics_wrong(name, of[uuid_of(name)]) for name in domains),
        "secrets": len(SECRETS.findall(raw)),
        "unreadable": end.get("unreadable", -1),
        "processes that did not end well": sum(code != 0 for code in result["ended"]) +
                                           (result["recorder"] != 0),
        "lines in the kernel's log": sum(not SLOW.search(line) for line in result["dmesg"]),
    }
