"""QR codes, and `GET /api/qr`: of anything for hosts, of our links for everybody."""

import io
import re
from datetime import UTC, datetime

import pytest
import qrcode
from django.conf import LazySettings
from django.test import Client
from PIL import Image

from immichdrop.models import User
from invites import qr
from invites.finding import FREE_MISSES
from tests.invites.conftest import MakeInvite

TEXT = "https://drop.example.org/invite/beach"


def modules_of_png(image: bytes, scale: int) -> list[list[bool]]:
    """The modules of a PNG, row by row: dark or not. Every pixel of one has to be alike."""
    picture = Image.open(io.BytesIO(image)).convert("L")
    side = picture.width // scale
    assert picture.size == (side * scale, side * scale)
    small = picture.resize((side, side), Image.Resampling.NEAREST)
    assert small.resize(picture.size, Image.Resampling.NEAREST).tobytes() == picture.tobytes()
    return [[small.getpixel((x, y)) == 0 for x in range(side)] for y in range(side)]


def modules_of_svg(image: str) -> list[list[bool]]:
    found = re.search(r'viewBox="0 0 (\d+) (\d+)"', image)
    assert found
    assert found[1] == found[2]
    rows = [[False] * int(found[1]) for _ in range(int(found[1]))]
    for x, y, width in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\3z", image):
        for column in range(int(x), int(x) + int(width)):
            rows[int(y)][column] = True
    return rows


@pytest.mark.parametrize("scale", [1, 4, 10])
def test_png_and_svg_are_one_picture_with_a_quiet_zone(scale: int) -> None:
    code = qrcode.QRCode(error_correction=qrcode.ERROR_CORRECT_M, border=0)
    code.add_data(TEXT)
    inside = [list(row) for row in code.get_matrix()]
    rows = modules_of_png(qr.png(TEXT, scale), scale)
    assert [row[4:-4] for row in rows[4:-4]] == inside
    assert not any(any(row) for row in rows[:4] + rows[-4:])
    assert not any(any(row[:4] + row[-4:]) for row in rows)
    assert modules_of_svg(qr.svg(TEXT)) == rows


@pytest.mark.parametrize("size", [37, 300, 501, 4000])
def test_a_png_of_any_size(size: int) -> None:
    picture = Image.open(io.BytesIO(qr.png_of_size(TEXT, size))).convert("L")
    assert picture.size == (size, size)
    wanted = modules_of_svg(qr.svg(TEXT))
    scale = size // len(wanted)
    edge = (size - scale * len(wanted)) // 2
    inside = picture.crop((edge, edge, edge + scale * len(wanted), edge + scale * len(wanted)))
    written = io.BytesIO()
    inside.save(written, format="PNG")
    assert modules_of_png(written.getvalue(), scale) == wanted
    # Beside it everything is white.
    assert picture.histogram()[0] == sum(map(sum, wanted)) * scale**2


@pytest.mark.parametrize("size", [0, 36, 4001])
def test_sizes_it_can_not_have(size: int) -> None:
    with pytest.raises(qr.SizeError, match="from 37 to 4000"):
        qr.png_of_size(TEXT, size)


def test_an_svg_may_stand_in_a_page_several_times() -> None:
    image = qr.svg(TEXT)
    assert image.startswith('<svg xmlns="http://www.w3.org/2000/svg"')
    for word in (" id=", "style", "<script", "drop.example.org"):
        assert word not in image


def test_what_does_not_fit() -> None:
    for make in (qr.png, qr.svg):
        with pytest.raises(qr.TooLongError):
            make("x" * 3000)
        assert make("x" * 1000)


# --- the route


@pytest.fixture
def at_home(client: Client, db: None) -> Client:
    client.force_login(User.objects.create_user("host@example.org"))
    return client


def test_a_host_gets_a_code_of_anything(at_home: Client) -> None:
    answer = at_home.get("/api/qr", {"text": "Wifi: grüne Tür"})
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/png")
    assert answer.content == qr.png("Wifi: grüne Tür")


