"""SHA-1 sums as clients write them."""

from __future__ import annotations

import base64
import binascii

_BASE64_LENGTH = 28


def to_hex(checksum: str) -> str | None:
    """40 hex or 28 base64 characters; None if it is neither: then no asset has it (058, 185)."""
    try:
        if len(checksum) == _BASE64_LENGTH:
            return base64.b64decode(checksum, validate=True).hex()
        return bytes.fromhex(checksum).hex()
    except (ValueError, binascii.Error):
        return None
