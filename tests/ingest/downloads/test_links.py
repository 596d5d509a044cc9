"""A pasted link from the request to Immich: jobs, their answers for both generations, and what stops them."""

import io
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
from django.db import connections
from django.test import Client
from django.utils import timezone
from PIL import Image
from pytest_django import Settings

from immichdrop.immich import Immich
from immichdrop.models import User
from immichdrop.sandbox import Sandbox
from immichdrop.sandbox.faults import Hits
from ingest.downloads import platforms, queue
from ingest.downloads.causes import Cause
from ingest.downloads.fetching import Fetched, Fetcher, File
from ingest.downloads.models import Download, PlatformCookies
from ingest.downloads.worker import Downloads
from invites import guests, tokens
from invites.api_tokens import Scope
from invites.credentials import Caller
from invites.models import ApiToken, Guest
from invites.refusals import RefusedError
from tests import pictures
from tests.conftest import MakeInvite
from tests.ingest.downloads.fake_platform import FAKE, FakePlatform
from tests.ingest.downloads.test_fetching import CLIP, children, slow, video
from tests.serving import eventually
from uploads import spool
from uploads.models import Upload
from uploads.worker import Worker

POST = "https://fake.example/post/1"


class Script:
    """What asks for links, with a token."""

    def __init__(self, web: str, token: str) -> None:
        self.web = web
        self.headers = {"x-api-key": token}

    def post(self, path: str, **more: object) -> requests.Response:
        headers = {**self.headers, **more.pop("headers", {})}  # type: ignore[dict-item]
        return requests.post(f"{self.web}{path}", headers=headers, timeout=60, **more)  # type: ignore[arg-type]

    def url(self, url: object = POST, **more: object) -> requests.Response:
        return self.post("/api/upload/url", json={"url": url, **more})

    def begin(self, url: str = POST, **more: object) -> str:
        """The job's id, without waiting."""
        said = self.post("/api/upload/url", json={"url": url, **more}, headers={"Prefer": "respond-async"}).json()
        assert said.keys() == {"job_id", "status"}
        return str(said["job_id"])

    def status(self, job_id: str) -> requests.Response:
        return requests.get(f"{self.web}/api/upload/url/status/{job_id}", headers=self.headers, timeout=10)

    def picture(self, job_id: str) -> requests.Response:
        return requests.get(f"{self.web}/api/upload/url/status/{job_id}/thumbnail", headers=self.headers, timeout=10)

    def ended(self, job_id: str) -> dict[str, object]:
        return eventually(
            lambda: said if (said := self.status(job_id).json())["status"] in ("completed", "failed") else None,
            "the job's end",
        )


