"""SHA-1 as people have it at hand: in hex, as we write it, or in base64, as Immich does."""

import base64
import re

_HEX = re.compile(r"[0-9a-fA-F]{40}")
_BASE64 = re.compile(r"[A-Za-z0-9+/]{27}=")


def sha1_of(text: str) -> str:
    """The sum that this text is, in lower-case hex; "" for every other text."""
    text = text.strip()
    if _HEX.fullmatch(text):
        return text.lower()
    return base64.b64decode(text).hex() if _BASE64.fullmatch(text) else ""
