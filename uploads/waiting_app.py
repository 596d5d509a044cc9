"""What doors share that take whole files and wait for their delivery: older clients', Shortcuts' and scripts'."""

from uploads.legacy_forms import EarlyBytes
from uploads.outcomes import PATIENCE, Outcomes
from uploads.receiving import Turns
from uploads.spool import Spool
from uploads.whole_files import WholeFiles


class WaitingApp:
    """An ASGI application's means, and its end. `patience`: seconds a request waits for its file's delivery."""

    def __init__(self, spool: Spool, patience: float = PATIENCE) -> None:
        self.spool = spool
        self.turns = Turns()
        self.early = EarlyBytes()
        self.files = WholeFiles(spool, self.turns, self.early)
        self.outcomes = Outcomes(patience)
        self.stopping = False

    def stop(self) -> None:
        """The server is about to end: bodies on their way in are refused, and whoever waits is answered."""
        self.stopping = True
        self.turns.stop_all()
        self.outcomes.stop()