@pytest.fixture
def switched_on(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a platform that only tests have."""
    settings.SOCIAL_MEDIA_UPLOADS_ENABLED = True
    settings.SOCIAL_MEDIA_PLATFORMS = ["fake"]
    settings.DOWNLOAD_MAX_MB = 5
    monkeypatch.setitem(platforms.PLATFORMS, "fake", FAKE)


@pytest.fixture
def token(web: str, switched_on: None) -> tuple[ApiToken, str]:
    host = User.objects.create_user("ada@example.org")
    return tokens.create_token(host, "iPhone", [Scope.LINKS])


@pytest.fixture
def browser(web: str, switched_on: None) -> Script:
    """A host's, who logged in and shows nothing else."""
    client = Client()
    client.force_login(User.objects.create_user("lena@example.org"))
    made = Script(web, "")
    made.headers = {"Cookie": f"drop_session={client.cookies['drop_session'].value}", "Origin": web}
    return made


@pytest.fixture
def script(web: str, token: tuple[ApiToken, str]) -> Script:
    return Script(web, token[1])


@pytest.fixture
def by_hand(web: str, switched_on: None, fetcher: Fetcher) -> Downloads:
    """Downloads that the test makes one by one, by `run_once`."""
    made = Downloads(spool.default(), 1, fetcher)
    made.root.mkdir(exist_ok=True)
    return made


@pytest.fixture
def downloads(by_hand: Downloads) -> Iterator[Downloads]:
    by_hand.start()
    yield by_hand
    by_hand.stop(30)


def test_a_video_is_answered_with_its_delivery(
    script: Script, downloads: Downloads, deliveries: Worker, sandbox: Sandbox, platform: FakePlatform
) -> None:
    """Older clients look at `success` and `result.filename`, newer ones at `job_id`."""
    platform.posts["1"] = video(webpage_url=POST)
    platform.files["/v.mp4"] = CLIP
    said = script.url(album_name="Clips").json()
    (asset,) = sandbox.album_assets("Clips")
    assert said == {
        "job_id": said["job_id"],
        "status": "completed",
        "success": True,
        "result": {
            "filename": "fake_lena_Waves_1.mp4",
            "status": "success",
            "asset_id": asset.id,
            "duplicate": False,
            "error": None,
            "platform": "fake",
        },
        "error": None,
        "total_uploaded": 1,
        "additional_results": [],
    }
    assert len(said["job_id"]) == 8
    assert asset.description == f"Waves\nlena (Fake)\n{POST}"
    status = script.status(said["job_id"]).json()
    assert status["result"] == {name: said[name] for name in status["result"]}
    assert "error" not in status


def test_the_posts_date_is_the_files(
    script: Script, downloads: Downloads, deliveries: Worker, sandbox: Sandbox, platform: FakePlatform
) -> None:
    platform.posts["1"] = {"id": "1", "say": "no video"}
    platform.galleries["1"] = {
        "title": "Shells",
        "username": "lena",
        "date": "2023-11-14 22:13:20",
        "pictures": [f"https://cdn.example/{number}.jpg" for number in (1, 2)],
    }
    platform.files |= {f"/{number}.jpg": pictures.jpeg(number) for number in (1, 2)}
    said = script.ended(script.begin())["result"]
    assert isinstance(said, dict)
    names = [said["result"]["filename"], *(each["filename"] for each in said["additional_results"])]
    assert names == ["fake_lena_Shells.jpg", "fake_lena_Shells_2.jpg"]
    assert (said["success"], said["total_uploaded"]) == (True, 2)
    assert {upload.last_modified for upload in Upload.objects.all()} == {datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)}
    assert len(eventually(lambda: sandbox.assets() if len(sandbox.assets()) == 2 else None, "both")) == 2


def test_a_job_has_a_picture_while_its_video_comes(
    script: Script, downloads: Downloads, platform: FakePlatform, web: str
) -> None:
    platform.posts["1"] = video(thumbnail="https://cdn.example/t.jpg")
    platform.files |= {"/v.mp4": slow, "/t.jpg": pictures.jpeg(1, width=1280, height=720)}
    job_id = script.begin()
    eventually(lambda: script.status(job_id).json()["thumbnail"], "the picture")
    assert script.status(job_id).json()["status"] == "downloading"
    answer = script.picture(job_id)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/jpeg")
    assert "no-store" in answer.headers["Cache-Control"]
    assert Image.open(io.BytesIO(answer.content)).size == (320, 180)
    _, other = tokens.create_token(None, "another", [Scope.LINKS])
    assert Script(web, other).picture(job_id).status_code == 404


def test_a_job_of_pictures_shows_the_first(script: Script, downloads: Downloads, platform: FakePlatform) -> None:
    """Until its files are taken back."""
    platform.posts["1"] = {"id": "1", "say": "no video"}
    platform.galleries["1"] = {"title": "Shells", "pictures": ["https://cdn.example/1.jpg"]}
    platform.files["/1.jpg"] = pictures.jpeg(1)
    job_id = script.begin()
    eventually(lambda: Upload.objects.exists(), "the file")
    assert script.status(job_id).json()["thumbnail"]
    assert script.picture(job_id).content.startswith(b"\xff\xd8")
    Upload.objects.update(status=Upload.Status.DISCARDED)
    assert not script.status(job_id).json()["thumbnail"]
    assert script.picture(job_id).status_code == 404


