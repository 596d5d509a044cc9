"""The running product against its own OpenAPI description, by what schemathesis makes of that: any input that fits, and
much that does not, from a host and from a stranger."""

import pytest
import schemathesis
from django.test import Client
from django.urls import get_resolver
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from immichdrop.models import ImmichAccount, User
from immichdrop.openapi import Operation, document
from immichdrop.sandbox import Sandbox
from invites.models import Invite
from tests.test_openapi import OPERATIONS, named
from uploads.models import Upload

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
BOUNDED = settings(
    max_examples=25,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
# The host's own link more often than not: what is refused before the body is read tells nothing of the body.
TOKENS = ("beach", "beach", "beach", "strangers", None)


@pytest.fixture
def host(transactional_db: None) -> Client:
    """A host with the link `beach`, at which a file came in; `strangers` is another host's."""
    owner = User.objects.create_user("owner@example.org", "correct horse battery")
    beach = Invite.objects.create(slug="beach", owner=owner, max_uses=5, expires_at="2030-07-14T00:00Z")
    Invite.objects.create(slug="strangers", owner=User.objects.create_user("stranger@example.org"))
    fields = {"size": 5, "offset": 5, "received_at": beach.created_at}
    Upload.objects.create(invite=beach, account=ImmichAccount.objects.environment(), filename="a.jpg", **fields)
    client = Client()
    client.force_login(owner)
    return client


@pytest.mark.parametrize("who", ["host", "stranger"])
@pytest.mark.parametrize(("path", "operation"), named(OPERATIONS))
def test_it_answers_as_described(
    web: str, host: Client, sandbox: Sandbox, path: str, operation: Operation, who: str
) -> None:
    schema = schemathesis.openapi.from_dict(document(get_resolver().url_patterns))
    schema.config.update(base_url=web)
    cookies = {name: morsel.value for name, morsel in host.cookies.items()} if who == "host" else {}
    asked = schema[path][operation.method.upper()]
    cases = asked.as_strategy(generation_mode=GenerationMode.POSITIVE)
    if operation.body or operation.query:  # without them there is nothing that could be wrong
        cases |= asked.as_strategy(generation_mode=GenerationMode.NEGATIVE)

    @BOUNDED
    @given(case=cases, token=st.sampled_from(TOKENS))
    def ask(case: schemathesis.Case, token: str | None) -> None:
        if token and "token" in (case.path_parameters or {}):
            case.path_parameters["token"] = token
        case.call_and_validate(checks=CHECKS, cookies=cookies, timeout=20)

    ask()
