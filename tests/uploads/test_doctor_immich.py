"""The checks of one Immich: its address, version, clock, key and albums, good and failing, in a bounded time."""

import socket
import time
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import pytest
from django.utils import timezone
from pytest_django import Settings

from immichdrop.immich import Immich
from immichdrop.key_permissions import PERMISSIONS, uses
from immichdrop.models import ImmichAccount, User
from immichdrop.sandbox import Sandbox
from immichdrop.sandbox.faults import Hits
from tests.immich.scripted import answer, answering, read_request, serving
from uploads.doctor import immich, key
from uploads.doctor.checks import Check, Part, Question, State, ask_all
from uploads.doctor.immich import Seen, kind_of, look
from uploads.missing_albums import Wish

NOWHERE = uuid.UUID("00000000-0000-4000-8000-000000000000")
versions = pytest.mark.parametrize("sandbox", [2, 3], indirect=True, ids=["v2", "v3"])


def seen_at(sandbox: Sandbox, **fields: object) -> Seen:
    seen = Seen(sandbox.url, **{"key": sandbox.api_key, **fields})  # type: ignore[arg-type]
    look(seen)
    return seen


def lines(seen: Seen, *, operator: bool = True) -> dict[str, Check]:
    return {check.name: check for check in immich.checks(seen, Part.IMMICH, operator=operator)}


def key_lines(seen: Seen, *, of_server: bool = False) -> dict[str, Check]:
    return {check.name: check for check in key.checks(seen, Part.KEY, of_server=of_server)}


# --- the server


@versions
def test_one_that_is_in_order(sandbox: Sandbox) -> None:
    seen = seen_at(sandbox)
    assert {name: check.state for name, check in lines(seen).items()} == dict.fromkeys(
        ("immich", "version", "clock"), State.OK
    )
    assert seen.owner is not None
    assert seen.owner.email == sandbox.email
    said = lines(seen)["immich"].seen
    assert sandbox.url in said
    assert "LAN address, IMMICH_BASE_URL" in said
    assert "ms" in said
    assert "IMMICH_BASE_URL" not in lines(seen, operator=False)["immich"].seen


def test_none_is_named() -> None:
    seen = Seen("")
    look(seen)
    (check,) = immich.checks(seen, Part.IMMICH, operator=True)
    assert (check.state, "IMMICH_BASE_URL" in check.advice) == (State.BAD, True)
    (check,) = immich.checks(seen, Part.IMMICH, operator=False)
    assert "Ask whoever runs this server" in check.advice


def test_one_that_is_away(sandbox: Sandbox) -> None:
    sandbox.stop()
    check = lines(seen_at(sandbox))["immich"]
    assert check.state == State.BAD
    assert "Connection refused" in check.seen
    assert "Uploads are safe here" in check.advice
    assert "Connection refused" not in lines(seen_at(sandbox), operator=False)["immich"].seen


def test_a_page_that_is_no_immich(settings: Settings) -> None:
    def page(connection: socket.socket) -> None:
        read_request(connection)
        answer(connection, b"<html>", content_type="text/html")

    with serving(page) as server:
        seen = Seen(server.url, "key")
        look(seen)
    check = lines(seen)["immich"]
    assert (check.state, "in the admin" in check.advice) == (State.BAD, True)
    settings.IMMICH_BASE_URL = seen.address
    settings.IMMICH_ADDRESSES = {"IMMICH_BASE_URL": "", "IMMICH_LOCAL_URL": seen.address}
    assert "in IMMICH_LOCAL_URL, then restart" in lines(seen)["immich"].advice


