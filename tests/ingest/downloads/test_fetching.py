"""Posts of a platform on loopback, fetched by the real yt-dlp and gallery-dl, in the child, through the proxy."""

import gzip
import os
import subprocess
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from pytest_django import Settings

from ingest.downloads import landlock, programs
from ingest.downloads.causes import Cause
from ingest.downloads.fetching import Fetched, Fetcher, Limits, environment
from tests import pictures
from tests.ingest.downloads.fake_platform import FAKE, FakePlatform
from tests.ingest.downloads.internet import Inside, Internet

CLIP = Path(__file__).parents[2].joinpath("media", "clip.mp4").read_bytes()
LIMITS = Limits(20_000_000, 60)
Get = Callable[..., Fetched]


@pytest.fixture
def get(fetcher: Fetcher, folder: Path) -> Get:
    def fetch(url: str = "https://fake.example/post/1", limits: Limits = LIMITS, **more: object) -> Fetched:
        return fetcher.fetch(FAKE, url, folder, limits, more.pop("watch", lambda came, of: True), **more)  # type: ignore[arg-type]

    return fetch


def video(**more: object) -> dict[str, object]:
    """What the platform says of a post with one video."""
    return {
        "id": "1",
        "title": "Waves",
        "uploader": "lena",
        "timestamp": 1_700_000_000,
        "url": "https://cdn.example/v.mp4",
        "ext": "mp4",
        **more,
    }


def test_a_single_video(platform: FakePlatform, get: Get) -> None:
    platform.posts["1"] = video()
    platform.files["/v.mp4"] = CLIP
    seen: list[int] = []
    fetched = get(watch=lambda came, of: seen.append(came) or True)
    assert fetched.cause is None, fetched.detail
    (file,) = fetched.files
    assert file.path.read_bytes() == CLIP
    assert {"title": "Waves", "uploader": "lena", "timestamp": 1_700_000_000}.items() <= file.about.items()
    assert seen[-1] > 0


def test_the_posts_picture_is_there_before_its_video(platform: FakePlatform, get: Get) -> None:
    """The best that can be had: the platform names sizes that it does not have."""
    sizes = [{"url": f"https://cdn.example/{name}.jpg", "preference": each} for each, name in enumerate("abcde")]
    platform.posts["1"] = video(thumbnails=sizes)
    platform.files |= {"/v.mp4": CLIP, "/d.jpg": pictures.jpeg(4)}
    shown: list[bytes] = []
    fetched = get(show=lambda path: shown.append(path.read_bytes()) or len(shown) == 1)
    assert [file.path.read_bytes() for file in fetched.files] == [CLIP]
    assert shown == [pictures.jpeg(4)]
    assert platform.paths == ["/api/1", "/e.jpg", "/d.jpg", "/v.mp4"]


@pytest.mark.parametrize("status", [404, 500])
def test_a_post_comes_without_its_picture(platform: FakePlatform, get: Get, status: int) -> None:
    platform.posts["1"] = video(thumbnail="https://cdn.example/t.jpg")
    platform.files |= {"/v.mp4": CLIP, "/t.jpg": status}
    shown: list[Path] = []
    fetched = get(show=lambda path: bool(shown.append(path)))
    assert (fetched.cause, len(fetched.files)) == (None, 1)
    assert shown == [fetched.files[0].path]


def test_the_posts_picture_leads_to_nothing_inside(platform: FakePlatform, get: Get, inside: Inside) -> None:
    platform.posts["1"] = video(thumbnail=f"http://127.0.0.1:{inside.port}/t.jpg")
    platform.files["/v.mp4"] = CLIP
    assert len(get(show=lambda path: False).files) == 1
    assert not inside.visits


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """A video without sound, a sound without video, and a second of both in a transport stream."""
    folder = tmp_path_factory.mktemp("parts")
    picture, tone = ["-f", "lavfi", "-i", "testsrc=d=1:s=64x64:r=5"], ["-f", "lavfi", "-i", "sine=d=1"]
    sources = {"v.mp4": picture, "a.m4a": tone, "s.ts": [*picture, *tone, "-c:v", "libx264"]}
    for name, source in sources.items():
        command = [programs.ffmpeg(), "-v", "error", *source, str(folder / name)]
        subprocess.run(command, check=True, timeout=60)
    return {name: (folder / name).read_bytes() for name in sources}


