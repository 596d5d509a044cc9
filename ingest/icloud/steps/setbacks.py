"""Photos that Immich fails at, told apart from an Immich that fails."""

from collections.abc import Collection, Iterable
from http import HTTPStatus

from immichdrop.immich import ImmichError, NotImmich, Unavailable
from ingest.folders.network import Line

MOST = 5  # photos in a row


class Setbacks:
    """What went wrong in a run, for all its steps. `error`: set when so many photos in a row went wrong that it is
    Immich's trouble rather than theirs: nothing more is asked in this batch, and the run ends after it."""

    def __init__(self) -> None:
        self.error: Unavailable | None = None
        self._in_a_row = 0
        self._earlier: frozenset[str] = frozenset()

    def begin(self, earlier: Iterable[str]) -> None:
        """A batch. `earlier`: keys of photos that went wrong before; a few of them must not end each run."""
        self._earlier = frozenset(earlier)

    def take(self, line: Line, error: Unavailable, keys: Collection[str]) -> None:
        """Notes that Immich failed at these photos. Raises the error where it is not about them."""
        if not is_about_one(line, error):
            raise error
        if not self._earlier.issuperset(keys):
            self._in_a_row += 1
        if self._in_a_row >= MOST:
            self.error = error

    def end_row(self) -> None:
        """Something went well."""
        self._in_a_row = 0


def is_about_one(line: Line, error: Unavailable) -> bool:
    """Whether Immich is there, and only has no answer to this question: it fails at it, or what it says can't be read.
    Raises StoppedError and NoServerError."""
    if error.status != HTTPStatus.INTERNAL_SERVER_ERROR and not isinstance(error, NotImmich):
        return False
    try:
        line.ask(lambda immich: immich.ping())
    except ImmichError:
        return False
    return True
