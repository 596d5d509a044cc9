"""What a phone loads before the guest's page is there: little, and from nobody else."""

from urllib.parse import urlsplit

from playwright.sync_api import CDPSession

from tests.browser.conftest import NewContext
from tests.conftest import MakeInvite

LIMIT = 90_000  # bytes, as they are sent
NEEDED = {"Document", "Stylesheet", "Script"}


class Load:
    """What the browser asked for, by address: kind of resource, bytes that came, headers included."""

    def __init__(self, session: CDPSession) -> None:
        self.kinds: dict[str, str] = {}
        self.sizes: dict[str, int] = {}
        self._names: dict[str, str] = {}
        session.send("Network.enable")
        session.on("Network.requestWillBeSent", self._asked)
        session.on("Network.loadingFinished", self._came)

    def _asked(self, event: dict[str, object]) -> None:
        request = event["request"]
        assert isinstance(request, dict)
        self._names[str(event["requestId"])] = request["url"]
        self.kinds[request["url"]] = str(event["type"])

    def _came(self, event: dict[str, object]) -> None:
        self.sizes[self._names[str(event["requestId"])]] = int(str(event["encodedDataLength"]).partition(".")[0])


def test_the_first_load_is_light_and_from_nobody_else(
    web: str, make_invite: MakeInvite, new_context: NewContext
) -> None:
    invite = make_invite(name="Lena & Tom’s wedding", welcome_text="Send us all you have!", guest_name="optional")
    context = new_context(locale="ar")  # a language whose words are a file of their own
    page = context.new_page()
    load = Load(context.new_cdp_session(page))
    page.goto(f"{web}{invite.path}", wait_until="networkidle")
    assert page.locator("html").get_attribute("lang") == "ar"

    assert {urlsplit(address).netloc for address in load.kinds} == {urlsplit(web).netloc}
    needed = {address: size for address, size in load.sizes.items() if load.kinds[address] in NEEDED}
    assert len(needed) == 5, needed  # the page, its styles, two scripts, the words
    assert sum(needed.values()) <= LIMIT, needed
