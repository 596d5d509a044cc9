"""Folders, sidecars and dates, as they are read."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from ingest.icloud import reading, sidecars
from ingest.icloud.photos import Photo as Read
from tests import pictures
from tests.ingest.icloud.downloads import CREATED, Downloads, Photo, sidecar


def photos(top: Path, rating: int = 5) -> dict[str, Read]:
    def trouble(path: str, error: OSError) -> None:
        raise error

    found = [each.photo for listing in reading.listings(str(top), trouble) for each in reading.photos(listing, rating)]
    return {Path(photo.key).name: photo for photo in found}


def test_a_folder_of_icloudpd(tmp_path: Path) -> None:
    downloads = Downloads(tmp_path)
    live = downloads.write(Photo(sizes={"original": ".HEIC", "adjusted": ".JPG"}, live=True, rating=5))
    downloads.write(Photo("IMG_2.JPG", {"original": ".JPG"}, created=CREATED + timedelta(days=3)))
    (tmp_path / ".hidden").mkdir()
    (tmp_path / ".hidden" / "a.JPG").write_bytes(b"x")
    (tmp_path / "elsewhere.JPG").symlink_to(live["original"])

    found = photos(tmp_path)

    assert list(found) == ["IMG_0001.HEIC", "IMG_2.JPG"]
    first = found["IMG_0001.HEIC"]
    assert [(file.path, file.size, file.live) for file in first.files] == [
        (str(live["original"]), "original", False),
        (str(live["adjusted"]), "adjusted", False),
        (str(live["live"]), "original", True),
    ]
    assert (first.created, first.favorite, found["IMG_2.JPG"].favorite) == (CREATED, True, False)


def test_dates_of_the_sidecar_then_the_photo_then_the_file(tmp_path: Path, settings: Settings) -> None:
    settings.TIME_ZONE = "Europe/Berlin"
    moment = datetime(2001, 2, 3, 4, 5, 6, tzinfo=UTC).timestamp()
    for name, taken in (("a.JPG", "2024:06:15 18:30:00"), ("b.JPG", "2024:06:15 18:30:00"), ("c.JPG", None)):
        (tmp_path / name).write_bytes(pictures.jpeg(1, taken=taken) if taken else pictures.jpeg(1))
        os.utime(tmp_path / name, (moment, moment))
    (tmp_path / "a.JPG.xmp").write_bytes(sidecar(Photo()))

    found = photos(tmp_path)

    assert found["a.JPG"].created == CREATED
    assert found["b.JPG"].created.isoformat() == "2024-06-15T18:30:00+02:00"
    assert found["c.JPG"].created == datetime.fromtimestamp(moment, UTC)
    assert [found[name].favorite for name in found] == [False, None, None]


def test_the_fingerprint_of_a_directory(tmp_path: Path) -> None:
    written = Downloads(tmp_path, "none").write(photo := Photo())

    def fingerprint(salt: str = "") -> str:
        (listing,) = reading.listings(str(tmp_path), lambda *_: None, salt)
        return listing.fingerprint

    first = fingerprint()
    (tmp_path / "notes.txt").write_text("no photo")
    assert fingerprint() == first != fingerprint("4")
    Downloads.write_sidecar(written["original"], photo)
    second = fingerprint()
    written["original"].write_bytes(b"another")
    assert len({first, second, fingerprint()}) == 3


def test_what_vanishes_while_it_is_read_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As icloudpd renames its partial files, and a cleaning removes directories."""
    for name in ("a.JPG", "b.JPG", "c/d.JPG"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    scandir = os.scandir

    @contextmanager
    def vanishing(path: str) -> Iterator[Iterator[os.DirEntry[str]]]:
        with scandir(path) as found:
            entries = sorted(found, key=lambda each: each.name)
        (tmp_path / "b.JPG").unlink(missing_ok=True)
        if (tmp_path / "c").exists():
            (tmp_path / "c" / "d.JPG").unlink()
            (tmp_path / "c").rmdir()
        yield iter(entries)

    monkeypatch.setattr(os, "scandir", vanishing)
    troubles: list[str] = []
    (listing,) = reading.listings(str(tmp_path), lambda path, _: troubles.append(path))
    assert ([name for name, _, _ in listing.entries], troubles) == (["a.JPG"], [])
    assert list(reading.listings(str(tmp_path / "c"), lambda path, _: troubles.append(path))) == []
    assert troubles == [str(tmp_path / "c")]


def test_ratings_and_dates_in_whatever_form() -> None:
    berlin = timezone(timedelta(hours=2))
    told = sidecars.parse(
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:rdf="r"'
        b' xmp:Rating="5" xmp:CreateDate="2024-06-15T18:30:00+02:00"/></x:xmpmeta>'
    )
    assert told == sidecars.Sidecar(5, datetime(2024, 6, 15, 18, 30, tzinfo=berlin))
    assert sidecars.parse(sidecar(Photo(rating=-1))).rating == -1
    assert sidecars.parse(sidecar(Photo(rating=5, title="<Ann & Bo>"))) == sidecars.Sidecar(5, CREATED)
    assert sidecars.parse(b"<a/>") == sidecars.Sidecar(None, None)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no xml",
        b"<a>",
        b'<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;">]><a><xmp:Rating>&c;</xmp:Rating></a>',
        b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
        b"<a>" * 10_000,
        b"<a>" + b"x" * sidecars.LARGEST + b"</a>",
        b"\xff\xfe<",
    ],
)
def test_a_hostile_sidecar_costs_what_it_tells(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.JPG.xmp").write_bytes(content)
    assert sidecars.read(str(tmp_path / "a.JPG.xmp")) is None
    (tmp_path / "a.JPG").write_bytes(b"x")
    assert photos(tmp_path)["a.JPG"].favorite is None


@given(st.binary(max_size=200) | st.text(max_size=100).map(lambda text: f"<xmp:Rating>{text}</xmp:Rating>".encode()))
def test_no_sidecar_ends_a_run(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "a.xmp"
    path.write_bytes(content)
    sidecars.read(str(path))