def test_formats_are_merged(platform: FakePlatform, get: Get, parts: dict[str, bytes]) -> None:
    """By ffmpeg, which starts within the limits of memory."""
    platform.files |= {"/v.mp4": parts["v.mp4"], "/a.m4a": parts["a.m4a"]}
    formats = [
        {"format_id": "v", "url": "https://cdn.example/v.mp4", "ext": "mp4", "vcodec": "avc1", "acodec": "none"},
        {"format_id": "a", "url": "https://cdn.example/a.m4a", "ext": "m4a", "acodec": "aac", "vcodec": "none"},
    ]
    platform.posts["1"] = {"id": "1", "title": "Both", "formats": formats}
    fetched = get()
    assert fetched.cause is None, fetched.detail
    (file,) = fetched.files
    told = subprocess.run([programs.ffmpeg(), "-i", file.path], capture_output=True, text=True, timeout=60).stderr
    assert ("Video:" in told, "Audio:" in told) == (True, True)


def test_a_playlist_of_segments(platform: FakePlatform, get: Get, parts: dict[str, bytes]) -> None:
    platform.posts["1"] = {"id": "1", "title": "Stream", "m3u8": "https://cdn.example/list.m3u8"}
    playlist = "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n1.ts\n#EXTINF:1,\n2.ts\n#EXT-X-ENDLIST\n"
    platform.files["/list.m3u8"] = playlist.encode()
    platform.files |= {"/1.ts": parts["s.ts"], "/2.ts": parts["s.ts"]}
    fetched = get()
    assert fetched.cause is None, fetched.detail
    assert fetched.files[0].path.read_bytes()[4:8] == b"ftyp"  # put right by ffmpeg, which starts within the limits
    assert platform.paths[-2:] == ["/1.ts", "/2.ts"]


def test_several_videos_and_the_pictures_beside_them(platform: FakePlatform, get: Get) -> None:
    entries = [video(id=f"1-{number}", url=f"https://cdn.example/{number}.mp4") for number in (1, 2)]
    platform.posts["1"] = {"_type": "playlist", "id": "1", "title": "Trip", "entries": entries}
    platform.files |= {"/1.mp4": CLIP, "/2.mp4": CLIP + b"2", "/p.jpg": pictures.jpeg(1)}
    platform.galleries["1"] = {"title": "Trip", "pictures": ["https://cdn.example/p.jpg"]}
    fetched = get()
    assert fetched.cause is None, fetched.detail
    assert [file.path.suffix for file in fetched.files] == [".mp4", ".mp4", ".jpg"]
    assert len({file.path.read_bytes() for file in fetched.files}) == 3


def test_a_post_of_pictures(platform: FakePlatform, get: Get) -> None:
    platform.posts["1"] = {"id": "1", "say": "no video"}
    platform.files |= {f"/{number}.jpg": pictures.jpeg(number) for number in (1, 2, 3)}
    platform.galleries["1"] = {
        "title": "Shells",
        "username": "lena",
        "date": "2023-11-14 22:13:20",
        "pictures": [f"https://cdn.example/{number}.jpg" for number in (1, 2, 3)],
    }
    fetched = get()
    assert fetched.cause is None, fetched.detail
    assert [file.path.read_bytes() for file in fetched.files] == [pictures.jpeg(number) for number in (1, 2, 3)]
    assert fetched.files[0].about["title"] == "Shells"


def test_a_short_address_is_followed_on_its_platform(platform: FakePlatform, get: Get) -> None:
    platform.posts["1"] = video()
    platform.files |= {"/v.mp4": CLIP, "/abc": "https://fake.example/post/1", "/post/1": b"<html>"}
    assert len(get("https://short.fake.example/abc").files) == 1


def test_a_short_address_that_leads_elsewhere(platform: FakePlatform, get: Get) -> None:
    platform.files |= {"/out": "https://cdn.example/post/1", "/post/1": b"<video src=v.mp4>"}
    assert get("https://short.fake.example/out").cause is Cause.UNSUPPORTED


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        ({"say": "login"}, Cause.LOGIN_NEEDED),
        ({"say": "geo"}, Cause.GEO_BLOCKED),
        ({"say": "This video is private"}, Cause.PRIVATE),
        ({"say": "The uploader has removed this video"}, Cause.DELETED),
        ({"say": "Rate-limit reached, try later"}, Cause.RATE_LIMITED),
        (video(is_live=True), Cause.LIVE),
        (404, Cause.DELETED),
        (429, Cause.RATE_LIMITED),
        (403, Cause.REFUSED),
        (500, Cause.UNREACHABLE),
    ],
)
def test_what_does_not_come(platform: FakePlatform, get: Get, said: dict[str, object] | int, cause: Cause) -> None:
    platform.posts["1"] = said if isinstance(said, int) else {"id": "1", **said}
    fetched = get()
    assert (fetched.cause, fetched.files) == (cause, []), fetched.detail


