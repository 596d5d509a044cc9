"""A proxy that is as bad as networks can be: it cuts, resets, hangs, swallows answers, and answers HEAD with 502.

It reads HTTP/1.1 just well enough to know where requests begin. Which request meets what, and after how many bytes, is
drawn from the seed; it counts the body bytes that came out of the client.
"""

import asyncio
import contextlib
import random
import re
import socket
import struct
import threading
from collections import Counter
from enum import Enum

from tests.serving import PATIENCE

BLOCK = 1 << 16
HANG = 0.3  # seconds until a client's side of a hanging connection is reset; the server's side stays open
LONGEST_QUIET = 4  # requests
RECEIVE_BUFFER = 1 << 16  # so that few bytes leave the client without being seen here
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
BAD_GATEWAY = b"HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nContent-Length: 0\r\n\r\n"


class Fault(Enum):
    CUT = "both sides are closed in the middle of the request"
    RESET = "both sides are reset in the middle of the request"
    HANG = "nothing goes on, and the server never hears that the client has gone"
    DEAF = "the request comes whole, and its answer never arrives"
    TRUNCATED = "the answer breaks off"
    BAD_GATEWAY = "a HEAD is answered with 502"


IN_THE_BODY = (Fault.CUT, Fault.RESET, Fault.HANG)
Pipe = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class GoneError(Exception):
    """A connection ended in the middle, by itself or by a fault."""


class ChaosProxy:
    """`often`: how many of the requests meet a fault, 0 … 1, and never less than every fourth.

    `whole_lines`: an answer breaks off between its header's lines, never within one; for clients that take half a
    line for a whole one, and so half an address for an address. A context manager; `url` is where clients go.
    """

    def __init__(self, port: int, seed: int, often: float, *, whole_lines: bool = False) -> None:
        self.target = port
        self.whole_lines = whole_lines
        self.dice = random.Random(seed)
        self.often = often
        self.quiet = 0  # requests since the last fault
        self.received = 0  # body bytes
        self.met: Counter[Fault] = Counter()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.lines: set[asyncio.StreamWriter] = set()
        self.hanging: set[asyncio.StreamWriter] = set()
        self.failure: BaseException | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="chaos-proxy", daemon=True)

    def __enter__(self) -> "ChaosProxy":
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *error: object) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()
        if kind is None and self.failure:
            raise self.failure

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._over = asyncio.Event()
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            self._loop.close()

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._accept, sock=self.listener, limit=BLOCK)
        await self._over.wait()
        server.close()
        for line in self.lines:  # whoever still reads from one ends by it
            line.transport.abort()
        await asyncio.gather(*(asyncio.all_tasks() - {asyncio.current_task()}))

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.lines.add(writer)
        try:
            upstream = await asyncio.open_connection("127.0.0.1", self.target, limit=BLOCK)
            self.lines.add(upstream[1])
            try:
                while not self._over.is_set():
                    await self._request((reader, writer), upstream)
            finally:
                if upstream[1] not in self.hanging:
                    upstream[1].close()
        except (GoneError, EOFError, OSError):
            pass  # the client finds out by itself
        except Exception as error:  # noqa: BLE001 - told by the test, which would only see a broken line
            self.failure = error
        finally:
            writer.close()

    async def _request(self, client: Pipe, server: Pipe) -> None:
        head = await client[0].readuntil(b"\r\n\r\n")
        method = head.partition(b" ")[0]
        length = _length(head)
        fault = self._draw(method)
        if fault:
            self.met[fault] += 1
        if fault is Fault.BAD_GATEWAY:
            await _write(client[1], BAD_GATEWAY)
            return
        await _write(server[1], head)
        if fault and fault in IN_THE_BODY:
            await self._body(client[0], server[1], self.dice.randrange(length + 1))
            await self._break(fault, client[1], server[1])
        await self._body(client[0], server[1], length)
        answer = await server[0].readuntil(b"\r\n\r\n")
        if method != b"HEAD" and answer.split()[1] != b"204":
            answer += await server[0].readexactly(_length(answer))
        if fault is Fault.DEAF:
            _reset(client[1])
            raise GoneError
        if fault is Fault.TRUNCATED:
            half = answer[: self.dice.randrange(len(answer))]
            if self.whole_lines and b"\r\n\r\n" not in half:
                half = half[: half.rfind(b"\n") + 1]
            await _write(client[1], half)
            raise GoneError
        await _write(client[1], answer)

    def _draw(self, method: bytes) -> Fault | None:
        self.quiet += 1
        if self.dice.random() >= self.often and self.quiet < LONGEST_QUIET:
            return None
        self.quiet = 0
        if method == b"HEAD":
            return self.dice.choice([Fault.BAD_GATEWAY, Fault.CUT, Fault.DEAF, Fault.TRUNCATED])
        return self.dice.choice([*IN_THE_BODY, Fault.DEAF, Fault.TRUNCATED])

    async def _body(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, length: int) -> None:
        while length:
            block = await reader.read(min(BLOCK, length))
            if not block:
                raise GoneError
            self.received += len(block)
            length -= len(block)
            await _write(writer, block)

    async def _break(self, fault: Fault, client: asyncio.StreamWriter, server: asyncio.StreamWriter) -> None:
        if fault is Fault.HANG:
            self.hanging.add(server)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._over.wait(), HANG)
        if fault is not Fault.CUT:
            _reset(client)
        if fault is Fault.RESET:
            _reset(server)
        raise GoneError


def _length(head: bytes) -> int:
    found = LENGTH.search(head)
    return int(found[1]) if found else 0


async def _write(writer: asyncio.StreamWriter, data: bytes) -> None:
    writer.write(data)
    await writer.drain()


def _reset(writer: asyncio.StreamWriter) -> None:
    """The other side gets a TCP reset, not an orderly end."""
    line = writer.get_extra_info("socket")
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
