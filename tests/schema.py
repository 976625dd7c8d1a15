# SPDX-License-Identifier: GPL-2.0-or-later
"""Lines of JSON held against what `migtrace schema` says of them."""
import json
import subprocess

import jsonschema

from recorder import MIGTRACE

SHOWN = 3


class Schema:
    """Of one NAME, or of all that migtrace writes."""

    def __init__(self, *name, program=MIGTRACE):
        self.document = json.loads(subprocess.run([program, "schema", *name], capture_output=True,
                                                  check=True).stdout)
        self.validator = jsonschema.Draft202012Validator(self.document)

    def faults(self, lines):
        """What is wrong with the first lines that are not as it says: lines are text, or parsed."""
        found = []
        for line in lines:
            line = json.loads(line) if isinstance(line, str) else line
            found += [f"{error.json_path}: {error.message:.300}"
                      for error in self.validator.iter_errors(line)]
            if len(found) >= SHOWN:
                break
        return found[:SHOWN]
