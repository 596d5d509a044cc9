"""The languages of the product, which of its pages speak them, and which one a person gets.

To translate another page: its templates join the mapping in `pyproject.toml` (`[tool.babel]`), and its strings the
catalogues (docs/architecture.md, "Words").
"""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.utils import translation

# By Django's codes, under the names that the people who speak them know.
NAMES: dict[str, str] = {
    "en": "English",
    "de": "Deutsch",
    "fr": "Français",
    "es": "Español",
    "it": "Italiano",
    "pt": "Português",
    "nl": "Nederlands",
    "pl": "Polski",
    "sv": "Svenska",
    "tr": "Türkçe",
    "uk": "Українська",
    "ja": "日本語",
    "zh-hans": "简体中文",
    "ar": "العربية",
}
SOURCE = "en"  # what the pages are written in

# What is in English alone, by the beginning of its route: what administrators and programs read. An address that leads
# nowhere has no route, and is translated too.
IN_ENGLISH = frozenset({"admin", "api"})
ASKED = "lang"  # the address's parameter, which wins, and is remembered


def asked(request: HttpRequest) -> str:
    """The language that the address asks for, one of NAMES; empty without one of ours."""
    try:
        return translation.get_supported_language_variant(request.GET.get(ASKED, ""))
    except LookupError:
        return ""


class LanguageMiddleware(LocaleMiddleware):
    """A person's language: asked for in the address, else kept in the cookie, else the browser's first that we have."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        if language := asked(request):
            translation.activate(language)
            request.LANGUAGE_CODE = language

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponseBase], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        # Django would otherwise mix the words that it brings itself into pages that have none of ours.
        match = request.resolver_match
        if match and match.route.partition("/")[0] in IN_ENGLISH:
            translation.activate(SOURCE)

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        """Pages about what went wrong are everybody's."""
        translation.activate(request.LANGUAGE_CODE)

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        response = super().process_response(request, response)
        if language := asked(request):
            response.set_cookie(
                settings.LANGUAGE_COOKIE_NAME,
                language,
                max_age=settings.LANGUAGE_COOKIE_AGE,
                secure=settings.LANGUAGE_COOKIE_SECURE,
                httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
                samesite=settings.LANGUAGE_COOKIE_SAMESITE,
            )
        translation.deactivate()  # the thread goes on to serve others
        return response
