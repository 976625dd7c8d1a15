#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A report's page in a real browser: its numbers are the JSON report's, and it asks for nothing."""
import json
import pathlib
import re
import sys
import tempfile

sys.path[:0] = [str(pathlib.Path(__file__).parent.parent), str(pathlib.Path(__file__).parent)]
from formats_test import REPLAY, DEVICES, half_width, report, reports
from tap import Tap
from webdriver import Browser

ALL = sorted(REPLAY.glob("*/*.jsonl"))
MINUS, DOWN, RIGHT, ESCAPE = "-", "\ue015", "\ue014", "\ue00c"
HOSTILE = ("</script><script>document.title='taken'</script>"
           "<img src=http://127.0.0.1:9/x onerror=document.title='taken'>\u2028&amp;<!--")
SIDES = {"source": "source", "transfer": "transfer", "destination": "destination"}

# What a reader sees, row by row.
ROWS = """return [...document.querySelectorAll(arguments[0] + " tr")].map(
    row => [...row.cells].map(cell => cell.textContent))"""

# Every span that a key comes to, as it is told; the key itself was tried before.
STEP_THROUGH = """const plot = document.querySelector(".plot"), told = [];
    for (let i = 0; i < plot.querySelectorAll("[data-drawn]").length; i++) {
        plot.dispatchEvent(new KeyboardEvent("keydown", {key: "ArrowDown"}));
        told.push(document.getElementById("tip").innerText);
    }
    return told"""


def decimal(count, digits):
    text = str(abs(count)).rjust(digits + 1, "0")
    return f"{'-' * (count < 0)}{text[:-digits]}.{text[-digits:]}"


