"""Addresses of the API that lead nowhere, or were put together a little wrong."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.defaults import page_not_found

API = "/api/"


def as_meant(method: str, path: str) -> str:
    """The path without what Shortcuts and scripts get wrong: a server's address that ends with a slash makes `//api/…`,
    and a slash at the end was forgiven to whoever sent something by the server that this one replaces."""
    plain = f"/{path.lstrip('/')}" if path.startswith("//") else path
    if not plain.startswith(API):
        return path
    return plain.rstrip("/") if method == "POST" else plain


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404 as programs read it below `/api/`, in the shapes of both kinds of routes; else a page."""
    if not request.path.startswith(API):
        return page_not_found(request, exception)
    words = HTTPStatus.NOT_FOUND.phrase
    return JsonResponse({"error": "not_found", "detail": words}, status=HTTPStatus.NOT_FOUND)
