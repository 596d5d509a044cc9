"""The installation's secret: made once, kept in the data folder, readable by its owner alone."""

import os
import secrets
from pathlib import Path


def load_or_make(path: Path) -> str:
    """The secret kept at `path`, made there (mode 0600) when there is none.

    Two processes that start at the same moment agree on one: the text is complete before the name exists, and `link`
    gives the name to only one of them.
    """
    if not path.exists():
        draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()
