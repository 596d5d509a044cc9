"""Immich's API, as far as we use it."""

from __future__ import annotations

from .album_users import AlbumUsers
from .albums import Albums
from .assets import Assets
from .libraries import Libraries
from .shared_links import SharedLinks
from .stacks import Stacks
from .tags import Tags


class Immich(Assets, Albums, AlbumUsers, Tags, Stacks, Libraries, SharedLinks):
    """One account at one server.

    Keeps one pool of connections: make one instance per account and thread, and keep it. Timeouts
    are in seconds; `read_timeout` is the longest silence while waiting for an answer. `on_request`
    is told of every request (`transport.OnRequest`). A search reads `assets_per_page`.

    Every method raises ImmichError (see `errors`). Where a permission is named, the key needs it.
    """
