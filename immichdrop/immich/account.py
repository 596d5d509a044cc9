"""One account at one server: who it is, what the server is, and how requests get there."""

from __future__ import annotations

from datetime import datetime
from types import TracebackType
from typing import Self
from urllib.parse import quote, urlsplit

from . import answers
from .answers import About, Answer, MediaTypes, User, Version
from .credentials import ApiKey
from .dialects import Dialect
from .errors import NotImmich
from .http_dates import http_date
from .transport import CONNECT_TIMEOUT, READ_TIMEOUT, OnRequest, Transport

ASSETS_PER_PAGE = 1000  # Immich's limit (239)


class Account:
    """The part of the client that everything else stands on."""

    def __init__(
        self,
        base_url: str,
        api_key: str,
        *,
        connect_timeout: float = CONNECT_TIMEOUT,
        read_timeout: float = READ_TIMEOUT,
        on_request: OnRequest | None = None,
        assets_per_page: int = ASSETS_PER_PAGE,
    ) -> None:
        self._transport = Transport(
            base_url,
            ApiKey(api_key),
            connect_timeout=connect_timeout,
            read_timeout=read_timeout,
            on_request=on_request,
        )
        self._assets_per_page = assets_per_page
        self._dialect: Dialect | None = None

    def __repr__(self) -> str:
        return f"<Immich at {urlsplit(self._transport.base_url).hostname}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close idle connections. The instance can still be used."""
        self._transport.close()

    # The server

    def ping(self) -> None:
        """Is there an Immich at this address? NotImmich if something else answers."""
        answer = Answer(self._transport.json("GET", "/server/ping", anonymous=True))
        if answer.optional_text("res") != "pong":
            raise NotImmich("The address answers, but not as Immich does")

    @property
    def clock(self) -> datetime | None:
        """What the server's clock, or that of a proxy in front of it, showed in its latest answer, to the second."""
        return http_date(self._transport.date)

    def version(self, *, refresh: bool = False) -> Version:
        """The server's version, read once unless `refresh` is set."""
        return self._speak(refresh=refresh).version

    def about(self) -> About:
        """Needs the permission `server.about`."""
        answer = Answer(self._transport.json("GET", "/server/about"))
        return About(version=answer.text("version"), licensed=answer.flag("licensed"))

    def external_domain(self) -> str:
        """Where people outside reach the server, as its administrator set it; empty when nobody did (041)."""
        answer = Answer(self._transport.json("GET", "/server/config", anonymous=True))
        return (answer.optional_text("externalDomain") or "").strip().rstrip("/")

    def media_types(self) -> MediaTypes:
        """What this server takes, by extension."""
        answer = Answer(self._transport.json("GET", "/server/media-types", anonymous=True))
        return MediaTypes(
            image=answer.texts("image"),
            video=answer.texts("video"),
            sidecar=answer.texts("sidecar"),
        )

    # The account

    def me(self) -> User:
        """Whose key this is. Needs the permission `user.read`."""
        return answers.user(Answer(self._transport.json("GET", "/users/me")))

    def permissions(self) -> frozenset[str]:
        """What the key may do, by Immich's names; `all` stands for everything."""
        return Answer(self._transport.json("GET", "/api-keys/me")).texts("permissions")

    def delete_key(self, key_id: str) -> None:
        """Revoke an API key of this account, also the one in use. Needs `apiKey.delete`. Rejected when it is gone."""
        self._transport.json("DELETE", f"/api-keys/{segment(key_id)}")

    def _speak(self, *, refresh: bool = False) -> Dialect:
        if self._dialect is None or refresh:
            answer = Answer(self._transport.json("GET", "/server/version", anonymous=True))
            version = Version(*(answer.number(part) for part in Version._fields))
            self._dialect = Dialect(version)
        return self._dialect


def segment(identifier: str) -> str:
    """An id as one step of a path, whatever it holds."""
    return quote(identifier, safe="")
