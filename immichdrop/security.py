"""What every answer says about itself (security headers), and which origins may call the API."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import ParamSpec
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse

# Below `/api/`, and yet pages that another site may lead to.
PAGES = frozenset({"/api/docs"})
GetResponse = Callable[[HttpRequest], HttpResponse]
P = ParamSpec("P")

CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob: data:",
        "media-src 'self' blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "worker-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)


def foreign(headers: Mapping[str, str]) -> bool:
    """Whether a browser says that another site sent this request. `headers` are by lower-case name.

    A request without either header comes from a script, not from a stranger's page, and is let through. The own origin
    is the Host header's or `PUBLIC_BASE_URL`'s; its scheme is not compared, since a proxy may end TLS unannounced.
    """
    if headers.get("sec-fetch-site") == "cross-site":
        return True
    origin = headers.get("origin")
    if origin is None:
        return False
    own = {headers.get("host", "").lower(), urlsplit(settings.PUBLIC_BASE_URL).netloc.lower()}
    return urlsplit(origin).netloc.lower() not in own - {""}


def embeddable(view: Callable[P, HttpResponse]) -> Callable[P, HttpResponse]:
    """Gate: lets the sites of `EMBED_ORIGINS` show a guest's page within their own."""

    @wraps(view)
    def answered(*args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        response = view(*args, **kwargs)
        if settings.EMBED_ORIGINS:
            sites = f"frame-ancestors {' '.join(settings.EMBED_ORIGINS)}"
            response["Content-Security-Policy"] = CONTENT_SECURITY_POLICY.replace("frame-ancestors 'none'", sites)
        return response

    return answered


class SecurityHeadersMiddleware:
    """Adds the headers of docs/architecture.md, "Pages", to every answer."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Referrer-Policy", "same-origin")
        if "frame-ancestors 'none'" in response.headers["Content-Security-Policy"]:
            response.headers.setdefault("X-Frame-Options", "DENY")  # older browsers; it knows no list of sites
        response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        if not request.path.startswith(settings.STATIC_URL):
            response.headers.setdefault("Cache-Control", "no-store")
        return response


class SameOriginApiMiddleware:
    """Refuses calls of `/api/` from other sites; in return its views need no CSRF token."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith("/api/") and request.path not in PAGES:
            headers = {name.lower(): value for name, value in request.headers.items()}
            if foreign(headers):
                return JsonResponse({"error": "foreign_origin"}, status=403)
        return self.get_response(request)