def test_a_job_tells_no_result_before_it_has_one(script: Script, platform: FakePlatform) -> None:
    """Nothing works it off here. To others it does not exist."""
    job_id = script.begin()
    said = script.status(job_id).json()
    assert said.keys() == {"job_id", "status", "created_at", "platform", "progress", "thumbnail"}
    assert (said["status"], isinstance(said["created_at"], float)) == ("pending", True)
    _, other = tokens.create_token(None, "another", [Scope.LINKS])
    for stranger in (Script(script.web, other).status(job_id), script.status("00000000")):
        assert (stranger.status_code, stranger.json()) == (404, {"detail": "Job not found or expired"})


def test_a_download_that_fails_says_why(script: Script, downloads: Downloads, platform: FakePlatform) -> None:
    platform.posts["1"] = {"id": "1", "say": "This video is private"}
    answer = script.url()
    said = answer.json()
    assert (answer.status_code, said["success"], said["result"], said["error"]) == (
        200, False, None, "This post is private.",
    )  # fmt: skip
    status = script.status(said["job_id"]).json()
    assert (status["status"], status["error"], status["cause"]) == ("failed", "This post is private.", "private")
    assert "result" not in status


def test_several_links(
    script: Script, downloads: Downloads, deliveries: Worker, sandbox: Sandbox, platform: FakePlatform
) -> None:
    platform.posts |= {"1": video(), "2": {"id": "2", "say": "This video is private"}}
    platform.files["/v.mp4"] = CLIP
    urls = [POST, " ", "https://fake.example/post/2", "https://elsewhere.example/"]
    said = script.post("/api/upload/urls", json={"urls": urls}).json()
    assert [said[name] for name in ("total", "successful", "duplicates", "failed")] == [3, 1, 0, 2]
    assert [each["error"] for each in said["results"]] == [
        None,
        "This post is private.",
        "Unsupported URL. Supported platforms: Fake",
    ]


@pytest.mark.parametrize(
    ("path", "body", "status", "detail"),
    [
        ("url", {}, 400, "URL is required"),
        ("url", {"url": ""}, 400, "URL is required"),
        ("url", {"url": "https://elsewhere.example/1"}, 400, "Unsupported URL. Supported platforms: Fake"),
        ("url", {"url": "http://127.0.0.1/post/1"}, 400, "Unsupported URL. Supported platforms: Fake"),
        ("url", {"url": "file:///etc/passwd"}, 400, "Unsupported URL. Supported platforms: Fake"),
        ("url", {"url": "https://fake.example:8443/post/1"}, 400, "Unsupported URL. Supported platforms: Fake"),
        ("url", {"url": "https://fake.example@127.0.0.1/post/1"}, 400, "Unsupported URL. Supported platforms: Fake"),
        ("url", {"url": "https://notfake.example/post/1"}, 400, "Unsupported URL. Supported platforms: Fake"),
        ("url", {"url": 7}, 422, None),
        ("url", {"url": POST, "album_name": 7}, 422, None),
        ("url", {"url": POST, "album_id": "Clips"}, 422, None),
        ("url", [], 422, None),
        ("urls", {"urls": []}, 400, "No URLs provided"),
        ("urls", {"urls": [" "]}, 400, "No URLs provided"),
        ("urls", {"urls": [POST] * 11}, 400, "Maximum 10 URLs per request"),
        ("urls", {"urls": POST}, 422, None),
    ],
)
def test_what_is_no_link(script: Script, path: str, body: object, status: int, detail: str | None) -> None:
    answer = script.post(f"/api/upload/{path}", json=body)
    assert answer.status_code == status
    assert detail in (None, answer.json()["detail"])
    assert not Download.objects.exists()


def test_who_may_not(script: Script, web: str, settings: Settings) -> None:
    _, files_only = tokens.create_token(None, "files", [Scope.FILES])
    for other, status in ((Script(web, "drop_wrong"), 401), (Script(web, ""), 401), (Script(web, files_only), 403)):
        said = other.url()
        assert (said.status_code, said.json()["success"], bool(said.json()["detail"])) == (status, False, True)
    settings.SOCIAL_MEDIA_UPLOADS_ENABLED = False
    said = script.url()
    assert (said.status_code, "SOCIAL_MEDIA_UPLOADS_ENABLED" in said.json()["error"]) == (403, True)
    assert not Download.objects.exists()


