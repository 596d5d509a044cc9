"""QR codes of links: black on white, without a logo, with the quiet zone of four modules that scanners need."""

import io
from itertools import groupby

import qrcode
from qrcode.constants import ERROR_CORRECT_M
from qrcode.exceptions import DataOverflowError

QUIET = 4  # modules
SCALE = 10  # pixels of one module


class TooLongError(ValueError):
    """The text does not fit into a QR code."""


def png(text: str, scale: int = SCALE) -> bytes:
    """A PNG with `scale` pixels to a module. Raises TooLongError."""
    written = io.BytesIO()
    _code(text, scale).make_image().save(written, format="PNG")
    return written.getvalue()


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
