# SPDX-License-Identifier: GPL-2.0-or-later
"""What may not cost more than it did, counted in instructions, which no other work on the machine changes."""
import json
import os
import pathlib

NEAR = 0.03  # of what it was


class Gate:
    """Numbers by their names, as the file of that name in gates has them; UPDATE=1 writes it anew."""

    def __init__(self, name):
        self.path = pathlib.Path(__file__).parent / f"gates/{name}.json"
        self.was = json.loads(self.path.read_text()) if self.path.exists() else {}

    def check(self, tap, what, counted):
        if os.environ.get("UPDATE"):
            self.path.write_text(json.dumps({**self.was, **counted}, indent=1, sort_keys=True) + "\n")
            return
        more = {name: (self.was.get(name), now) for name, now in counted.items()
                if not abs(now - self.was.get(name, 0)) <= NEAR * now}
        tap.equal(f"{what}: as many instructions as before, within {NEAR:.0%} (fewer: UPDATE=1)", more, {})
        tap.equal(f"{what}: nothing that was counted is missing", sorted(self.was.keys() - counted.keys()), [])