def test_so_many_links_wait_for_one_caller(script: Script) -> None:
    for _ in range(queue.MOST_AT_WORK):
        script.begin()
    said = script.url()
    assert (said.status_code, said.json()["success"]) == (429, False)


@pytest.mark.parametrize(
    ("number", "address", "status"),
    [
        (queue.MOST_OF_ADDRESS - 1, "127.0.0.1", 200),
        (queue.MOST_OF_ADDRESS, "127.0.0.1", 429),
        (queue.MOST_OF_LINK - 1, "203.0.113.7", 200),
        (queue.MOST_OF_LINK, "203.0.113.7", 429),
    ],
)
def test_so_many_links_wait_for_ever_new_guests(
    script: Script, web: str, make_invite: MakeInvite, number: int, address: str, status: int
) -> None:
    """Of one address, and at one link; those of hosts' own tokens are not counted with them."""
    link = make_invite(allow_urls=True)
    account = link.account()
    rows = [
        Download(url=POST, platform="fake", account=account, invite=link, guest=guest, client_address=address)
        for guest in Guest.objects.bulk_create(Guest(secret_hash=f"{each:064}") for each in range(number))
    ]
    Download.objects.bulk_create(rows)
    said = Script(web, link.token).post("/api/upload/url", json={"url": POST}, headers={"Prefer": "respond-async"})
    assert said.status_code == status
    script.begin()


def test_a_link_with_many_holds_nobody_else_up(script: Script, make_invite: MakeInvite) -> None:
    """Hosts' own are begun first, then those of each link by turns."""
    busy, quiet = (Script(script.web, make_invite(allow_urls=True).token) for _ in range(2))
    asked = [busy.begin() for _ in range(4)]
    asked += [quiet.begin() for _ in range(2)]
    own = script.begin()
    begun = []
    while download := queue.claim("one", 1):
        begun.append(download.job_id)
        queue.failed(download, Cause.PRIVATE)
    assert begun == [own, asked[0], asked[4], asked[1], asked[5], asked[2], asked[3]]


def test_a_household_in_ipv6_is_one_address(switched_on: None, make_invite: MakeInvite) -> None:
    links = [make_invite(allow_urls=True) for _ in range(2)]
    crowd = Guest.objects.bulk_create(Guest(secret_hash=f"{each:064}") for each in range(queue.MOST_OF_ADDRESS))
    for number, guest in enumerate(crowd):
        queue.ask(Caller(f"2001:db8:1:2::{number:x}", guest=guest, invite=links[number % 2]), POST)
    with pytest.raises(RefusedError):
        queue.ask(Caller("2001:db8:1:2:ffff::1", guest=guests.create()[0], invite=links[0]), POST)
    queue.ask(Caller("2001:db8:1:3::1", guest=guests.create()[0], invite=links[0]), POST)


# --- a link's guests


def test_a_guest_at_a_link_that_allows_it(
    web: str, downloads: Downloads, deliveries: Worker, sandbox: Sandbox, platform: FakePlatform,
    make_invite: MakeInvite,
) -> None:  # fmt: skip
    platform.posts["1"] = video()
    platform.files["/v.mp4"] = CLIP
    closed, open_ = make_invite(), make_invite(album_name="Beach", allow_urls=True, describe=True)
    assert Script(web, closed.token).url().status_code == 403
    said = Script(web, open_.token).url(album_name="Elsewhere").json()
    assert (said["success"], len(sandbox.album_assets("Beach"))) == (True, 1)
    open_.refresh_from_db()
    assert open_.used == 1


def test_a_link_that_was_used_up_meanwhile_tells_of_its_jobs(
    web: str, downloads: Downloads, deliveries: Worker, platform: FakePlatform, make_invite: MakeInvite
) -> None:
    platform.posts["1"] = video()
    platform.files["/v.mp4"] = CLIP
    link = make_invite(allow_urls=True, max_uses=2)
    link.used = 1
    link.save(update_fields=["used"])
    guest = Script(web, link.token)
    job_id = guest.begin()
    assert guest.ended(job_id)["status"] == "completed"
    assert guest.url().status_code == 403
    link.allow_urls, link.disabled = False, True
    link.save(update_fields=["allow_urls", "disabled"])
    assert guest.status(job_id).json()["result"]["success"] is True


