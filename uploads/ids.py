"""Uploads that a form names."""

import uuid
from collections.abc import Sequence

from uploads import host_hand


def ids_said(said: Sequence[str]) -> list[uuid.UUID]:
    """What are ids of these words."""
    found = []
    for each in said[: host_hand.MOST]:
        try:
            found.append(uuid.UUID(each))
        except ValueError:
            continue
    return found
