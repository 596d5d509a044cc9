"""How Babel reads Django's templates: as the Python that Django itself makes of them for xgettext."""

import io
from collections.abc import Collection, Iterator
from typing import IO, Any

from babel.messages.extract import extract_python
from django.utils.translation.template import templatize


def extract_template(
    fileobj: IO[bytes], keywords: dict[str, Any], comment_tags: Collection[str], options: dict[str, Any]
) -> Iterator[tuple[object, ...]]:
    """Line, function, strings and comments of each message (Babel's documentation, "Writing Extraction Methods")."""
    source = templatize(fileobj.read().decode(), origin=getattr(fileobj, "name", None))
    # Templates are indented as they like, Python is not.
    lines = "\n".join(line.strip() for line in source.splitlines())
    yield from extract_python(io.BytesIO(lines.encode()), keywords, comment_tags, {"encoding": "utf-8"})
