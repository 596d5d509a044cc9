"""What all routes share."""

from __future__ import annotations

from dataclasses import dataclass

from .access import Endpoint, GuardedEndpoint, guard
from .scanning import Scanner
from .store import Store
from .versions import Api


@dataclass(frozen=True, slots=True)
class Server:
    """`quota`: bytes the account may hold, None for no limit. `jobs_after`: seconds until what was
    deleted by force is removed, None: only when told to. `oauth`: single sign-on is on; `password_login`:
    so is the other way. `scans_after`: seconds until a scan of a library runs, None: only when told to.
    `external_domain`: where people outside reach it, as its administrator would have said. `shuffles_ties`: what was
    taken at the same moment is in another order on each page of a search, as it may be in PostgreSQL."""

    store: Store
    api: Api
    scanner: Scanner
    quota: int | None
    jobs_after: float | None
    oauth: bool = False
    password_login: bool = True
    scans_after: float | None = None
    external_domain: str = ""
    shuffles_ties: bool = False

    def guard(
        self, permission: str | None, endpoint: GuardedEndpoint, *, admin: bool = False, shared: bool = False
    ) -> Endpoint:
        """`admin`: for administrators. `shared`: also for whoever comes with a shared link's key or slug."""
        return guard(self.store, permission, endpoint, admin=admin, shared=shared)
