"""The server's application: file bytes go to the tus endpoint, the older routes, the Shortcuts', the plain form or the
share target, sockets to Channels, the rest to Django."""

import os
from typing import cast

import django
from channels.routing import ProtocolTypeRouter, URLRouter
from django.conf import settings
from django.urls import path

from immichdrop.asgi_types import Application, Receive, Scope, Send

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "immichdrop.settings")
django.setup(set_prefix=False)

# Only now that Django is set up can anything that has models be imported.
from immichdrop.api_addresses import as_meant  # noqa: E402
from immichdrop.body_guard import BodyGuard  # noqa: E402
from immichdrop.handler import OneGoHandler  # noqa: E402
from immichdrop.proxies import TrustedProxies  # noqa: E402
from immichdrop.static_files import StaticFiles  # noqa: E402
from ingest.downloads import application as downloads  # noqa: E402
from ingest.shortcuts import application as shortcuts  # noqa: E402
from uploads import legacy, plain_form, share_target, spool, staging, tus  # noqa: E402
from uploads.consumers import UploadsConsumer  # noqa: E402


class ByPath:
    """Sends requests that bring files to their own applications, everything else on to Django."""

    def __init__(
        self,
        tus_app: Application,
        legacy_app: Application,
        shortcuts_app: Application,
        urls_app: Application,
        plain_form_app: Application,
        share_app: Application,
        others: Application,
    ) -> None:
        self.tus_app = tus_app
        self.legacy_app = legacy_app
        self.shortcuts_app = shortcuts_app
        self.urls_app = urls_app
        self.plain_form_app = plain_form_app
        self.share_app = share_app
        self.others = others

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self.others
        if not (scope["path"] + "/").startswith(tus.PATH):
            scope = {**scope, "path": as_meant(scope["method"], scope["path"])}
        if (scope["path"] + "/").startswith(tus.PATH):
            app = self.tus_app
        elif scope["path"] in legacy.PATHS:
            app = self.legacy_app
        elif scope["path"] in shortcuts.PATHS:
            app = self.shortcuts_app
        elif scope["path"] in downloads.PATHS:
            app = self.urls_app
        elif plain_form.is_plain_form(scope):
            app = self.plain_form_app
        elif share_target.is_share(scope):
            app = self.share_app
        await app(scope, receive, send)


tus_app = tus.TusApp(spool.default())
legacy_app = legacy.LegacyApp(spool.default())
shortcuts_app = shortcuts.ShortcutsApp(spool.default())
urls_app = downloads.UrlsApp()
plain_form_app = plain_form.PlainFormApp(spool.default())
share_app = share_target.ShareApp(spool.default(), staging.default())
application = TrustedProxies(
    ProtocolTypeRouter(
        {
            "http": ByPath(
                tus_app,
                legacy_app,
                shortcuts_app,
                urls_app,
                plain_form_app,
                share_app,
                StaticFiles(BodyGuard(cast("Application", OneGoHandler())), settings.STATIC_ROOT, settings.STATIC_URL),
            ),
            "websocket": URLRouter([path("ws", UploadsConsumer.as_asgi())]),
        }
    ),
    settings.TRUSTED_PROXIES,
)
