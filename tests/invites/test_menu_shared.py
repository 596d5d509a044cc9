"""`/menu/shared-links`: a host's shared links in Immich as pages, in their own library and nobody else's."""

import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone

from immichdrop.immich import Immich, LinkSettings, NotFound
from immichdrop.models import ImmichAccount, User
from immichdrop.sandbox import Sandbox, running
from immichdrop.sandbox.faults import Hits
from invites import qr
from invites.models import Invite, ShareBack
from invites.shared_link_list import PAGE
from tests.conftest import MakeShared
from tests.immichdrop.test_albums_api import key_with

PATH = "/menu/shared-links"
BOTH = pytest.mark.parametrize("sandbox", [2, 3], indirect=True)  # whose dialects differ here
SAID = {"ends": "never", "show_metadata": "on", "allow_download": "on"}


@pytest.fixture
def at_home(client: Client, host: User, library: ImmichAccount) -> Client:
    client.force_login(host)
    return client


def read(client: Client, path: str = "", status: int = 200) -> str:
    answer = client.get(f"{PATH}{path}")
    assert answer.status_code == status, answer.content.decode()[:2000]
    return str(answer.content.decode())


@BOTH
def test_what_immich_knows_is_told(
    at_home: Client, sandbox: Sandbox, make_shared: MakeShared, assets: list[str]
) -> None:
    ends = timezone.now() + timedelta(days=30)
    make_shared(description="Our week", password="sesame", slug="Beach", expires_at=ends, allow_upload=True)
    single = make_shared(assets[:3], show_metadata=False, allow_download=False)
    page = read(at_home)
    for words in (
        "Our week",
        "<bdi>Summer</bdi> · 3 items",
        "/s/Beach",
        "Until",
        "Password",
        "Upload",
        f"{sandbox.url}/s/Beach",
    ):
        assert words in page
    assert "sesame" not in page
    # Of single photos a list tells one: the number is asked for by itself.
    assert "1 item" not in page
    assert f"{sandbox.url}/share/{single.key}" in page
    assert "3 items" in read(at_home, f"/{single.id}/items")
    assert "3 items" in read(at_home, f"/{single.id}")


def test_an_external_domain_is_the_address(at_home: Client, host: User, tmp_path: Path) -> None:
    for number, (said, shown) in enumerate((("https://photos.example.org/", ""), ("javascript:alert(1)", "here"))):
        with running(tmp_path / str(number), external_domain=said) as sandbox:
            account = ImmichAccount.objects.get(owner=host)
            account.base_url = sandbox.url
            account.set_api_key(sandbox.api_key)
            account.save()
            with Immich(sandbox.url, sandbox.api_key) as immich:
                album = immich.create_album("Summer")
                immich.create_shared_link(album_id=album.id, settings=LinkSettings(slug="beach"))
            base = sandbox.url if shown else "https://photos.example.org"
            page = read(at_home)
            assert f'href="{base}/s/beach"' in page
            assert "javascript:" not in page


def test_its_code(at_home: Client, sandbox: Sandbox, make_shared: MakeShared) -> None:
    link = make_shared(slug="beach")
    assert qr.svg(f"{sandbox.url}/s/beach") in read(at_home, f"/{link.id}/qr")
    assert at_home.get(f"{PATH}/{link.id}/qr.png").content == qr.png(f"{sandbox.url}/s/beach", 24)
    assert at_home.get(f"{PATH}/{link.id}/qr.pdf").status_code == 404


def test_nothing_yet(at_home: Client) -> None:
    page = read(at_home)
    assert "Nothing is shared yet" in page
    assert f'href="{PATH}/new"' in page
    assert f'href="{PATH}"' in read(at_home, "/new"), "and the way there is in the navigation"


def test_search_sort_and_filter(at_home: Client, immich: Immich, make_shared: MakeShared, assets: list[str]) -> None:
    make_shared(description="Cake", expires_at=timezone.now() + timedelta(days=9))
    make_shared(description="apples", slug="fruit")
    make_shared(assets[:1], description="Bread", expires_at=timezone.now() + timedelta(days=3))

    def order(query: str) -> list[str]:
        page = read(at_home, query)
        return sorted((word for word in ("Cake", "apples", "Bread") if word in page), key=page.index)

    assert order("") == ["Bread", "apples", "Cake"]
    assert order("?sort=created") == ["Cake", "apples", "Bread"]
    assert order("?sort=name") == ["apples", "Bread", "Cake"]
    assert order("?sort=expires") == ["Bread", "Cake", "apples"]
    assert order("?sort=nonsense&page=x") == ["Bread", "apples", "Cake"]
    assert order("?q=FRUIT") == ["apples"]
    assert order("?q=summer") == ["apples", "Cake"]
    assert order("?album=single") == ["Bread"]
    other = immich.create_album("Autumn").id
    immich.create_shared_link(album_id=other, settings=LinkSettings(description="Leaves"))
    assert order(f"?album={other}") == []
    assert "Leaves" in read(at_home, f"?album={other}")
    assert "No link here fits" in read(at_home, "?q=nowhere")


