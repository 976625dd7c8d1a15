# SPDX-License-Identifier: GPL-2.0-or-later
"""Real halves as those of other hosts: names, UUIDs and clocks are written anew, and nothing else."""
import gzip
import hashlib
import hmac
import json
import pathlib
import re
import tempfile
import time
import uuid

from fleet import HOSTS, halves, stores_of

ID_TIME = "%Y%m%dT%H%M%S"


class Half:
    """One host's, as its store has it."""

    def __init__(self, host, id, text):
        self.host, self.id, self.text = host, id, text

    @property
    def body(self):
        return gzip.compress(self.text.encode(), 6)


class Template:
    """A real migration with both halves."""

    def __init__(self, kind):
        with tempfile.TemporaryDirectory() as folder:
            stores = stores_of(pathlib.Path(folder), [kind])
            self.halves = []
            for letter, host in HOSTS.items():
                path, = halves(stores[letter])
                self.halves.append(Half(host, path.name.partition(".")[0], gzip.decompress(path.read_bytes()).decode()))
        self.uuid, = {found for half in self.halves for found in re.findall(r'"uuid":"([0-9a-f-]{36})"', half.text)}
        self.name, = set(re.findall(r"<name>(.*?)</name>", "".join(half.text for half in self.halves)))

    def play(self, source, destination, at_s=None, domain=None, name="guest"):
        """The same between these two hosts, at that time of their wall clocks: two halves, the source's first."""
        domain = domain or str(uuid.uuid4())
        shift = int(at_s or time.time()) - self.began_s(self.halves[0])
        return [self._written(half, (source, destination), shift, domain, name) for half in self.halves]

    @staticmethod
    def began_s(half):
        return int(time.mktime(time.strptime(half.id.partition("-")[0], ID_TIME)) - time.timezone)

    def _written(self, half, hosts, shift, domain, name):
        text = half.text.replace(self.uuid, domain)
        for old, new in zip(HOSTS.values(), hosts):
            text = text.replace(old, new)
        host = hosts[list(HOSTS.values()).index(half.host)]
        text = text.replace(f"<name>{self.name}</name>", f"<name>{name}</name>").replace(
            f'"comm":"vm-{self.name}"', f'"comm":"vm-{name}"').replace(f'"name":"{self.name}"', f'"name":"{name}"')
        text = re.sub(r'("kind":"header","schema":"[^"]*","id":")[^"]*(","host":")[^"]*(.*?"boot_id":")[^"]*', lambda m: (
            f"{m[1]}{uuid.uuid4()}{m[2]}{host}{m[3]}{uuid.uuid5(uuid.NAMESPACE_DNS, host)}"), text, count=1)
        text = re.sub(r'"hostuuid":"[^"]*"', f'"hostuuid":"{uuid.uuid5(uuid.NAMESPACE_URL, host)}"', text)
        text = re.sub(r'"real_ns":(\d+)', lambda m: f'"real_ns":{int(m[1]) + shift * 10**9}', text)
        began, _, role = half.id.split("-")
        began = time.strftime(ID_TIME, time.gmtime(self.began_s(half) + shift))
        return Half(host, f"{began}-{domain[:8]}-{role}", text)


class Speaker:
    """Speaks as hosts do: it has the collector's key, of which theirs are made."""

    def __init__(self, data):
        self.key = bytes.fromhex((data / "collector.key").read_text())
        self.numbers = {}

    def message(self, kind, host, body=b"", **fields):
        head = json.dumps({"schema": "migtrace.message/1", "kind": kind, "host": host,
                           "store": hashlib.sha256(host.encode()).hexdigest()[:32], "nonce": uuid.uuid4().hex,
                           "number": self.numbers.get(host, 0), **fields}).encode()
        key = hmac.digest(self.key, b"migtrace host " + host.encode(), "sha256")
        return head + b"\n" + hmac.digest(key, head, "sha256").hex().encode() + b"\n" + body

    def half(self, half):
        """Under the next number of its host."""
        body = half.body
        self.numbers[half.host] = self.numbers.get(half.host, 0) + 1
        return self.message("half", half.host, body, id=half.id, sha256=hashlib.sha256(body).hexdigest())

    def ask(self, host):
        return self.message("ask", host)
