#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A proxy that nobody sees: it answers each end by the other one's address and port. PORT ...

Packets have to be routed to this machine whatever their addresses are.
"""
import socket
import sys
import threading

IP_TRANSPARENT = 19  # linux/in.h


def own(address):
    """A socket with an address that may be another host's."""
    one = socket.socket()
    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    one.setsockopt(socket.SOL_IP, IP_TRANSPARENT, 1)
    one.bind(address)
    return one


def pump(source, sink):
    try:
        while data := source.recv(1 << 16):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:  # one of them is gone: the other one is to know
        for end in (source, sink):
            end.close()


def serve(listener):
    while True:
        client, address = listener.accept()
        server = own(address)
        try:
            server.connect(client.getsockname())
        except OSError:
            client.close()
            continue
        for ends in ((client, server), (server, client)):
            threading.Thread(target=pump, args=ends, daemon=True).start()


def main():
    listeners = [own(("", int(port))) for port in sys.argv[1:]]
    for listener in listeners:
        listener.listen()
    threads = [threading.Thread(target=serve, args=(listener,)) for listener in listeners]
    for thread in threads:
        thread.start()
    print("ready", flush=True)


if __name__ == "__main__":
    main()