def test_the_list_is_asked_for_once_however_many_there_are(
    at_home: Client, library: ImmichAccount, sandbox: Sandbox, make_shared: MakeShared, assets: list[str]
) -> None:
    links = [make_shared(assets[: 1 + number % 3]) for number in range(PAGE)]
    sandbox.requests.clear()
    page = read(at_home)
    asked = [each.path for each in sandbox.requests if "shared-links" in each.path]
    assert asked == ["/api/shared-links"]
    assert page.count('/items"') == PAGE, "each asks for itself when it is seen"
    for rest in ("/cover", "/qr", "/qr.png", "/poster", "/edit"):
        sandbox.requests.clear()
        assert at_home.get(f"{PATH}/{links[0].id}{rest}").status_code == 200
        asked = [each.path for each in sandbox.requests if "shared-links" in each.path]
        assert asked == ["/api/shared-links"], "and not for all photos of a link"


def test_what_came_through_a_link_has_its_name(
    at_home: Client, host: User, library: ImmichAccount, make_shared: MakeShared, assets: list[str]
) -> None:
    link, other = make_shared(assets), make_shared(assets[:1])
    party = Invite.objects.create(owner=host, name="Garden party")
    row = ShareBack.objects.create(invite=party, account=library, link_id=link.id, type="INDIVIDUAL", address="a")
    for number, asset in enumerate(assets):  # the third is not added yet
        row.assets.create(asset_id=asset, added_at=timezone.now() if number < 2 else None)
    for query in ("", "?q=garden", "?sort=name"):
        page = read(at_home, query)
        assert 'data-title="Garden party"' in page
        assert "Single photos · 2 items" in page
        assert f"{link.id}/items" not in page, "which is known here"
    assert f"{other.id}/items" in read(at_home)
    assert other.id not in read(at_home, "?q=garden")
    for rest in ("", "/qr", "/edit"):
        assert "Garden party" in read(at_home, f"/{link.id}{rest}")


def test_five_hundred_come_page_by_page(at_home: Client, sandbox: Sandbox, make_shared: MakeShared) -> None:
    for number in range(PAGE + 2):
        make_shared(description=f"Link {number}")
    first, second = read(at_home), read(at_home, "?page=2")
    assert first.count("data-url=") == PAGE
    assert "page=2" in first
    assert second.count("data-url=") == 2
    assert "Show more" not in second


@BOTH
def test_made_with_password_and_slug(at_home: Client, immich: Immich, album: str, sandbox: Sandbox) -> None:
    page = read(at_home, f"/new?album={album}")
    assert f'<option value="{album}" selected>Summer (3)</option>' in page
    said = {**SAID, "album": album, "description": "Our week", "password": "sesame", "slug": "beach"}
    answer = at_home.post(f"{PATH}/new", said)
    (made,) = immich.shared_links()
    assert (answer.status_code, answer["Location"]) == (302, f"{PATH}/{made.id}?made=1")
    assert (made.password, made.slug, made.allow_upload, made.album_id) == ("sesame", "beach", False, album)
    done = read(at_home, f"/{made.id}?made=1")
    assert "Ready to share" in done
    assert f"{sandbox.url}/s/beach" in done
    by_htmx = at_home.post(f"{PATH}/new", {**said, "slug": ""}, headers={"HX-Request": "true"})
    assert by_htmx.status_code == 204
    assert by_htmx["HX-Redirect"].startswith(f"{PATH}/")


def test_made_of_single_photos(at_home: Client, immich: Immich, assets: list[str]) -> None:
    chosen = ",".join(assets[:2])
    for page in (read(at_home, f"/new?assets={chosen}"), at_home.post(f"{PATH}/new", {"assets": chosen})):
        text = page if isinstance(page, str) else page.content.decode()
        assert "2 photos and videos" in text
        assert f'value="{chosen}"' in text
        assert 'name="allow_upload"' not in text
    assert immich.shared_links() == []
    at_home.post(f"{PATH}/new", {**SAID, "assets": chosen, "allow_upload": "on"})
    (made,) = immich.shared_links()
    assert sorted(immich.shared_link(made.id).asset_ids) == sorted(assets[:2])
    assert not made.allow_upload
    for nonsense in ("x", ",".join(str(uuid.uuid4()) for _ in range(10_001))):
        assert at_home.post(f"{PATH}/new", {"assets": nonsense}).status_code == 404


