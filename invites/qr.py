"""QR codes of links: black on white, without a logo, with the quiet zone of four modules that scanners need."""

import io
from itertools import groupby

import qrcode
from PIL import Image
from qrcode.constants import ERROR_CORRECT_M
from qrcode.exceptions import DataOverflowError

QUIET = 4  # modules
SCALE = 10  # pixels of one module
LARGEST = 4000  # pixels of a PNG, in width and height
KINDS = {"png": "image/png", "svg": "image/svg+xml"}  # with their media types


class TooLongError(ValueError):
    """The text does not fit into a QR code."""


class SizeError(ValueError):
    """The picture can't have this size; the words say which it can."""


def png(text: str, scale: int = SCALE) -> bytes:
    """A PNG with `scale` pixels to a module. Raises TooLongError."""
    written = io.BytesIO()
    _code(text, scale).make_image().save(written, format="PNG")
    return written.getvalue()


def png_of_size(text: str, size: int) -> bytes:
    """A PNG of `size` pixels in width and height. Its modules are as large as whole pixels allow, the rest is white.

    Raises SizeError, TooLongError.
    """
    modules = len(_code(text, 1).get_matrix())
    if not modules <= size <= LARGEST:
        raise SizeError(f"a number of pixels from {modules} to {LARGEST} is wanted.")
    drawn = _code(text, size // modules).make_image().get_image()
    paper = Image.new("L", (size, size), "white")
    paper.paste(drawn, ((size - drawn.width) // 2, (size - drawn.height) // 2))
    written = io.BytesIO()
    paper.convert("1").save(written, format="PNG")
    return written.getvalue()


def picture(text: str, kind: str, size: str, scale: int = SCALE) -> bytes:
    """The code as a file of KINDS. `size` is the pixels of a PNG as somebody wrote them; without them `scale` counts.

    Raises SizeError, TooLongError.
    """
    if kind == "svg":
        return svg(text).encode()
    if not size:
        return png(text, scale)
    return png_of_size(text, int(size) if size.isascii() and size.isdigit() and len(size) < 6 else 0)


def svg(text: str) -> str:
    """An SVG of any size, one unit to a module, that a page may hold several times: it has no ids and no styles.

    Raises TooLongError.
    """
    rows = _code(text, SCALE).get_matrix()
    path = "".join(f"M{x} {y}h{width}v1h-{width}z" for y, row in enumerate(rows) for x, width in _runs(row))
    side = len(rows)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" shape-rendering="crispEdges">'
        f'<path fill="#fff" d="M0 0h{side}v{side}H0z"/><path fill="#000" d="{path}"/></svg>'
    )


def _runs(row: list[bool]) -> list[tuple[int, int]]:
    """Where dark modules stand in a row, as (first, number)."""
    found, x = [], 0
    for dark, modules in groupby(row):
        width = len(list(modules))
        if dark:
            found.append((x, width))
        x += width
    return found


def _code(text: str, scale: int) -> qrcode.QRCode:
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, box_size=scale, border=QUIET)
    code.add_data(text)
    try:
        code.make(fit=True)
    except (DataOverflowError, ValueError) as error:  # the library has two words for it
        raise TooLongError(text[:40]) from error
    return code
