"""The albums a host may choose from: those of the Immich account that the host's links deliver into.

Never without a login: the key is the host's or the server's, and no stranger's to use (fault 2 of the original).
"""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypedDict

import msgspec
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from immichdrop import json_api
from immichdrop.encryption import SecretChangedError
from immichdrop.immich import AccessError, Album, Immich, ImmichError, Unavailable
from immichdrop.json_api import BadRequestError, answers_bad_requests, host_required
from immichdrop.models import ImmichAccount, User
from immichdrop.openapi import Operation, describes

P = ParamSpec("P")
LONGEST_NAME = 200  # characters, as a link's album


class NewAlbum(msgspec.Struct):
    """The body of `POST /api/albums`."""

    name: str | None = None


class AlbumItem(TypedDict):
    """An album in Immich's own words."""

    id: str
    albumName: str
    assetCount: int


def answers_immich_errors(view: Callable[P, HttpResponse]) -> Callable[P, HttpResponse]:
    """Gate: what went wrong at Immich is told in the contract's codes, with Immich's own words for the host."""

    @wraps(view)
    def answered(*args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            return view(*args, **kwargs)
        except AccessError as error:
            return JsonResponse(
                {"error": "forbidden", "message": f"Immich refuses the key: {error.reason}."}, status=403
            )
        except ImmichError as error:
            return JsonResponse({"error": "request_failed", "message": error.reason}, status=502)
        except SecretChangedError:
            words = "The server's secret was changed: enter the Immich key again."
            return JsonResponse({"error": "request_failed", "message": words}, status=502)

    return answered


IMMICH_ERRORS = {403: ["forbidden"], 502: ["request_failed"]}


@describes(
    Operation("get", "The albums to choose from", list[AlbumItem], errors=IMMICH_ERRORS),
    Operation(
        "post",
        "Make an album",
        AlbumItem,
        status=201,
        body=NewAlbum,
        errors={400: ["missing_name"], **IMMICH_ERRORS},
    ),
)
@csrf_exempt
@require_http_methods(["GET", "POST"])
@host_required
@answers_bad_requests
@answers_immich_errors
def albums(request: HttpRequest, host: User) -> HttpResponse:
    """`GET` and `POST /api/albums`."""
    if request.method == "GET":
        return JsonResponse([_item(album) for album in albums_of(host)], safe=False)
    name = (json_api.read(request, NewAlbum).name or "").strip()
    if not name:
        raise BadRequestError("missing_name", "name: what shall the album be called?")
    if len(name) > LONGEST_NAME:
        raise json_api.wrong("name", f"at most {LONGEST_NAME} characters, please.")
    with immich_of(host) as immich:
        return JsonResponse(_item(immich.create_album(name)), status=201)


def albums_of(host: User) -> list[Album]:
    """The albums of the account that this host's links deliver into. Raises ImmichError, SecretChangedError."""
    with immich_of(host) as immich:
        return immich.albums()


def immich_of(host: User) -> Immich:
    """A client of the host's account. Raises Unavailable when no Immich is named, SecretChangedError."""
    account = ImmichAccount.objects.of_owner(host)
    if not account.address:
        raise Unavailable("No Immich is named: IMMICH_BASE_URL is not set.")
    return Immich(account.address, account.api_key, connect_timeout=5, read_timeout=15)


def _item(album: Album) -> AlbumItem:
    return AlbumItem(id=album.id, albumName=album.name, assetCount=album.asset_count)
