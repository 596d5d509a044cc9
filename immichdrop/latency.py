"""How long Immich takes to answer, as this process measures it; shown at `/metrics`."""

from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics

from immichdrop.immich import Immich
from immichdrop.models import ImmichAccount

disable_created_metrics()  # type: ignore[no-untyped-call]
REGISTRY = CollectorRegistry()

_seconds = Histogram(
    "immichdrop_immich_request_seconds",
    "Until Immich's answer began, sending included, by kind of request. This process alone.",
    ["kind"],
    # From a check on the same machine to a film over a slow line.
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300),
    registry=REGISTRY,
)
_requests = Counter(
    "immichdrop_immich_requests",
    "Requests to Immich by kind and status; status `none`: no answer. This process alone.",
    ["kind", "status"],
    registry=REGISTRY,
)


FAR = 0.15  # seconds for a question without a file in it
_CHECK = "POST /assets/bulk-upload-check"
_last_check = 0.0


def far() -> bool:
    """Whether Immich is slow to answer, so that sending is mostly waiting: by the last question what it has."""
    return _last_check >= FAR


def observe(kind: str, seconds: float, status: int | None) -> None:
    """Counts a request; from any thread. `kind` is its method and path with `{id}` for ids."""
    global _last_check
    if kind == _CHECK:
        _last_check = seconds
    _seconds.labels(kind).observe(seconds)
    _requests.labels(kind, "none" if status is None else str(status)).inc()


def connect(account: ImmichAccount) -> Immich:
    """A client whose requests are counted. Raises SecretChangedError when the account's key can't be read any more."""
    return Immich(account.address, account.api_key, on_request=observe)
