"""What makes the pages an app on a phone: the manifest, the service worker, and the page it shows without a network.

The worker's code is `static/src/worker/main.js`; what is served here is the list of what it keeps, under a version that
changes with that list, so that a browser finds a new one with its next look.
"""

import hashlib
import json

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from immichdrop.languages import ASKED, SOURCE

PAPER = "#f7f2ea"  # as in templates/base.html
ICON_SIZES = (192, 512)  # px
# What the pages without a network need. Everything else with a hash in its name is kept once it was loaded.
SHELL_FILES = ("app.css", "page.js", "share.js", "icons.svg", "favicon.svg")
# For a worker that has to go: browsers look for a new one at each visit, and this one takes itself and its caches away.
FAREWELL = """\
self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil((async () => {
  for (const name of await caches.keys()) if (name.startsWith("drop-shell-")) await caches.delete(name);
  await self.registration.unregister();
})()));
"""


@require_safe
def manifest(request: HttpRequest) -> HttpResponse:
    """`GET /manifest.webmanifest`, in the language that its address asks for (W3C Web Application Manifest, and its
    `share_target`)."""
    share = reverse("share")
    body = {
        "id": "/",
        "name": "Immich Drop",
        "short_name": "Immich Drop",
        "description": gettext("Add your photos"),
        "lang": translation.get_language() or SOURCE,
        "dir": "rtl" if translation.get_language_bidi() else "ltr",
        "start_url": share,
        "scope": "/",
        "display": "standalone",
        "theme_color": PAPER,
        "background_color": PAPER,
        "icons": [_icon(size, purpose) for purpose in ("any", "maskable") for size in ICON_SIZES],
        "share_target": {
            "action": share,
            "method": "POST",
            "enctype": "multipart/form-data",
            "params": {
                "title": "title",
                "text": "text",
                "url": "url",
                "files": [{"name": "files", "accept": ["image/*", "video/*"]}],
            },
        },
    }
    response = JsonResponse(body, content_type="application/manifest+json")
    response["Cache-Control"] = "no-cache"
    return response


def _icon(size: int, purpose: str) -> dict[str, str]:
    address = static(f"icons/{purpose}-{size}.png")
    return {"src": address, "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}


@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """`GET /sw.js`: the service worker of the whole site. `language` is that of the pages it keeps."""
    try:
        language = translation.get_supported_language_variant(request.GET.get("language", ""))
    except LookupError:
        language = SOURCE
    response = HttpResponse(_script(language) if settings.SERVICE_WORKER_ENABLED else FAREWELL)
    response["Content-Type"] = "text/javascript; charset=utf-8"
    response["Cache-Control"] = "no-cache"
    return response


def _script(language: str) -> str:
    code = static("worker.js")
    words = [] if language == SOURCE else [f"words/{language}.js"]
    shell = {
        "files": [static(name) for name in (*SHELL_FILES, *words)],
        "offline": f"{reverse('offline')}?{ASKED}={language}",
        "share": f"{reverse('share')}?{ASKED}={language}",
    }
    version = hashlib.sha256(json.dumps([code, shell]).encode()).hexdigest()[:12]
    return f"self.SHELL = {json.dumps({'version': version, **shell})};\nimportScripts({json.dumps(code)});\n"


@require_safe
def offline(request: HttpRequest) -> HttpResponse:
    """`GET /offline`: what the worker shows instead of a page that can't be reached. The same for everybody."""
    return render(request, "offline.html")
