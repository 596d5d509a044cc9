"""Sizes as an option names them."""

from __future__ import annotations

import pytest

from ingest.icloud.photos import SIZES, Photo, PhotoFile
from ingest.icloud.steps.sizes import STACKED, OptionError, read_sizes, stills
from tests.ingest.icloud.downloads import CREATED


@pytest.mark.parametrize(
    ("words", "sizes"),
    [
        ([], STACKED),
        (["original"], ("original",)),
        (["medium,original", "medium"], ("medium", "original")),
        ([" Thumb ", "ADJUSTED,"], ("thumb", "adjusted")),
    ],
)
def test_they_keep_their_order(words: list[str], sizes: tuple[str, ...]) -> None:
    assert read_sizes("--stack-media", words, STACKED) == sizes


def test_all_are_in_the_order_of_stacks() -> None:
    assert sorted(STACKED) == sorted(SIZES)
    assert STACKED[:3] == ("adjusted", "medium", "original")
    assert read_sizes("--favorite", []) == SIZES


@pytest.mark.parametrize("word", ["huge", "stacked", "original;medium", "[original]"])
def test_an_unknown_size_is_named_with_its_option(word: str) -> None:
    with pytest.raises(OptionError) as wrong:
        read_sizes("--favorite", ["original", word])

    assert str(wrong.value) == (
        f"--favorite: {word!r} is not a size. There are original, adjusted, alternative, medium, thumb."
    )


def test_moving_halves_are_no_stills() -> None:
    files = [PhotoFile(f"{size}.JPG", size, live=False) for size in ("original", "medium")]
    photo = Photo((*files, PhotoFile("a.MOV", "original", live=True)), CREATED, None, "original.JPG")

    assert [file.path for file in stills(photo, ("thumb", "medium", "original"))] == ["medium.JPG", "original.JPG"]
