"""A file of a link on its own: its picture, its bytes, what can be done with it; from here and from Immich."""

import hashlib
import io
import re
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
import requests
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone
from PIL import Image

from immichdrop.immich import AssetUpload, Immich
from immichdrop.models import ImmichAccount, User
from immichdrop.sandbox import Sandbox
from invites.models import Invite
from tests import pictures
from tests.guest import BODY, TusGuest, metadata
from tests.serving import Processes, eventually
from tests.uploads.conftest import Receive
from tests.uploads.test_memory import SIZE, Stream, most_memory
from uploads import link_files
from uploads.models import Upload

pytestmark = pytest.mark.django_db
KEEPS = "private, max-age=86400"


def at(upload: Upload, what: str = "") -> str:
    assert upload.invite
    return f"/menu/links/{upload.invite.token}/files/{upload.pk}{what}"


def picture_in(content: bytes) -> tuple[str | None, tuple[int, int]]:
    image = Image.open(io.BytesIO(content))
    return image.format, image.size


def is_icon(client: Client, upload: Upload) -> bool:
    answer = client.get(at(upload, "/thumbnail"))
    assert answer.status_code == 200
    return answer.content == link_files.NO_PICTURE and answer["Content-Type"] == "image/svg+xml"


@pytest.fixture
def in_immich(sandbox: Sandbox) -> Callable[[bytes, str], uuid.UUID]:
    """Sends bytes to Immich, as a delivery would; the asset's id."""

    def send(data: bytes, name: str = "photo.jpg") -> uuid.UUID:
        with Immich(sandbox.url, sandbox.api_key) as immich:
            asset = AssetUpload(name, len(data), lambda: io.BytesIO(data), *[timezone.now()] * 2)
            return uuid.UUID(immich.upload(asset).id)

    return send


# --- pictures


def test_while_the_bytes_are_here_the_picture_is_made_of_them(at_home: Client, received: Receive) -> None:
    upload = received("waiting", pictures.jpeg(1, width=900, height=600))
    answer = at_home.get(at(upload, "/thumbnail"))
    assert picture_in(answer.content) == ("JPEG", (320, 213))
    assert answer["Content-Type"] == "image/jpeg"
    assert sorted(answer["Cache-Control"].split(", ")) == sorted(KEEPS.split(", "))
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "Cookie" in answer["Vary"]
    assert "default-src 'none'" in answer["Content-Security-Policy"]


def test_what_is_no_picture_has_an_icon(at_home: Client, received: Receive) -> None:
    for name, content in (
        ("photo.jpg", b"<script>alert(1)</script>"),
        ("photo.jpg", b"\xff\xd8\xff\xe0 broken"),
        ("clip.mp4", pictures.CLIP.read_bytes()),
        ("photo.jpg", None),
    ):
        upload = received("failed", content, filename=name)
        assert is_icon(at_home, upload)
    answer = at_home.get(at(upload, "/thumbnail"))
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "max-age=300" in answer["Cache-Control"]


def test_unfinished_and_given_up_files_have_no_picture(at_home: Client, received: Receive) -> None:
    content = pictures.jpeg(1)
    assert is_icon(at_home, received("receiving", content, size=len(content) + 1))
    assert at_home.get(at(received("discarded", content), "/thumbnail")).status_code == 404


def test_afterwards_the_picture_is_immichs(
    at_home: Client, received: Receive, in_immich: Callable[..., uuid.UUID], sandbox: Sandbox
) -> None:
    upload = received("delivered", asset_id=in_immich(pictures.jpeg(1, width=900, height=600)))
    answer = at_home.get(at(upload, "/thumbnail"))
    assert picture_in(answer.content) == ("JPEG", (250, 167))
    assert answer["Content-Type"] == "image/jpeg"
    assert sorted(answer["Cache-Control"].split(", ")) == sorted(KEEPS.split(", "))


