"""The table of platforms: what it names exists, and addresses are read as people share them."""

import importlib

import pytest

from ingest.downloads.platforms import PLATFORMS, Platform, UnsupportedUrlError, read_url


@pytest.mark.parametrize("platform", PLATFORMS.values(), ids=str)
def test_its_extractors_are_there_and_read_its_example(platform: Platform) -> None:
    classes = []
    for name in platform.extractors:
        module, _, cls = name.partition(":")
        classes.append(getattr(importlib.import_module(module), cls))
    assert any(cls.suitable(platform.example) for cls in classes)
    assert not any(cls.suitable("https://example.org/video.mp4") for cls in classes)
    assert read_url(platform.example, PLATFORMS.values()) == (platform, platform.example)
    for gallery in platform.galleries:
        importlib.import_module(f"gallery_dl.extractor.{gallery}")


@pytest.mark.parametrize(
    ("shared", "name", "address"),
    [
        ("https://youtu.be/ABC?si=1#t=5", "youtube", "https://youtu.be/ABC?si=1"),
        ("Look at this! https://vm.tiktok.com/ZM123/ via TikTok", "tiktok", "https://vm.tiktok.com/ZM123/"),
        ("http://www.reddit.com/r/a/s/abc", "reddit", "https://www.reddit.com/r/a/s/abc"),
        ("x.com/a/status/1", "twitter", "https://x.com/a/status/1"),
        ("HTTPS://WWW.Instagram.COM/p/ABC/", "instagram", "https://www.instagram.com/p/ABC/"),
        ("https://www.reddit.com:443/gallery/abc", "reddit", "https://www.reddit.com/gallery/abc"),
    ],
)
def test_addresses_as_they_are_shared(shared: str, name: str, address: str) -> None:
    assert read_url(shared, PLATFORMS.values()) == (PLATFORMS[name], address)


@pytest.mark.parametrize(
    "text",
    [
        *("", "hello", "https://", "https://[", "file:///etc/passwd", "javascript:alert(1)"),
        *("https://x.com.evil.example/a", "https://evilx.com/a", "https://a:b@x.com/a", "https://x.com:8443/a"),
        *("https://127.0.0.1/x.com", "https://youtube.com\\@127.0.0.1/", f"https://x.com/{'a' * 3000}"),
    ],
)
def test_what_is_none_of_them(text: str) -> None:
    with pytest.raises(UnsupportedUrlError):
        read_url(text, PLATFORMS.values())


@pytest.mark.parametrize(
    ("name", "address", "post"),
    [
        ("tiktok", "https://www.tiktok.com/@user", "/@user/photo/1"),
        ("instagram", "https://www.instagram.com/user/", "instagram.com/p/abc"),
        ("reddit", "https://www.reddit.com/user/me/saved", "reddit.com/comments/abc"),
        ("twitter", "https://x.com/user/media", "/user/status/1"),
        ("bluesky", "https://bsky.app/profile/user", "/profile/user/post/abc"),
    ],
)
def test_whole_profiles_are_no_posts(name: str, address: str, post: str) -> None:
    """Whatever is written behind their path: gallery-dl reads the path."""
    platform = PLATFORMS[name]
    own = post[post.index("/") :]
    assert platform.has_pictures(f"https://{platform.hosts[-1]}{own}")
    for whole in (address, f"{address}?x={post}", f"{address}#{post}", f"https://elsewhere.example{own}"):
        assert not platform.has_pictures(whole)