def rounded(ns, unit):
    return (abs(ns) + unit // 2) // unit * (-1 if ns < 0 else 1)


def figure_cells(q):
    """As the report for people has it (src/report/duration.c), by other code."""
    width = q["hi_ns"] - q["lo_ns"]
    digits = 2 if 0 < width < 200000 else 1
    unit = 10 ** (6 - digits)
    middle = rounded(q["est_ns"], unit)
    farther = max(q["hi_ns"] - middle * unit, middle * unit - q["lo_ns"])
    return [decimal(middle, digits), f"±{decimal(-(-farther // unit), digits)}" if width else ""]


def fine(ns):
    return decimal(rounded(ns, 1000), 3)


def fine_cells(q):
    if "unknown" in q:
        return [f"unknown: {q['unknown']}" if q["unknown"] else "unknown"]
    return [fine(q["est_ns"]), f"±{decimal(-(-half_width(q) // 1000), 3)}" if half_width(q) else ""]


def summed(quantities):
    return {key: sum(q[key] for q in quantities) for key in ("est_ns", "lo_ns", "hi_ns")}


def figure_row(m, name, field, quantity):
    cells = [f"unknown: {quantity['unknown']}"] if "unknown" in quantity else [
        *figure_cells(quantity), fine(quantity["lo_ns"]), fine(quantity["hi_ns"]), quantity["how"]]
    for side in ("source", "destination"):
        said = m["reported"][side]
        if said is not None:
            cells.append("" if not field else f"{said[field]} ms" if field in said else "-")
    return [name, *cells]


def wanted_figures(m):
    return [figure_row(m, name, field, m[name]) for name, field in (
        ("downtime", "downtime"), ("downtime_net", "downtime_net"), ("blackout", None),
        ("transfer", None), ("elapsed", "time_elapsed"), ("elapsed_net", "time_elapsed_net"),
        ("announced", None), ("network_in", None), ("network_out", None), ("disk_blackout", None),
        ("brownout_before", None), ("brownout_after", None), ("tsc_lag", None), ("kvmclock_lag", None))]


def wanted_parts(m, parts, figure):
    whole = summed([p["duration"] for p in parts])
    rows = [[SIDES[p["side"]], p["name"], *fine_cells(p["duration"]),
             f"{decimal(rounded(p['duration']['est_ns'] * 1000, whole['est_ns']), 1)} %", ""]
            for p in parts]
    return rows + [[f"Sum of the {len(parts)} parts", *fine_cells(whole), "100.0 %", ""],
                   ["Measured as a whole", *fine_cells(figure), ""]]


def finding_rows(finding):
    share = ""
    if finding["share"]:
        value, width = figure_cells(finding["share"])
        share = f", {value} ms {width}" if width else f", {value} ms"
    return [["finding", f"{finding['code']} {finding['name']}{share}"],
            *([["", finding["text"]]] if finding["share"] else []),
            ["to do", finding["advice"] + (":" if finding["command"] else "")],
            *([["", finding["command"]]] if finding["command"] else [])]


def check_migration(browser, m):
    """Returns what is not as the JSON has it."""
    faults = []

    def same(what, got, wanted):
        if got != wanted:
            faults.append((m["domain"]["name"], what, got, wanted))

    same("figures", browser.run(ROWS, "#figures tbody"), wanted_figures(m))
    same("parts", browser.run(ROWS, "#parts")[1:],
         wanted_parts(m, m["breakdown"], m["downtime"]) if m["breakdown"] else [])
    if m["blackout_breakdown"]:
        same("blackout's parts", browser.run(ROWS, "#blackout-parts")[1:],
             wanted_parts(m, m["blackout_breakdown"], m["blackout"]))
    same("clocks", browser.run(ROWS, "#clocks tbody"), [figure_row(
        {"reported": {"source": None, "destination": None}}, "destination less source", None,
        m["clock"]["offset"])])
    same("vcpus", browser.run(ROWS, "#vcpus tbody"),
         [[str(v["index"]), *fine_cells(v["blackout"])] for v in m["vcpus"]])
    same("verdicts", browser.run(ROWS, "#verdicts tbody"), [
        [v["side"], v["field"], "-" if v["reported_ms"] is None else str(v["reported_ms"]),
         v["verdict"], v["explanation"]] for v in m["verdicts"]])
    devices = [[f"{d['name']}{' ' + str(d['instance']) if d['instance'] else ''}", fine(d["ns"])]
               for d in m["devices"]]
    same("devices", sorted(browser.run(ROWS, ".devices tbody")), sorted(devices))
    same("what is not probed", browser.run(
        "return [...document.querySelectorAll('.missing')].map(p => p.textContent)"),
        [f"Not probed on the {side}: {', '.join(names)}." for side, names in m["not_probed"].items()
         if names])
    both = m["overlap"]["load_while_saving"]
    same("overlap", browser.run("const p = document.getElementById('overlap');"
                                "return p && p.textContent"),
         None if "unknown" in both else "Loaded while the source still saved, counted once: "
         f"{' ms '.join(figure_cells(both)) if figure_cells(both)[1] else figure_cells(both)[0] + ' ms'}.")
    answer = dict(reversed(browser.run(ROWS, "#answer")))
    same("downtime", answer["downtime"], f"unknown: {m['downtime']['unknown']}" if "unknown" in m["downtime"]
         else ' ms '.join(figure_cells(m['downtime'])).strip())
    same("findings", [row for row in browser.run(ROWS, "#answer") if row[0] in ("finding", "to do", "")],
         [row for finding in m["findings"] for row in finding_rows(finding)] or [["to do", "nothing"]])
    return faults


def quiet(tap, browser, name, path):
    """Nothing was asked for but the page, and nothing complained."""
    tap.equal(f"{name}: no request", browser.requests(), [f"file://{path}"])
    tap.equal(f"{name}: the console is empty", browser.log("browser"), [])


def one_migration(tap, browser, directory):
    path = pathlib.Path(directory) / "one.html"
    path.write_text(report("html", *DEVICES, *(
        f"--reported-{side}={REPLAY}/devices/reported-{side}" for side in ("source", "destination"))))
    m = reports(*DEVICES, *(f"--reported-{side}={REPLAY}/devices/reported-{side}"
                          for side in ("source", "destination")))[0]
    browser.open(path)
    tap.equal("one migration: the numbers of the JSON report", check_migration(browser, m), [])
    tap.equal("one migration: no list", browser.run(
        "return document.getElementById('list').childElementCount"), 0)
    text = report("text", *DEVICES, *(
        f"--reported-{side}={REPLAY}/devices/reported-{side}" for side in ("source", "destination")))
    lines = [" ".join(line.split()) for line in text.splitlines()]
    answer = browser.run(ROWS, "#answer")
    tap.equal("the page says what the text says", [
        row for row in answer if " ".join(row) not in lines and row[1] not in lines], [])
    tap.true("and all of it but how sure", {"outcome", "downtime", "longest part", "QEMU", "libvirt", "to do"}
             == {label for label, _ in answer}, answer)
    spans = browser.run("""return [...document.querySelectorAll(".plot [data-drawn]")].length""")
    tap.true("the timeline is drawn", spans > 60, spans)
    names = browser.run("return [...document.querySelectorAll('.plot text')].map(t => t.textContent)")
    wanted = {"Source host-a", "libvirt", "QEMU", "RAM passes", "devices", "standstill", "vCPU 0",
              "last RAM", "The guest, across both hosts", "Destination host-b, on the source's clock "
              f"to within {fine_cells(m['clock']['offset'])[1]} ms"}
    tap.true("the timeline's tracks", wanted <= set(names), (wanted - set(names), names))
    tap.true("error bars at the hand-over", browser.run(
        "return document.querySelectorAll('.plot path.error').length") > 2, "none")
    timeline(tap, browser, m)
    for width_px in (1024, 1280, 1450, 1600):
        browser.resize(width_px, 800)
        tap.true(f"{width_px} px wide: nothing is wider than that", browser.run(
            "return document.documentElement.scrollWidth <= innerWidth"), "it is wider")
    browser.resize(1024, 800)
    browser.run("location.hash = '1'")
    quiet(tap, browser, "one migration", path)


def ticks(browser):
    return browser.run("""return [...document.querySelectorAll('.plot text.faint')].map(
        t => t.textContent).filter(t => / ms$/.test(t)).map(t => parseFloat(t))""")


def width(browser):
    seen = ticks(browser)
    return seen[-1] - seen[0]


def timeline(tap, browser, m):
    """Wheel, drag and keys; what one hovers over, or comes to, is told with its error."""
    before = ticks(browser)
    browser.keys(".plot", "+")
    tap.true("a key zooms in", width(browser) < (before[-1] - before[0]) * 0.8, ticks(browser))
    browser.keys(".plot", MINUS + RIGHT * 5)
    tap.true("a key moves it", ticks(browser)[0] > before[0], (before, ticks(browser)))
    browser.keys(".plot", "0")
    tap.true("a key shows all of it", ticks(browser)[-1] >= 2000, ticks(browser))
    browser.run("[...document.querySelectorAll('.controls button')].find("
                "b => b.textContent === 'Standstill').click()")
    tap.equal("a button shows the standstill", ticks(browser), before)
    box = browser.run("""const b = document.querySelector('.plot').getBoundingClientRect();
        document.querySelector('.plot').scrollIntoView({block: 'center'});
        const c = document.querySelector('.plot').getBoundingClientRect();
        return [Math.round(c.left + c.width / 2), Math.round(c.top + 60)]""")
    browser.act({"type": "pointer", "id": "mouse", "actions": [
        {"type": "pointerMove", "x": box[0], "y": box[1]}, {"type": "pointerDown", "button": 0},
        {"type": "pointerMove", "x": box[0] - 200, "y": box[1]}, {"type": "pointerUp", "button": 0}]})
    dragged = ticks(browser)
    tap.true("dragging moves it", dragged[0] > before[0], (before, dragged))
    browser.act({"type": "wheel", "id": "wheel", "actions": [
        {"type": "scroll", "x": box[0], "y": box[1], "deltaX": 0, "deltaY": -120, "duration": 0}] * 4})
    tap.true("the wheel zooms, once it has the focus", width(browser) < (dragged[-1] - dragged[0]) * 0.8,
             (dragged, ticks(browser)))
    hovered(tap, browser, m)


def hovered(tap, browser, m):
    browser.run("[...document.querySelectorAll('.controls button')].find("
                "b => b.textContent === 'Standstill').click()")
    place = browser.run("""const text = [...document.querySelectorAll('.plot text.on-bar')].find(
        t => t.textContent === 'last RAM').getBoundingClientRect();
        return [Math.round(text.left + 2), Math.round(text.top + 4)]""")
    browser.act({"type": "pointer", "id": "mouse", "actions": [
        {"type": "pointerMove", "x": place[0], "y": place[1]}]})
    tip = browser.run("return document.getElementById('tip').innerText")
    part = next(p for p in m["breakdown"] if p["name"] == "last RAM")
    tap.true("hovering tells the details", tip.startswith("last RAM\nstandstill, both hosts\nat ") and
             f"takes {fine(part['duration']['est_ns'])} ms" in tip.splitlines(), tip)
    browser.keys(".plot", DOWN)
    found = set(browser.run(STEP_THROUGH))
    part = next(p for p in m["breakdown"] if p["name"] == "Finish call in transit")
    takes = f"takes {' ms '.join(fine_cells(part['duration']))}"
    tap.true("keys come to every span, told with its error",
             len(found) > 60 and
             any(tip.startswith("Finish call in transit\n") and takes in tip for tip in found),
             sorted(found))
    browser.keys(".plot", ESCAPE)
    tap.true("Escape leaves it", browser.run("return document.getElementById('tip').hidden"), "shown")


def many_migrations(tap, browser, directory):
    path = pathlib.Path(directory) / "many.html"
    path.write_text(report("html", *ALL))
    all_reports = reports(*ALL)
    browser.open(path)
    faults, wide = [], []
    for index, m in enumerate(all_reports):
        browser.run("location.hash = arguments[0]", str(index + 1))
        browser.run(f"document.querySelector('tr[data-index=\"{index}\"] button').click()")
        faults += check_migration(browser, m)
        if browser.run("return document.documentElement.scrollWidth > innerWidth"):
            wide.append(m["domain"]["name"])
    tap.equal(f"{len(all_reports)} migrations: the numbers of the JSON report", faults, [])
    tap.equal("1024 px wide: nothing is wider than that", wide, [])
    tap.equal("one row is the chosen one", browser.run(
        "return [...document.querySelectorAll('#list .chosen')].map(row => row.dataset.index)"),
        [str(len(all_reports) - 1)])
    rows = browser.run(ROWS, "#list tbody")
    tap.equal("the list has them all", len(rows), len(all_reports))
    shown = {(row[1], row[3]): row[5:7] for row in rows}
    bad = [row for row in rows if row[5] != "unknown" and
           row[5:7] not in [figure_cells(m["downtime"]) for m in all_reports if
                            "unknown" not in m["downtime"] and m["domain"]["name"] == row[1]]]
    tap.equal("the list's downtimes", (bad, len(shown) > 50), ([], True))
    sorting(tap, browser, all_reports)
    distribution(tap, browser, all_reports)
    comparison(tap, browser, all_reports)
    quiet(tap, browser, "many migrations", path)


def sorting(tap, browser, all_reports):
    head = """[...document.querySelectorAll('#list thead button')].find(
        b => b.textContent.startsWith('Downtime'))"""
    for way, name in ((1, "ascending"), (-1, "descending")):
        browser.run(f"{head}.click()")
        order = browser.run("return [...document.querySelectorAll('#list tbody tr')].map("
                            "row => Number(row.dataset.index))")
        times = [all_reports[index]["downtime"].get("est_ns") for index in order]
        known = [time for time in times if time is not None]
        tap.equal(f"sorted by downtime, {name}: the unknown last", (known, times[len(known):]),
                  (sorted(known, reverse=way < 0), [None] * (len(times) - len(known))))
        tap.equal(f"{name}: told to those who cannot see it", browser.run(
            f"return {head}.closest('th').getAttribute('aria-sort')"), name)


def distribution(tap, browser, all_reports):
    known = sorted(m["downtime"]["est_ns"] for m in all_reports if "unknown" not in m["downtime"])
    half = len(known) // 2
    median = known[half] if len(known) % 2 else (known[half - 1] + known[half]) // 2
    tap.equal("distribution: in words", browser.run(
        "return document.getElementById('distribution').textContent"),
        f"{len(known)} known: shortest {decimal(rounded(known[0], 10**5), 1)} ms, median "
        f"{decimal(rounded(median, 10**5), 1)} ms, longest {decimal(rounded(known[-1], 10**5), 1)} ms.")
    bars = browser.run("return [...document.querySelectorAll('#list svg[role=img]:not(#chart) title')].map("
                       "t => t.textContent)")
    tap.equal("distribution: every known one is in a class",
              sum(int(bar.rsplit(" ", 1)[1]) for bar in bars), len(known))


def comparison(tap, browser, all_reports):
    known = [i for i, m in enumerate(all_reports) if m["breakdown"] and "unknown" not in m["downtime"]]
    one, other = known[0], known[1]
    for index in (one, other):
        browser.run(f"document.querySelector('tr[data-index=\"{index}\"] input').click()")
    got = {row[0]: row[1:] for row in browser.run(ROWS, "#compared tbody")}
    a, b = all_reports[one], all_reports[other]
    bad = []
    for name in ("downtime", "transfer", "elapsed"):
        less = {"est_ns": b[name]["est_ns"] - a[name]["est_ns"],
                "lo_ns": b[name]["lo_ns"] - a[name]["hi_ns"], "hi_ns": b[name]["hi_ns"] - a[name]["lo_ns"]}
        wanted = [*fine_cells(a[name]), *fine_cells(b[name]), *fine_cells(less)]
        if got[name] != wanted:
            bad.append((name, got[name], wanted))
    tap.equal("two compared: figures, and by how much they differ", bad, [])
    for m, column in ((a, 0), (b, 2)):
        total = sum(round(float(cells[column].replace("-", "0")) * 1000)
                    for name, cells in got.items() if ", " in name)
        tap.true("two compared: the parts of each are all there",
                 abs(total * 1000 - m["downtime"]["est_ns"]) < 1000 * len(got), (total, m["downtime"]))


def copies(directory, count):
    """So many migrations of one kind, an hour apart, each of a domain of its own."""
    files = []
    for number in range(count):
        for file in sorted((REPLAY / "p2p").glob("*.jsonl")):
            text = re.sub(r"\b[0-9a-f]{8}(-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})",
                          lambda m, number=number: f"{number:08x}{m[1]}", file.read_text())
            text = text.replace("<name>p2p<", f"<name>web{number}<")
            text = re.sub(r'"real_ns":(\d+)', lambda m, number=number: f'"real_ns":{int(m[1]) + number * 3600 * 10**9}', text)
            files.append(pathlib.Path(directory) / f"{number}-{file.name}")
            files[-1].write_text(text)
    return files


def bounded(tap, browser, directory):
    """Of very many migrations the worst are whole, of the others there are the figures."""
    count, whole, shown = 320, 300, 200
    files = [*copies(directory, count), *sorted((REPLAY / "cancelled").glob("*.jsonl")), *DEVICES]
    path = pathlib.Path(directory) / "bounded.html"
    path.write_text(report("html", *files))
    data = json.loads(path.read_text().split('id="data">')[1].split("</script>")[0])
    worst = [index for index, one in data["whole"] if one["report"]["downtime"].get("est_ns", 0) > 0]
    tap.equal("very many: all have a row, the worst are whole", (len(data["rows"]), len(data["whole"]), data["count"]),
              (count + 2, whole, count + 2))
    tap.equal("very many: none that is left out is worse", [
        row["domain"]["name"] for index, row in data["rows"] if index not in worst and
        row["downtime"].get("est_ns", 0) > min(one["report"]["downtime"]["est_ns"] for at, one in data["whole"] if at in worst)], [])
    browser.open(path)
    tap.true("very many: it is said", f"The {whole} worst are here whole" in browser.run(
        "return document.getElementById('summary').textContent"), "")
    first = browser.run("return document.querySelector('#list tbody tr').dataset.index")
    tap.equal("the worst one is the first, and chosen", (browser.run(
        "return document.querySelector('#list .chosen').dataset.index"), "unknown" in data["rows"][int(first)][1]["downtime"]),
              (first, False))
    listed = "return document.querySelectorAll('#list tbody tr').length"
    tap.equal("some rows are drawn, more when they are asked for", (browser.run(listed), browser.run(
        f"document.querySelector('.more button').click(); {listed}"), browser.run("return !document.querySelector('.more')")),
              (shown, count + 2, True))
    tap.equal("the chart has a dot for each", browser.run("return document.querySelectorAll('#chart .dot').length"), count + 1)
    short = next(index for index, _ in data["rows"] if index not in {at for at, _ in data["whole"]})
    browser.run(f"document.querySelector('tr[data-index=\"{short}\"] button').click()")
    tap.equal("of one that is not whole its figures, and how to have the rest", (
        [row[0] for row in browser.run(ROWS, "#figures tbody")], "migtrace report --uuid" in browser.run(
            "return document.getElementById('detail').textContent")), (["downtime", "elapsed"], True))
    for text, outcome, wanted in (("WEB31", "", 11), ("cancelled", "", 1), ("", "cancelled", 1), ("", "completed", count + 1),
                                  ("no such", "", 0), ("0000000a-", "", 1), ("host-a", "", count + 2), ("", "", count + 2)):
        browser.run("""document.getElementById("filter-text").value = arguments[0];
            document.getElementById("filter-outcome").value = arguments[1];
            document.getElementById("filter-text").dispatchEvent(new Event("input"))""", text, outcome)
        said = browser.run("return document.getElementById('filter-count').textContent")
        tap.equal(f"filter {text!r}, {outcome!r}: {wanted}", (browser.run(listed), said), (
            min(wanted, shown), "" if wanted == count + 2 else f"{wanted} of {count + 2}"))
    quiet(tap, browser, "very many", path)


def labels(tap, browser, directory):
    """Where a time may be in truth is marked, and no label stands there."""
    path = pathlib.Path(directory) / "labels.html"
    path.write_text(report("html", *sorted((REPLAY / "vcpus-8").glob("*.jsonl"))))
    browser.open(path)
    browser.run("[...document.querySelectorAll('.controls button')].find(b => b.textContent === 'Hand-over').click()")
    over = browser.run("""const boxes = css => [...document.querySelectorAll(css)].map(n => [n.textContent, n.getBoundingClientRect()]);
        const marks = boxes(".plot path.error");
        return [marks.length, boxes(".plot text.on-bar").filter(([, a]) => marks.some(([, b]) =>
            a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom && b.top < a.bottom)).map(([text]) => text)]""")
    tap.equal("no mark is over a label", (over[0] > 10, over[1]), (True, []))
    quiet(tap, browser, "labels", path)


def hostile(tap, browser, directory):
    """Names come from other hosts: they are text, whatever they say."""
    recording = pathlib.Path(directory) / "hostile.jsonl"
    name = HOSTILE.replace("&amp;", "&")
    cookie = re.sub("[<>&]", lambda c: {"<": "&lt;", ">": "&gt;", "&": "&amp;"}[c[0]], name)
    lines = [json.loads(line) for line in DEVICES[0].read_text().splitlines()]
    for line in lines:
        if line.get("cookie_head"):
            line["cookie_head"] = f"<qemu-migration>\n  <name>{cookie}</name>"[:255]
        if line["kind"] == "daemon":
            line["host"] = "</script><b>h"
        if line["kind"] == "target":
            line["missing"] = [{"name": "<script>f", "why": "for the test"}, {"name": "g"}]
        if line.get("device"):
            line["device"] = "<img src=x onerror=document.title='taken'>"
        if line.get("event") == "qemu-migration-state":
            line["state"] = "</script><script>document.title='taken'</script>"
    recording.write_text("".join(json.dumps(line) + "\n" for line in lines))
    path = pathlib.Path(directory) / "hostile.html"
    path.write_text(report("html", recording, DEVICES[1]))
    text = path.read_text()
    tap.equal("hostile names: the page has its own script's end, and no other",
              (text.count("</script>"), "<img" in text, "<!--" in text.split('id="data"')[1]),
              (2, False, False))
    browser.open(path)
    m = reports(recording, DEVICES[1])[0]
    tap.true("hostile names: they are in the report", "</script>" in m["domain"]["name"], m["domain"])
    tap.equal("hostile names: shown as text", browser.run(
        "return document.querySelector('h2').textContent"), m["domain"]["name"])
    tap.equal("hostile names: the numbers of the JSON report", check_migration(browser, m), [])
    tap.equal("hostile names: nothing ran, nothing was made of them", browser.run(
        "return [document.title, document.querySelectorAll('img, b, main script').length]"),
        ["Live migrations - migtrace", 0])
    quiet(tap, browser, "hostile names", path)
    browser.run("""const script = document.createElement("script");
        script.textContent = "document.title = 'taken'"; document.body.append(script);
        document.body.append(Object.assign(document.createElement("img"), {src: "http://127.0.0.1:9/x"}))""")
    tap.equal("no script but the page's own may run", browser.run("return document.title"),
              "Live migrations - migtrace")
    tap.equal("nothing may be loaded", [url for url in browser.requests() if "127.0.0.1" in url], [])
    browser.log("browser")


def one_host(tap, browser, directory):
    path = pathlib.Path(directory) / "alone.html"
    path.write_text(report("html", DEVICES[1]))
    browser.open(path)
    tap.equal("one host alone: the numbers of the JSON report",
              check_migration(browser, reports(DEVICES[1])[0]), [])
    tap.equal("one host alone: no error where none is", browser.run(
        "return document.querySelectorAll('.plot path.error').length"), 0)
    quiet(tap, browser, "one host alone", path)
    path.write_text(report("html", *ALL)[:200000])
    browser.open(path)
    tap.true("a page that is cut says so", "not whole" in browser.run(
        "return document.body.innerText"), "nothing said")
    browser.log("browser")
    browser.requests()


def no_axis(tap, browser, directory):
    """Nothing bounds the clocks' offset, so that each host has an axis of its own."""
    files = sorted((REPLAY / "cancelled-switchover").glob("*.jsonl"))
    m = reports(*files)[0]
    path = pathlib.Path(directory) / "no-axis.html"
    path.write_text(report("html", *files))
    browser.open(path)
    tap.equal("no common axis: the numbers of the JSON report", check_migration(browser, m), [])
    said = browser.run("return document.querySelector('#detail').textContent")
    plots = browser.run("return document.querySelectorAll('.plot').length")
    tap.true("no common axis: each host is shown alone, and why is said", plots == 2 and
             f"no common axis, so each is shown alone: {m['clock']['offset']['unknown']}." in said,
             (plots, said[:600]))
    quiet(tap, browser, "no common axis", path)


def wanted_work(part):
    """What its threads did, as lines."""
    def line(words, quantity):
        return [f"{words}: {' ms '.join(fine_cells(quantity)) if half_width(quantity) else fine(quantity['est_ns']) + ' ms'}"
                ] if quantity["hi_ns"] > 0 else []

    if "unknown" in part["on_cpu"]:
        return [f"on a CPU or not unknown: {part['on_cpu']['unknown']}"]
    lines = line("on a CPU", part["on_cpu"])
    lines += line(f"without a CPU, mostly {part['starved']}" if part["starved"] else "without a CPU", part["runnable"])
    lines += line("throttled", part["throttled"])
    for slept in part["slept"]:
        lines += line(f"{slept['thread'] or 'threads'} slept in {slept['in']}", slept["duration"])
    for held in part["held"]:
        lines += line(f"waited for the call {held['by']}", held["duration"])
    return lines


def work_told(tap, browser, directory):
    files = sorted((REPLAY / "lock-held").glob("*.jsonl"))
    m = reports(*files)[0]
    path = pathlib.Path(directory) / "work.html"
    path.write_text(report("html", *files))
    browser.open(path)
    browser.run("[...document.querySelectorAll('.controls button')].find("
                "b => b.textContent === 'Standstill').click()")
    found = [tip.splitlines() for tip in browser.run(STEP_THROUGH)]
    lost = [part["name"] for part in m["breakdown"]
            if not any(tip[0].startswith(part["name"]) and tip[-len(wanted):] == wanted
                       for wanted in [wanted_work(part)] for tip in found)]
    tap.equal("each part's details are what its threads did", lost, [])
    held = [line for tip in found for line in tip if line.startswith("waited for the call domain-get-vcpus: ")]
    tap.true("a call that held a lock is one of them", held, found)
    quiet(tap, browser, "work", path)


def looks(tap, browser, directory):
    path = pathlib.Path(directory) / "one.html"
    browser.open(path)
    colours = "return getComputedStyle(document.body).backgroundColor"
    tap.equal("light", browser.run(colours), "rgb(255, 255, 255)")
    browser.media(scheme="dark")
    tap.equal("dark", browser.run(colours), "rgb(20, 23, 27)")
    browser.media("print", "dark")
    tap.equal("on paper it is light, and has no buttons", browser.run(
        "return [getComputedStyle(document.body).backgroundColor,"
        "getComputedStyle(document.querySelector('.controls')).display]"), ["rgb(255, 255, 255)", "none"])
    browser.media()
    pdf = browser.pdf()
    tap.true("it can be printed", pdf.startswith(b"%PDF") and len(pdf) > 20000, pdf[:20])
    tap.equal("what is folded is printed, too", browser.run(
        "return [...document.querySelectorAll('details')].every(d => d.open)"), True)
    tap.equal("all that can be clicked can be reached by keys", browser.run(
        "return [...document.querySelectorAll('button, input, summary, .plot')].every("
        "node => node.tabIndex >= 0)"), True)
    quiet(tap, browser, "looks", path)


def main():
    tap = Tap()
    with tempfile.TemporaryDirectory() as directory, Browser() as browser:
        browser.resize(1024, 800)
        browser.run("document.title")
        browser.requests()  # of the page that it begins with
        for test in (one_migration, labels, many_migrations, bounded, hostile, one_host, no_axis, work_told, looks):
            tap.run(test, browser, directory)
    tap.end()


if __name__ == "__main__":
    main()