@BOTH
def test_what_is_wrong_is_said_and_what_was_typed_is_kept(at_home: Client, make_shared: MakeShared, album: str) -> None:
    make_shared(slug="beach")
    said = {**SAID, "album": album, "description": "Typed text", "password": "sesame"}
    for slug, words in (("beach", "taken"), ("our week", "hyphens"), ("ü", "hyphens")):
        answer = at_home.post(f"{PATH}/new", {**said, "slug": slug})
        page = answer.content.decode()
        assert answer.status_code == 422
        for kept in (words, "Typed text", 'value="sesame"', f'value="{slug}"', f'<option value="{album}" selected>'):
            assert kept in page
    assert "Choose an album" in at_home.post(f"{PATH}/new", SAID).content.decode()
    gone = {**said, "album": str(uuid.uuid4())}
    assert "Immich has it no more" in at_home.post(f"{PATH}/new", gone).content.decode()


@BOTH
def test_an_edit_loses_nothing_else(
    at_home: Client, immich: Immich, make_shared: MakeShared, settings: LazySettings
) -> None:
    settings.TIME_ZONE = "UTC"
    ends = datetime(2099, 7, 14, 18, 0, 30, tzinfo=UTC)
    link = make_shared(description="Old", password="sesame", slug="Beach", expires_at=ends, allow_upload=True)
    page = read(at_home, f"/{link.id}/edit")
    assert 'value="2099-07-14T18:00"' in page
    shown = {"ends": "date", "expires_at": "2099-07-14T18:00", "expires_was": "2099-07-14T18:00", "slug": "Beach"}
    said = {**SAID, **shown, "password": "sesame", "allow_upload": "on", "description": "New"}
    assert at_home.post(f"{PATH}/{link.id}/edit", said)["Location"] == PATH
    now = immich.shared_link(link.id)
    assert now.settings == LinkSettings(
        description="New", password="sesame", slug="Beach", expires_at=ends, allow_upload=True
    )
    at_home.post(f"{PATH}/{link.id}/edit", {**said, "ends": "never"})
    assert immich.shared_link(link.id).expires_at is None
    make_shared(slug="taken")
    refused = at_home.post(f"{PATH}/{link.id}/edit", {**said, "slug": "taken", "description": "Newer"})
    assert refused.status_code == 422
    assert "Newer" in refused.content.decode()
    assert immich.shared_link(link.id).slug == "Beach"


def test_deleting_asks_first(at_home: Client, immich: Immich, make_shared: MakeShared) -> None:
    link = make_shared(description="Our week")
    asked = at_home.post(f"{PATH}/{link.id}/delete")
    assert "Delete the shared link?" in asked.content.decode()
    assert immich.shared_link(link.id)
    answer = at_home.post(f"{PATH}/{link.id}/delete", {"sure": "1"}, follow=True)
    assert "Deleted" in answer.content.decode()
    with pytest.raises(NotFound):
        immich.shared_link(link.id)
    assert at_home.post(f"{PATH}/{link.id}/delete", {"sure": "1"}).status_code == 404


def test_the_poster_asks_to_look(at_home: Client, make_shared: MakeShared) -> None:
    link = make_shared(password="sesame", slug="beach", expires_at=datetime(2099, 7, 14, 18, tzinfo=UTC))
    page = read(at_home, f"/{link.id}/poster?language=de&size=a6")
    assert "Schaut euch unsere Fotos an" in page
    assert "Unsere Fotos</h2>" in page
    assert "Summer" not in page, "behind a password, and everybody reads a poster"
    assert "Herunterladen, was gefällt" in page
    assert 'datetime="2099-07-14"' in page
    plain = read(at_home, f"/{make_shared(allow_download=False).id}/poster")
    assert "Summer</h2>" in plain
    assert "Download" not in plain


def test_what_only_immich_would_take(at_home: Client, make_shared: MakeShared) -> None:
    last = datetime(9999, 12, 31, 23, 59, tzinfo=UTC)
    far = make_shared(slug="far", description="Far", expires_at=last)
    long = make_shared(slug="y" * 3000, description="<b>Long</b>")
    assert "&lt;b&gt;Long&lt;/b&gt;" in read(at_home)
    for rest in ("", "/edit", "/qr", "/poster"):
        read(at_home, f"/{far.id}{rest}")
    assert "qr-card" not in read(at_home, f"/{long.id}")
    assert "y" * 3000 in read(at_home, f"/{long.id}/edit")
    for rest in ("/qr", "/qr.svg", "/poster"):
        read(at_home, f"/{long.id}{rest}", 404)