@pytest.mark.parametrize(("status", "cause"), [(404, Cause.DELETED), (429, Cause.RATE_LIMITED), (403, Cause.REFUSED)])
def test_a_gallery_that_does_not_come(platform: FakePlatform, get: Get, status: int, cause: Cause) -> None:
    platform.posts["1"] = {"id": "1", "say": "no video"}
    platform.galleries["1"] = status
    fetched = get()
    assert (fetched.cause, fetched.files) == (cause, []), fetched.detail


# --- limits


def endless(request: BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.send_header("Content-Type", "video/mp4")
    request.send_header("Connection", "close")
    request.end_headers()
    while True:
        request.wfile.write(os.urandom(65_536))


def slow(request: BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.send_header("Content-Length", "1000000")
    request.end_headers()
    while True:
        request.wfile.write(b"x")
        threading.Event().wait(0.05)


def announced(request: BaseHTTPRequestHandler) -> None:
    """Says that it is huge, and would send it."""
    request.send_response(200)
    request.send_header("Content-Length", "50000000000")
    request.end_headers()
    while request.command != "HEAD":
        request.wfile.write(bytes(65_536))


@pytest.mark.parametrize("answer", [endless, announced])
def test_too_many_bytes(platform: FakePlatform, get: Get, folder: Path, answer: Callable[..., None]) -> None:
    platform.posts["1"] = video()
    platform.files["/v.mp4"] = answer
    fetched = get(limits=Limits(3_000_000, 60))
    assert (fetched.cause, fetched.files) == (Cause.TOO_LARGE, []), fetched.detail
    assert sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) < 3_500_000


def packed(request: BaseHTTPRequestHandler) -> None:
    """A thousand times as much on the disk as on the way."""
    body = gzip.compress(bytes(2_900_000))
    request.send_response(200)
    request.send_header("Content-Encoding", "gzip")
    request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    request.wfile.write(body)


def test_too_many_bytes_unpacked(platform: FakePlatform, get: Get) -> None:
    """Each file is small enough, and all of them were little on the way."""
    entries = [video(id=f"1-{number}", url=f"https://cdn.example/{number}.mp4") for number in range(4)]
    platform.posts["1"] = {"_type": "playlist", "id": "1", "title": "Trip", "entries": entries}
    platform.files |= {f"/{number}.mp4": packed for number in range(4)}
    fetched = get(limits=Limits(3_000_000, 60))
    assert (fetched.cause, fetched.files) == (Cause.TOO_LARGE, []), fetched.detail


def children() -> set[str]:
    """Processes of ours that download, by their command; others may run these tests beside us."""
    found = set()
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            started_by = int(entry.with_name("stat").read_text().rpartition(")")[2].split()[1])
            if started_by == os.getpid() and b"ingest.downloads.child" in entry.read_bytes():
                found.add(entry.parent.name)
        except OSError:
            continue
    return found


def test_too_much_time(platform: FakePlatform, get: Get) -> None:
    platform.posts["1"] = video()
    platform.files["/v.mp4"] = slow
    before, began = children(), time.monotonic()
    fetched = get(limits=Limits(3_000_000, 4))
    assert (fetched.cause, fetched.files) == (Cause.TOO_LONG, [])
    assert time.monotonic() - began < 8
    assert children() <= before


def test_one_that_is_not_wanted_any_more(platform: FakePlatform, get: Get) -> None:
    platform.posts["1"] = video()
    platform.files["/v.mp4"] = slow
    before = children()
    assert get(watch=lambda came, of: came == 0).cause is Cause.WITHDRAWN
    assert children() <= before


# --- no way in


@pytest.mark.parametrize(
    ("way", "target"),
    [
        ("address", "http://127.0.0.1:{port}/"),
        ("address", "https://inside.example/"),
        ("address", "file:///etc/passwd"),
        ("redirect", "https://127.0.0.1/"),
        ("redirect", "http://127.0.0.1:{port}/"),
        ("redirect", "https://[::ffff:127.0.0.1]/"),
        ("playlist", "https://inside.example/"),
        ("playlist", "https://2130706433/"),
        ("playlist", "file:///etc/passwd"),
    ],
)
def test_no_way_in(platform: FakePlatform, internet: Internet, inside: Inside, get: Get, way: str, target: str) -> None:
    internet.names["inside.example"] = ["127.0.0.1"]
    internet.servers["127.0.0.1"] = inside.port
    where = target.format(port=inside.port)
    if way == "address":
        platform.posts["1"] = video(url=where)
    elif way == "redirect":
        platform.posts["1"] = video()
        platform.files["/v.mp4"] = where
    else:
        platform.posts["1"] = {"id": "1", "title": "x", "m3u8": "https://cdn.example/list.m3u8"}
        platform.files["/list.m3u8"] = (
            f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{where}\n#EXT-X-ENDLIST\n".encode()
        )
    fetched = get()
    assert fetched.files == []
    assert fetched.cause is not None
    assert inside.visits == []
    assert all("127.0.0.1" not in each for each in internet.dialled)


def test_ffmpeg_downloads_nothing(platform: FakePlatform, inside: Inside, get: Get) -> None:
    """What yt-dlp would leave to ffmpeg, which connects by itself."""
    platform.posts["1"] = {"id": "1", "title": "x", "m3u8": "https://cdn.example/list.m3u8"}
    playlist = '#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-KEY:METHOD=SAMPLE-AES,URI="k"\n#EXTINF:1,\nhttp://127.0.0.1:{}/\n#EXT-X-ENDLIST\n'
    platform.files["/list.m3u8"] = playlist.format(inside.port).encode()
    fetched = get()
    assert (fetched.files, inside.visits) == ([], [])
    assert fetched.cause is Cause.PROTECTED


def test_it_connects_to_the_proxy_alone(platform: FakePlatform, inside: Inside, get: Get) -> None:
    platform.posts["1"] = {"id": "1", "say": "direct", "port": inside.port}
    fetched = get()
    assert inside.visits == []
    assert "ForbiddenError" in fetched.detail or "a connection to" in fetched.detail


def test_it_starts_nothing_else(platform: FakePlatform, get: Get, folder: Path) -> None:
    platform.posts["1"] = {"id": "1", "say": "exec"}
    assert get().cause is not None
    assert list(folder.rglob("started")) == []


def test_deno_starts_within_the_limits(platform: FakePlatform, get: Get) -> None:
    command = [programs.javascript(), "eval", "--no-lock", "console.log(6 * 7)"]
    platform.posts["1"] = video(say="run", command=command)
    platform.files["/v.mp4"] = CLIP
    assert get().files[0].about["title"] == "0 42"


@pytest.mark.skipif(landlock.version() < 4, reason="the kernel's Landlock knows no connections")
def test_what_it_starts_connects_nowhere(platform: FakePlatform, inside: Inside, get: Get) -> None:
    command = [programs.ffmpeg(), "-i", f"http://127.0.0.1:{inside.port}/"]
    platform.posts["1"] = video(say="run", command=command)
    platform.files["/v.mp4"] = CLIP
    assert str(get().files[0].about["title"])[0] != "0"
    assert inside.visits == []


def test_it_knows_nothing_of_ours(platform: FakePlatform, get: Get, folder: Path) -> None:
    assert set(os.environ) - set(environment(folder))
    platform.posts["1"] = video(say="environment")
    platform.files["/v.mp4"] = CLIP
    names = set(str(get().files[0].about["title"]).split())
    assert names == set(environment(folder))
    assert len(names) < 10


@pytest.mark.skipif(not landlock.version(), reason="the kernel has no Landlock")
@pytest.mark.parametrize("which", ["the secret", "our environment", "settings"])
def test_it_reads_nothing_of_ours(platform: FakePlatform, get: Get, settings: Settings, which: str) -> None:
    (settings.DATA_DIR / "secret-of-tests").write_text("secret")
    path = {
        "the secret": settings.DATA_DIR / "secret-of-tests",
        "our environment": f"/proc/{os.getpid()}/environ",
        "settings": settings.BASE_DIR / "immichdrop" / "settings.py",
    }[which]
    platform.posts["1"] = video(say="read", path=str(path))
    platform.files["/v.mp4"] = CLIP
    fetched = get()
    assert (fetched.files, "Permission denied" in fetched.detail) == ([], True), fetched.detail


def test_a_pipe_that_it_leaves_holds_nobody_up(platform: FakePlatform, get: Get) -> None:
    """Where its last words would be: opened like a file, it would be waited at for ever."""
    platform.posts["1"] = {"id": "1", "say": "pipe"}
    fetched = get()
    assert (fetched.cause, fetched.files) == (Cause.BROKEN, [])
    assert "not a plain file" in fetched.detail


def test_too_much_memory(platform: FakePlatform, get: Get) -> None:
    platform.posts["1"] = {"id": "1", "say": "memory"}
    fetched = get()
    assert (fetched.cause, "MemoryError" in fetched.detail) == (Cause.BROKEN, True)


def test_cookies_go_to_their_platform_alone(platform: FakePlatform, get: Get) -> None:
    platform.posts["1"] = video()
    platform.files["/v.mp4"] = CLIP
    get(cookies="# Netscape HTTP Cookie File\n.fake.example\tTRUE\t/\tTRUE\t0\tsession\tsecret\n")
    sent = {path: headers.get("cookie", "") for path, headers in platform.asked}
    assert sent == {"/api/1": "session=secret", "/v.mp4": ""}
