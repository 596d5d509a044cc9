"""What the steps have in common: what they are given, and what they answer."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from immichdrop.immich import Asset, Forbidden, ImmichError, Rejected, Unavailable
from ingest.folders.network import Line, StoppedError
from ingest.icloud.photos import Photo
from ingest.icloud.steps.setbacks import Setbacks

# A file's path on this machine → what Immich has of it. Files that are not in here are left out of a step.
Assets = Mapping[str, Asset]


@dataclass(frozen=True, slots=True)
class Result:
    """What a step came to for one photo.

    `changed`: Immich was asked to change something, and did. `problem`: why it is not as wished, "" when it is.
    """

    changed: bool = False
    problem: str = ""


# By the photos' keys; every photo that was given is in it, also where there was nothing to do.
Results = dict[str, Result]


def one_by_one(
    line: Line, photos: Sequence[Photo], step: Callable[[Photo], Result], setbacks: Setbacks | None = None
) -> Results:
    """Takes a step for each. What Immich refuses, or fails at, is the problem of that photo, and the others go on; what
    the key may not do, and too many setbacks, are that of all the rest. Raises StoppedError, and whatever else
    `Line.ask` does."""
    results: Results = {}
    setbacks = setbacks or Setbacks()
    forbidden: Forbidden | None = None
    for photo in photos:
        if line.stopping.is_set():
            raise StoppedError
        if over := forbidden or setbacks.error:
            results[photo.key] = Result(problem=words_of(over))
            continue
        try:
            results[photo.key] = step(photo)
            setbacks.end_row()
        except Forbidden as error:
            forbidden = error
            results[photo.key] = Result(problem=words_of(error))
        except Rejected as error:
            results[photo.key] = Result(problem=words_of(error))
        except Unavailable as error:
            setbacks.take(line, error, [photo.key])
            results[photo.key] = Result(problem=words_of(error))
    return results


def words_of(error: ImmichError) -> str:
    """Why a step could not be taken, for people."""
    if isinstance(error, Forbidden):
        return f"The API key may not do this: {error.reason}."
    if isinstance(error, Unavailable):
        return f"Immich fails at it: {error.reason}."
    return f"Immich refused: {error.reason}."
