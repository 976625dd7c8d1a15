#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The dashboard and the alerts of tools/fleet, against a real collector's metrics in a real Prometheus."""
import json
import math
import pathlib
import re
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from fleet import HOSTS, Collector, ship, stores_of
from prometheus import Prometheus, promtool
from tap import Tap
from waiting import eventually, need

ROOT = pathlib.Path(__file__).parent.parent.parent
ALERTS, DASHBOARD = ROOT / "tools/fleet/alerts.yml", ROOT / "tools/fleet/dashboard.json"
# Of each flavour some before the first scrape that is looked at, and some after it: a rise of all that is counted.
FIRST = ["p2p", "postcopy", "direct"]
MORE = ["auto-converge", "compressed", "postcopy-direct", "disks", "split-brain", "source-qemu-killed"]
WIDTH = 24  # columns of Grafana's grid
VARIABLES = {"$job": ".*", "$__rate_interval": "5m", "$__range": "5m"}
METRIC = re.compile(r"\b(?:migtrace_\w+|up)\b(?=\{)")


def panels_of(dashboard):
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


def is_apart(a, b):
    return (a["x"] + a["w"] <= b["x"] or b["x"] + b["w"] <= a["x"] or
            a["y"] + a["h"] <= b["y"] or b["y"] + b["h"] <= a["y"])


def shape(tap, dashboard):
    """What Grafana needs of a dashboard that it is to show."""
    tap.equal("the dashboard has a name, an id, a version of its schema",
              (bool(dashboard["title"]), bool(dashboard["uid"]), dashboard["schemaVersion"] >= 36), (True, True, True))
    ids = [panel["id"] for panel in dashboard["panels"]]
    tap.equal("each panel has an id of its own", len(set(ids)), len(ids))
    grid = [panel["gridPos"] for panel in dashboard["panels"]]
    tap.true("they are within the width, and none is over another",
             all(at["x"] >= 0 and at["x"] + at["w"] <= WIDTH for at in grid) and
             all(is_apart(a, b) for i, a in enumerate(grid) for b in grid[:i]), grid)
    variables = {variable["name"]: variable for variable in dashboard["templating"]["list"]}
    tap.equal("the source of the data is chosen", (variables["datasource"]["type"], variables["datasource"]["query"]),
              ("datasource", "prometheus"))
    source = {"type": "prometheus", "uid": "${datasource}"}
    sources = [of["datasource"] for panel in panels_of(dashboard) for of in (panel, *panel["targets"])]
    tap.true("for all panels and queries", all(of == source for of in sources), sources)
    used = set(re.findall(r"\$\{?(\w+)\}?", json.dumps(dashboard))) - {"__rate_interval", "__range", "__all"}
    tap.equal("every variable is used, and there", used, set(variables))
    for panel in panels_of(dashboard):
        refs = [target["refId"] for target in panel["targets"]]
        tap.true(f"{panel['title']}: a type, a unit, queries that are told apart", panel["fieldConfig"]["defaults"]["unit"] and
                 panel["type"] in ("stat", "timeseries", "heatmap") and refs and len(set(refs)) == len(refs), panel)


def queries(dashboard):
    for panel in panels_of(dashboard):
        for target in panel["targets"]:
            expression = target["expr"]
            for name, value in VARIABLES.items():
                expression = expression.replace(name, value)
            yield f"{panel['title']}, {target['refId']}", expression, target


def has_data(prometheus, expression):
    return [number for _, number in prometheus.query(expression) if not math.isnan(number)]


def every_query(tap, dashboard, prometheus):
    for name, expression, target in queries(dashboard):
        found = eventually(has_data, prometheus, expression, every_s=0.2, hangs_s=60)
        tap.true(f"{name}: returns data", found, (expression, prometheus.query(expression)))
        labels = set(re.findall(r"{{(\w+)}}", target["legendFormat"]))
        tap.true(f"{name}: and the labels of its legend", all(
            labels <= set(series["metric"]) for series in prometheus.ask("query", query=expression)["result"]), labels)
    tap.true("it shows exemplars", any(target.get("exemplar") for *_, target in queries(dashboard)), "")


