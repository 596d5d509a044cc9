"""The checks of the way to this server: proxies, the browser's clock, WebSockets."""

from datetime import timedelta

import pytest
import requests
from django.http import HttpRequest
from django.test import RequestFactory
from django.utils import timezone
from pytest_django import Settings

from immichdrop.environment import PRIVATE_NETWORKS
from immichdrop.sandbox import Sandbox
from uploads.doctor import address
from uploads.doctor.address import Told
from uploads.doctor.checks import Check, Question, State, ask_all
from uploads.doctor.report import for_operator

DROP = "https://drop.example.org"


def arrived(
    host: str = "drop.example.org", *, secure: bool = True, peer: str = "203.0.113.7", **more: str
) -> HttpRequest:
    """A request as it is behind `TrustedProxies`."""
    query = {name: more.pop(name) for name in ("origin", "now") if name in more}
    return RequestFactory().get("/menu/connection", query, secure=secure, HTTP_HOST=host, REMOTE_ADDR=peer, **more)


def lines(request: HttpRequest) -> dict[str, Check]:
    return {check.name: check for check in address.proxy_checks(request, Told.by(request))}


def states(request: HttpRequest) -> dict[str, str]:
    return {name: check.state.value for name, check in lines(request).items()}


def test_a_proxy_that_passes_everything_on() -> None:
    found = lines(arrived(origin=DROP, HTTP_X_FORWARDED_FOR="6.6.6.6, 203.0.113.7"))
    assert {check.state for check in found.values()} == {State.OK}
    assert found["client"].seen == "You come from 203.0.113.7, as the proxy says."


def test_without_script_nothing_is_known_of_the_browser() -> None:
    assert set(states(arrived())) == {"public", "client"}
    assert Told.by(arrived()) == Told()


@pytest.mark.parametrize(
    "origin",
    ["javascript:alert(1)", "https://", "null", "http://[", f"http://{'a' * 400}", "http://a\n", "http://a/b?c"],
)
def test_nonsense_is_no_origin(origin: str) -> None:
    assert Told.by(arrived(origin=origin)).origin == ""


@pytest.mark.parametrize(("public", "state"), [("", State.BAD), (DROP, State.ATTENTION)])
def test_a_proxy_that_does_not_tell_of_https(settings: Settings, public: str, state: State) -> None:
    settings.PUBLIC_BASE_URL = public
    check = lines(arrived(origin=DROP, secure=False))["origin"]
    assert check.state == state
    assert "X-Forwarded-Proto" in check.advice
    assert ("PUBLIC_BASE_URL" in check.advice) == (state == State.BAD)


def test_a_proxy_that_changes_the_host() -> None:
    check = lines(arrived("127.0.0.1:8080", origin=DROP))["origin"]
    assert check.state == State.BAD
    assert "proxy_set_header Host" in check.advice
    assert "127.0.0.1:8080" in check.seen


def test_another_public_address(settings: Settings) -> None:
    settings.PUBLIC_BASE_URL = "https://photos.example.org"
    check = lines(arrived(origin=DROP))["public"]
    assert check.state == State.ATTENTION
    assert "https://photos.example.org" in check.seen
    settings.PUBLIC_BASE_URL = "https://Drop.example.org"
    assert lines(arrived(origin=DROP))["public"].state == State.OK


def test_plain_http() -> None:
    assert states(arrived("192.168.1.20:8080", secure=False))["public"] == State.ATTENTION
    assert states(arrived("localhost:8080", secure=False))["public"] == State.OK


def test_a_proxy_that_is_not_trusted(settings: Settings) -> None:
    settings.TRUSTED_PROXIES = PRIVATE_NETWORKS
    check = lines(arrived(peer="198.51.100.4", HTTP_X_FORWARDED_FOR="203.0.113.7"))["client"]
    assert check.state == State.BAD
    assert "put 198.51.100.4 into TRUSTED_PROXIES" in check.advice


def test_a_proxy_that_does_not_tell_of_clients() -> None:
    check = lines(arrived(peer="10.0.0.2", origin=DROP))["client"]
    assert check.state == State.ATTENTION
    assert "X-Forwarded-For" in check.advice


def test_without_a_proxy() -> None:
    check = lines(arrived("localhost:8080", secure=False, peer="127.0.0.1"))["client"]
    assert (check.state, check.seen) == (State.OK, "You come from 127.0.0.1, without a proxy.")


# --- the browser's clock


@pytest.mark.parametrize(("ahead", "state"), [(0, State.OK), (-20, State.OK), (200, State.ATTENTION)])
def test_the_browsers_clock(ahead: int, state: State) -> None:
    now = timezone.now()
    moment = int((now + timedelta(seconds=ahead)).timestamp() * 1000)
    (check,) = address.browser_clock(Told.by(arrived(now=str(moment))), now)
    assert check.state == state


@pytest.mark.parametrize("now", ["", "soon", "-", "9" * 40, "1e9", "\0"])
def test_nonsense_is_no_clock(now: str) -> None:
    assert list(address.browser_clock(Told.by(arrived(now=now)))) == []


# --- from outside


def test_the_socket_of_a_server_that_runs(web: str) -> None:
    health, opened = Question(lambda: address.ask_health(web)), Question(lambda: address.ask_socket(web))
    ask_all([health, opened])
    assert address.health(web, health).state == State.OK
    assert (opened.error, address.socket(web, opened).state) == (None, State.OK)


def test_a_proxy_that_passes_no_websockets(sandbox: Sandbox) -> None:
    """The sandbox answers `/ws` and `/healthz` with a page."""
    opened = Question(lambda: address.ask_socket(sandbox.url))
    health = Question(lambda: address.ask_health(f"{sandbox.url}/api"))
    ask_all([health, opened])
    check = address.socket(sandbox.url, opened)
    assert check.state == State.BAD
    assert "proxy_set_header Upgrade" in check.advice
    assert address.health(sandbox.url, health).state == State.BAD
    assert "HTTP 404" in address.health(sandbox.url, health).seen


def test_an_address_where_nobody_is() -> None:
    url = "http://127.0.0.1:9"
    health, opened = Question(lambda: address.ask_health(url)), Question(lambda: address.ask_socket(url))
    ask_all([health, opened])
    assert isinstance(health.error, requests.ConnectionError)
    for check in (address.health(url, health), address.socket(url, opened)):
        assert check.state == State.BAD
        assert "Connection refused" in check.seen


def test_an_answer_that_is_late() -> None:
    assert "no answer in time" in address.socket(DROP, Question(lambda: 0)).seen


def test_a_host_that_a_proxy_changed() -> None:
    """The page's origin is another one then, and the socket is closed."""
    check = address.socket(DROP, Question(lambda: 0))
    assert "proxy_set_header Host $host" in check.advice


def test_the_whole_installation_at_an_address(web: str, sandbox: Sandbox) -> None:
    found = {check.name: check for check in for_operator(web).checks}
    assert found["websocket"].state == found["outside"].state == State.OK
    assert found["immich"].state == State.OK