def test_one_that_hangs_costs_a_bounded_time() -> None:
    def silent(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.recv(65536)  # until the client goes

    with serving(silent, silent) as server:
        seen = [Seen(server.url, "key"), Seen(server.url, "key")]
        began = time.monotonic()
        ask_all([Question(partial(look, each)) for each in seen], within=0.5)
        assert time.monotonic() - began < 2
        assert [lines(each)["immich"].state for each in seen] == [State.BAD] * 2
        assert "does not answer within" in lines(seen[0])["immich"].seen


def test_one_that_slows_down_in_the_middle_keeps_what_it_said(sandbox: Sandbox) -> None:
    sandbox.faults.latency, sandbox.faults.late = 5.0, Hits(on=("GET /api/api-keys/me",))
    seen = Seen(sandbox.url, sandbox.api_key)
    ask_all([Question(partial(look, seen))], within=1.5)
    assert lines(seen)["version"].state == State.OK
    assert key_lines(seen)["key"].state == State.UNKNOWN


@pytest.mark.parametrize("sandbox", [1], indirect=True)
def test_an_older_version(sandbox: Sandbox) -> None:
    check = lines(seen_at(sandbox))["version"]
    assert (check.state, check.advice) == (State.ATTENTION, "Update Immich.")


def test_a_newer_version() -> None:
    said = {"major": 4, "minor": 0, "patch": 1}
    with serving(answering({"res": "pong"}, said)) as server:
        seen = Seen(server.url)
        look(seen)
    check = lines(seen)["version"]
    assert check.state == State.ATTENTION
    assert "4.0.1 is newer" in check.seen


@pytest.mark.parametrize(
    ("ours", "state", "words"),
    [
        (timedelta(seconds=5), State.OK, "agrees"),
        (timedelta(minutes=10), State.ATTENTION, "10 min behind"),
        (-timedelta(minutes=10), State.ATTENTION, "10 min ahead"),
        (timedelta(seconds=90), State.ATTENTION, "s behind"),
        (-timedelta(hours=5), State.ATTENTION, "5 h ahead"),
    ],
)
def test_clocks(sandbox: Sandbox, ours: timedelta, state: State, words: str) -> None:
    def clock() -> datetime:
        # Half a second more, so that a rounded number is the same whenever the test runs.
        return timezone.now() + ours - timedelta(seconds=3 if ours < timedelta() else -3)

    seen = Seen(sandbox.url)
    look(seen, clock)
    check = lines(seen)["clock"]
    assert check.state == state
    assert words in check.seen
    assert ("NTP" in check.advice) == (state == State.ATTENTION)


def test_a_clock_that_is_not_told() -> None:
    version = {"major": 3, "minor": 1, "patch": 0}
    with serving(answering({"res": "pong"}, version)) as server:
        seen = Seen(server.url)
        look(seen)
    assert lines(seen)["clock"].state == State.UNKNOWN


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("192.168.1.5:2283", True),
        ("[fd00::5]:2283", True),
        ("immich-server:2283", True),
        ("photos.home.arpa", True),
        ("8.8.8.8", False),
        ("photos.example.org:8443", False),
    ],
)
def test_lan_or_external(host: str, local: bool) -> None:
    assert kind_of(host) == ("LAN address" if local else "external address")


def test_the_other_addresses_that_are_set(sandbox: Sandbox, settings: Settings) -> None:
    settings.IMMICH_ADDRESSES = {
        "IMMICH_BASE_URL": sandbox.url,
        "IMMICH_LOCAL_URL": "",
        "IMMICH_EXTERNAL_URL": f"{sandbox.url}/elsewhere",
    }
    others = immich.other_addresses(settings.IMMICH_BASE_URL)
    assert list(others) == ["IMMICH_EXTERNAL_URL"]
    look(others["IMMICH_EXTERNAL_URL"])
    assert immich.other_address("IMMICH_EXTERNAL_URL", others["IMMICH_EXTERNAL_URL"]).state == State.ATTENTION
    answers = Seen(sandbox.url)
    look(answers)
    assert immich.other_address("IMMICH_EXTERNAL_URL", answers).state == State.OK


# --- the key


@versions
def test_a_key_with_what_is_needed(sandbox: Sandbox) -> None:
    for permissions in (["all"], sorted(PERMISSIONS)):
        found = key_lines(seen_at(sandbox, key=sandbox.create_key(permissions)))
        assert len(found) == len(uses(of_server=False))
        assert {(check.state, check.seen) for check in found.values()} == {(State.OK, "Allowed")}


def test_the_servers_key_is_never_disconnected(sandbox: Sandbox) -> None:
    found = key_lines(seen_at(sandbox, key=sandbox.create_key(["asset.upload"])), of_server=True)
    assert len(found) == len(uses(of_server=True))
    assert "key.apiKey.delete" not in found
    assert "key.library.read" in found


