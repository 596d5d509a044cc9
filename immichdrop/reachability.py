"""Whether an Immich answers, for the banner of hosts' pages (`POST /api/ping`)."""

import threading
import time
from collections.abc import Callable
from typing import TypedDict

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from immichdrop.immich import Immich, ImmichError
from immichdrop.models import ImmichAccount, User
from immichdrop.openapi import Operation, describes

FRESH = 5.0  # seconds that an answer holds, so that nobody can make us knock at Immich's door without end


class Pong(TypedDict):
    """`POST /api/ping`: whether Immich answers; its address is told to hosts alone."""

    ok: bool
    base_url: str | None
    album_name: str | None


def answers(address: str) -> bool:
    """Asks the server at this address whether it is an Immich."""
    try:
        with Immich(address, "", connect_timeout=2, read_timeout=3) as immich:
            immich.ping()
    except ImmichError:
        return False
    return True


class Reachability:
    """What each address said last. `ask` is asked again when that is older than `FRESH`; `clock` is in seconds."""

    def __init__(self, ask: Callable[[str], bool] = answers, clock: Callable[[], float] = time.monotonic) -> None:
        self._ask = ask
        self._clock = clock
        self._lock = threading.Lock()
        self._last: dict[str, tuple[float, bool]] = {}

    def of(self, address: str) -> bool:
        """Whether there is an Immich at this address; at "" there is none."""
        if not address:
            return False
        with self._lock:
            at, said = self._last.get(address, (float("-inf"), False))
        if self._clock() - at < FRESH:
            return said
        said = self._ask(address)
        with self._lock:
            self._last[address] = (self._clock(), said)
        return said


reachability = Reachability()


@describes(Operation("post", "Does Immich answer?", Pong, login=False))
@csrf_exempt
@require_POST
def ping(request: HttpRequest) -> HttpResponse:
    """`POST /api/ping`: of the host's own Immich, or of the server's; its address is told to hosts alone."""
    host = request.user if isinstance(request.user, User) else None
    address = ImmichAccount.objects.of_owner(host).address
    body = Pong(
        ok=reachability.of(address),
        base_url=(address or None) if host else None,
        album_name=settings.IMMICH_ALBUM_NAME or None,
    )
    return JsonResponse(body)
