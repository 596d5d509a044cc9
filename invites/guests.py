"""Who a request comes from: guests are known by a secret, in a cookie or a header, never by Django's session.

The same functions serve Django's views, the tus application and the socket; each passes in the headers it has.
"""

import hashlib
import secrets
from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from immichdrop.prepared import Rows
from invites.models import Guest, Invite, Visit

COOKIE = "drop_guest"
SECURE_COOKIE = "__Host-drop_guest"
HEADER = "X-Drop-Guest"
SECRET_BYTES = 16  # 128 bits

_KNOWN_BY = Rows(Guest, "secret_hash = %s")


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def find(header: str | None, cookies: Mapping[str, str]) -> Guest | None:
    """The guest whose secret the header or the cookie holds. The header wins: it is what the page itself knows."""
    for secret in (header, cookies.get(SECURE_COOKIE), cookies.get(COOKIE)):
        if secret and (guest := _KNOWN_BY.first(_hash(secret))):
            return guest
    return None


def of_request(request: HttpRequest) -> Guest | None:
    return find(request.headers.get(HEADER), request.COOKIES)


def create() -> tuple[Guest, str]:
    """A new guest, and the secret that only the guest's browser will know."""
    secret = secrets.token_urlsafe(SECRET_BYTES)
    return Guest.objects.create(secret_hash=_hash(secret)), secret


def hand_over(response: HttpResponse, secret: str, *, secure: bool) -> None:
    """Gives a new guest the secret: as a cookie, and once in a header for pages whose cookies are blocked."""
    response.set_cookie(
        SECURE_COOKIE if secure else COOKIE,
        secret,
        max_age=Guest.COOKIE_AGE,
        path="/",
        secure=secure,
        httponly=True,
        samesite="Lax",
    )
    response[HEADER] = secret


def of_session(invite: Invite | None, session_id: str) -> Guest:
    """The guest of an older client that has no cookie: whoever knows its session's id, at one link alone.

    No secret leads to it, since what stands for the secret's hash is none: it may send, and never list.
    """
    link = str(invite.pk) if invite else "public"
    joined = "\0".join(("session", link, session_id))
    digest = hashlib.sha256(joined.encode()).hexdigest()
    return Guest.objects.get_or_create(secret_hash=f"{Guest.NO_SECRET}{digest[:56]}")[0]


def of_token(secret: str) -> Guest:
    """The guest whom the uploads of a new API token belong to; no secret leads to it either."""
    digest = hashlib.sha256(f"token\0{secret}".encode()).hexdigest()
    return Guest.objects.create(secret_hash=f"{Guest.NO_SECRET}{digest[:56]}")


def visit(guest: Guest, invite: Invite) -> Visit:
    return Visit.objects.get_or_create(guest=guest, invite=invite)[0]


def introduce(guest: Guest, invite: Invite, name: str, message: str) -> None:
    """Keeps the name and message a guest sent along; an empty one leaves what was said before."""
    said = {key: value for key, value in (("name", name), ("message", message)) if value}
    if said:
        Visit.objects.update_or_create(guest=guest, invite=invite, defaults=said)


def unlock(guest: Guest, invite: Invite) -> None:
    """Remembers that this guest gave the link's password."""
    Visit.objects.update_or_create(guest=guest, invite=invite, defaults={"unlocked_at": timezone.now()})
