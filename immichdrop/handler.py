"""Django behind ASGI, a request in one go.

Django's own handler runs each middleware by itself: into a thread and back to the loop, a dozen times for one request,
and every time behind all else that the loop has to do. No middleware and no view of ours is asynchronous, so that the
whole of them may as well run in the thread at once.
"""

from io import BytesIO

from asgiref.sync import sync_to_async
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from immichdrop.asgi_types import Receive


class OneGoHandler(ASGIHandler):
    async def read_body(self, receive: Receive) -> BytesIO:  # type: ignore[override]  # read like a file, which is all
        """The request's body, in memory: the body guard lets no more than 1 MB through.

        Django's own is a temporary file, which stays open where a request is cancelled or ends by an error.
        """
        body = BytesIO()
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise RequestAborted
            body.write(message.get("body", b""))
            more = bool(message.get("more_body"))
        body.seek(0)
        return body

    def load_middleware(self, is_async: bool = False) -> None:
        super().load_middleware(is_async=False)

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        return await sync_to_async(self.get_response, thread_sensitive=True)(request)
