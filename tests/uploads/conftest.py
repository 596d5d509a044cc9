"""A host who looks at a link of their own, and what came through it."""

from collections.abc import Callable, Iterator

import pytest
from django.test import Client
from django.utils import timezone

from immichdrop.models import ImmichAccount, User
from invites.models import Invite
from uploads import spool
from uploads.models import Upload

Receive = Callable[..., Upload]


@pytest.fixture
def host(db: None) -> User:
    return User.objects.create_user("host@example.org")


@pytest.fixture
def link(host: User) -> Invite:
    return Invite.objects.create(name="Beach week", owner=host)


@pytest.fixture
def at_home(client: Client, host: User) -> Client:
    client.force_login(host)
    return client


@pytest.fixture
def received(link: Invite) -> Iterator[Receive]:
    """Files that came through the link, with their bytes in the spool where `content` is given."""
    made: list[Upload] = []

    def receive(status: str = "delivered", content: bytes | None = None, **fields: object) -> Upload:
        size = 4_200_000 if content is None else len(content)
        whole = {"size": size, "offset": size, "received_at": timezone.now(), "filename": "photo.jpg", "invite": link}
        account = ImmichAccount.objects.environment()
        upload = Upload.objects.create(**{"account": account, "status": status, **whole, **fields})
        made.append(upload)
        if content is not None:
            spool.default().path(upload.pk).write_bytes(content)
        return upload

    yield receive
    for upload in made:
        spool.default().remove(upload.pk)
