"""The routes about the server itself."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from . import media_types
from .access import Access
from .messages import ImmichJSON
from .server import Server


def routes(server: Server) -> list[Route]:
    about = _About(server)
    return [
        Route("/.well-known/immich", about.well_known),
        Route("/api/server/ping", about.ping),
        Route("/api/server/version", about.version),
        Route("/api/server/about", server.guard("server.about", about.about)),
        Route("/api/server/features", about.features),
        Route("/api/server/config", about.config),
        Route("/api/server/media-types", about.media_types),
    ]


class _About:
    """Recorded exchanges 001-045."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._api = server.api

    async def well_known(self, request: Request) -> Response:
        return ImmichJSON({"api": {"endpoint": "/api"}})

    async def ping(self, request: Request) -> Response:
        return ImmichJSON({"res": "pong"})

    async def version(self, request: Request) -> Response:
        api = self._api
        numbers: dict[str, object] = {
            "major": api.major,
            "minor": api.minor,
            "patch": api.patch,
        }
        return ImmichJSON(numbers | {"prerelease": None} if api.strict else numbers)

    async def about(self, request: Request, access: Access) -> Response:
        return ImmichJSON(
            {
                "version": f"v{self._api}",
                "versionUrl": f"https://github.com/immich-app/immich/releases/tag/v{self._api}",
                "licensed": False,
                "nodejs": "",
                "exiftool": "",
                "ffmpeg": "",
                "libvips": "",
                "imagemagick": "",
            }
        )

    async def features(self, request: Request) -> Response:
        features = {
            "smartSearch": False,
            "facialRecognition": False,
            "duplicateDetection": False,
            "map": True,
            "reverseGeocoding": True,
            "importFaces": False,
            "sidecar": True,
            "search": True,
            "trash": True,
            "oauth": self._server.oauth,
            "oauthAutoLaunch": False,
            "ocr": False,
            "passwordLogin": self._server.password_login,
            "configFile": False,
            "email": False,
        }
        return ImmichJSON(features | {"realtimeTranscoding": False} if self._api.strict else features)

    async def config(self, request: Request) -> Response:
        config: dict[str, object] = {
            "loginPageMessage": "",
            "trashDays": 30,
            "userDeleteDelay": 7,
            "oauthButtonText": "Login with OAuth",
            "isInitialized": True,
            "isOnboarded": True,
            "externalDomain": self._server.external_domain,
            "publicUsers": True,
            "mapDarkStyleUrl": "https://tiles.immich.cloud/v1/style/dark.json",
            "mapLightStyleUrl": "https://tiles.immich.cloud/v1/style/light.json",
            "maintenanceMode": False,
        }
        return ImmichJSON(config | {"minFaces": 3} if self._api.strict else config)

    async def media_types(self, request: Request) -> Response:
        return ImmichJSON(
            {
                "video": media_types.VIDEO,
                "image": media_types.images(self._api),
                "sidecar": media_types.SIDECAR,
            }
        )
