"""The limit that receiving is measured against: a bare ASGI app that writes, hashes and syncs each body."""

import asyncio
import hashlib
import os
import sys
import uuid
from pathlib import Path

import uvicorn

from immichdrop.asgi_types import Receive, Scope, Send

BLOCK = 1 << 20
folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path()


def _write(descriptor: int, block: bytes, offset: int, digest: "hashlib._Hash") -> None:
    os.pwrite(descriptor, block, offset)
    digest.update(block)


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    descriptor = os.open(folder / uuid.uuid4().hex, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    digest, offset, block, more = hashlib.sha1(usedforsecurity=False), 0, bytearray(), True
    while more:
        message = await receive()
        block += message.get("body", b"")
        more = bool(message.get("more_body"))
        if len(block) >= BLOCK or not more:
            await asyncio.to_thread(_write, descriptor, bytes(block), offset, digest)
            offset += len(block)
            block.clear()
    await asyncio.to_thread(os.fdatasync, descriptor)
    os.close(descriptor)
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[2]), lifespan="off", log_level="warning", access_log=False)