def test_a_cover(at_home: Client, host: User, sandbox: Sandbox, make_shared: MakeShared, assets: list[str]) -> None:
    link = make_shared(assets[:1])
    answer = at_home.get(f"{PATH}/{link.id}/cover")
    assert (answer.status_code, answer["Content-Type"].partition("/")[0]) == (200, "image")
    assert "private" in answer["Cache-Control"]
    account = ImmichAccount.objects.get(owner=host)
    account.set_api_key(key_with(sandbox, "sharedLink.read"))
    account.save()
    without = at_home.get(f"{PATH}/{link.id}/cover")
    assert (without.status_code, without["Content-Type"]) == (200, "image/svg+xml")


def about(link_id: object) -> list[tuple[str, str]]:
    gets = ["", "/edit", "/items", "/cover", "/qr", "/qr.png", "/poster"]
    return [("get", f"/{link_id}{rest}") for rest in gets] + [
        ("post", f"/{link_id}/{rest}") for rest in ("edit", "delete")
    ]


def test_another_hosts_are_like_ones_that_are_not_there(
    at_home: Client,
    immich: Immich,
    sandbox: Sandbox,
    make_shared: MakeShared,
    settings: LazySettings,
    album: str,
) -> None:
    link = make_shared(description="Secret project")
    settings.IMMICH_BASE_URL, settings.IMMICH_API_KEY = sandbox.url, sandbox.api_key
    client = Client()
    client.force_login(User.objects.create_user("other@example.org"))  # whose links would use the server's key
    asked = len(sandbox.requests)
    for place in (link.id, uuid.uuid4(), "nonsense"):
        for method, path in about(place):
            assert getattr(client, method)(f"{PATH}{path}", {**SAID, "sure": "1"}).status_code == 404
    for path in ("", "/new", f"/new?album={album}"):
        page = client.get(f"{PATH}{path}").content.decode()
        assert "Connect your library" in page
        assert "Secret project" not in page
    assert client.post(f"{PATH}/new", {**SAID, "album": album}).status_code == 422
    assert len(sandbox.requests) == asked, "Immich was not even asked"
    assert immich.shared_link(link.id) == link
    for method, path in about(uuid.uuid4()):
        assert getattr(at_home, method)(f"{PATH}{path}", {"sure": "1"}).status_code == 404


def test_what_immich_refuses_is_told_with_its_words(at_home: Client, sandbox: Sandbox, make_shared: MakeShared) -> None:
    link = make_shared()
    sandbox.faults.status, sandbox.faults.error_before = 400, Hits(on=("DELETE /api/shared-links/*",))
    answer = at_home.post(f"{PATH}/{link.id}/delete", {"sure": "1"})
    assert answer.status_code == 400
    assert "Immich didn’t do it" in answer.content.decode()


def test_what_the_key_lacks_is_named(
    at_home: Client, host: User, sandbox: Sandbox, make_shared: MakeShared, album: str
) -> None:
    link = make_shared(description="Our week")
    account = ImmichAccount.objects.get(owner=host)
    account.set_api_key(key_with(sandbox, "sharedLink.read", "album.read"))
    account.save()
    page = read(at_home)
    assert "Our week" in page
    for lacking in ("sharedLink.create", "sharedLink.update", "sharedLink.delete", "album.share", "asset.share"):
        assert f"<li>{lacking}</li>" in page
    assert "<li>sharedLink.read</li>" not in page
    made = at_home.post(f"{PATH}/new", {**SAID, "album": album, "description": "Typed text"})
    assert made.status_code == 422
    assert "sharedLink.create" in made.content.decode()
    assert "Typed text" in made.content.decode()
    changed = at_home.post(f"{PATH}/{link.id}/edit", SAID)
    assert "sharedLink.update" in changed.content.decode()
    refused = at_home.post(f"{PATH}/{link.id}/delete", {"sure": "1"})
    assert refused.status_code == 403
    assert "sharedLink.delete" in refused.content.decode()
    account.set_api_key(key_with(sandbox, "album.read"))
    account.save()
    page = read(at_home)
    assert "<li>sharedLink.read</li>" in page
    assert "can’t be shown" in page
    assert "Nothing is shared yet" not in page


def test_immich_is_away(at_home: Client, host: User, make_shared: MakeShared, album: str) -> None:
    link = make_shared()
    ImmichAccount.objects.filter(owner=host).update(base_url="http://127.0.0.1:1")
    for path in ("", "/new", f"/{link.id}"):
        assert "be reached right now" in read(at_home, path, 503)
    typed = at_home.post(f"{PATH}/new", {**SAID, "album": album, "description": "Typed text"})
    assert typed.status_code == 422
    for kept in ("be reached right now", "Typed text", f'<option value="{album}" selected>'):
        assert kept in typed.content.decode()
