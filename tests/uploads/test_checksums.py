"""Upload-Checksum: a body that is not what it says is dropped whole, back to the old offset (tus, "Checksum")."""

import base64
import hashlib
from collections.abc import Callable

import pytest

from invites.models import Invite
from tests import pictures
from tests.conftest import MakeInvite
from tests.guest import BODY, TUS, TusGuest, metadata
from tests.uploads.traces import assert_received
from tests.wire import Line, cookie_of
from uploads import spool
from uploads.models import Upload

Arrive = Callable[[Invite | None], TusGuest]
PHOTO = pictures.jpeg(1) + b"\0" * 20_000_000  # more than a checkpoint
SMALL = pictures.jpeg(2)


def of(content: bytes, algorithm: str = "sha1") -> str:
    return f"{algorithm} {base64.b64encode(hashlib.new(algorithm, content).digest()).decode()}"


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_a_right_sum(make_invite: MakeInvite, guest_at: Arrive, algorithm: str) -> None:
    guest = guest_at(make_invite())
    upload_id = guest.begin(len(PHOTO))
    half = len(PHOTO) // 2
    for at, piece in ((0, PHOTO[:half]), (half, PHOTO[half:])):
        answer = guest.patch(upload_id, at, piece, **{"Upload-Checksum": of(piece, algorithm)})
        assert answer.status_code == 204
    assert_received(upload_id, PHOTO)


def test_a_wrong_sum_leaves_the_old_offset(make_invite: MakeInvite, guest_at: Arrive) -> None:
    guest = guest_at(make_invite())
    upload_id = guest.begin(len(PHOTO))
    assert guest.patch(upload_id, 0, PHOTO[:1000]).status_code == 204
    answer = guest.patch(upload_id, 1000, PHOTO[1000:], **{"Upload-Checksum": of(b"something else")})
    assert (answer.status_code, answer.json()["error"]) == (460, "checksum_mismatch")
    assert guest.head(upload_id).headers["Upload-Offset"] == "1000"
    assert spool.default().size(Upload.objects.get().pk) == 1000
    assert guest.patch(upload_id, 1000, PHOTO[1000:]).status_code == 204
    assert_received(upload_id, PHOTO, summed=False)


def test_a_body_that_breaks_off_proves_nothing(make_invite: MakeInvite, guest_at: Arrive) -> None:
    guest = guest_at(make_invite())
    upload_id = guest.begin(len(PHOTO))
    with Line(guest.url) as line:
        said = {"Upload-Offset": "0", "Upload-Checksum": of(PHOTO), "Content-Length": str(len(PHOTO))}
        line.begin("PATCH", f"/api/tus/{upload_id}", {**BODY, **cookie_of(guest), **said})
        line.send(PHOTO[: len(PHOTO) // 2])
    assert guest.head(upload_id).headers["Upload-Offset"] == "0"


def test_at_creation(make_invite: MakeInvite, guest_at: Arrive) -> None:
    guest = guest_at(make_invite())
    said = metadata(filename="a.jpg", invite=guest.token)
    headers = {**BODY, "Upload-Length": str(len(SMALL)), "Upload-Metadata": said}
    wrong = guest.session.post(f"{guest.url}/api/tus/", SMALL, headers={**headers, "Upload-Checksum": of(b"x")})
    assert wrong.status_code == 460
    assert Upload.objects.count() == 0
    assert list(spool.default().names()) == []
    right = guest.session.post(f"{guest.url}/api/tus/", SMALL, headers={**headers, "Upload-Checksum": of(SMALL)})
    assert right.status_code == 201


@pytest.mark.parametrize("sum_", ["md5 AAAA", "sha1", "sha1 !!", "sha1 AAAA", "sha256 " + "A" * 28, ""])
def test_nonsense(make_invite: MakeInvite, guest_at: Arrive, sum_: str) -> None:
    guest = guest_at(make_invite())
    upload_id = guest.begin(len(SMALL))
    answer = guest.patch(upload_id, 0, SMALL, **{"Upload-Checksum": sum_})
    assert answer.status_code == 400
    assert "Upload-Checksum" in answer.json()["message"]


def test_the_algorithms_are_told(web: str) -> None:
    answer = TusGuest(web).session.options(f"{web}/api/tus/", headers=TUS)
    assert answer.status_code == 200
    assert answer.headers["Tus-Checksum-Algorithm"] == "sha1,sha256"
    assert {"checksum", "termination", "expiration"} <= set(answer.headers["Tus-Extension"].split(","))
