"""Django behind ASGI, a request in one go.

Django's own handler runs each middleware by itself: into a thread and back to the loop, a dozen times for one request,
and every time behind all else that the loop has to do. No middleware and no view of ours is asynchronous, so that the
whole of them may as well run in the thread at once.
"""

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIHandler
from django.http import HttpRequest
from django.http.response import HttpResponseBase


class OneGoHandler(ASGIHandler):
    def load_middleware(self, is_async: bool = False) -> None:
        super().load_middleware(is_async=False)

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        return await sync_to_async(self.get_response, thread_sensitive=True)(request)