def test_what_immich_refuses_has_failed(
    script: Script, web: str, downloads: Downloads, deliveries: Worker, sandbox: Sandbox, platform: FakePlatform,
    make_invite: MakeInvite,
) -> None:  # fmt: skip
    """For a host, whose Shortcut would say "complete" where there is a `result`. A guest's file is safe here."""
    sandbox.faults.error_before, sandbox.faults.status = Hits(on=("POST /api/assets",)), 400
    platform.posts["1"] = video()
    platform.files["/v.mp4"] = CLIP
    job_id = script.begin()
    job = script.ended(job_id)
    assert (job["status"], job["cause"], "result" in job) == ("failed", "immich", False)
    assert "Immich refused the file" in str(job["error"])
    said = script.url().json()
    assert (said["status"], said["success"], said["error"]) == ("failed", False, job["error"])
    guest = Script(web, make_invite(allow_urls=True).token)
    assert guest.ended(guest.begin())["status"] == "completed"
    assert len(list(spool.default().names())) >= 1


def test_the_links_limits_hold(web: str, downloads: Downloads, platform: FakePlatform, make_invite: MakeInvite) -> None:
    platform.posts["1"] = video()
    platform.files["/v.mp4"] = CLIP
    said = Script(web, make_invite(allow_urls=True, kinds="photos").token).url().json()
    assert (said["success"], said["result"]["status"]) == (False, "error")
    assert said["error"] == "The file is not a photo or video of the kind taken here."
    assert not Upload.objects.exists()
    assert list(spool.default().names()) == []


# --- what goes wrong


def test_what_passes_is_tried_again(script: Script, by_hand: Downloads, platform: FakePlatform) -> None:
    platform.posts["1"] = 500
    job_id = script.begin()
    assert by_hand.run_once("one")
    row = Download.objects.get()
    assert (row.status, row.cause, row.attempts) == ("pending", "unreachable", 1)
    assert not by_hand.run_once("one")  # not yet
    platform.posts["1"] = video()
    platform.files["/v.mp4"] = CLIP
    Download.objects.update(next_attempt_at=timezone.now())
    assert by_hand.run_once("one")
    assert script.status(job_id).json()["status"] == "uploading"
    Download.objects.update(ended_at=timezone.now() - timedelta(minutes=2))
    assert script.status(job_id).json()["status"] == "completed"  # it waits for Immich, and is safe here


def test_it_is_given_up_at_last() -> None:
    assert [Cause.UNREACHABLE.pause(attempts) is None for attempts in range(1, 7)] == [False] * 4 + [True] * 2
    assert Cause.PRIVATE.pause(1) is None


def test_a_worker_that_died(script: Script, by_hand: Downloads, platform: FakePlatform) -> None:
    """Another goes on when the lease has ended; what was kept before is not kept twice, nor is its folder."""
    platform.posts["1"] = video()
    platform.files["/v.mp4"] = CLIP
    script.begin()
    dead = queue.claim("dead", 1)
    assert dead
    assert queue.claim("other", 1) is None
    left = by_hand.root / f"{dead.job_id}-left"
    left.mkdir()
    Download.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert by_hand.run_once("other")
    assert not left.exists()
    Download.objects.update(status="downloading", lease_until=timezone.now() - timedelta(seconds=1))
    assert by_hand.run_once("third")
    assert (Upload.objects.count(), Download.objects.get().files.count()) == (1, 1)
    assert not queue.heartbeat(dead, 1, 1)
    assert len(list(spool.default().names())) == 1


def test_a_link_that_kills_its_process_each_time_ends(script: Script, by_hand: Downloads) -> None:
    job_id = script.begin()
    for number in range(queue.MOST_ABANDONED):
        assert queue.claim(f"dead {number}", 1), "it is tried again"
        assert script.status(job_id).json()["status"] != "failed"
        Download.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert queue.claim("afraid", 1) is None
    said = script.status(job_id).json()
    assert (said["status"], "broke off" in str(said)) == ("failed", True)


