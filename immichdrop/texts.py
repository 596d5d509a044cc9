"""Which texts can be kept at all."""

import re

# NUL, and half of a surrogate pair, which JSON may carry: no database can be asked for either.
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def storable(text: str) -> bool:
    return _UNSTORABLE.search(text) is None
