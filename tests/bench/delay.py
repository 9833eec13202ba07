# SPDX-License-Identifier: MIT
"""delay.py PORT MS: listens on a free port of 127.0.1.1, which it prints, and
passes connections on to PORT there, each byte MS later in either direction:
what a long link does, without its losses."""

import asyncio
import sys


async def pass_on(reader, writer, delay):
    """Moves bytes one way; they leave in the order they came."""
    loop = asyncio.get_running_loop()
    queue = asyncio.Queue()

    async def send():
        while True:
            due, data = await queue.get()
            await asyncio.sleep(max(0, due - loop.time()))
            if not data:
                break
            writer.write(data)
            await writer.drain()
        writer.close()

    sender = asyncio.ensure_future(send())
    try:
        while True:
            data = await reader.read(65536)
            queue.put_nowait((loop.time() + delay, data))
            if not data:
                break
        await sender
    except ConnectionError:
        sender.cancel()
        writer.close()


async def main():
    port, delay = int(sys.argv[1]), float(sys.argv[2]) / 1000

    async def on_client(reader, writer):
        far_reader, far_writer = await asyncio.open_connection("127.0.1.1",
                                                               port)
        await asyncio.gather(pass_on(reader, far_writer, delay),
                             pass_on(far_reader, writer, delay),
                             return_exceptions=True)

    server = await asyncio.start_server(on_client, "127.0.1.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
