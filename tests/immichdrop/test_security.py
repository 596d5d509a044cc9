"""What every answer says about itself, and which origins may call the API."""

import pytest
from django.conf import LazySettings
from django.test import Client

from immichdrop.security import CONTENT_SECURITY_POLICY, foreign
from invites.models import Invite

PAGES = ["/login", "/invite/{token}", "/invite/unknown", "/nowhere", "/api/config", "/api/invite/{token}", "/healthz"]


@pytest.fixture
def invite(db: None) -> Invite:
    return Invite.objects.create(name="Beach week")


@pytest.mark.parametrize("path", PAGES)
def test_every_answer_has_the_headers(client: Client, invite: Invite, path: str) -> None:
    answer = client.get(path.format(token=invite.token))
    assert answer["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "Access-Control-Allow-Origin" not in answer


@pytest.mark.parametrize("path", PAGES)
def test_nothing_about_anybody_is_kept_in_caches(client: Client, invite: Invite, path: str) -> None:
    assert "no-store" in client.get(path.format(token=invite.token))["Cache-Control"]


def test_the_policy_allows_nothing_from_elsewhere_and_nothing_inline() -> None:
    rules = dict(rule.split(" ", 1) for rule in CONTENT_SECURITY_POLICY.split("; "))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == rules["style-src"] == rules["connect-src"] == "'self'"
    assert rules["frame-ancestors"] == rules["base-uri"] == "'none'"
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    assert "http" not in CONTENT_SECURITY_POLICY


@pytest.mark.parametrize("path", ["/login", "/invite/{token}", "/invite/unknown"])
def test_the_pages_keep_to_the_policy(client: Client, invite: Invite, path: str) -> None:
    html = client.get(path.format(token=invite.token)).content.decode()
    assert "<html" in html
    assert " style=" not in html
    assert " onclick=" not in html
    assert "<style" not in html
    for script in html.split("<script")[1:]:
        tag = script.partition(">")[0]
        assert 'src="/static/' in tag or 'type="application/json"' in tag
    assert "//" not in html.replace("http://www.w3.org/2000/svg", "").replace("<!doctype html>", "")


FOREIGN = [
    {"Origin": "https://evil.example.net"},
    {"Origin": "null"},
    {"Origin": "https://testserver.evil.example.net"},
    {"Origin": "https://evil.example.net/testserver"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "http://testserver"},
]
OWN = [
    {},
    {"Origin": "http://testserver"},
    {"Origin": "https://testserver"},  # TLS ended at a proxy that does not say so
    {"Origin": "http://testserver", "Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "none"},
]


@pytest.mark.parametrize("headers", FOREIGN)
def test_a_foreign_origin_may_not_call_the_api(client: Client, invite: Invite, headers: dict[str, str]) -> None:
    for path in ("/api/config", f"/api/invite/{invite.token}", "/api/uploads", "/api/nowhere"):
        answer = client.get(path, headers=headers)
        assert (answer.status_code, answer.json()) == (403, {"error": "foreign_origin"})
    path = f"/api/invite/{invite.token}/auth"
    answer = client.post(path, '{"password":""}', content_type="application/json", headers=headers)
    assert answer.status_code == 403
    assert not answer.cookies


@pytest.mark.parametrize("headers", OWN)
def test_the_own_pages_and_scripts_may(client: Client, invite: Invite, headers: dict[str, str]) -> None:
    said = {"Host": "testserver", **headers}
    assert client.get(f"/api/invite/{invite.token}", headers=said).status_code == 200


def test_the_public_address_is_an_own_origin(client: Client, invite: Invite, settings: LazySettings) -> None:
    headers = {"Origin": "https://drop.example.org"}
    assert client.get("/api/config", headers=headers).status_code == 403
    settings.PUBLIC_BASE_URL = "https://drop.example.org"
    assert client.get("/api/config", headers=headers).status_code == 200


def test_a_foreign_origin_may_not_use_the_host_of_an_unset_public_address(settings: LazySettings) -> None:
    settings.PUBLIC_BASE_URL = ""
    assert foreign({"origin": "null", "host": "drop.example.org"})
    assert foreign({"origin": "", "host": ""})


def test_pages_may_be_linked_to_from_anywhere(client: Client, invite: Invite) -> None:
    headers = {"Sec-Fetch-Site": "cross-site", "Origin": "https://chat.example.net"}
    assert client.get(f"/invite/{invite.token}", headers=headers).status_code == 200


def test_forms_need_djangos_token_and_the_api_does_not(invite: Invite) -> None:
    strict = Client(enforce_csrf_checks=True)
    assert strict.post("/login", {"email": "a@example.org", "password": "x"}).status_code == 403
    invite.set_password("sesame")
    invite.save()
    assert strict.post(f"/invite/{invite.token}", {"password": "sesame"}).status_code == 403
    answer = strict.post(f"/api/invite/{invite.token}/auth", '{"password":"sesame"}', content_type="application/json")
    assert answer.status_code == 200


def test_another_host_is_refused_where_names_are_set(client: Client, settings: LazySettings) -> None:
    settings.ALLOWED_HOSTS = ["drop.example.org"]
    assert client.get("/login", headers={"Host": "drop.example.org"}).status_code == 200
    assert client.get("/login", headers={"Host": "evil.example.net"}).status_code == 400


def test_the_sites_that_are_named_may_embed_guests_pages_and_nothing_else(
    client: Client, invite: Invite, settings: LazySettings
) -> None:
    settings.EMBED_ORIGINS = ["https://wedding.example.org", "http://nas:8080"]
    for path in (f"/invite/{invite.token}", "/invite/unknown"):
        answer = client.get(path)
        rules = dict(rule.split(" ", 1) for rule in answer["Content-Security-Policy"].split("; "))
        assert rules["frame-ancestors"] == "https://wedding.example.org http://nas:8080"
        assert rules["script-src"] == "'self'"
        assert "X-Frame-Options" not in answer
    for path in ("/login", "/menu", f"/api/invite/{invite.token}"):
        assert client.get(path)["X-Frame-Options"] == "DENY"
