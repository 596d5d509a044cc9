"""The platforms whose addresses are taken, and by what each is read.

Everything is an explicit list: hosts, the addresses of single posts, the classes of yt-dlp that may read them, and the
modules of gallery-dl. There is no generic one, and none that reads whole profiles.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

LONGEST_URL = 2000  # characters
_BEST_MP4 = "bestvideo[ext=mp4]+bestaudio[ext=m4a]/best[ext=mp4]/best"


class UnsupportedUrlError(ValueError):
    """It is not the address of a post on any of the platforms."""


@dataclass(frozen=True, slots=True)
class Platform:
    """`hosts`: names, with all below them. `formats` is yt-dlp's selection (contract: extension routes).

    `extractors`: yt-dlp's classes, as `module:Class`. `galleries`: gallery-dl's modules; what they may be given are the
    addresses whose path begins as `posts` says, since they would read whole profiles too, and by cookies somebody's own
    bookmarks. `short`: addresses that lead to another one.
    """

    name: str
    title: str
    hosts: tuple[str, ...]
    extractors: tuple[str, ...]
    example: str
    formats: str = "best"
    galleries: tuple[str, ...] = ()
    posts: str = r"(?!)"
    short: str = r"(?!)"

    def has(self, host: str) -> bool:
        return any(host == own or host.endswith(f".{own}") for own in self.hosts)

    def has_pictures(self, url: str) -> bool:
        """Whether this is a single post's address that gallery-dl may be given."""
        parts = urlsplit(url)
        return bool(self.galleries and self.has(parts.hostname or "") and re.match(self.posts, parts.path))


def _named(*platforms: Platform) -> dict[str, Platform]:
    return {platform.name: platform for platform in platforms}


PLATFORMS = _named(
    Platform(
        "tiktok",
        "TikTok",
        ("tiktok.com",),
        ("yt_dlp.extractor.tiktok:TikTokIE",),
        "https://www.tiktok.com/@user/video/1234567890",
        galleries=("tiktok",),
        posts=r"/@[\w.-]*/photo/\d+",
        short=r"^https://(v[mt]\.tiktok\.com/|(www\.)?tiktok\.com/t/)\w+",
    ),
    Platform(
        "instagram",
        "Instagram",
        ("instagram.com",),
        ("yt_dlp.extractor.instagram:InstagramIE",),
        "https://www.instagram.com/reel/ABC123/",
        galleries=("instagram",),
        posts=r"/([^/?#]+/)?(p|tv|reels?)/[\w-]+",
        short=r"^https://(www\.)?instagram\.com/share/",
    ),
    Platform(
        "reddit",
        "Reddit",
        ("reddit.com", "redd.it"),
        ("yt_dlp.extractor.reddit:RedditIE",),
        "https://www.reddit.com/r/videos/comments/abc123/title/",
        _BEST_MP4,
        galleries=("reddit",),
        posts=r"/(((r|u|user)/[^/?#]+/)?comments|gallery)/\w+",
        short=r"^https://(redd\.it/\w+|(\w+\.)?reddit\.com/(r|u|user)/[^/?#]+/s/\w+)",
    ),
    Platform(
        "youtube",
        "YouTube",
        ("youtube.com", "youtu.be"),
        ("yt_dlp.extractor.youtube:YoutubeIE",),
        "https://www.youtube.com/watch?v=ABC123DEF45",
        _BEST_MP4,
    ),
    Platform(
        "twitter",
        "X",
        ("twitter.com", "x.com"),
        ("yt_dlp.extractor.twitter:TwitterIE",),
        "https://x.com/user/status/1234567890",
        galleries=("twitter",),
        posts=r"/([^/?#]+|i/web)/status/\d+",
    ),
    # By setting.
    Platform(
        "bluesky",
        "Bluesky",
        ("bsky.app",),
        ("yt_dlp.extractor.bluesky:BlueskyIE",),
        "https://bsky.app/profile/user.bsky.social/post/abc123",
        galleries=("bluesky",),
        posts=r"/profile/[^/?#]+/post/\w+",
    ),
    Platform(
        "facebook",
        "Facebook",
        ("facebook.com", "fb.watch"),
        ("yt_dlp.extractor.facebook:FacebookIE", "yt_dlp.extractor.facebook:FacebookReelIE"),
        "https://www.facebook.com/reel/1234567890",
        short=r"^https://(fb\.watch/|(www\.)?facebook\.com/share/)",
    ),
    Platform(
        "vimeo",
        "Vimeo",
        ("vimeo.com",),
        ("yt_dlp.extractor.vimeo:VimeoIE",),
        "https://vimeo.com/123456789",
        _BEST_MP4,
    ),
)
USUAL = ("tiktok", "instagram", "reddit", "youtube", "twitter")


def chosen(names: Iterable[str]) -> list[Platform]:
    """The platforms of these names, in the table's order."""
    wanted = set(names)
    return [platform for name, platform in PLATFORMS.items() if name in wanted]


def read_url(text: str, platforms: Iterable[Platform]) -> tuple[Platform, str]:
    """The platform of a pasted address, and the address as it is fetched: https, without a fragment.

    Apps share whole sentences: the first address in the text counts. Raises UnsupportedUrlError.
    """
    found = re.search(r"https?://[^\s<>\"']+", text[: 2 * LONGEST_URL], re.IGNORECASE)
    url = found[0] if found else text.strip()
    if not found and re.match(r"[\w-]+(\.[\w-]+)+/", url):  # as an address bar shows it
        url = f"https://{url}"
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").removesuffix(".")
        plain = parts.port in (None, 80, 443) and parts.username is None and parts.password is None
    except ValueError:
        raise UnsupportedUrlError(url) from None
    if parts.scheme.lower() not in ("http", "https") or not plain or len(url) > LONGEST_URL or not url.isprintable():
        raise UnsupportedUrlError(url)
    for platform in platforms:
        if platform.has(host):
            return platform, parts._replace(scheme="https", netloc=host, fragment="").geturl()
    raise UnsupportedUrlError(url)
