"""relay.py PORT TO_PORT BYTES_PER_SECOND: passes connections on, on loopback; what clients send only at that rate."""
import asyncio
import socket
import sys

PIECE = 64 << 10


class Rate:
    """Shared by all connections, as a link is."""

    def __init__(self, bytes_per_second):
        self._rate, self._free = bytes_per_second, 0

    async def take(self, size):
        now = asyncio.get_running_loop().time()
        self._free = max(self._free, now) + size / self._rate
        await asyncio.sleep(self._free - now)


async def pass_on(reader, writer, rate=None):
    try:
        while data := await reader.read(PIECE):
            if rate:
                await rate.take(len(data))
            writer.write(data)
            await writer.drain()
        writer.write_eof()
    except OSError:
        writer.close()


async def main(port, to_port, bytes_per_second):
    rate = Rate(bytes_per_second)

    async def connection(reader, writer):
        there_reader, there_writer = await asyncio.open_connection("127.0.0.1", to_port)
        await asyncio.gather(pass_on(reader, there_writer, rate), pass_on(there_reader, writer))
        for end in (writer, there_writer):
            end.close()

    listening = socket.create_server(("127.0.0.1", port))
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, PIECE)  # what is on the way is not at its goal
    server = await asyncio.start_server(connection, sock=listening, limit=PIECE)
    print("relay listening", flush=True)
    await server.serve_forever()


asyncio.run(main(*map(int, sys.argv[1:])))