def test_format_and_size(at_home: Client) -> None:
    svg = at_home.get("/api/qr", {"text": TEXT, "format": "svg"})
    assert (svg["Content-Type"], svg.content.decode()) == ("image/svg+xml", qr.svg(TEXT))
    png = at_home.get("/api/qr", {"text": TEXT, "format": "png", "size": "300"})
    assert (png["Content-Type"], png.content) == ("image/png", qr.png_of_size(TEXT, 300))


@pytest.mark.parametrize("size", ["1", "4001", "-300", "3e2", "300px", "٣٠٠", "9" * 5000])
def test_sizes_that_make_no_sense(at_home: Client, size: str) -> None:
    answer = at_home.get("/api/qr", {"text": TEXT, "size": size})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_size")
    assert answer.json()["message"].startswith("size: ")


def test_formats_that_are_not_there(at_home: Client) -> None:
    answer = at_home.get("/api/qr", {"text": TEXT, "format": "gif"})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_format")
    assert answer.json()["message"].startswith("format: ")


@pytest.mark.parametrize("base", ["", "https://drop.example.org"])
def test_everybody_gets_a_code_of_a_link_here(
    client: Client, make_invite: MakeInvite, settings: LazySettings, base: str
) -> None:
    settings.PUBLIC_BASE_URL = base
    invite = make_invite(slug="beach", disabled=True)
    for text in (
        f"http://testserver/invite/{invite.token}",
        "https://TESTSERVER/invite/beach",
        *([f"{base}/invite/{invite.token}"] if base else []),
    ):
        assert client.get("/api/qr", {"text": text}).content == qr.png(text)


@pytest.mark.parametrize(
    "text",
    [
        "Wifi",
        "http://testserver/",
        "http://testserver/invite/",
        "http://testserver/invite/unknown",
        "http://testserver/invite/beach/x",
        "http://testserver/invite/beach?next=//evil.example.net",
        "http://testserver/invite/beach#x",
        "http://testserver/other/invite/beach",
        "http://testserver.evil.example.net/invite/beach",
        "http://testserver@evil.example.net/invite/beach",
        "http://evil.example.net@testserver/invite/beach",
        "http://evil.example.net/invite/beach",
        "https://drop.example.org/invite/beach",  # not this server's, without PUBLIC_BASE_URL
        "javascript://testserver/invite/beach",
        "//testserver/invite/beach",
        "/invite/beach",
        "beach",
        "http://[/invite/beach",
        "http://testserver/invite/a\0b",
    ],
)
def test_nobody_else_gets_one_of_anything_else(client: Client, make_invite: MakeInvite, text: str) -> None:
    make_invite(slug="beach")
    answer = client.get("/api/qr", {"text": text})
    assert (answer.status_code, answer.json()) == (401, {"error": "unauthorized"})


def test_a_deleted_link_is_no_link(client: Client, make_invite: MakeInvite) -> None:
    invite = make_invite(deleted_at=datetime(2026, 1, 1, tzinfo=UTC))
    assert client.get("/api/qr", {"text": f"http://testserver/invite/{invite.token}"}).status_code == 401


def test_links_can_not_be_guessed_here(client: Client, make_invite: MakeInvite) -> None:
    make_invite(slug="beach")
    for number in range(FREE_MISSES):
        assert client.get("/api/qr", {"text": f"http://testserver/invite/word{number}"}).status_code == 401
    answer = client.get("/api/qr", {"text": "http://testserver/invite/beach"})
    assert (answer.status_code, answer.json()) == (429, {"error": "too_many_requests"})
    assert int(answer["Retry-After"]) > 0


def test_a_text_is_wanted_and_a_short_one(at_home: Client) -> None:
    for query in ({}, {"text": ""}):
        answer = at_home.get("/api/qr", query)
        assert (answer.status_code, answer.json()) == (400, {"error": "missing_text"})
    assert at_home.get("/api/qr", {"text": "x" * 1000}).status_code == 200
    for text in ("x" * 1001, "漢" * 1000):
        answer = at_home.get("/api/qr", {"text": text})
        assert (answer.status_code, answer.json()["error"]) == (400, "text_too_long")
        assert answer.json()["message"].startswith("text: ")
    assert at_home.post("/api/qr", {"text": "x"}).status_code == 405


def test_not_for_other_sites(at_home: Client) -> None:
    assert at_home.get("/api/qr", {"text": "x"}, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
