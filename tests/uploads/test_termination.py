"""DELETE: a guest gives an upload up. Its bytes go, its place is free, and nobody else can do that."""

from collections.abc import Callable

from requests import Response

from invites.models import Invite
from tests import pictures
from tests.conftest import MakeInvite
from tests.guest import TUS, TusGuest
from uploads import spool
from uploads.models import Upload

Arrive = Callable[[Invite | None], TusGuest]
PHOTO = pictures.jpeg(1)


def give_up(guest: TusGuest, upload_id: str, **headers: str) -> Response:
    return guest.session.delete(f"{guest.url}/api/tus/{upload_id}", headers={**TUS, **headers}, timeout=30)


def test_an_unfinished_one(make_invite: MakeInvite, guest_at: Arrive) -> None:
    guest = guest_at(make_invite(max_uses=2))
    upload_id = guest.begin(len(PHOTO), key="k")
    guest.begin(len(PHOTO))
    guest.patch(upload_id, 0, PHOTO[:700])
    assert guest.create(len(PHOTO)).status_code == 403
    assert give_up(guest, upload_id).status_code == 204
    assert guest.head(upload_id).status_code == 404
    assert give_up(guest, upload_id).status_code == 404
    assert len(list(spool.default().names())) == 1
    assert guest.begin(len(PHOTO), key="k") != upload_id, "place and key are free again"


def test_a_received_one_that_waits(make_invite: MakeInvite, guest_at: Arrive) -> None:
    guest = guest_at(make_invite())
    upload_id = guest.send(PHOTO)
    assert give_up(guest, upload_id).status_code == 204
    upload = Upload.objects.get()
    assert (upload.status, upload.discarded_by) == ("discarded", "guest")
    assert list(spool.default().names()) == []


def test_one_on_its_way_is_busy(make_invite: MakeInvite, guest_at: Arrive) -> None:
    guest = guest_at(make_invite())
    upload_id = guest.send(PHOTO)
    Upload.objects.update(status="delivering", lease_owner="somebody")
    assert give_up(guest, upload_id).status_code == 423
    assert len(list(spool.default().names())) == 1


def test_a_stranger_can_not(make_invite: MakeInvite, guest_at: Arrive) -> None:
    invite = make_invite()
    upload_id = guest_at(invite).begin(len(PHOTO))
    assert give_up(guest_at(invite), upload_id).status_code == 404
    assert Upload.objects.get().status == "receiving"


def test_by_a_post_that_says_so(make_invite: MakeInvite, guest_at: Arrive) -> None:
    """Some proxies let nothing but GET and POST through (tus, "X-HTTP-Method-Override")."""
    guest = guest_at(make_invite())
    upload_id = guest.begin(len(PHOTO))
    url = f"{guest.url}/api/tus/{upload_id}"
    override = {**TUS, "X-HTTP-Method-Override": "HEAD"}
    assert guest.session.post(url, headers=override, timeout=30).headers["Upload-Offset"] == "0"
    headers = {
        **TUS,
        "X-HTTP-Method-Override": "PATCH",
        "Content-Type": "application/offset+octet-stream",
        "Upload-Offset": "0",
    }
    assert guest.session.post(url, PHOTO[:10], headers=headers, timeout=30).status_code == 204
    assert guest.session.post(url, headers={**override, "X-HTTP-Method-Override": "DELETE"}).status_code == 204
    assert guest.head(upload_id).status_code == 404


def test_the_override_is_for_tus_alone(web: str) -> None:
    answer = TusGuest(web).session.post(f"{web}/healthz", headers={"X-HTTP-Method-Override": "GET"})
    assert answer.status_code in (403, 405)
