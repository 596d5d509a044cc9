"""Which files are taken: by extension, and by what their first bytes cannot be."""

import io
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import pictures
from uploads import media_types

DATE = "2024:06:15 18:30:00"


@pytest.fixture(autouse=True)
def _built_in_lists() -> Iterator[None]:
    yield
    media_types.learn(media_types.BUILT_IN_IMAGES, media_types.BUILT_IN_VIDEOS)


def encoded(kind: str) -> bytes:
    out = io.BytesIO()
    pictures.picture(1).save(out, kind)
    return out.getvalue()


PHOTOS = {
    "jpeg": pictures.jpeg(1),
    "heic": pictures.heic(1, DATE),
    "png": pictures.png(1),
    **{kind: encoded(kind) for kind in ("GIF", "BMP", "TIFF", "WEBP", "AVIF", "JPEG2000")},
    "burst": b"\0\0\0\x18ftyphevc\0\0\0\0",
    "image sequence": b"\0\0\0\x18ftypmsf1\0\0\0\0",
    "canon raw": b"\0\0\0\x18ftypcrx \0\0\0\x01crx isom",
    "big-endian raw": b"MM\0*\0\0\0\x08",
    "photoshop": b"8BPS\0\x01",
    "jpeg xl": b"\xff\x0a\xfa\x7f",
    "boxed jpeg xl": b"\0\0\0\x0cJXL \r\n\x87\n",
}
VIDEOS = {
    "mp4": pictures.CLIP.read_bytes(),
    "quicktime": b"\0\0\0\x14ftypqt  ",
    "old quicktime": b"\0\0\0\x08wide\0\0\x10\0mdat",
    "matroska": b"\x1a\x45\xdf\xa3\x01\0\0\0",
    "avi": b"RIFF\0\0\0\0AVI LIST",
    "flash": b"FLV\x01",
    "mpeg": b"\0\0\x01\xba\x44\0",
    "windows media": bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c"),
    "mxf": bytes.fromhex("060e2b34020501010d0102"),
    "transport stream": (b"G" + bytes(187)) * 4,
    "blu-ray": (bytes(4) + b"G" + bytes(187)) * 4,
}
UNKNOWN = {"a camera's own": b"ARRI\x12\x34", "nothing yet": b"", "text": b"just words, as some makers' headers are"}


@pytest.mark.parametrize("name", PHOTOS)
def test_photos(name: str) -> None:
    assert media_types.family_of(PHOTOS[name]) == "photos"
    assert not media_types.refuses(PHOTOS[name], "photos")
    assert not media_types.refuses(PHOTOS[name], "both")
    assert media_types.refuses(PHOTOS[name], "videos")


@pytest.mark.parametrize("name", VIDEOS)
def test_videos(name: str) -> None:
    assert media_types.family_of(VIDEOS[name]) == "videos"
    assert not media_types.refuses(VIDEOS[name], "videos")
    assert not media_types.refuses(VIDEOS[name], "both")
    assert media_types.refuses(VIDEOS[name], "photos")


@pytest.mark.parametrize("name", UNKNOWN)
def test_what_nobody_knows_is_left_to_immich(name: str) -> None:
    assert media_types.family_of(UNKNOWN[name]) is None
    assert not any(media_types.refuses(UNKNOWN[name], kinds) for kinds in ("both", "photos", "videos"))


@given(st.binary(max_size=600), st.sampled_from(["both", "photos", "videos"]))
def test_any_bytes_get_an_answer(head: bytes, kinds: str) -> None:
    assert media_types.refuses(head, kinds) in (True, False)


@given(
    st.text(" \t\r\n\x0c", max_size=20),
    st.sampled_from(["<html>", "<!doctype html>", "<?xml", "<svg ", "<script>", "<p>", "</b>", "<!--"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    st.booleans(),
)
def test_a_page_is_known_whatever_it_is_wrapped_in(space: str, tag: str, encoding: str, loud: bool) -> None:
    head = (space + (tag.upper() if loud else tag)).encode(encoding)
    assert media_types.looks_wrong(head)


def test_extensions_by_kind() -> None:
    assert {".jpg", ".heic", ".dng"} <= media_types.accepted("photos")
    assert {".mp4", ".mov"} <= media_types.accepted("videos")
    assert media_types.accepted("both") == media_types.accepted("photos") | media_types.accepted("videos")
    assert not media_types.accepted("photos") & media_types.accepted("videos")
    assert (media_types.kind_of(".heic"), media_types.kind_of(".mov"), media_types.kind_of(".exe")) == (
        "photos",
        "videos",
        None,
    )


def test_immichs_own_list_counts_but_never_what_may_carry_script() -> None:
    media_types.learn([".jpg", ".new", ".svg"], [".mp4", ".svgz"])
    assert media_types.accepted("both") == {".jpg", ".new", ".mp4"}
    assert media_types.kind_of(".svg") is None
    assert media_types.kind_of(".heic") is None