def test_a_server_that_ends_puts_it_back(script: Script, downloads: Downloads, platform: FakePlatform) -> None:
    platform.posts["1"] = video()
    platform.files["/v.mp4"] = slow
    script.begin()
    eventually(lambda: "/v.mp4" in platform.paths, "the download to begin")
    downloads.stop(20)
    row = Download.objects.get()
    assert (row.status, row.attempts, row.lease_owner) == ("pending", 0, "")
    assert list(downloads.root.iterdir()) == []


def test_a_revoked_token_stops_its_jobs(
    script: Script, downloads: Downloads, platform: FakePlatform, token: tuple[ApiToken, str]
) -> None:
    platform.posts["1"] = video()
    platform.files["/v.mp4"] = slow
    before = children()
    script.begin()
    eventually(lambda: "/v.mp4" in platform.paths, "the download to begin")
    ApiToken.objects.filter(pk=token[0].pk).revoke()
    eventually(lambda: Download.objects.get().status == "failed", "its end", patience=5)
    assert Download.objects.get().cause == "withdrawn"
    assert children() <= before
    assert script.status(Download.objects.get().job_id).status_code == 401


@pytest.mark.parametrize("what", ["revoked", "taken over"])
def test_what_came_is_not_kept_without_a_right(
    script: Script, by_hand: Downloads, token: tuple[ApiToken, str], tmp_path: Path, what: str
) -> None:
    """Between the last byte from the platform and the spool."""
    script.begin()
    held = queue.claim("here", 1)
    assert held
    came = tmp_path / "v.mp4"
    came.write_bytes(CLIP)
    if what == "revoked":
        ApiToken.objects.filter(pk=token[0].pk).revoke()
    else:
        Download.objects.update(lease_owner="another")
    by_hand._keep(held, Fetched([File(came, {"title": "Waves"})]), by_hand._watch(held))
    row = Download.objects.get()
    expected = ("failed", "withdrawn") if what == "revoked" else ("downloading", "")
    assert (row.status, row.cause, Upload.objects.count()) == (*expected, 0)
    assert list(spool.default().names()) == []


def test_a_link_to_a_file_of_ours_is_not_kept(
    script: Script, by_hand: Downloads, platform: FakePlatform, settings: Settings
) -> None:
    """A child may put one into its folder, though it can't read what it leads to."""
    another_guests = settings.DATA_DIR / "another-guests"
    another_guests.write_bytes(CLIP)
    platform.posts["1"] = video(say="link", path=str(another_guests))
    script.begin()
    by_hand.run_once("here")
    row = Download.objects.get()
    assert (row.status, row.cause, Upload.objects.count()) == ("pending", "broken", 0)


def test_one_at_a_time_in_all_processes(script: Script) -> None:
    script.begin()
    script.begin()
    claimed: list[Download | None] = []
    gate = threading.Barrier(4)

    def claim(name: str) -> None:
        gate.wait(10)
        try:
            claimed.append(queue.claim(name, 1))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=claim, args=(str(number),)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len([each for each in claimed if each]) == 1


def test_a_full_disk(script: Script, by_hand: Downloads, settings: Settings, platform: FakePlatform) -> None:
    settings.SPOOL_FREE_MB = 1_000_000_000
    script.begin()
    assert by_hand.run_once("one")
    assert (Download.objects.get().status, Download.objects.get().cause, platform.paths) == ("pending", "disk_full", [])


def test_a_day_later_it_is_forgotten_and_its_files_stay(
    script: Script, by_hand: Downloads, platform: FakePlatform
) -> None:
    platform.posts["1"] = video()
    platform.files["/v.mp4"] = CLIP
    job_id = script.begin()
    assert by_hand.run_once("one")
    Download.objects.update(created_at=timezone.now() - timedelta(hours=25))
    queue.expire()
    assert (script.status(job_id).status_code, Upload.objects.count()) == (404, 1)


# --- cookies


