#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Carries TCP connections to another address, each piece late, or the first ones: PORT HOST PORT SECONDS [PIECES]."""
import asyncio
import sys


async def carry(reader, writer, seconds, pieces):
    """Pieces keep their distance: each is late by as much."""
    loop = asyncio.get_running_loop()
    queue = asyncio.Queue()

    async def deliver():
        while (piece := await queue.get()) is not None:
            due, data = piece
            await asyncio.sleep(due - loop.time())
            writer.write(data)
        writer.close()

    delivery = asyncio.create_task(deliver())
    while data := await reader.read(65536):
        queue.put_nowait((loop.time() + (seconds if pieces > 0 else 0), data))
        pieces -= 1
    queue.put_nowait(None)
    await delivery


async def main():
    port, host, to, seconds = int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
    pieces = float(sys.argv[5]) if len(sys.argv) > 5 else float("inf")

    async def connected(reader, writer):
        there_reader, there_writer = await asyncio.open_connection(host, to)
        await asyncio.gather(carry(reader, there_writer, seconds, pieces),
                             carry(there_reader, writer, seconds, pieces))

    server = await asyncio.start_server(connected, None, port)
    async with server:
        await server.serve_forever()


asyncio.run(main())
