# SPDX-License-Identifier: GPL-2.0-or-later
"""Real servers of NATS on loopback, and as much of its protocol as a test has to say itself."""
import json
import pathlib
import socket
import subprocess
import urllib.error
import urllib.request

from waiting import need


def free_ports(count):
    """Ports that nobody listens at."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


class Node:
    """One server, which may be killed and started again with what it has on the disk."""

    def __init__(self, folder, name, port, lines):
        self.folder, self.name, self.port = folder, name, port
        self.monitor, = free_ports(1)
        self.process = None
        folder.mkdir()
        (folder / "conf").write_text("\n".join([
            f"server_name: {name}", f"listen: 127.0.0.1:{port}", f"http: 127.0.0.1:{self.monitor}", *lines]) + "\n")

    def start(self):
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(["nats-server", "-c", self.folder / "conf"], stderr=log)

    def kill(self):
        """As by a loss of power of the machine's other half: the page cache stays."""
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def get(self, path):
        """What it says of itself; {} while it says nothing."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.monitor}{path}", timeout=10) as answer:
                return json.loads(answer.read())
        except (OSError, urllib.error.HTTPError):
            return {}

    def is_up(self):
        """Whether it answers: what it makes of its streams may take 2.9.10 minutes, and is not to matter."""
        if self.process.poll() is not None:
            raise RuntimeError((self.folder / "log").read_text())
        return self.get("/varz")


class Nats:
    """Servers, one or a cluster; lines are more of their configuration."""

    def __init__(self, folder, count=1, lines=(), has_jetstream=True):
        self.nodes = []
        routes = free_ports(count)
        for i, port in enumerate(free_ports(count)):
            own = [*lines]
            if has_jetstream:
                own.append(f"jetstream: {{store_dir: '{folder}/n{i}/store'}}")
            if count > 1:
                own.append(f"cluster: {{name: fleet, listen: '127.0.0.1:{routes[i]}', routes: ["
                           + ", ".join(f"'nats://127.0.0.1:{route}'" for route in routes) + "]}")
            self.nodes.append(Node(folder / f"n{i}", f"n{i}", port, own))

    def __enter__(self):
        self.start(*self.nodes)
        return self

    def __exit__(self, *_):
        for node in self.nodes:
            node.kill()

    def start(self, *nodes):
        for node in nodes:
            node.start()
        for node in nodes:
            need(f"{node.name} is up", node.is_up)

    @property
    def url(self):
        return ",".join(f"nats://127.0.0.1:{node.port}" for node in self.nodes)

    def leader(self, stream):
        """The node that leads the stream; None: nobody does."""
        for node in self.nodes:
            for account in node.get("/jsz?streams=true").get("account_details") or []:
                for detail in account.get("stream_detail") or []:
                    name = (detail.get("cluster") or {}).get("leader")
                    if detail["name"] == stream and name:
                        return next(one for one in self.nodes if one.name == name)
        return None


class Client:
    """A user of a server, whom nothing keeps from what the protocol can say."""

    def __init__(self, node, credentials=None):
        self.socket = socket.create_connection(("127.0.0.1", node.port))
        self.lines = self.socket.makefile("rb")
        self.lines.readline()
        user = {}
        if credentials:
            user = dict(zip(("user", "pass"), pathlib.Path(credentials).read_text().split("\n")))
        self.say("CONNECT " + json.dumps({"verbose": False, "pedantic": False, **user}))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.lines.close()
        self.socket.close()

    def say(self, line, body=None):
        self.socket.sendall(line.encode() + b"\r\n" + (b"" if body is None else body + b"\r\n"))

    def publish(self, subject, body):
        """Returns what the server has against it."""
        self.say(f"PUB {subject} {len(body)}", body)
        self.say("PING")
        against = []
        while (line := self.lines.readline().decode().strip()) != "PONG":
            against.append(line)
        return against

    def ask(self, subject, body=b""):
        """Returns the answer, JSON."""
        self.say("SUB _INBOX.test 1")
        self.say(f"PUB {subject} _INBOX.test {len(body)}", body)
        while not (line := self.lines.readline().decode()).startswith("MSG "):
            pass
        return json.loads(self.lines.read(int(line.split()[-1]) + 2))
