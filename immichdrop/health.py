"""Whether the product serves, and whether what it stands on works."""

import os
from typing import TypedDict

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from immichdrop.immich import Immich, ImmichError
from uploads import spool


class Check(TypedDict):
    ok: bool
    detail: str


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """200 as long as this process answers: what a container's health check asks."""
    return JsonResponse({"ok": True})


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Database, spool and Immich one by one. 503 only when the first or second fails: without Immich, files wait."""
    checks = {"database": _database(), "spool": _spool(), "immich": _immich()}
    ready = checks["database"]["ok"] and checks["spool"]["ok"]
    return JsonResponse({"ok": ready, **checks}, status=200 if ready else 503)


def _database() -> Check:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except (DatabaseError, InterfaceError) as error:
        return Check(ok=False, detail=f"The database does not answer: {type(error).__name__}.")
    return Check(ok=True, detail="answers")


def _spool() -> Check:
    place = spool.default()
    try:
        place.probe()
        free = place.free()
    except OSError as error:
        return Check(ok=False, detail=f"The spool can't be written: {os.strerror(error.errno or 0)}.")
    if free <= 0:
        return Check(ok=True, detail="The disk is nearly full: new uploads are refused.")
    return Check(ok=True, detail=f"{free // 1_000_000} MB free for uploads")


def _immich() -> Check:
    if not settings.IMMICH_BASE_URL:
        return Check(ok=False, detail="IMMICH_BASE_URL is not set.")
    try:
        Immich(settings.IMMICH_BASE_URL, settings.IMMICH_API_KEY, connect_timeout=2, read_timeout=3).ping()
    except ImmichError:
        # Anybody may ask, so neither the address nor Immich's own words are told.
        return Check(ok=False, detail="Immich can't be reached. Uploads are kept and wait.")
    return Check(ok=True, detail="reachable")
