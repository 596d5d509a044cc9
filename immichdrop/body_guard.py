"""A limit on request bodies, in front of everything that does not take files.

Django copies a whole body to disk before a view runs, so that a limit inside a view comes too late. Here it is held on
Content-Length before a byte is read, and on the bytes as they come where that header is absent or lies.
"""

from immichdrop.asgi_types import Application, Message, Receive, Scope, Send, headers_of

MAX_BODY = 1_000_000  # bytes
_REFUSAL = b'{"error":"body_too_large","message":"The request is larger than 1 MB."}'


class BodyGuard:
    """ASGI middleware that refuses bodies of more than `MAX_BODY` bytes with 413."""

    def __init__(self, app: Application, limit: int = MAX_BODY) -> None:
        self.app = app
        self.limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        declared = headers_of(scope).get("content-length", "")
        if declared.isdigit() and int(declared) > self.limit:
            await self._refuse(send)
            return
        taken = 0

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken <= self.limit:
                return message
            # Django reads a body to its end before it answers, so that nothing was sent yet.
            await self._refuse(send)
            return {"type": "http.disconnect"}

        await self.app(scope, counted, send)

    @staticmethod
    async def _refuse(send: Send) -> None:
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(_REFUSAL)).encode()),
            (b"connection", b"close"),
        ]
        await send({"type": "http.response.start", "status": 413, "headers": headers})
        await send({"type": "http.response.body", "body": _REFUSAL})
