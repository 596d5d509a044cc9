"""The sandbox's one account, made once and kept in its directory."""

from __future__ import annotations

import base64
import json
import re
import secrets
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from .records import Account

EMAIL = "admin@immich.sandbox"
_FILE = "account.json"


def load_or_create(directory: Path, *, password: str | None = None) -> Account:
    """The account of this directory. A given `password` becomes the account's.

    The file holds the secrets in clear, for its owner alone (mode 0600).
    """
    path = directory / _FILE
    account = _load(path) if path.exists() else _create()
    if password is not None:
        account = replace(account, password=password)
    _save(path, account)
    return account


def random_text() -> str:
    """A secret as Immich makes them: 32 bytes in base64, of letters and digits alone."""
    return re.sub(r"\W", "", base64.b64encode(secrets.token_bytes(32)).decode())


def _create() -> Account:
    return Account(
        user_id=str(uuid4()),
        email=EMAIL,
        password=secrets.token_urlsafe(12),
        api_key=random_text(),
        created_at=datetime.now(UTC),
    )


def _load(path: Path) -> Account:
    kept = json.loads(path.read_text())
    return Account(**kept | {"created_at": datetime.fromisoformat(kept["created_at"])})


def _save(path: Path, account: Account) -> None:
    kept = asdict(account) | {"created_at": account.created_at.isoformat()}
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    fresh.touch(mode=0o600)
    fresh.write_text(json.dumps(kept, indent=1))
    fresh.replace(path)
