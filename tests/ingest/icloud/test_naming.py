"""Files are grouped into photos exactly, whatever icloudpd was told to call them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.icloud.naming import Entry, group
from tests.ingest.icloud.downloads import CREATED, Photo, deduplicated, live_name, still_name

# `make fuzz` looks at more.
EXAMPLES = max(2000, settings().max_examples)
STEMS = ("IMG_0001", "IMG_0002", "DSC-77", "Żółw 1", "写真", "e\u0301te\u0301", "IMG_HEVC", "a.b", "A-12")
ID7 = ("QVhiNzE", "QWJjZGU")
ORIGINALS = (".HEIC", ".JPG", ".PNG", ".DNG", ".MOV", ".MP4")
Expected = frozenset[tuple[str, str, bool]]


def grouped(entries: list[Entry]) -> set[Expected]:
    photos = group(entries)
    names = [member.entry.name for photo in photos for member in photo]
    assert len(names) == len(set(names))
    return {frozenset((each.entry.name, each.size, each.live) for each in photo) for photo in photos}


def entries(*names: str | tuple[str, int] | tuple[str, int, float]) -> list[Entry]:
    found = [(each, 5, 0.0) if isinstance(each, str) else (*each, 0.0)[:3] for each in names]
    return [Entry(name, size, moment) for name, size, moment in found]


@st.composite
def photos(draw: st.DrawFn, stem: str, id7: str | None, *, alone: bool) -> Photo:
    """`alone`: no other photo has its name, so that it may do without the plain one."""
    extension = draw(st.sampled_from(ORIGINALS))
    video = extension in (".MOV", ".MP4")
    sizes = {"original": extension}
    for size in ("adjusted", "alternative", "medium", "thumb"):
        if not draw(st.booleans()):
            continue
        if video and size != "alternative":
            sizes[size] = ".MP4" if size != "adjusted" else extension
        elif not video and (size != "alternative" or extension == ".DNG"):
            sizes[size] = ".JPG"
    if extension == ".DNG" and "adjusted" in sizes:
        sizes["alternative"] = ".JPG"  # of a raw file and one JPG that is the alternative
    if alone and not video and draw(st.integers(0, 9)) == 0:
        sizes = {"medium": ".JPG", "thumb": ".JPG"}  # `--size medium --size thumb`
    return Photo(
        f"{stem}{extension}",
        sizes,
        live=not video and draw(st.booleans()),
        live_size=draw(st.sampled_from(["original", "medium", "thumb"])),
        id7=id7,
        legacy=alone and "original" in sizes and draw(st.integers(0, 9)) == 0,
    )


@st.composite
def libraries(draw: st.DrawFn) -> tuple[list[Entry], set[Expected]]:
    """A directory's files, and what belongs together."""
    policy = draw(st.sampled_from(["suffix", "original"]))
    with_id7, sidecars = draw(st.booleans()), draw(st.booleans())
    taken: dict[str, Entry] = {}
    expected: set[Expected] = set()
    stems = draw(st.lists(st.sampled_from(STEMS), max_size=8))
    for number, stem in enumerate(stems):
        # With that policy names are the photos' own.
        id7 = f"{ID7[number % 2][:-1]}{number}" if with_id7 else None
        photo = draw(photos(stem, id7, alone=stems.count(stem) == 1))
        moment = (CREATED + timedelta(hours=draw(st.integers(0, 2)), days=number)).timestamp()
        members: set[tuple[str, str, bool]] = set()
        names: list[str] = []

        def put(name: str, size: str, *, live: bool) -> None:
            weight = 1000 + len(taken)
            if name in taken:
                name = deduplicated(name, weight)
            taken[name] = Entry(name, weight, moment)  # noqa: B023 - called within this turn
            members.add((name, size, live))  # noqa: B023
            if sidecars and not live:
                taken[f"{name}.xmp"] = Entry(f"{name}.xmp", 1, moment)  # noqa: B023

        for size in photo.sizes:
            names.append(still_name(photo, size, names))
            put(names[-1], size, live=False)
        if photo.live:
            put(live_name(photo, policy), photo.live_size, live=True)
        expected.add(frozenset(members))
    return draw(st.permutations(list(taken.values()))), expected


@settings(max_examples=EXAMPLES)
@given(libraries())
def test_grouping_is_exact(library: tuple[list[Entry], set[Expected]]) -> None:
    files, expected = library
    assert grouped(files) == expected


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["a.HEIC", "a.JPG"], [{"a.HEIC", "a.JPG"}]),
        (["a.HEIC", ("a.JPG", 5, 86_400.0)], [{"a.HEIC"}, {"a.JPG"}]),
        (["a.JPG", "a.MOV"], [{"a.JPG", "a.MOV"}]),
        (["a.JPG", "a.MOV", "a.MOV.xmp"], [{"a.JPG"}, {"a.MOV"}]),
        (["a.JPG", ("a.MOV", 5, 86_400.0)], [{"a.JPG"}, {"a.MOV"}]),
        (["a_HEVC.MOV"], [{"a_HEVC.MOV"}]),
        (["a-medium.JPG"], [{"a-medium.JPG"}]),
        (["sun-medium.HEIC", "sun-medium_HEVC.MOV"], [{"sun-medium.HEIC", "sun-medium_HEVC.MOV"}]),
        (["sun-medium.JPG", "sun-medium-medium.JPG"], [{"sun-medium.JPG", "sun-medium-medium.JPG"}]),
        (["a-77.JPG", "a.JPG"], [{"a-77.JPG"}, {"a.JPG"}]),
        (["a.JPG", "a.jpg"], [{"a.JPG"}, {"a.jpg"}]),
        # Edited since by a program that does not keep times: the names are enough.
        ([("a.HEIC", 5, 9e8), "a_HEVC.MOV", "a-medium.JPG"], [{"a.HEIC", "a_HEVC.MOV", "a-medium.JPG"}]),
        (["a.txt", "a.HEIC.xmp", "b", ".HEIC"], []),
    ],
)
def test_what_belongs_together(names: list[str], expected: list[set[str]]) -> None:
    photos = group(entries(*names))
    assert [{each.entry.name for each in photo} for photo in photos] == expected


def test_the_second_photo_of_a_name_may_be_the_only_one_that_moves() -> None:
    files = entries(("a.HEIC", 10, 0.0), ("a-20.HEIC", 20, 9000.0), ("a_HEVC.MOV", 30, 9000.0))
    assert {("a-20.HEIC", "original", False), ("a_HEVC.MOV", "original", True)} in grouped(files)


def test_sizes_of_unnamed_kinds() -> None:
    (raw,) = grouped(entries("a.DNG", "a.JPG"))
    (edited,) = grouped(entries("a.DNG", "a.JPG", "a-alternative.JPG"))
    (old,) = grouped(entries("a-original.JPG", "a.JPG"))
    assert raw == {("a.DNG", "original", False), ("a.JPG", "alternative", False)}
    assert ("a.JPG", "adjusted", False) in edited
    assert old == {("a-original.JPG", "original", False), ("a.JPG", "adjusted", False)}
