"""What all routes share."""

from __future__ import annotations

from dataclasses import dataclass

from .access import Endpoint, GuardedEndpoint, guard
from .store import Store
from .versions import Api


@dataclass(frozen=True, slots=True)
class Server:
    """`quota`: bytes the account may hold, None for no limit. `jobs_after`: seconds until what was
    deleted by force is removed, None: only when told to. `oauth`: single sign-on is on; `password_login`:
    so is the other way."""

    store: Store
    api: Api
    quota: int | None
    jobs_after: float | None
    oauth: bool = False
    password_login: bool = True

    def guard(self, permission: str | None, endpoint: GuardedEndpoint, *, shared: bool = False) -> Endpoint:
        """`shared`: also for whoever comes with a shared link's key or slug."""
        return guard(self.store, permission, endpoint, shared=shared)
