"""Reading the headers of files that strangers sent: bounded in reads, in bytes and in memory, whatever they declare."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, NamedTuple, Self

MOST_READS = 20_000  # of a file's headers; honest files need a few hundred
MOST_BYTES = 4 << 20  # in all of these
LARGEST_READ = 1 << 20  # bytes at once: a header's own word for the length of a field is not believed


class UnreadableError(ValueError):
    """A file is not what it says, or its header asks for too much work."""


@dataclass(slots=True)
class _Budget:
    reads: int = MOST_READS
    bytes: int = MOST_BYTES


class Header(io.RawIOBase):
    """A file, or the part of it from `start` to `end`, that can be read only so often and so much.

    A header that points in circles so comes to an end. Windows into one file share its budget.
    """

    def __init__(self, file: BinaryIO, start: int = 0, end: int | None = None, budget: _Budget | None = None) -> None:
        self._file = file
        self._start = start
        self._end = file.seek(0, io.SEEK_END) if end is None else end
        self._budget = budget or _Budget()
        self._place = 0

    @property
    def size(self) -> int:
        """In bytes."""
        return self._end - self._start

    def window(self, start: int, end: int | None = None) -> Self:
        """The part between two places of this one, at most to its end."""
        end = self.size if end is None else min(end, self.size)
        return type(self)(self._file, self._start + min(start, end), self._start + end, self._budget)

    def at(self, place: int, size: int) -> bytes:
        """Up to `size` bytes from `place`; fewer where the file ends."""
        self.seek(place)
        return self.read(size)

    def read(self, size: int = -1, /) -> bytes:
        if not 0 <= size <= LARGEST_READ:
            raise UnreadableError("a field is too long")
        size = max(0, min(size, self.size - self._place))
        self._budget.reads -= 1
        self._budget.bytes -= size
        if self._budget.reads < 0 or self._budget.bytes < 0:
            raise UnreadableError("this header never ends")
        self._file.seek(self._start + self._place)
        data = self._file.read(size)
        self._place += len(data)
        return data

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        place = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self.size}[whence]
        if place < 0:
            raise UnreadableError("a place before the start")
        self._place = place
        return place

    def tell(self) -> int:
        return self._place


class Box(NamedTuple):
    """A box of ISO/IEC 14496-12, which QuickTime calls an atom; its content stands from `start` to `end`."""

    kind: bytes
    start: int
    end: int


def boxes(header: Header, start: int = 0, end: int | None = None) -> Iterator[Box]:
    """The boxes between two places, one after the other; what is inside them is not looked at.

    One that reaches beyond `end` is cut there, since files break off. Raises UnreadableError for one without end.
    """
    end = header.size if end is None else end
    while end - start >= 8:
        head = header.at(start, 16)
        size, kind, content = int.from_bytes(head[:4], "big"), head[4:8], start + 8
        if size == 1:  # the real size follows, in 64 bits
            size, content = int.from_bytes(head[8:16], "big"), start + 16
        elif size == 0:  # to the end of the file
            size = end - start
        if start + size < content:
            raise UnreadableError("a box is smaller than its own head")
        yield Box(kind, min(content, end), min(start + size, end))
        start += size
