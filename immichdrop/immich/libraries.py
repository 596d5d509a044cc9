"""External libraries: looked at, scanned, and searched by path. All but the search is for administrators."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

from . import answers
from .account import Account, segment
from .answers import Answer, Asset
from .errors import AdminNeeded, Forbidden, Rejected


@dataclass(frozen=True, slots=True)
class Library:
    """An external library: folders that Immich reads, and writes nothing into. Paths are those of Immich's machine.

    `exclusion_patterns` are globs of files it leaves out. `refreshed_at`: when it was scanned last, None: never.
    """

    id: str
    name: str
    owner_id: str
    import_paths: tuple[str, ...]
    exclusion_patterns: tuple[str, ...]
    refreshed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Queue:
    """Jobs at work and waiting; without the delayed ones, which may stay for days. A paused queue does none of them."""

    active: int
    waiting: int
    is_paused: bool

    @property
    def is_idle(self) -> bool:
        return self.active + self.waiting == 0


class Libraries(Account):
    """What a client does with external libraries."""

    def libraries(self) -> list[Library]:
        """All of them, whoever owns them. Needs `library.read` and an administrator's key."""
        return [_library(each) for each in answers.objects(self._administer("GET", "/libraries"))]

    def library(self, library_id: str) -> Library:
        """NotFound when there is none of this id. Needs `library.read` and an administrator's key."""
        return _library(Answer(self._administer("GET", f"/libraries/{segment(library_id)}")))

    def scan(self, library_id: str) -> None:
        """Let Immich look for new, changed and vanished files, a moment later: see `library_queue`.

        NotFound when the library is gone (358). Needs `library.update` and an administrator's key.
        """
        self._administer("POST", f"/libraries/{segment(library_id)}/scan")

    def library_queue(self) -> Queue:
        """What is left to do in all libraries (340, 344). Needs `queue.read` and an administrator's key.

        A server without queues (before 2.4) is asked for its jobs instead, with `job.read` (342).
        """
        try:
            queue = Answer(self._administer("GET", "/queues/library"))
        except Rejected as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise
        else:
            return _queue(queue.object("statistics"), is_paused=queue.flag("isPaused"))
        jobs = Answer(self._administer("GET", "/jobs")).object("library")
        return _queue(jobs.object("jobCounts"), is_paused=jobs.object("queueStatus").flag("isPaused"))

    def search_library(self, library_id: str, path_part: str) -> Iterator[Asset]:
        """Assets of a library whose path Immich takes for a match, page by page. Needs `asset.read`.

        That is more than asked for: it looks for the part anywhere, without regard to case, and takes `%` for any
        text and `_` for any character. Compare their `path`. Also what is archived, hidden, offline or
        in the trash; without `stack`.
        """
        for question in self._questions(library_id, path_part):
            yield from self._found(question)

    def assets_at(self, library_id: str, path: str) -> list[Asset]:
        """Those of a library with exactly this path: none or one, unless Immich has it twice. Needs `asset.read`."""
        for question in self._questions(library_id, path):
            if exact := [asset for asset in self._found(question) if asset.path == path]:
                return exact
        return []

    def _questions(self, library_id: str, path_part: str) -> Iterator[dict[str, object]]:
        # To PostgreSQL a backslash makes the next character mean itself, and so would never match one.
        pattern = path_part.replace("\\", "_")
        for visibility in self._speak().everywhere():
            yield {
                "libraryId": library_id,
                "originalPath": pattern,
                "withDeleted": True,
                "withExif": True,
                **visibility,
            }

    def _found(self, question: dict[str, object]) -> Iterator[Asset]:
        page: int | None = 1
        while page is not None:
            body = question | {"size": self._assets_per_page, "page": page}
            found = Answer(self._transport.json("POST", "/search/metadata", body=body)).object("assets")
            yield from map(answers.asset, found.objects("items"))
            following = found.optional_text("nextPage")
            page = None if following is None else int(following)

    def _administer(self, method: str, path: str) -> object:
        """Of a key that is no administrator's Immich only says "Forbidden" (445)."""
        try:
            return self._transport.json(method, path)
        except Forbidden as error:
            if error.permission is not None:
                raise
            raise AdminNeeded(
                "External libraries are for administrators of Immich: use the API key of one", status=error.status
            ) from None


def _library(answer: Answer) -> Library:
    """From `/libraries` (recorded exchanges 325, 348)."""
    return Library(
        id=answer.text("id"),
        name=answer.text("name"),
        owner_id=answer.text("ownerId"),
        import_paths=answer.ordered_texts("importPaths"),
        exclusion_patterns=answer.ordered_texts("exclusionPatterns"),
        refreshed_at=answer.optional_moment("refreshedAt"),
    )


def _queue(counts: Answer, *, is_paused: bool) -> Queue:
    return Queue(
        active=counts.number("active"), waiting=counts.number("waiting") + counts.number("paused"), is_paused=is_paused
    )
