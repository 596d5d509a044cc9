"""Who may use the extension routes: hosts' tokens and links' own, in every place where clients can put one."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.test import Client, RequestFactory
from django.utils import timezone
from pytest_django import Settings

from immichdrop.models import ImmichAccount, User
from invites import credentials, guests, tokens
from invites.api_tokens import Scope
from invites.credentials import Caller, CredentialError, caller_required
from invites.models import ApiToken, Guest, Invite

pytestmark = pytest.mark.django_db
MakeToken = Callable[..., tuple[ApiToken, str]]
HERE = "203.0.113.7"


@pytest.fixture
def host() -> User:
    return User.objects.create_user("ada@example.org", name="Ada")


@pytest.fixture
def make_token(host: User) -> MakeToken:
    def make(*scopes: Scope, **fields: object) -> tuple[ApiToken, str]:
        return tokens.create_token(host, "iPhone", scopes or list(Scope), **fields)  # type: ignore[arg-type]

    return make


def caller(shown: str = "", required: str = "files", query: str = "", client: str = HERE, **headers: str) -> Caller:
    said = {name.replace("_", "-"): value for name, value in headers.items()}
    return credentials.for_headers({**({"x-api-key": shown} if shown else {}), **said}, query, client, required)


def refusal(shown: str = "", required: str = "files", query: str = "", **headers: str) -> CredentialError:
    with pytest.raises(CredentialError) as raised:
        caller(shown, required, query, **headers)
    return raised.value


def test_a_token_is_known_wherever_a_client_can_put_it(make_token: MakeToken) -> None:
    token, secret = make_token()
    assert caller(secret).token == token
    assert caller(authorization=f"Bearer {secret}").token == token
    assert caller(authorization=f"bearer  {secret} ").token == token
    assert caller(query=f"a=1&token={secret}").token == token
    # A proxy's own login does not hide it.
    assert caller(secret, authorization="Basic dXNlcjpwdw==").token == token


def test_only_its_hash_is_kept(make_token: MakeToken) -> None:
    token, secret = make_token()
    row = ApiToken.objects.filter(pk=token.pk).values().get()
    assert secret not in str(row)
    assert secret not in str(list(Guest.objects.values()))
    assert len({make_token()[1] for _ in range(3)}) == 3


def test_the_address_is_no_place_where_the_setting_says_so(make_token: MakeToken, settings: Settings) -> None:
    _, secret = make_token()
    settings.TOKEN_IN_ADDRESS = False
    error = refusal(query=f"token={secret}")
    assert (error.status, "x-api-key" in error.words) == (401, True)
    assert secret not in error.words
    assert caller(secret).token


@pytest.mark.parametrize("scope", list(Scope))
def test_a_token_may_what_its_host_said(make_token: MakeToken, scope: Scope) -> None:
    _, secret = make_token(scope)
    for each in Scope:
        if each is scope:
            assert caller(secret, each).token
        else:
            error = refusal(secret, each)
            assert (error.status, error.body["success"]) == (403, False)
            assert error.body["error"] == error.body["detail"] == error.words


def test_no_token_an_ended_one_and_a_host_who_left(make_token: MakeToken, host: User) -> None:
    assert refusal().status == 401
    assert refusal().headers["WWW-Authenticate"] == "Bearer"
    revoked, secret = make_token()
    assert caller(secret).token
    ApiToken.objects.filter(pk=revoked.pk).revoke()
    assert (refusal(secret).status, refusal(secret).words) == (401, "This token was revoked.")
    _, expired = make_token(expires_at=timezone.now() - timedelta(seconds=1))
    assert (refusal(expired).status, refusal(expired).words) == (401, "This token has expired.")
    _, secret = make_token(expires_at=timezone.now() + timedelta(days=1))
    assert caller(secret).token
    host.is_active = False
    host.save()
    assert refusal(secret).status == 401
    host.delete()
    assert refusal(secret).words == "This token is not known here."


def test_a_hundred_wrong_tokens_are_braked_and_a_right_one_is_not(make_token: MakeToken) -> None:
    _, secret = make_token()
    answers = [refusal(f"drop_{number}").status for number in range(100)]
    assert answers[:30] == [401] * 30
    assert set(answers[31:]) == {429}
    assert int(refusal("drop_x").headers["Retry-After"]) > 0
    assert caller(secret).token
    elsewhere = {"client": "198.51.100.1"}
    with pytest.raises(CredentialError) as raised:
        caller("drop_x", **elsewhere)
    assert raised.value.status == 401


def test_a_links_own_token_is_good_for_that_link_within_its_limits() -> None:
    link = Invite.objects.create(name="Party", slug="party", album_name="Party")
    known = caller(link.token)
    assert (known.invite, known.token) == (link, None)
    destination = known.destination("Another")
    assert (destination.album_name, destination.account) == ("Party", ImmichAccount.objects.environment())
    assert caller(x_invite_token=link.token).guest == known.guest != caller(link.token, client="198.51.100.1").guest
    assert refusal("party").status == 401  # a custom address can be guessed
    assert (refusal(link.token, "links").status, refusal(link.token, "invites").status) == (403, 403)
    Invite.objects.update(allow_urls=True)
    assert caller(link.token, "links").invite == link
    Invite.objects.update(expires_at=timezone.now())
    assert (refusal(link.token).status, refusal(link.token).words) == (403, "The link has expired.")
    Invite.objects.update(expires_at=None, deleted_at=timezone.now())
    assert refusal(link.token).status == 401


def test_a_links_password_holds_here_too() -> None:
    link = Invite(name="Party")
    link.set_password("cake")
    link.save()
    # A browser that gave it is somebody else than the Shortcut beside it: "open it in a browser" would not help.
    assert (refusal(link.token).status, "API token" in refusal(link.token).words) == (403, True)
    guest, secret = guests.create()
    guests.unlock(guest, link)
    assert caller(link.token, x_drop_guest=secret).guest == guest


def test_a_one_time_link_belongs_to_the_first_address() -> None:
    link = Invite.objects.create(name="One", max_uses=1)
    first = caller(link.token).guest
    Invite.objects.update(claimed_by=first, claimed_at=timezone.now())
    assert caller(link.token).guest == first
    with pytest.raises(CredentialError, match="one person"):
        caller(link.token, client="198.51.100.1")


def test_nobody_is_let_in_unless_the_administrator_says_so(settings: Settings) -> None:
    settings.LEGACY_OPEN_API = True
    settings.IMMICH_ALBUM_NAME = "Everybody"
    anybody = caller()
    assert (anybody.token, anybody.invite, anybody.host) == (None, None, None)
    assert anybody.destination().album_name == "Everybody"
    assert caller().guest == anybody.guest
    assert refusal(required="invites").status == 401
    assert refusal("drop_wrong").status == 401  # a wrong one is told, not taken for none


def test_where_files_go(make_token: MakeToken, host: User, settings: Settings) -> None:
    settings.IMMICH_ALBUM_NAME = "Everybody"
    own = ImmichAccount(owner=host, base_url="http://immich.example")
    own.set_api_key("key")
    own.save()
    _, plain = make_token()
    _, named = make_token(album_name="Scans")
    assert [caller(plain).destination(said).album_name for said in ("", " ", "Trip")] == ["Everybody"] * 2 + ["Trip"]
    assert [caller(named).destination(said).album_name for said in ("", "Trip")] == ["Scans", "Trip"]
    assert caller(named).destination().account == own


def test_use_is_noted_once_a_minute(make_token: MakeToken) -> None:
    token, secret = make_token()
    caller(secret)
    token.refresh_from_db()
    first = token.last_used_at
    assert first
    caller(secret)
    token.refresh_from_db()
    assert token.last_used_at == first
    ApiToken.objects.update(last_used_at=first - timedelta(minutes=2))
    caller(secret)
    token.refresh_from_db()
    assert token.last_used_at > first


@caller_required("links")
def a_view(request: HttpRequest, caller: Caller, number: int) -> HttpResponse:
    return JsonResponse({"host": str(caller.host), "number": number})


def test_a_view_behind_the_gate(rf: RequestFactory, host: User, make_token: MakeToken) -> None:
    request = rf.post("/api/upload/url")
    request.user = host
    assert a_view(request, number=1).content == b'{"host": "Ada", "number": 1}'
    request.user = AnonymousUser()
    answer = a_view(request, number=1)
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Bearer")
    _, secret = make_token(Scope.FILES)
    request = rf.post("/api/upload/url", headers={"X-API-Key": secret})
    request.user = host  # a token that is shown counts, and not the browser's login beside it
    assert a_view(request, number=1).status_code == 403


def test_scripts_look_after_links_with_a_token(client: Client, make_token: MakeToken, host: User) -> None:
    _, secret = make_token(Scope.INVITES)
    bearer = {"Authorization": f"Bearer {secret}"}
    made = client.post(
        "/api/invites", {"name": "Party", "albumName": "Party"}, content_type="application/json", headers=bearer
    )
    assert made.status_code == 200, made.content
    assert Invite.objects.get().owner == host
    assert len(client.get(f"/api/invites?token={secret}").json()["items"]) == 1
    assert client.get("/api/invites").status_code == 401
    _, files = make_token(Scope.FILES)
    answer = client.get("/api/invites", headers={"X-API-Key": files})
    assert (answer.status_code, answer.json()["error"]) == (403, "forbidden")
    wrong = client.get("/api/invites", headers={"X-API-Key": "drop_wrong"})
    assert (wrong.status_code, wrong.json()["error"]) == (401, "unauthorized")


def test_a_token_opens_no_page(client: Client, make_token: MakeToken) -> None:
    _, secret = make_token()
    for path in ("/menu", "/menu/tokens", "/account", "/admin/"):
        assert client.get(path, headers={"Authorization": f"Bearer {secret}"}).status_code in (302, 404)
