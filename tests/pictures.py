"""Real photos for tests, made as small as they can be: JPEG and HEIC with EXIF, PNG without."""

import io
import random
from pathlib import Path

import pillow_heif
from PIL import Image

CLIP = Path(__file__).parent / "media" / "clip.mp4"  # one second, H.264, made in 2023

_TAKEN = 0x9003  # DateTimeOriginal
_OFFSET = 0x9011  # OffsetTimeOriginal
_EXIF_IFD = 0x8769


def picture(seed: int, width: int = 64, height: int = 48) -> Image.Image:
    """An image that differs for each seed."""
    dice = random.Random(seed)
    image = Image.new("RGB", (width, height), tuple(dice.randrange(256) for _ in range(3)))
    for _ in range(40):
        spot = (dice.randrange(width), dice.randrange(height))
        image.putpixel(spot, (dice.randrange(256), dice.randrange(256), dice.randrange(256)))
    return image


def exif(taken: str, offset: str = "") -> bytes:
    """EXIF with `taken` as `2024:06:15 18:30:00`, and its zone such as `+02:00` where given."""
    block = Image.Exif()
    details = block.get_ifd(_EXIF_IFD)
    details[_TAKEN] = taken
    if offset:
        details[_OFFSET] = offset
    return block.tobytes()


def jpeg(seed: int, taken: str = "", offset: str = "", **size: int) -> bytes:
    out = io.BytesIO()
    picture(seed, **size).save(out, "JPEG", quality=90, exif=exif(taken, offset) if taken else b"")
    return out.getvalue()


def heic(seed: int, taken: str = "", offset: str = "") -> bytes:
    out = io.BytesIO()
    file = pillow_heif.from_pillow(picture(seed))
    file.save(out, exif=exif(taken, offset) if taken else None)
    return out.getvalue()


def png(seed: int) -> bytes:
    out = io.BytesIO()
    picture(seed).save(out, "PNG")
    return out.getvalue()
