#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A collector's page in a real browser: the list, by hosts and pairs of them, and what has changed; nothing is written."""
import pathlib
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

sys.path[:0] = [str(pathlib.Path(__file__).parents[1]), str(pathlib.Path(__file__).parents[1] / "pictures")]
from fleet import Collector
from played import Speaker, Template
from schema import Schema
from tap import Tap
from waiting import eventually, need
from webdriver import Browser

HOSTILE = "<img src=x onerror=document.title=1>"
BEFORE, SINCE = 12, 12  # migrations of the one pair
STEP_S = 600
ROWS = """return [...document.querySelectorAll(arguments[0] + " tr")].map(
    row => [...row.cells].map(cell => cell.textContent))"""
LINES = "return [...document.querySelectorAll('#changes li')].map(line => line.textContent)"


def send(collector, speaker, halves):
    for half in halves:
        status, said = collector.post(speaker.half(half))
        if status != 200:
            raise RuntimeError(said)


def fleet(collector):
    """Of one pair the downtime changed in the midst; there is another way, and another pair."""
    speaker, direct, p2p = Speaker(collector.data), Template("direct"), Template("p2p")
    began = int(time.time()) - 2 * (BEFORE + SINCE) * STEP_S
    for i in range(BEFORE + SINCE):
        send(collector, speaker, (p2p if i < BEFORE else direct).play("node-1", "node-2", began + i * STEP_S, name=f"web{i}"))
    send(collector, speaker, p2p.play("node-2", "node-1", began, name="back"))
    send(collector, speaker, p2p.play("node-1", "node-3", began, name="other"))
    need("all", lambda: len(collector.migrations()) == BEFORE + SINCE + 2)
    return began + BEFORE * STEP_S


def is_said(browser, text):
    return eventually(lambda: text in browser.run("return document.getElementById('sum').textContent"))


def type_in(browser, **values):
    for name, value in values.items():
        browser.run("document.querySelector(arguments[0]).value = ''", f"#filter [name={name}]")
        browser.keys(f"#filter [name={name}]", value)
    browser.click("#filter button")


def listed(tap, browser, collector):
    browser.visit(collector.url + "/")
    tap.true("all of them", is_said(browser, f"{BEFORE + SINCE + 2} migrations, the worst first"), "never")
    rows = browser.run(ROWS, "#rows")
    known = [float(row[6].split()[0]) for row in rows]
    tap.equal("the worst first", known, sorted(known, reverse=True))
    type_in(browser, host="node-2")
    tap.true("of one host, either way", is_said(browser, f"{BEFORE + SINCE + 1} migrations"), "never")
    type_in(browser, host="node-3")
    tap.true("of another", is_said(browser, "1 migrations"), "never")
    tap.equal("its row", [row[1:5] for row in browser.run(ROWS, "#rows")], [["other", "node-1", "node-3", "p2p"]])


def changes(tap, browser, collector, changed_s):
    browser.visit(collector.url + "/?from=node-2&to=node-1")
    tap.true("a pair by its address", is_said(browser, "1 migrations"), "never")
    tap.equal("of one nothing has changed", browser.run(LINES), [])
    tap.equal("the address is in the form", browser.run("return document.querySelector('[name=from]').value"), "node-2")
    type_in(browser, **{"from": "node-1", "to": "node-2"})
    tap.true("the pair", is_said(browser, f"{BEFORE + SINCE} migrations"), "never")
    lines = browser.run(LINES)
    wanted = browser.run("return new Date(arguments[0] * 1000).toISOString().replace('T', ' ').slice(0, 16)", changed_s)
    tap.true("its downtime has changed, when the others began", any(
        line.startswith(f"downtime changed at {wanted} UTC: median before ") for line in lines), lines)
    tap.equal("its address", browser.run("return location.search"), "?from=node-1&to=node-2")
    browser.run("[...document.querySelectorAll('#rows a')].find(a => a.textContent === 'node-2').click()")
    tap.true("a row leads to its pair", is_said(browser, f"{BEFORE + SINCE} migrations"), "never")
    browser.run("[...document.querySelectorAll('#rows a')].find(a => a.textContent === 'web0').click()")
    tap.true("and to its page", eventually(lambda: browser.run(
        "return location.pathname.startsWith('/migrations/') && !!document.getElementById('figures')")), browser.run(
            "return document.body.textContent"))


def documents(tap, _, collector):
    tap.equal("what the page reads is as the schema says", [Schema(name).faults([collector.get(path)]) for name, path in (
        ("fleet", "/v1/migrations"), ("fleet.changes", "/v1/changes"), ("fleet.changes", "/v1/changes?from=nowhere"))], [[]] * 3)


def read_only(tap, browser, collector):
    """Words of others are text; no way to ask changes anything."""
    browser.log("browser")
    browser.visit(f"{collector.url}/?domain={urllib.parse.quote(HOSTILE)}")
    tap.true("a name that is no name", is_said(browser, "0 migrations"), "never")
    tap.equal("the console is empty", browser.log("browser"), [])
    for method, path in (("POST", "/"), ("PUT", "/v1/migrations"), ("DELETE", "/v1/migrations/x"), ("POST", "/v1/changes")):
        request = urllib.request.Request(collector.url + path, data=b"x", method=method)
        try:
            with urllib.request.urlopen(request) as answer:
                status = answer.status
        except urllib.error.HTTPError as error:
            status = error.code
        tap.equal(f"{method} {path}", status, 405)
    tap.equal("all is there", len(collector.migrations()), BEFORE + SINCE + 2)


def main():
    tap = Tap()
    with tempfile.TemporaryDirectory() as folder:
        with Collector(pathlib.Path(folder) / "data") as collector, Browser() as browser:
            changed_s = fleet(collector)
            tap.run(listed, browser, collector)
            tap.run(changes, browser, collector, changed_s)
            tap.run(documents, browser, collector)
            tap.run(read_only, browser, collector)
    tap.end()


if __name__ == "__main__":
    main()
