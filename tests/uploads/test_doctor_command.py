"""`manage.py doctor`: a table or an object, and 1 when something is broken. Never keys, never other people's names."""

import json
import subprocess
import sys
from collections.abc import Callable
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from immichdrop.models import ImmichAccount, User
from immichdrop.sandbox import Sandbox, running
from invites.models import Invite
from tests.serving import ROOT, Processes
from uploads.models import Upload

pytestmark = pytest.mark.django_db
SECRETS = ("Anna and Ben", "Wedding", "secret.jpg", "owner@example.org")
NOWHERE = "00000000-0000-4000-8000-000000000000"


def doctor(*arguments: str) -> tuple[str, str]:
    """What is printed, and the complaint at the end, if there is one."""
    said = StringIO()
    try:
        call_command("doctor", *arguments, stdout=said)
    except CommandError as error:
        return said.getvalue(), str(error)
    return said.getvalue(), ""


def test_all_is_well(sandbox: Sandbox) -> None:
    table, complaint = doctor()
    assert complaint == ""
    assert "→" not in table
    for title in ("Immich answers", "Add photos and videos", "Albums of links", "Database", "Disk", "Spool"):
        assert any(line.startswith("ok ") and title in line for line in table.splitlines())


def test_what_is_wrong_stands_with_what_to_do(sandbox: Sandbox) -> None:
    sandbox.stop()
    table, complaint = doctor("--url", "http://127.0.0.1:9")
    assert complaint == "3 things are broken."
    lines = table.splitlines()
    (at,) = [number for number, line in enumerate(lines) if line.startswith("BAD   Immich answers")]
    assert sandbox.url in lines[at]
    assert any(line.strip().startswith("→ Is Immich running") for line in lines[at + 1 : at + 4])
    assert max(map(len, lines)) <= 120


def test_what_is_missing_is_not_broken(sandbox: Sandbox, settings: Settings) -> None:
    settings.IMMICH_API_KEY = sandbox.create_key(["asset.upload", "album.read", "user.read"])
    Invite.objects.create(name="Anna and Ben", album_id=NOWHERE)
    table, complaint = doctor()
    assert complaint == ""
    assert table.count("look ") >= 5
    assert "1 link finds no album: #" in table


def test_the_same_for_programs(sandbox: Sandbox, settings: Settings) -> None:
    said, complaint = doctor("--json")
    answer = json.loads(said)
    assert (answer["ok"], complaint) == (True, "")
    assert {"name", "title", "state", "seen", "advice"} == set(answer["checks"][0])
    settings.IMMICH_API_KEY = "wrong"
    said, complaint = doctor("--json")
    answer = json.loads(said)
    assert (answer["ok"], complaint) == (False, "1 thing is broken.")
    (broken,) = [check for check in answer["checks"] if check["state"] == "bad"]
    assert broken["name"] == "key"


@pytest.mark.parametrize("shape", [[], ["--json"]], ids=["table", "json"])
def test_no_keys_and_no_names(sandbox: Sandbox, shape: list[str]) -> None:
    owner = User.objects.create_user("owner@example.org", name="Anna and Ben")
    account = ImmichAccount(owner=owner, pause="quota")
    account.set_api_key(sandbox.create_key(["all"]))
    account.save()
    for its_owner in (owner, None):
        link = Invite.objects.create(name="Anna and Ben", album_name="Wedding", album_id=NOWHERE, owner=its_owner)
        for status in ("failed", "waiting"):
            Upload.objects.create(invite=link, account=account, filename="secret.jpg", size=5, offset=5, status=status)
    said, _ = doctor(*shape)
    assert f"#{account.pk}: the Immich account is full, 2 waiting" in said
    secrets = (*SECRETS, sandbox.api_key, account.api_key, sandbox.email, link.token)
    assert [secret for secret in secrets if secret in said] == []


@pytest.mark.parametrize("url", ["drop.example.org", "ftp://drop.example.org", "http://", "https://a b"])
def test_an_address_that_is_none(url: str) -> None:
    with pytest.raises(CommandError, match=r"--url is .* but must be an address"):
        call_command("doctor", "--url", url)


def test_single_sign_on_is_told_with_its_redirect_address(
    tmp_path_factory: pytest.TempPathFactory, settings: Settings, web: str
) -> None:
    with running(tmp_path_factory.mktemp("immich"), oauth=True) as immich:
        settings.IMMICH_BASE_URL, settings.IMMICH_API_KEY = immich.url, immich.api_key
        said, complaint = doctor("--url", f"{web}/", "--json")
    found = {check["name"]: check for check in json.loads(said)["checks"]}
    assert complaint == ""
    assert f"{web}/oauth/callback" in found["sign_on"]["seen"]
    assert found["websocket"]["state"] == "ok"


def test_a_process_of_its_own_beside_one_that_serves(processes: Callable[..., Processes]) -> None:
    server = processes(IMMICH_BASE_URL="", IMMICH_API_KEY="")
    server.serve()
    ended = run(server, "--url", server.url, "--json")
    answer = json.loads(ended.stdout)
    states = {check["name"]: check["state"] for check in answer["checks"]}
    assert (ended.returncode, states["immich"]) == (1, "bad")
    assert states["websocket"] == states["outside"] == states["database"] == "ok"


def test_a_database_that_is_away(processes: Callable[..., Processes]) -> None:
    ended = run(processes(DATABASE_URL="postgres://nobody:password@127.0.0.1:9/none"))
    assert ended.returncode == 1
    assert "BAD   Database" in ended.stdout
    assert "DATABASE_URL" in ended.stdout
    assert "Traceback" not in ended.stderr
    assert "password" not in ended.stdout + ended.stderr


def test_tables_that_are_not_up_to_date(processes: Callable[..., Processes]) -> None:
    ended = run(processes())
    assert ended.returncode == 1
    assert "manage.py migrate" in ended.stdout


def run(server: Processes, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "manage.py", "doctor", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=server.environment, check=False, timeout=60, capture_output=True, text=True
    )
