"""What a run over icloudpd's folders is asked to do."""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from ingest.icloud.steps import albums, favourites, live, registering, stacking
from ingest.icloud.steps.album_rules import AlbumRule
from ingest.icloud.steps.path_map import PathMap
from ingest.icloud.steps.registering import Patience

BATCH = 100  # photos
UPLOAD = "upload"  # what the places of photos that are sent begin with
_SENDING = frozenset({"user.read", "asset.upload", "asset.read"})


@dataclass(frozen=True, slots=True)
class Options:
    """`directories`: icloudpd's folders, absolute, without its templates; `roots`: those of the whole command, where a
    run is about one of them. `library_id`: "" where files are sent,
    into the library of `user_id`.
    `stack`, `favorite`, `live`: the sizes of that step, none where it is not wanted. `batch`: so many photos at a time,
    all at the end where it is None.
    """

    directories: tuple[str, ...]
    library_id: str = ""
    user_id: str = ""
    path_map: PathMap = field(default_factory=PathMap)
    patience: Patience = field(default_factory=Patience)
    stack: tuple[str, ...] = ()
    favorite: tuple[str, ...] = ()
    live: tuple[str, ...] = ()
    albums: tuple[AlbumRule, ...] = ()
    unset_favorites: bool = False
    favorite_rating: int = 5
    process_existing: bool = False
    process_existing_favorites: bool = False
    since: datetime | None = None
    batch: int | None = BATCH
    batch_log: Path | None = None
    dry_run: bool = False
    roots: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        """See `models`."""
        return self.library_id or f"{UPLOAD} {self.user_id}"

    @property
    def all_roots(self) -> tuple[str, ...]:
        return self.roots or self.directories

    @property
    def permissions(self) -> frozenset[str]:
        """What the key must be allowed for all of it."""
        steps = (
            (True, registering.PERMISSIONS if self.library_id else _SENDING),
            (self.stack, stacking.PERMISSIONS),
            (self.favorite, favourites.PERMISSIONS),
            (self.live, live.PERMISSIONS),
            (self.albums, albums.PERMISSIONS),
        )
        return frozenset().union(*(needed for wanted, needed in steps if wanted))
