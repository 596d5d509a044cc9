"""A host with a token, and a Shortcut that has it."""

import pytest

from immichdrop.models import User
from invites import tokens
from invites.api_tokens import Scope
from invites.models import ApiToken
from tests.ingest.recipes import Shortcut

AT_ONCE = {"Prefer": "respond-async"}


@pytest.fixture
def token(web: str) -> tuple[ApiToken, str]:
    host = User.objects.create_user("ada@example.org")
    return tokens.create_token(host, "iPhone", [Scope.FILES])


@pytest.fixture
def shortcut(web: str, token: tuple[ApiToken, str]) -> Shortcut:
    """One that does not wait for deliveries."""
    return Shortcut(web, token[1], dict(AT_ONCE))
