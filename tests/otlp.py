# SPDX-License-Identifier: GPL-2.0-or-later
"""Traces of OpenTelemetry as migtrace writes them, taken apart, and what there is to say against them."""
import json
import re

FIGURES = ("elapsed", "elapsed_net", "transfer", "downtime", "downtime_net", "blackout", "network_in", "network_out",
           "disk_blackout", "brownout_before", "brownout_after", "tsc_lag", "kvmclock_lag")


def value_of(value):
    (kind, content), = value.items()
    if kind == "arrayValue":
        return [value_of(one) for one in content["values"]]
    if kind == "kvlistValue":
        return attributes(content["values"])
    return int(content) if kind == "intValue" else content


def attributes(given):
    assert len({one["key"] for one in given}) == len(given), given
    return {one["key"].removeprefix("migtrace."): value_of(one["value"]) for one in given}


class Trace:
    """One request, taken apart."""

    def __init__(self, request):
        self.hosts, self.spans = [], []
        for resource in (json.loads(request) if isinstance(request, str) else request)["resourceSpans"]:
            of = attributes(resource["resource"]["attributes"])
            self.hosts.append((of["service.name"], of["host.name"]))
            scope, = resource["scopeSpans"]
            assert scope["scope"]["name"] == "migtrace", scope["scope"]
            self.spans += [{**span, "host": of["host.name"], "of": attributes(span["attributes"]),
                            "from": int(span["startTimeUnixNano"]), "to": int(span["endTimeUnixNano"])}
                           for span in scope["spans"]]
        self.by_id = {span["spanId"]: span for span in self.spans}
        self.roots = [span for span in self.spans if "parentSpanId" not in span]

    @property
    def root(self):
        root, = self.roots
        return root

    def on(self, track):
        return [span for span in self.spans if span["of"].get("track") == track]


def form_faults(trace):
    """What OTLP wants, and that a span is within the one that it is of."""
    faults = [("ids", len(trace.by_id), len(trace.spans))] if len(trace.by_id) != len(trace.spans) else []
    if len(trace.roots) != 1 or len({span["traceId"] for span in trace.spans}) != 1:
        faults.append(("one root, one trace", trace.roots))
    for span in trace.spans:
        events = [int(event["timeUnixNano"]) for event in span.get("events", ())]
        outer = trace.by_id.get(span.get("parentSpanId"), span if span in trace.roots else None)
        if not (re.fullmatch("[0-9a-f]{32}", span["traceId"]) and re.fullmatch("[0-9a-f]{16}", span["spanId"]) and
                span["name"] and span["kind"] == 1):
            faults.append(("form", span))
        elif not outer or not 0 < outer["from"] <= span["from"] <= span["to"] <= outer["to"]:
            faults.append(("not within", span["name"], outer))
        elif not all(span["from"] <= at <= span["to"] for at in events):
            faults.append(("events", span["name"], events))
    return faults


def bounds(of, name):
    """A figure as the JSON report has it."""
    if f"{name}.unknown" in of:
        return {"unknown": of[f"{name}.unknown"]}
    return {part: of[f"{name}.{part}"] for part in ("est_ns", "lo_ns", "hi_ns")}


def without_how(figure):
    return {key: value for key, value in figure.items() if key != "how"}


def number_faults(trace, m):
    of, faults = trace.root["of"], []
    faults += [(name, bounds(of, name), m[name]) for name in FIGURES if bounds(of, name) != without_how(m[name])]
    if bounds(of, "clock_offset") != without_how(m["clock"]["offset"]):
        faults.append(("clock", of))
    said = [of["domain.uuid"], of.get("domain.name"), of["outcome"], of["left_on"], of["control"], of.get("findings", [])]
    if said != [m["domain"]["uuid"], m["domain"]["name"], m["outcome"], m["left_on"], m["flavour"]["control"],
                [finding["code"] for finding in m["findings"]]]:
        faults.append(("what it was", said))
    if (trace.root.get("status", {}).get("code") == 2) != (m["outcome"] == "failed"):
        faults.append(("status", trace.root.get("status"), m["outcome"]))
    for span in trace.on("figures"):
        if bounds(span["of"], "duration") != without_how(m[span["name"]]) or \
                span["to"] - span["from"] != m[span["name"]]["est_ns"]:
            faults.append((span["name"], span, m[span["name"]]))
    parts = [(span["name"], span["of"]["place"], bounds(span["of"], "duration"))
             for span in sorted(trace.on("standstill"), key=lambda span: span["from"]) if span["of"]["is_downtime"]]
    wanted = [(part["name"], part["side"], without_how(part["duration"])) for part in m["breakdown"]]
    if "destination.not_shown" not in of and sorted(map(str, parts)) != sorted(map(str, wanted)):
        faults.append(("parts", parts, wanted))
    return faults
