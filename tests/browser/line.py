"""The line between a browser and the server, which tests cut without anybody being told."""

import asyncio
import contextlib
import threading
from types import TracebackType

BLOCK = 1 << 16


class Line:
    """A context manager. Browsers go to `url`; `sent` counts the bytes that went on to the server, heads included."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.sent = 0
        self.url = ""
        self._whole = True
        self._ends: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="line", daemon=True)

    def __enter__(self) -> "Line":
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._whole = False
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def cut(self) -> None:
        """Resets what is connected, and from now on whatever connects."""
        self._whole = False
        self._loop.call_soon_threadsafe(self._reset)

    def mend(self) -> None:
        self._whole = True

    def _reset(self) -> None:
        for end in self._ends:
            end.transport.abort()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._relay, "127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        self._ready.set()
        self._loop.run_forever()
        server.close()
        self._reset()  # ends every relay
        self._loop.run_until_complete(asyncio.gather(*asyncio.all_tasks(self._loop)))
        self._loop.close()

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._whole:
            writer.transport.abort()
            return
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:  # the server is away
            writer.transport.abort()
            return
        ends = {writer, far_writer}
        self._ends |= ends
        ways = [
            asyncio.ensure_future(self._carry(*way))
            for way in ((reader, far_writer, True), (far_reader, writer, False))
        ]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for end in ends:
            end.transport.abort()
        await asyncio.gather(*ways)
        self._ends -= ends

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, counted: bool) -> None:
        with contextlib.suppress(ConnectionError):
            while block := await reader.read(BLOCK):
                self.sent += counted * len(block)
                writer.write(block)
                await writer.drain()