def test_cookies_of_its_platform_and_what_is_known_of_them(
    script: Script, by_hand: Downloads, platform: FakePlatform
) -> None:
    whole = "# Netscape HTTP Cookie File\n" + "".join(
        f"{domain}\tTRUE\t/\tTRUE\t0\tsession\t{value}\n"
        for domain, value in (
            (".fake.example", "fake"),
            ("#HttpOnly_.reddit.com", "reddit"),
            (".bank.example", "money"),
        )
    )
    for name in ("fake", "reddit"):
        row = PlatformCookies(platform=name)
        row.take(whole)
        row.save()
        assert (row.names, "money" in row.text, "session" in row.encrypted) == (1, False, False)
    platform.posts["1"] = {"id": "1", "say": "login"}
    script.begin()
    assert by_hand.run_once("one")
    assert [headers.get("cookie") for _, headers in platform.asked] == ["session=fake"]
    assert "login" in PlatformCookies.objects.get(platform="fake").hint
    assert PlatformCookies.objects.get(platform="reddit").hint == ""
    platform.posts["1"] = video()
    platform.files["/v.mp4"] = CLIP
    script.begin()
    assert by_hand.run_once("one")
    assert PlatformCookies.objects.get(platform="fake").hint == ""


def test_a_login_alone_is_enough_for_the_own_pages(
    browser: Script, downloads: Downloads, deliveries: Worker, sandbox: Sandbox, platform: FakePlatform
) -> None:
    platform.posts["1"] = video(webpage_url=POST)
    platform.files["/v.mp4"] = CLIP
    job_id = browser.begin(album_name="Clips")
    assert browser.ended(job_id)["status"] == "completed"
    assert len(sandbox.album_assets("Clips")) == 1
    assert Download.objects.get().host == User.objects.get(email="lena@example.org")
    elsewhere = browser.post("/api/upload/url", json={"url": POST}, headers={"Origin": "https://evil.example"})
    within = browser.post("/api/upload/url", json={"url": POST}, headers={"Sec-Fetch-Site": "cross-site"})
    assert (elsewhere.status_code, within.status_code) == (403, 403)
    User.objects.update(is_active=False)
    assert browser.url().status_code == 401
    assert Download.objects.count() == 1


def test_of_two_albums_of_one_name_it_is_the_chosen_one(
    browser: Script, downloads: Downloads, deliveries: Worker, sandbox: Sandbox, platform: FakePlatform
) -> None:
    platform.posts["1"] = video(webpage_url=POST)
    platform.files["/v.mp4"] = CLIP
    with Immich(sandbox.url, sandbox.api_key) as immich:
        albums = [immich.create_album("Clips").id for _ in range(3)]
        job_id = browser.begin(album_name="Clips", album_id=albums[1])
        assert browser.ended(job_id)["status"] == "completed"
        assert [immich.album(album).asset_count for album in albums] == [0, 1, 0]


def test_own_jobs_are_listed_and_nobody_elses(browser: Script, script: Script, make_invite: MakeInvite) -> None:
    def listed(asking: Script, query: str = "", **cookie: str) -> list[str]:
        headers = {**asking.headers, **cookie}
        said = requests.get(f"{asking.web}/api/upload/url/status{query}", headers=headers, timeout=10).json()
        assert all(job["status"] == "pending" and job["job_id"] for job in said["items"])
        return [job["url"] for job in said["items"]]

    browser.begin(album_name="Clips")
    browser.begin(f"{POST}2", album_name="Other")
    script.begin(f"{POST}3")
    assert listed(browser) == [f"{POST}2", POST]
    assert listed(browser, "?album_name=Clips") == [POST]
    assert listed(script) == [f"{POST}3"]
    guest, secret = guests.create()
    link = make_invite(allow_urls=True)
    known = Script(browser.web, link.token)
    known.headers["X-Drop-Guest"] = secret
    known.begin(f"{POST}4")
    by_address = Script(browser.web, link.token)
    by_address.begin(f"{POST}5")
    assert Download.objects.filter(guest=guest).count() == 1
    assert (listed(known), listed(by_address)) == ([f"{POST}4"], [])