@versions
def test_a_key_that_lacks_something(sandbox: Sandbox) -> None:
    found = key_lines(seen_at(sandbox, key=sandbox.create_key(["album.read", "tag.create", "user.read"])))
    assert found["key.asset.upload"].state == State.BAD
    assert "Nothing can be delivered" in found["key.asset.upload"].advice
    tag = found["key.tag.create"]
    assert (tag.state, tag.detail) == (State.ATTENTION, "tag.create, tag.asset")
    assert "Allow tag.asset:" in tag.advice
    assert found["key.user.read"].state == State.OK


@pytest.mark.parametrize(("of_server", "advice"), [(True, "IMMICH_API_KEY"), (False, "Your account")])
def test_keys_that_do_not_work(sandbox: Sandbox, of_server: bool, advice: str) -> None:
    for seen in (seen_at(sandbox, key="wrong"), seen_at(sandbox, key=""), Seen(sandbox.url, unreadable=True)):
        (check,) = key_lines(seen, of_server=of_server).values()
        assert check.state == State.BAD
        assert advice in check.advice
        assert "wrong" not in check.seen + check.advice


def test_a_key_of_another_secret(db: None) -> None:
    account = ImmichAccount(owner=User.objects.create_user("host@example.org"), encrypted_key="gAAAA-of-another")
    assert Seen.of(account).unreadable
    assert "secret" not in repr(Seen("https://photos.example.org", "secret"))


# --- albums


def wish(number: int, album_id: uuid.UUID | None = None, name: str = "") -> Wish:
    return Wish(number, f"Link {number}", album_id, name, known_missing=False)


def told(seen: Seen, missing: list[Wish] | None = None, *, named: bool = True) -> Check:
    return key.albums(seen, Part.IMMICH, missing or [], named=named)


@versions
def test_albums_that_are_there(sandbox: Sandbox) -> None:
    album = Immich(sandbox.url, sandbox.api_key).create_album("Summer")
    wished = [wish(1, uuid.UUID(album.id)), wish(2, name="Summer"), wish(3, name="Made with the first file")]
    check = told(seen_at(sandbox, wished=wished))
    assert (check.state, check.seen) == (State.OK, "All 3 open links find their albums, or get them made.")
    assert told(seen_at(sandbox)).state == State.OK


@versions
def test_albums_that_are_gone(sandbox: Sandbox) -> None:
    wished = [wish(number, uuid.uuid4()) for number in range(5)]
    seen = seen_at(sandbox, wished=wished)
    assert seen.shelf is not None
    missing = [each for each in wished if seen.shelf.has(each) is False]
    assert missing == wished
    check = told(seen, missing)
    assert check.state == State.ATTENTION
    assert check.seen == "5 links find no album: “Link 0”, “Link 1”, “Link 2”, 2 more"
    assert told(seen, missing, named=False).seen == "5 links find no album: #0, #1, #2, 2 more"
    assert told(seen, missing[:1]).seen == "1 link finds no album: “Link 0”"


def test_albums_that_a_key_may_not_list(sandbox: Sandbox) -> None:
    seen = seen_at(sandbox, key=sandbox.create_key(["asset.upload"]), wished=[wish(1, NOWHERE)])
    assert told(seen).state == State.UNKNOWN


def test_so_many_albums_are_asked_about_one_by_one_and_no_more(sandbox: Sandbox) -> None:
    wished = [wish(number, uuid.uuid4()) for number in range(50)]
    seen = seen_at(sandbox, wished=wished)
    assert seen.shelf is not None
    assert [seen.shelf.has(each) for each in wished] == [False] * 20 + [None] * 30
    assert told(seen).state == State.UNKNOWN


# --- lines


@pytest.mark.parametrize("state", [State.BAD, State.ATTENTION])
def test_what_is_not_in_order_says_what_to_do(state: State) -> None:
    with pytest.raises(ValueError, match="what to do"):
        Check("disk", Part.SERVER, "Disk", state, "It is full.")


def test_a_question_keeps_its_error_to_itself() -> None:
    def fails() -> int:
        raise OSError("no")

    asked: list[Callable[[], int]] = [fails, lambda: 5]
    questions = [Question(each) for each in asked]
    ask_all(questions)
    assert (questions[0].answer, str(questions[0].error)) == (None, "no")
    assert (questions[1].answer, questions[1].error) == (5, None)
