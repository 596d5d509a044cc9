"""Every route of hosts, walked by strangers: without a login, with another host's, and from another site."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from immichdrop.models import ImmichAccount, User
from immichdrop.sandbox import Sandbox
from invites.models import Invite
from uploads.models import Upload

SECRETS = ("Anna and Ben", "Wedding", "secret.jpg", "owner@example.org")


@dataclass(frozen=True)
class Route:
    """A request of a host about the link {token}. `stranger` is how another host is answered."""

    method: str
    path: str
    stranger: tuple[int, object]
    body: dict[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    def ask(self, client: Client, token: str, **headers: str) -> HttpResponse:
        body = {name: [token] if name == "tokens" else value for name, value in self.body.items()}
        data = None if self.method == "GET" else body
        path = self.path.replace("{token}", token)
        return getattr(client, self.method.lower())(path, data, content_type="application/json", headers=headers)


NOT_FOUND = (404, {"error": "not_found"})
ABOUT_A_LINK = [
    Route("PATCH", "/api/invite/{token}", NOT_FOUND, {"name": "Mine now", "disabled": True, "resetUsage": True}),
    Route("PATCH", "/api/invite/{token}", NOT_FOUND, {"password": "", "maxUses": -1, "expiresAt": None}),
    Route("GET", "/api/invite/{token}/uploads", (403, {"error": "forbidden"})),
    Route("POST", "/api/invites/bulk", (200, {"ok": True, "updated": 0}), {"tokens": None, "action": "disable"}),
    Route("POST", "/api/invites/bulk", (200, {"ok": True, "updated": 0}), {"tokens": None, "action": "enable"}),
    Route("POST", "/api/invites/delete", (200, {"ok": True, "deleted": 0}), {"tokens": None}),
    Route("GET", "/api/invites", (200, {"items": []})),
    Route("GET", "/api/invites?q={token}", (200, {"items": []})),
    Route("GET", "/api/invites?all=true&owner=owner@example.org", (200, {"items": []})),
]
OF_ONES_OWN = [
    Route("POST", "/api/invites", (200, None)),
    Route("GET", "/api/albums", (200, None)),
    Route("POST", "/api/albums", (201, None), {"name": "Party"}),
    Route("POST", "/api/own-page", (200, None), {}),
    Route("GET", "/api/qr?text=anything", (200, None)),
]
ROUTES = ABOUT_A_LINK + OF_ONES_OWN
# Of the host's library in Immich, each with its own tests (tests/invites/test_shared_links_api.py,
# tests/invites/test_shared_link_invites.py, tests/uploads/test_share_back.py).
IN_IMMICH = {
    "api/shared-links",
    "api/shared-links/<str:link_id>",
    "api/shared-links/<str:link_id>/assets",
    "api/shared-links/<str:link_id>/invite",
    "api/invite/<str:token>/shared-link",
}
# What everybody may ask: guests, clients that log in or out, and who wants to know whether we are there.
FOR_EVERYBODY = {
    "api/config",
    "api/uploads",
    "api/uploads/known",
    "api/shared",
    "api/shared/send",
    "api/shared/<uuid:staged_id>",
    "api/invite/<str:token>/auth",
    "api/login",
    "api/logout",
    "api/ping",
    "api/openapi.json",
    "api/docs",
    "api/supported-platforms",
    "api/upload/url/status",  # asks for a token, like the next
    "api/upload/url/status/<str:job_id>",  # asks for a token
    "api/upload/url/status/<str:job_id>/thumbnail",  # asks for a token
}


@pytest.fixture
def invite(db: None) -> Invite:
    owner = User.objects.create_user("owner@example.org")
    invite = Invite(name="Anna and Ben", album_name="Wedding", owner=owner, max_uses=5, used=3)
    invite.set_password("sesame")
    invite.save()
    Upload.objects.create(
        invite=invite,
        account=ImmichAccount.objects.environment(),
        filename="secret.jpg",
        size=5,
        offset=5,
        status="delivered",
        received_at=invite.created_at,
    )
    return invite


@pytest.fixture(params=["another host", "staff"])
def stranger(request: pytest.FixtureRequest, db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_user("stranger@example.org", is_staff=request.param == "staff"))
    return client


def rows() -> list[list[dict[str, object]]]:
    return [list(Invite.objects.order_by("pk").values()), list(Upload.objects.order_by("pk").values())]


def api_patterns(patterns: list[URLPattern | URLResolver]) -> Iterator[str]:
    for pattern in patterns:
        if str(pattern.pattern).startswith("api/"):
            yield str(pattern.pattern)


def test_the_walk_knows_every_route() -> None:
    walked = {route.path.partition("?")[0].removeprefix("/").replace("{token}", "<str:token>") for route in ROUTES}
    assert set(api_patterns(get_resolver().url_patterns)) == walked | IN_IMMICH | FOR_EVERYBODY


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_without_a_login(client: Client, invite: Invite, sandbox: Sandbox, route: Route) -> None:
    before = rows()
    answer = route.ask(client, invite.token)
    assert (answer.status_code, answer.json()) == (401, {"error": "unauthorized"})
    assert rows() == before
    assert sandbox.requests == []


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_with_a_session_that_ended(client: Client, invite: Invite, sandbox: Sandbox, route: Route) -> None:
    owner = User.objects.get(email="owner@example.org")
    client.force_login(owner)
    User.objects.filter(pk=owner.pk).update(is_active=False)
    before = rows()
    assert route.ask(client, invite.token).status_code == 401
    assert rows() == before


@pytest.mark.parametrize("route", ABOUT_A_LINK, ids=str)
def test_another_hosts_link_is_not_there(stranger: Client, invite: Invite, route: Route) -> None:
    before = rows()
    answer, nothing = route.ask(stranger, invite.token), route.ask(stranger, "unknown")
    assert (answer.status_code, answer.json()) == route.stranger
    assert (nothing.status_code, nothing.content) == (answer.status_code, answer.content)
    assert not [secret for secret in SECRETS if secret in answer.content.decode()]
    assert rows() == before


@pytest.mark.parametrize("route", OF_ONES_OWN, ids=str)
def test_what_is_ones_own_tells_nothing_of_others(
    stranger: Client, invite: Invite, sandbox: Sandbox, route: Route
) -> None:
    answer = route.ask(stranger, invite.token)
    assert answer.status_code == route.stranger[0]
    assert not [secret for secret in SECRETS if secret.encode() in answer.content]
    assert Invite.objects.filter(owner__email="owner@example.org").count() == 1


@pytest.mark.parametrize("route", ROUTES, ids=str)
@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example.net"}, {"Sec-Fetch-Site": "cross-site"}])
def test_from_another_site(
    client: Client, invite: Invite, sandbox: Sandbox, route: Route, headers: dict[str, str]
) -> None:
    client.force_login(User.objects.get(email="owner@example.org"))
    before = rows()
    answer = route.ask(client, invite.token, **headers)
    assert (answer.status_code, answer.json()) == (403, {"error": "foreign_origin"})
    assert rows() == before


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_a_script_needs_no_csrf_token(invite: Invite, sandbox: Sandbox, route: Route) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.get(email="owner@example.org"))
    assert route.ask(client, invite.token).status_code in (200, 201)


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_methods_that_are_not_meant(invite: Invite, route: Route) -> None:
    client = Client(enforce_csrf_checks=True)  # of which `/api/` knows nothing
    client.force_login(User.objects.get(email="owner@example.org"))
    before = rows()
    path = route.path.replace("{token}", invite.token)
    for method in (client.put, client.delete):
        answer = method(path, "{}", content_type="application/json")
        assert answer.status_code == 405
        assert route.method in answer["Allow"]
    assert rows() == before
