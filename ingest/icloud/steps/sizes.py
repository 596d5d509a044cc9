"""Sizes that an option names, and the files of a photo that have them."""

from collections.abc import Iterable, Sequence

from ingest.icloud.photos import SIZES, Photo, PhotoFile

# Whose first one stands for a stack, where none is named.
STACKED = ("adjusted", "medium", "original", "alternative", "thumb")


class OptionError(ValueError):
    """What was given with an option makes no sense. Its words name the option, and what would."""


def read_sizes(option: str, words: Iterable[str], every: Sequence[str] = SIZES) -> tuple[str, ...]:
    """The sizes in the order they are named, each once; `every` where none is. Raises OptionError.

    `words`: as they follow the option, each of which may hold several with commas between them.
    """
    named = [size.strip().lower() for word in words for size in word.replace(",", " ").split()]
    unknown = [size for size in dict.fromkeys(named) if size not in SIZES]
    if unknown:
        raise OptionError(f"{option}: {_and(unknown)} is not a size. There are {', '.join(SIZES)}.")
    return tuple(dict.fromkeys(named)) or tuple(every)


def stills(photo: Photo, sizes: Sequence[str]) -> list[PhotoFile]:
    """Its files of these sizes, in the order of the sizes; without the moving halves."""
    return [file for size in sizes for file in photo.files if file.size == size and not file.live]


def _and(words: Sequence[str]) -> str:
    return " and ".join(repr(word) for word in words)
