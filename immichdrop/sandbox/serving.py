"""Running the sandbox: in a thread of this process, or as a command."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import uvicorn

from . import account, libraries
from .application import Seen, application
from .faults import Faults
from .gate import DroppableProtocol
from .records import AlbumMember, StoredAlbum, StoredAsset, StoredLink
from .scanning import Scanner
from .server import Server
from .store import Store
from .versions import BY_MAJOR

LOOPBACK = "127.0.0.1"
_ALL_INTERFACES = {"0.0.0.0", "::"}  # noqa: S104 (compared with, not bound to)
_START_SECONDS = 10.0
_STOP_SECONDS = 1
_IDLE_SECONDS = 5


class Sandbox:
    """A stand-in Immich that keeps what it holds in `directory`.

    `api`: 1, 2 or 3. `quota`: bytes the account may hold. `jobs_after`: seconds until what was deleted
    by force is removed; None: by `run_jobs` alone, so that a test sees both states. `oauth`: people may
    sign in at a stand-in identity provider; `password_login`: with their password.
    `scans_after`: seconds until a library is scanned; None: by `run_scans` alone. `external_domain`: what its
    administrator named as its address for people outside. `shuffles_ties`: see `Server`.
    With `port` 0 a free one is taken at the first start and kept from then on.
    """

    def __init__(
        self,
        directory: Path,
        *,
        api: int = 3,
        host: str = LOOPBACK,
        port: int = 0,
        quota: int | None = None,
        password: str | None = None,
        faults: Faults | None = None,
        jobs_after: float | None = None,
        oauth: bool = False,
        password_login: bool = True,
        scans_after: float | None = 0.0,
        external_domain: str = "",
        shuffles_ties: bool = False,
    ) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        kept = account.load_or_create(directory, password=password)
        self.directory = directory
        self.faults = faults or Faults()
        self.requests: list[Seen] = []
        self.api_key = kept.api_key
        self.user_id = kept.user_id
        self.email = kept.email
        self.password = kept.password
        self._host = host
        self._port = port
        self._store = Store(directory, kept)
        self._scanner = Scanner(self._store, BY_MAJOR[api])
        self._server = Server(
            self._store,
            BY_MAJOR[api],
            self._scanner,
            quota,
            jobs_after,
            oauth,
            password_login,
            scans_after,
            external_domain,
            shuffles_ties,
        )
        self._running: tuple[uvicorn.Server, threading.Thread] | None = None

    @property
    def url(self) -> str:
        """Where this machine reaches it, also when it listens on all interfaces."""
        host = LOOPBACK if self._host in _ALL_INTERFACES else self._host
        return f"http://{f'[{host}]' if ':' in host else host}:{self._port}"

    # What it holds

    def assets(self) -> list[StoredAsset]:
        """Everything, also what is hidden or in the trash; latest taken first."""
        return self._store.assets()

    def albums(self) -> list[StoredAlbum]:
        """Newest first."""
        return self._store.albums()

    def album_assets(self, name: str) -> list[StoredAsset]:
        """What is in the albums of this name."""
        named = [album for album in self._store.albums() if album.name == name]
        return [asset for album in named for asset in self._store.album_assets(album.id)]

    def tags_of(self, asset_id: str) -> list[str]:
        """Their paths: `Drop/Beach/Ann`."""
        return [tag.value for tag in self._store.tags_of(asset_id)]

    def tags(self) -> list[str]:
        """All paths, in their order."""
        return [tag.value for tag in self._store.tags()]

    def shared_links(self) -> list[StoredLink]:
        """Newest first."""
        return self._store.links()

    def create_user(self, name: str, email: str) -> str:
        """The id of somebody new, with whom albums can be shared."""
        return self._store.create_user(name, email).id

    def album_members(self, album_id: str) -> list[AlbumMember]:
        """With whom it is shared, in the order of their roles and names."""
        return self._store.album_members(album_id)

    def run_jobs(self) -> None:
        """What Immich does a moment later: remove what was deleted by force."""
        self._store.run_jobs()

    def run_scans(self) -> None:
        """Scan the libraries that wait for it."""
        self._scanner.run()

    def pause_scans(self) -> None:
        """Those that are asked for wait from now on, as when an administrator pauses the queue."""
        self._scanner.is_paused = True

    def resume_scans(self) -> None:
        """Scan the libraries that waited, and those that will be asked for."""
        self._scanner.is_paused = False
        self._scanner.run()

    def create_library(self, name: str, *import_paths: Path, owner_id: str | None = None) -> str:
        """The id of a new external library of these folders, which may not lie in `directory`.

        `owner_id`: whose it is, if not the account's; the account sees nothing that is in it.
        """
        paths = [str(path) for path in import_paths]
        return self._store.create_library(name, paths, libraries.EXCLUSIONS, owner_id).id

    def stacks(self) -> list[list[str]]:
        """The ids in each stack, the primary one first."""
        return [[asset.id for asset in self._store.stack_assets(stack)] for stack in self._store.stacks()]

    def create_key(self, permissions: Sequence[str]) -> str:
        """The secret of a new API key with these permissions."""
        return self._store.create_key("made by the sandbox", permissions)[1]

    def keys(self) -> dict[str, frozenset[str]]:
        """The API keys there are, but for the sandbox's own: id → permissions."""
        return {key.id: frozenset(key.permissions) for key in self._store.all_keys() if key.name != "all"}

    def open_session(self) -> str:
        """The token of a new login."""
        return self._store.create_session()

    def sessions(self) -> int:
        """How many people are logged in."""
        return self._store.count_sessions()

    def change_account(self, *, email: str | None = None, is_admin: bool | None = None) -> None:
        """What an administrator of Immich would change, until the sandbox is made anew."""
        account = self._store.account
        email = account.email if email is None else email
        is_admin = account.is_admin if is_admin is None else is_admin
        self._store.account = replace(account, email=email, is_admin=is_admin)
        self.email = email

    def clear(self) -> None:
        """Forget everything but the account and its key, and end all trouble."""
        self._scanner.forget()
        self._store.clear()
        self.faults.clear()
        self.requests.clear()

    # Serving

    def start(self) -> None:
        """Serve from a thread; returns once it answers. OSError if the port is taken.

        Does nothing if it serves already.
        """
        if self._running is not None:
            return
        if self._server.jobs_after is not None:
            self.run_jobs()  # those that were due when it stopped
        listener = self._listen()
        server = _AnnouncedServer(self._configuration())
        thread = threading.Thread(target=server.run, args=([listener],), name="sandbox", daemon=True)
        thread.start()
        server.ready.wait(_START_SECONDS)
        self._running = server, thread

    def stop(self) -> None:
        """Refuse connections from now on. `start` serves again, at the same address."""
        if self._running is None:
            return
        server, thread = self._running
        self._running = None
        server.should_exit = True
        thread.join()

    def close(self) -> None:
        """Stop for good."""
        self.stop()
        self._store.close()

    def _listen(self) -> socket.socket:
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        listener = socket.create_server((self._host, self._port), family=family, backlog=128)
        self._port = listener.getsockname()[1]
        return listener

    def _configuration(self) -> uvicorn.Config:
        return uvicorn.Config(
            application(self._server, self.faults, self.requests),
            http=DroppableProtocol,
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_keep_alive=_IDLE_SECONDS,
            timeout_graceful_shutdown=_STOP_SECONDS,
        )


class _AnnouncedServer(uvicorn.Server):
    """Tells when it serves."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


@contextmanager
def running(
    directory: Path,
    *,
    api: int = 3,
    port: int = 0,
    quota: int | None = None,
    jobs_after: float | None = None,
    oauth: bool = False,
    password_login: bool = True,
    scans_after: float | None = 0.0,
    external_domain: str = "",
    shuffles_ties: bool = False,
) -> Iterator[Sandbox]:
    """A sandbox on loopback, served by a thread of this process."""
    sandbox = Sandbox(
        directory,
        api=api,
        port=port,
        quota=quota,
        jobs_after=jobs_after,
        oauth=oauth,
        password_login=password_login,
        scans_after=scans_after,
        external_domain=external_domain,
        shuffles_ties=shuffles_ties,
    )
    try:
        sandbox.start()
        yield sandbox
    finally:
        sandbox.close()
