"""`manage.py token create|list|revoke`."""

import json
from datetime import datetime

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from immichdrop.models import User
from invites.api_tokens import Scope
from invites.models import ApiToken

pytestmark = pytest.mark.django_db


@pytest.fixture
def host() -> User:
    return User.objects.create_user("ada@example.org")


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    call_command("token", *arguments)
    return capsys.readouterr().out.strip()


def test_a_token_is_made_and_printed_once(host: User, capsys: pytest.CaptureFixture[str]) -> None:
    secret = run(
        capsys, "create", "iPhone", "--owner", "Ada@example.org", "--album", "Phone", "--expires", "2999-05-01"
    )
    token = ApiToken.objects.of_secret(secret)
    assert token
    assert (token.owner, token.name, token.album_name) == (host, "iPhone", "Phone")
    assert token.scopes == [Scope.FILES, Scope.LINKS]
    assert token.expires_at == datetime.fromisoformat("2999-05-02T00:00:00+02:00")
    for listed in (run(capsys, "list"), run(capsys, "list", "--json")):
        assert "iPhone" in listed
        assert secret not in listed
    assert "never" in run(capsys, "list")


def test_the_servers_own(capsys: pytest.CaptureFixture[str]) -> None:
    said = json.loads(run(capsys, "create", "Scanner", "--server", "--scope", "files", "--json"))
    token = ApiToken.objects.of_secret(said["token"])
    assert token
    assert (token.owner, token.scopes) == (None, [Scope.FILES])
    assert json.loads(run(capsys, "list", "--json"))[0]["owner"] is None


def test_revoking(host: User, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("one", "two"):
        run(capsys, "create", name, "--owner", host.email)
    two, one = ApiToken.objects.all()
    with pytest.raises(CommandError, match="no token 999999"):
        run(capsys, "revoke", str(one.pk), "999999")
    assert not ApiToken.objects.exclude(revoked_at=None)
    assert run(capsys, "revoke", str(one.pk)) == "1 revoked."
    one.refresh_from_db()
    assert one.revoked_at
    assert one.revoked_at <= timezone.now()
    assert [each["state"] for each in json.loads(run(capsys, "list", "--owner", host.email, "--json"))] == [
        "active",
        "revoked",
    ]
    assert two.state == "active"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["create", "x"], "owner"),
        (["create", " ", "--server"], "name"),
        (["create", "x" * 101, "--server"], "100"),
        (["create", "x", "--owner", "nobody@example.org"], "no host"),
        (["create", "x", "--server", "--expires", "soon"], "not a date"),
        (["create", "x", "--server", "--scope", "all"], "invalid choice: 'all' .choose from '?files'?,"),
        ([], "required"),
    ],
)
def test_what_can_t_be_done_is_said(arguments: list[str], words: str) -> None:
    with pytest.raises(CommandError, match=words):
        call_command("token", *arguments)
    assert not ApiToken.objects.all()
