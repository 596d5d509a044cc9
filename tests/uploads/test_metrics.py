"""`/metrics`: right numbers, computed from the rows, for those who may see them and nobody else."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import requests
from django.conf import LazySettings
from django.db import Error, InterfaceError, OperationalError, connection
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from immichdrop import latency
from immichdrop.models import ImmichAccount
from immichdrop.sandbox import Sandbox
from invites.models import Invite
from tests import pictures
from tests.conftest import MakeInvite
from tests.guest import TusGuest
from tests.serving import eventually
from uploads import lifecycle, spool
from uploads.models import CustodyAlarm, Upload
from uploads.worker import Worker

Arrive = Callable[[Invite | None], TusGuest]
TOKEN = "a-token-for-scrapers"
PHOTO = pictures.jpeg(1)


def read(text: str) -> dict[str, float]:
    """Each sample by its name with labels, as the official parser reads it."""
    samples = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = ",".join(f"{name}={value}" for name, value in sorted(sample.labels.items()))
            samples[sample.name + (f"{{{labels}}}" if labels else "")] = sample.value
    return samples


def scrape(client: Client) -> dict[str, float]:
    answer = client.get("/metrics", headers={"host": "localhost:8080"})
    assert answer.status_code == 200
    return read(answer.content.decode())


def make(status: str, size: int = 10, **fields: object) -> Upload:
    moment = timezone.now()
    defaults = {"filename": "Maria.jpg", "offset": size, "received_at": None if status == "receiving" else moment}
    account = ImmichAccount.objects.environment()
    return Upload.objects.create(account=account, status=status, size=size, **{**defaults, **fields})


# --- what it says


@pytest.mark.django_db
def test_every_status_is_counted(client: Client) -> None:
    for status in Upload.Status:
        make(status)
    make("waiting", size=500, received_at=timezone.now() - timedelta(minutes=5))
    said = scrape(client)
    assert {status: said[f"immichdrop_uploads{{status={status}}}"] for status in Upload.Status} == {
        **dict.fromkeys(Upload.Status, 1),
        "waiting": 2,
    }
    assert said["immichdrop_received_total"] == len(Upload.Status)  # one of them is not here yet
    assert said["immichdrop_received_bytes_total"] == 10 * (len(Upload.Status) - 1) + 500
    assert said["immichdrop_discarded_total"] == 1
    assert said["immichdrop_waiting"] == 5  # received, delivering, held, and two that wait
    assert said["immichdrop_waiting_bytes"] == 540
    assert 300 <= said["immichdrop_oldest_waiting_seconds"] < 330


@pytest.mark.django_db
def test_a_table_without_uploads(client: Client) -> None:
    said = scrape(client)
    assert said["immichdrop_received_total"] == said["immichdrop_oldest_waiting_seconds"] == 0
    assert said["immichdrop_uploads{status=failed}"] == 0


@pytest.mark.django_db
def test_counters_never_go_down(client: Client) -> None:
    """Whatever a host does: a counter that falls is read as a restart, and counted once more from nothing."""
    uploads = [make(status) for status in Upload.Status]
    before = scrape(client)
    lifecycle.retry([each.pk for each in uploads])
    for each in uploads:
        lifecycle.discard(each, Upload.DiscardedBy.HOST)
    after = scrape(client)
    counters = [name for name in before if name.split("{")[0].endswith("_total") and "immich_requests" not in name]
    assert len(counters) == 3
    assert [name for name in counters if after[name] < before[name]] == []
    assert after["immichdrop_discarded_total"] > before["immichdrop_discarded_total"]


@pytest.mark.django_db
def test_pauses_alarms_and_the_disk(client: Client, settings: LazySettings) -> None:
    ImmichAccount.objects.filter(pk=ImmichAccount.objects.environment().pk).update(pause="quota")
    CustodyAlarm.objects.create(reason="stray", detail="0123")
    before = scrape(client)
    shelf = settings.SPOOL_DIR / "lost+found"
    shelf.mkdir(exist_ok=True)
    kept = [settings.SPOOL_DIR / ("0" * 32), shelf / ("1" * 32)]
    for path in kept:
        path.write_bytes(bytes(1000))
    said = scrape(client)
    for path in kept:
        path.unlink()
    shelf.rmdir()
    assert said["immichdrop_accounts_paused{reason=quota}"] == 1
    assert said["immichdrop_accounts_paused{reason=forbidden}"] == 0
    assert said["immichdrop_custody_alarms{reason=stray}"] == 1
    assert said["immichdrop_spool_bytes"] - before["immichdrop_spool_bytes"] == 2000
    assert said["immichdrop_spool_files"] - before["immichdrop_spool_files"] == 2
    assert abs(said["immichdrop_spool_free_bytes"] - spool.default().free()) < 1_000_000_000


@pytest.mark.django_db
def test_a_disk_that_can_not_be_read_has_no_numbers(client: Client, settings: LazySettings) -> None:
    settings.SPOOL_DIR = settings.SPOOL_DIR / "gone"
    said = scrape(client)
    assert "immichdrop_spool_bytes" not in said
    assert "immichdrop_received_total" in said


@pytest.mark.django_db
@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
def test_a_database_that_does_not_answer_is_503(client: Client, error: type[Error]) -> None:
    def gone(*_: object) -> None:
        raise error("server closed the connection of user drop")

    with connection.execute_wrapper(gone):
        answer = client.get("/metrics", headers={"host": "localhost"})
    assert answer.status_code == 503
    assert "drop" not in answer.content.decode()


@pytest.mark.django_db
def test_the_format_and_no_names(client: Client) -> None:
    make("failed", message="Maria.jpg is broken")
    answer = client.get("/metrics", headers={"host": "localhost"})
    assert answer["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert "Maria" not in answer.content.decode()
    assert client.post("/metrics", headers={"host": "localhost"}).status_code == 405


@pytest.mark.django_db
def test_few_queries_however_many_rows(client: Client, django_assert_num_queries: Callable[..., object]) -> None:
    for status in Upload.Status:
        make(status)
    with django_assert_num_queries(3):  # type: ignore[attr-defined]
        scrape(client)


# --- Immich's latency


def test_immichs_latency_is_measured(web: str, sandbox: Sandbox, make_invite: MakeInvite, guest_at: Arrive) -> None:
    def counted(kind: str) -> float:
        return read(requests.get(f"{web}/metrics", timeout=10).text).get(
            f"immichdrop_immich_request_seconds_count{{kind={kind}}}", 0
        )

    before = counted("POST /assets")
    guest = guest_at(make_invite(album_name="Summer"))
    guest.send(PHOTO)
    worker = Worker(spool.default(), 1)
    worker.start()
    try:
        eventually(lambda: guest.statuses() == ["delivered"], "the delivery")
    finally:
        worker.stop(30)
    assert counted("POST /assets") == before + 1
    assert counted("PUT /albums/{id}/assets") >= 1
    said = read(requests.get(f"{web}/metrics", timeout=10).text)
    assert said["immichdrop_immich_requests_total{kind=POST /assets,status=201}"] >= 1


def test_an_immich_that_does_not_answer_is_counted_too() -> None:
    kind = "GET /server/ping"
    before = latency.REGISTRY.get_sample_value("immichdrop_immich_requests_total", {"kind": kind, "status": "none"})
    latency.observe(kind, 5.0, None)
    after = latency.REGISTRY.get_sample_value("immichdrop_immich_requests_total", {"kind": kind, "status": "none"})
    assert (after or 0) == (before or 0) + 1


# --- who may read it


def status(web: str, **headers: str) -> int:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return requests.get(f"{web}/metrics", headers=named, timeout=10).status_code


def test_without_a_token_programs_of_this_machine_may(web: str) -> None:
    assert status(web) == 200
    assert status(web.replace("127.0.0.1", "localhost")) == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"X_Forwarded_For": "203.0.113.9"},
        # A stranger of a trusted network, who says to be this machine.
        {"X_Forwarded_For": "127.0.0.1"},
        {"X_Forwarded_For": "127.0.0.1, 192.168.1.7"},
        {"X_Forwarded_For": ""},
        {"X_Forwarded_Proto": "https"},
        {"X_Real_IP": "203.0.113.9"},
        {"Forwarded": "for=203.0.113.9"},
        {"Via": "1.1 proxy"},
        # A proxy that says nothing of itself.
        {"Host": "drop.example.org"},
        {"Host": "127.0.0.1.example.org"},
        {"Host": "localhost.example.org"},
    ],
)
def test_nobody_comes_in_through_a_proxy_on_this_machine(client: Client, web: str, headers: dict[str, str]) -> None:
    assert status(web, **headers) == 404
    # And with TRUSTED_PROXIES=none, where the client's address is the proxy's.
    named = {name.replace("_", "-"): value for name, value in {"Host": "localhost", **headers}.items()}
    assert client.get("/metrics", headers=named, REMOTE_ADDR="127.0.0.1").status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["203.0.113.9", "192.168.1.7", "10.0.0.1", "", "2001:db8::1"])
def test_without_a_token_nobody_else_may(client: Client, address: str) -> None:
    assert client.get("/metrics", headers={"host": "localhost"}, REMOTE_ADDR=address).status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
def test_both_kinds_of_loopback(client: Client, address: str) -> None:
    assert client.get("/metrics", headers={"host": "[::1]:8080"}, REMOTE_ADDR=address).status_code == 200


def test_with_a_token_whoever_has_it_may(web: str, settings: LazySettings) -> None:
    settings.METRICS_TOKEN = TOKEN
    assert status(web, Authorization=f"Bearer {TOKEN}") == 200
    assert status(web, Authorization=f"bearer {TOKEN}", X_Forwarded_For="203.0.113.9", Host="drop.example.org") == 200


@pytest.mark.parametrize("said", ["", "Bearer", "Bearer ", f"Bearer {TOKEN}x", f"Basic {TOKEN}", TOKEN, "Bearer ü"])
def test_with_a_token_nobody_else_may_not_even_from_here(web: str, settings: LazySettings, said: str) -> None:
    settings.METRICS_TOKEN = TOKEN
    assert status(web) == 404
    assert requests.get(f"{web}/metrics", headers={"Authorization": said.encode()}, timeout=10).status_code == 404
