"""How a run went, in the database."""

from django.utils import timezone

from immichdrop.immich import AccessError, ImmichError
from ingest.folders.network import NoServerError
from ingest.folders.outcomes import words_of
from ingest.icloud.batch_log import BatchLogError
from ingest.icloud.models import ICloudRun
from ingest.icloud.outcomes import Summary
from ingest.icloud.steps.validating import SetupError

KEPT = 1000  # runs
Outcome = ICloudRun.Outcome


class RunRecord:
    """Of a run over a place; see `models`."""

    def __init__(self, place: str, directories: str) -> None:
        self._place = place
        self._directories = directories
        self._row: ICloudRun | None = None

    def begin(self) -> None:
        """Only a run that has something to do, or goes through all, is kept."""
        if self._row is None:
            self._row = ICloudRun.objects.create(place=self._place, directories=self._directories)

    def end(self, summary: Summary, error: BaseException | None) -> None:
        """Completes the summary's message. `error`: what ended it early."""
        outcome = Outcome.SOME_PENDING if summary.failed else Outcome.DONE
        match error:
            case None:
                outcome = Outcome.STOPPED if summary.stopped else outcome
            case NoServerError():
                outcome, summary.message = Outcome.NO_SERVER, str(error)
            case SetupError() | BatchLogError() | AccessError():
                outcome = Outcome.REFUSED
                summary.message = words_of(error) if isinstance(error, AccessError) else str(error)
            case ImmichError():
                outcome, summary.message = Outcome.SOME_PENDING, words_of(error)
            case _:
                outcome, summary.message = Outcome.BROKEN_OFF, f"{type(error).__name__}: {error}"
        if self._row is None:
            return
        self._row.ended_at, self._row.outcome, self._row.message = timezone.now(), outcome, summary.message
        self._row.counts = summary.as_json()
        self._row.save()
        oldest = ICloudRun.objects.filter(place=self._place).order_by("-pk").values_list("pk", flat=True)[KEPT:][:1]
        for last in oldest:
            ICloudRun.objects.filter(place=self._place, pk__lte=last).delete()