def test_immichs_picture_needs_its_permission_and_its_asset(
    at_home: Client, received: Receive, in_immich: Callable[..., uuid.UUID], sandbox: Sandbox, settings: LazySettings
) -> None:
    upload = received("delivered", asset_id=in_immich(pictures.jpeg(1)))
    settings.IMMICH_API_KEY = sandbox.create_key(["asset.upload"])
    assert is_icon(at_home, upload)
    settings.IMMICH_API_KEY = "nobody's"
    assert is_icon(at_home, upload)
    settings.IMMICH_API_KEY = sandbox.create_key(["asset.view"])
    assert not is_icon(at_home, upload)
    assert is_icon(at_home, received("delivered", asset_id=uuid.uuid4()))
    assert is_icon(at_home, received("delivered", asset_id=in_immich(b"no picture at all")))
    ImmichAccount.objects.update(encrypted_key="not ours")
    assert is_icon(at_home, upload)


def test_without_immich_the_bytes_that_are_still_here_do(
    at_home: Client, received: Receive, in_immich: Callable[..., uuid.UUID], sandbox: Sandbox
) -> None:
    content = pictures.jpeg(1, width=900, height=600)
    asset_id = in_immich(content)
    here, gone = received("delivered", content, asset_id=asset_id), received("delivered", asset_id=asset_id)
    sandbox.stop()
    assert picture_in(at_home.get(at(here, "/thumbnail")).content)[1] == (320, 213)
    assert is_icon(at_home, gone)


# --- bytes


@pytest.fixture
def session(web: str, host: User) -> requests.Session:
    client = Client()
    client.force_login(host)
    session = requests.Session()
    session.cookies["drop_session"] = client.cookies["drop_session"].value
    return session


def test_the_bytes_come_from_here(web: str, session: requests.Session, received: Receive) -> None:
    upload = received("failed", b"some bytes", filename='../a"b.jpg', media_type="text/html")
    answer = session.get(web + at(upload, "/download"), timeout=10)
    assert (answer.status_code, answer.content) == (200, b"some bytes")
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="a\\"b.jpg"'
    assert answer.headers["Content-Length"] == "10"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_later_they_come_from_immich(
    web: str, session: requests.Session, received: Receive, in_immich: Callable[..., uuid.UUID], sandbox: Sandbox
) -> None:
    content = pictures.jpeg(1) + bytes(700_000)
    upload = received("delivered", asset_id=in_immich(content), filename="Grüße.jpg")
    answer = session.get(web + at(upload, "/download"), timeout=10)
    assert answer.content == content
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"] == "attachment; filename*=utf-8''Gr%C3%BC%C3%9Fe.jpg"
    assert answer.headers["Content-Length"] == str(len(content))


def test_no_bytes_where_nobody_has_them_or_may(
    at_home: Client, received: Receive, in_immich: Callable[..., uuid.UUID], sandbox: Sandbox, settings: LazySettings
) -> None:
    upload = received("delivered", asset_id=in_immich(pictures.jpeg(1)))
    unfinished, unknown = received("receiving", b"1", size=5), received("delivered", asset_id=uuid.uuid4())
    for other in (received("delivered"), unfinished, unknown):
        assert at_home.get(at(other, "/download")).status_code == 404
    assert at_home.post(at(upload, "/download")).status_code == 405
    settings.IMMICH_API_KEY = sandbox.create_key(["asset.view"])
    assert at_home.get(at(upload, "/download")).status_code == 404
    sandbox.stop()
    assert at_home.get(at(upload, "/download")).status_code == 404


def sandbox_of(sandbox: Sandbox) -> dict[str, str]:
    return {"IMMICH_BASE_URL": sandbox.url, "IMMICH_API_KEY": sandbox.api_key}


