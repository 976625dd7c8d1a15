# SPDX-License-Identifier: GPL-2.0-or-later
"""What a test expects, as a file in git: text as it is, JSON spread over lines so that a diff can be read."""
import json
import os
import re

WIDTH = 100
TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[][{}:,]|[^][{}:,"\s]+')
CLOSING = {"{": "}", "[": "]"}


def _inner_end(tokens, at):
    """The end of an object or array that has no other in it, or None."""
    for end in range(at + 1, len(tokens)):
        if tokens[end] in CLOSING:
            return None
        if tokens[end] in CLOSING.values():
            return end
    return None


def _spread_line(line):
    tokens, out, depth, at = TOKEN.findall(line), "", 0, 0
    json.loads(line)
    if "".join(tokens) != line:  # or a blank that comes or goes would not be seen
        raise ValueError(f"blanks between tokens: {line:.200}")
    while at < len(tokens):
        token = tokens[at]
        end = _inner_end(tokens, at) if token in CLOSING else None
        flat = end and "".join(t + " " if t in ":," else t for t in tokens[at:end + 1])
        if flat and (end == at + 1 or len(flat) + 2 * depth <= WIDTH):
            out, at = out + flat, end
        elif token in CLOSING:
            depth += 1
            out += token + "\n" + "  " * depth
        elif token in CLOSING.values():
            depth -= 1
            out += "\n" + "  " * depth + token
        else:
            out += {",": ",\n" + "  " * depth, ":": ": "}.get(token, token)
        at += 1
    return out


def spread(text):
    """A document a line, as migtrace prints it, over several lines: not a byte but blanks is changed."""
    lines = text.split("\n")
    if lines.pop() != "":
        raise ValueError(f"no newline at the end: {text[-200:]}")
    return "".join(_spread_line(line) + "\n" for line in lines)


def documents(path):
    """All that such a file holds, parsed."""
    text, at, found = path.read_text(), 0, []
    while at < len(text):
        document, at = json.JSONDecoder().raw_decode(text, at)
        found.append(document)
        at += 1  # the newline
    return found


def same_as(tap, path, got):
    """UPDATE=1 writes what came as what is expected, for a reader of the diff to judge."""
    got = spread(got) if path.suffix == ".json" else got
    if os.environ.get("UPDATE"):
        path.write_text(got)
    tap.same_text(f"{path.parent.name}/{path.name} is as it was", got, path.read_text())