def told(tap, dashboard, collector):
    """What a collector tells is in the dashboard and in the documents; and these, and alerts, name nothing else."""
    text = collector.get("/metrics")
    documented = {name: set(filter(None, labels.split(", "))) for name, labels in re.findall(
        r"^\| `(migtrace_\w+)` \|(?: ([\w, ]+))? \|", (ROOT / "docs/metrics.md").read_text(), re.M)}
    tap.equal("docs/metrics.md has each, and its labels", documented, {
        name: {label for line in text.splitlines() if re.match(name + r"(_bucket|_sum|_count)?[{ ]", line)
               for label in re.findall(r'(\w+)="', line)} - {"le"} for name in re.findall(r"^# TYPE (\w+)", text, re.M)})
    there = {name if kind != "histogram" else f"{name}_bucket" for name, kind in
             re.findall(r"^# TYPE (\w+) (\w+)", text, re.M)}
    shown = {name for _, expression, _ in queries(dashboard) for name in METRIC.findall(expression)} - {"up"}
    tap.equal("the dashboard shows all that a collector tells", there ^ shown, set())
    alarmed = set(re.findall(r"\bmigtrace_\w+", re.sub(r"(?m)^\s*(?:#|- alert|summary|description).*$", "",
                                                       ALERTS.read_text())))
    tap.equal("alerts are of what there is", alarmed - there - {name.replace("_bucket", "_count") for name in there}, set())


def alerts(tap, prometheus):
    groups = prometheus.ask("rules")["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    tap.equal("every alert can be computed", [(rule["name"], rule["lastError"]) for rule in rules if "lastError" in rule], [])
    firing = eventually(lambda: [alert["labels"]["alertname"] for alert in prometheus.ask("alerts")["alerts"]
                                 if alert["state"] == "firing"])
    tap.equal("two guests in danger, and nothing else: this alert at once", firing, ["MigtraceGuestInDanger"])


def alone(tap):
    """What needs no collector."""
    tap.equal("promtool reads the alerts", promtool("check", "rules", ALERTS)[::2], (0, ""))
    done = promtool("test", "rules", ROOT / "tests/fleet/alerts_test.yml")
    tap.true("each alert fires when it has to, and else is silent", done[0] == 0, done)
    names = set(re.findall(r"- alert: (\w+)", ALERTS.read_text()))
    tests = (ROOT / "tests/fleet/alerts_test.yml").read_text()
    fired = set(re.findall(r"- alertname: (\w+)", tests))
    silent = set(re.findall(r"- {alertname: (\w+)", tests))
    tap.equal("each of them is tested both ways", (names - fired, names - silent), (set(), set()))


def real(tap, folder):
    dashboard = json.loads(DASHBOARD.read_text())
    shape(tap, dashboard)
    with Collector(folder / "data") as collector, \
            Prometheus(folder / "prometheus", [collector.url.partition("//")[2]], [ALERTS]) as prometheus:
        for kinds in (FIRST, MORE):
            before = prometheus.value("sum(migtrace_migrations_total)") or 0
            (folder / kinds[0]).mkdir()
            stores = stores_of(folder / kinds[0], kinds)
            done = [ship(collector, letter, stores[letter]) for letter in HOSTS]
            tap.equal(f"shipped: {', '.join(kinds)}", done, [(0, "", "")] * 2)
            need("a scrape of all", lambda: prometheus.value("sum(migtrace_migrations_total)") == before + len(kinds))
        told(tap, dashboard, collector)
        every_query(tap, dashboard, prometheus)
        alerts(tap, prometheus)


def main():
    tap = Tap()
    tap.run(alone)
    with tempfile.TemporaryDirectory() as folder:
        tap.run(real, pathlib.Path(folder))
    tap.end()


if __name__ == "__main__":
    main()
