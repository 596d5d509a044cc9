"""Makes a small JPEG of the picture at standard input, at standard output. Ends with 1 where there is none.

A process of its own (`uploads.thumbnails` starts it), since decoders are where a stranger's file bites: it has little
memory, a few seconds, files it can't write, and nothing of ours in it that could be lost with it.
"""

import os
import resource
import sys
import warnings

import pillow_heif
from PIL import Image, ImageOps

SIDE = 320  # pixels
MOST_PIXELS = 64_000_000
MEMORY = 640 << 20  # bytes
SECONDS = 10  # of CPU
LARGEST_PROFILE = 16_384  # bytes: those of phones have a few hundred

FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "HEIF", "AVIF")


def limit() -> None:
    """From here on the process can be no burden."""
    for what, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))
    os.nice(10)


def make() -> None:
    """Raises whatever Pillow and its decoders raise."""
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    pillow_heif.register_heif_opener()
    with Image.open(sys.stdin.buffer, formats=FORMATS) as image:
        profile = image.info.get("icc_profile") or b""
        image.thumbnail((SIDE, SIDE))  # JPEG is decoded to an eighth of its size from the start
        upright = ImageOps.exif_transpose(image)
    plain = upright.mode == "RGB"
    kept = profile if plain and len(profile) <= LARGEST_PROFILE else None
    (upright if plain else _on_white(upright)).save(sys.stdout.buffer, "JPEG", quality=78, icc_profile=kept)


def _on_white(image: Image.Image) -> Image.Image:
    clear = image.convert("RGBA")
    ground = Image.new("RGBA", clear.size, "white")
    ground.alpha_composite(clear)
    return ground.convert("RGB")


if __name__ == "__main__":
    limit()
    try:
        make()
    except Exception:  # noqa: BLE001 - whatever it is, there is no picture; nobody reads what is said here
        sys.exit(1)