@pytest.mark.kill
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads memory from Linux's /proc")
def test_bytes_from_immich_cost_no_memory(processes: Callable[..., Processes], sandbox: Sandbox) -> None:
    product = processes(DJANGO_SUPERUSER_PASSWORD="correct horse battery", **sandbox_of(sandbox))
    server = product.serve()
    product.manage("createsuperuser", "--noinput", "--email", "host@example.org")
    token = product.create_invite("--name", "Film")
    guest = TusGuest(product.url, token)
    guest.open()
    headers = {**BODY, "Upload-Length": str(SIZE), "Upload-Metadata": metadata(filename="film.jpg", invite=token)}
    sent = guest.session.post(f"{product.url}/api/tus/", headers=headers, data=Stream(), timeout=120)
    upload_id = sent.headers["Location"].rpartition("/")[2]
    eventually(lambda: guest.statuses() == ["delivered"], "the delivery", patience=120)
    (product.folder / "spool" / uuid.UUID(upload_id).hex).unlink()
    session = requests.Session()
    page = session.get(f"{product.url}/login?way=local", timeout=10).text
    (csrf,) = re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    fields = {"way": "local", "email": "host@example.org", "password": "correct horse battery"}
    assert session.post(f"{product.url}/login", {**fields, "csrfmiddlewaretoken": csrf}, timeout=10).ok
    before = most_memory(server.pid)
    digest = hashlib.sha1()
    path = f"{product.url}/menu/links/{token}/files/{upload_id}/download"
    with session.get(path, stream=True, timeout=60) as answer:
        assert (answer.status_code, answer.headers["Content-Length"]) == (200, str(SIZE))
        for block in answer.iter_content(1_000_000):
            digest.update(block)
    start = pictures.jpeg(1)
    assert digest.hexdigest() == hashlib.sha1(start + bytes(SIZE - len(start))).hexdigest()
    page = session.get(f"{product.url}/menu/links/{token}/choose", timeout=10).text
    (csrf, *_) = re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    path, fields = f"{product.url}/menu/links/{token}/files.zip", {"csrfmiddlewaretoken": csrf, "all": "1"}
    with session.post(path, fields, stream=True, timeout=60) as answer:
        length = sum(len(block) for block in answer.iter_content(1_000_000))
    assert SIZE < length < SIZE + 1000
    assert most_memory(server.pid) - before < 40_000_000


# --- all about it


def test_what_can_be_done_is_offered(at_home: Client, received: Receive) -> None:
    page = at_home.get(at(received("failed", b"bytes", message="It is damaged."))).content.decode()
    assert [words for words in ("Retry", "Download", "Give up…", "It is damaged.") if words not in page] == []
    assert "Open in Immich" not in page
    page = at_home.get(at(received("receiving", b"by", size=5, received_at=None))).content.decode()
    assert [words for words in ("Retry", "Download", "Give up…") if words in page] == []


def test_immichs_original_is_offered_if_the_key_may(
    at_home: Client, received: Receive, in_immich: Callable[..., uuid.UUID], sandbox: Sandbox, settings: LazySettings
) -> None:
    upload = received("delivered", asset_id=in_immich(pictures.jpeg(1)), bytes_deleted_at=timezone.now())
    page = at_home.get(at(upload)).content.decode()
    assert "Download" in page
    assert f'href="{sandbox.url}/photos/{upload.asset_id}"' in page
    assert "Give up" not in page
    settings.IMMICH_API_KEY = sandbox.create_key(["asset.view"])
    assert "Download" not in at_home.get(at(upload)).content.decode()
    sandbox.stop()
    assert "Download" not in at_home.get(at(upload)).content.decode()


# --- who may


@pytest.mark.parametrize("what", ["", "/thumbnail", "/download"])
def test_a_file_is_reached_through_its_own_link_alone(
    client: Client, link: Invite, received: Receive, what: str
) -> None:
    upload = received("failed", pictures.jpeg(1))
    assert client.get(at(upload, what))["Location"].startswith("/login")
    stranger = User.objects.create_user("stranger@example.org")
    client.force_login(stranger)
    own = Invite.objects.create(name="Own", owner=stranger)
    for path in (
        at(upload, what),
        f"/menu/links/{own.token}/files/{upload.pk}{what}",
        f"/menu/links/{own.token}/files/{uuid.uuid4()}{what}",
    ):
        assert client.get(path).status_code == 404
    Upload.objects.update(invite=None)  # of the public page
    client.force_login(User.objects.get(email="host@example.org"))
    assert client.get(f"/menu/links/{link.token}/files/{upload.pk}{what}").status_code == 404
