"""Our patience with a connection to Immich."""

from __future__ import annotations

from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

SEND_STALL_SECONDS = 60.0


class _Patience(HTTPConnection):
    """By itself, urllib3 limits every write of a body by the (short) connect timeout: a disk that
    stalls behind Immich would end an upload."""

    def connect(self) -> None:
        super().connect()
        self.sock.settimeout(SEND_STALL_SECONDS)


class _PatientHTTPS(_Patience, HTTPSConnection):
    pass


class _PatientPool(HTTPConnectionPool):
    ConnectionCls = _Patience


class _PatientSecurePool(HTTPSConnectionPool):
    ConnectionCls = _PatientHTTPS


class PatientAdapter(HTTPAdapter):
    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **options: Any) -> None:
        super().init_poolmanager(connections, maxsize, block, **options)
        self.poolmanager.pool_classes_by_scheme = {
            "http": _PatientPool,
            "https": _PatientSecurePool,
        }

    def close(self) -> None:
        """Close idle connections now; by itself, urllib3 leaves that to the garbage collector."""
        for key in self.poolmanager.pools.keys():  # noqa: SIM118 (no dict: it can't be iterated)
            pool = self.poolmanager.pools.get(key)
            if pool is not None:
                pool.close()
        super().close()
