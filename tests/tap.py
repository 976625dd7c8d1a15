# SPDX-License-Identifier: GPL-2.0-or-later
"""Test results as TAP lines, each with what was expected and what came."""
import difflib
import sys
import traceback


class Tap:
    def __init__(self):
        self.count = 0
        self.failed = 0

    def _print(self, passed, name, detail):
        self.count += 1
        self.failed += not passed
        print(f"{'ok' if passed else 'not ok'} {self.count} - {name}")
        if not passed:
            for line in str(detail).splitlines():
                print(f"# {line}")
        sys.stdout.flush()

    def equal(self, name, got, expected):
        self._print(got == expected, name, f"expected {expected!r}\n     got {got!r}")

    def same_text(self, name, got, expected):
        """As equal(), for texts of many lines: a unified diff says where they part."""
        diff = difflib.unified_diff(expected.split("\n"), got.split("\n"), "expected", "got", lineterm="")
        self._print(got == expected, name, "\n".join(diff))

    def true(self, name, condition, detail):
        self._print(bool(condition), name, detail)

    def skip(self, name, why):
        """What this machine cannot show: no pass, and counted apart."""
        self.count += 1
        print(f"ok {self.count} - {name} # SKIP {why}", flush=True)

    def run(self, function, *args):
        """Calls the test; one that dies has failed, and the rest goes on."""
        try:
            function(self, *args)
        except Exception:  # whatever it is, it is a failure of this test
            self._print(False, function.__name__, traceback.format_exc())

    def end(self):
        print(f"1..{self.count}")
        sys.exit(1 if self.failed else 0)
