"""What the real extractors make of each platform's posts, played on loopback: names, dates, authors, and plain words.

Not seen here: browsers' TLS handshakes (Instagram's GraphQL is asked with one alone), and YouTube's puzzles, which need
its own script.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from ingest.downloads.causes import Cause
from ingest.downloads.fetching import Fetched, Fetcher
from ingest.downloads.platforms import PLATFORMS
from ingest.downloads.taking_in import date_of, description_of, filename_of
from tests import pictures
from tests.ingest.downloads import posts_of_platforms as posts
from tests.ingest.downloads.fake_platform import FakePlatform
from tests.ingest.downloads.posts_of_platforms import Pages
from tests.ingest.downloads.test_fetching import CLIP, LIMITS

JPEGS = [pictures.jpeg(number) for number in range(3)]
Get = Callable[..., Fetched]


@pytest.fixture
def get(fetcher: Fetcher, platform: FakePlatform, tmp_path_factory: pytest.TempPathFactory) -> Get:
    def fetch(name: str, url: str, pages: Pages, cookies: str = "") -> Fetched:
        platform.pages |= pages
        # The first one makes the programs trust the tests' certificate.
        real = PLATFORMS[name]
        trusting = replace(real, extractors=("fake_extractors:PostIE", *real.extractors))
        return fetcher.fetch(trusting, url, tmp_path_factory.mktemp("post"), LIMITS, lambda came, of: True, cookies)

    return fetch


POSTS = [
    ("tiktok", posts.TIKTOK_VIDEO, posts.tiktok_video(CLIP), "v", "Waves at dawn", posts.LENA),
    ("tiktok", posts.TIKTOK_PHOTOS, posts.tiktok_photos(JPEGS), "ppp", "Waves at dawn", posts.LENA),
    ("instagram", posts.INSTAGRAM, posts.instagram("v", CLIP, JPEGS), "v", "Waves at dawn", "Lena"),
    ("instagram", posts.INSTAGRAM, posts.instagram("p", CLIP, JPEGS), "p", "Waves at dawn", "Lena"),
    ("instagram", posts.INSTAGRAM, posts.instagram("pvp", CLIP, JPEGS), "vpp", "Waves at dawn", "Lena"),
    ("instagram", posts.INSTAGRAM, posts.instagram("vp", CLIP, JPEGS), "vp", "Waves at dawn", "Lena"),
    ("reddit", posts.REDDIT_VIDEO, posts.reddit_video(CLIP), "v", "Waves at dawn", posts.LENA),
    ("reddit", posts.REDDIT_GALLERY, posts.reddit_gallery(JPEGS), "ppp", "Waves at dawn", posts.LENA),
    ("youtube", posts.YOUTUBE, posts.youtube_video(CLIP), "v", "Waves at dawn", "Lena"),
    ("twitter", posts.X, posts.x_post("v", CLIP, JPEGS), "v", "Waves at dawn", "Lena"),
    ("twitter", posts.X, posts.x_post("pp", CLIP, JPEGS), "pp", "Waves at dawn", "Lena"),
    ("twitter", posts.X, posts.x_post("vvp", CLIP, JPEGS), "vvp", "Waves at dawn", "Lena"),
]


@pytest.mark.parametrize(
    ("name", "url", "pages", "kinds", "title", "author"), POSTS, ids=[f"{post[0]}-{post[3]}" for post in POSTS]
)
def test_posts(get: Get, name: str, url: str, pages: Pages, kinds: str, title: str, author: str) -> None:
    fetched = get(name, url, pages, posts.INSTAGRAM_COOKIES if name == "instagram" else "")
    assert fetched.cause is None, fetched.detail
    suffixes = [file.path.suffix.replace("jpeg", "jpg") for file in fetched.files]
    assert suffixes == [{"v": ".mp4", "p": ".jpg"}[kind] for kind in kinds]
    assert len({file.path.read_bytes() for file in fetched.files}) == len(kinds)
    for file in fetched.files:
        assert description_of(name, file.about) == f"{title}\n{author} ({PLATFORMS[name].title})\n{url}"
        whole = filename_of(name, file.about, file.path.suffix, 1)
        assert whole.startswith(f"{name}_{author}_{title}_".replace(" ", "_")), whole
        assert date_of(file.about) == datetime.fromtimestamp(posts.WHEN, UTC)


def test_a_day_without_a_time(get: Get) -> None:
    (file,) = get("youtube", posts.YOUTUBE, posts.youtube_video(CLIP, "2023-11-14")).files
    assert date_of(file.about) == datetime(2023, 11, 14, tzinfo=UTC)


ELSEWHERE = {
    "www.instagram.com/p/CzWaves0001": "https://www.instagram.com/accounts/login/",
    "www.instagram.com/accounts/login/": b"<html></html>",
}
YOUNG = {"title": "Restricted Video", "description": "You must be 18 years old or over to see this video"}
GRANTED = "Sign in if you've been granted access to this video"
BOT, AGE = "Sign in to confirm you’re not a bot", "Sign in to confirm your age"
ABROAD = "The uploader has not made this video available in your country"
REFUSALS = [
    ("tiktok", posts.TIKTOK_VIDEO, posts.tiktok_refusal(10216), Cause.PRIVATE),
    ("tiktok", posts.TIKTOK_VIDEO, posts.tiktok_refusal(10219), Cause.DELETED),
    ("tiktok", posts.TIKTOK_VIDEO, posts.tiktok_refusal(10204), Cause.REFUSED),
    ("tiktok", posts.TIKTOK_VIDEO, {"www.tiktok.com/7300000000000000001": 429}, Cause.RATE_LIMITED),
    ("tiktok", posts.TIKTOK_PHOTOS, posts.tiktok_refusal(10204), Cause.DELETED),
    ("tiktok", posts.TIKTOK_PHOTOS, posts.tiktok_refusal(10231), Cause.GEO_BLOCKED),
    ("tiktok", posts.TIKTOK_PHOTOS, posts.tiktok_refusal(10222), Cause.LOGIN_NEEDED),
    ("tiktok", posts.TIKTOK_PHOTOS, posts.tiktok_refusal(10216), Cause.PRIVATE),
    ("instagram", posts.INSTAGRAM, posts.instagram_to_strangers(), Cause.LOGIN_NEEDED),
    ("instagram", posts.INSTAGRAM, {**posts.instagram_to_strangers(), **ELSEWHERE}, Cause.LOGIN_NEEDED),
    ("instagram", posts.INSTAGRAM, posts.instagram_to_strangers(YOUNG), Cause.LOGIN_NEEDED),
    ("instagram", posts.INSTAGRAM, {"www.instagram.com/": 429}, Cause.RATE_LIMITED),
    ("reddit", posts.REDDIT_VIDEO, posts.reddit_refusal("private"), Cause.PRIVATE),
    ("reddit", posts.REDDIT_VIDEO, posts.reddit_refusal("quarantined"), Cause.LOGIN_NEEDED),
    ("reddit", posts.REDDIT_VIDEO, {"www.reddit.com/.json": 404}, Cause.DELETED),
    ("reddit", posts.REDDIT_VIDEO, {"www.reddit.com/.json": 429}, Cause.RATE_LIMITED),
    ("reddit", posts.REDDIT_GALLERY, posts.reddit_error(404, "Not Found"), Cause.DELETED),
    ("reddit", posts.REDDIT_GALLERY, posts.reddit_error(429, "Too Many Requests"), Cause.RATE_LIMITED),
    ("youtube", posts.YOUTUBE, posts.youtube_refusal("LOGIN_REQUIRED", "Private video", GRANTED), Cause.PRIVATE),
    ("youtube", posts.YOUTUBE, posts.youtube_refusal("ERROR", "This video has been removed"), Cause.DELETED),
    ("youtube", posts.YOUTUBE, posts.youtube_refusal("UNPLAYABLE", "Video unavailable", ABROAD), Cause.GEO_BLOCKED),
    ("youtube", posts.YOUTUBE, posts.youtube_refusal("LOGIN_REQUIRED", BOT), Cause.LOGIN_NEEDED),
    ("youtube", posts.YOUTUBE, posts.youtube_refusal("LOGIN_REQUIRED", AGE), Cause.LOGIN_NEEDED),
    ("twitter", posts.X, posts.x_unavailable("Protected"), Cause.PRIVATE),
    ("twitter", posts.X, posts.x_unavailable("NsfwLoggedOut"), Cause.LOGIN_NEEDED),
    ("twitter", posts.X, posts.x_unavailable("Suspended"), Cause.DELETED),
    ("twitter", posts.X, posts.x({"data": {"tweetResult": {}}}), Cause.DELETED),
    ("twitter", posts.X, {**posts.x(429), "cdn.syndication.twimg.com/tweet-result": 429}, Cause.RATE_LIMITED),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "url", "pages", "cause"), REFUSALS, ids=[f"{refusal[0]}-{refusal[3]}" for refusal in REFUSALS]
)
def test_what_platforms_refuse(get: Get, name: str, url: str, pages: Pages, cause: Cause) -> None:
    fetched = get(name, url, pages)
    assert (fetched.cause, fetched.files) == (cause, []), fetched.detail
