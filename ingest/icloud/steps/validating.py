"""Before anything is done: whether key, library and folders fit each other. All that is wrong is told at once."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from immichdrop.immich import AdminNeeded, Forbidden, Immich, Invalid, Library, NotFound, Unauthorised, User
from ingest.folders.network import Line
from ingest.icloud.steps.path_map import OPTION, PathMap, steps_below, without_dates

PERMISSIONS = frozenset({"user.read", "library.read"})


class SetupError(Exception):
    """`problems`: what is wrong, and what would be right; a sentence or two each."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class Place:
    """Where photos are registered: whose key it is, and the external library."""

    user: User
    library: Library


def validate(
    line: Line, library_id: str, directories: Sequence[str], path_map: PathMap, permissions: Collection[str] = ()
) -> Place:
    """Looks at everything that later steps rely on. Raises SetupError, and NoServerError when no Immich answers.

    `directories`: icloudpd's download folders on this machine, absolute, also with its date templates.
    `permissions`: what the key must be allowed, from the `PERMISSIONS` of the steps that will be taken.
    """
    user = whose_key(line, {*permissions, *PERMISSIONS})
    if not user.is_admin:
        raise SetupError(
            [
                f"The API key is that of {user.email}, who is no administrator of Immich. Immich shows external"
                " libraries to administrators alone: use the API key of one."
            ]
        )
    library = _library(line, library_id)
    problems = _of_the_library(library, user)
    if library.import_paths:
        problems += [
            problem
            for directory in dict.fromkeys(directories)
            if (problem := _of_a_directory(directory, path_map, library))
        ]
    if problems:
        raise SetupError(problems)
    return Place(user, library)


def whose_key(line: Line, permissions: Collection[str]) -> User:
    """The key's user. Raises SetupError when it is not accepted, or lacks one of the permissions."""
    try:
        granted = line.ask(lambda immich: immich.permissions())
        lacking = [] if "all" in granted else sorted(set(permissions) - granted)
        if lacking:
            raise SetupError([f"The API key lacks {', '.join(lacking)}. Give it these permissions in Immich."])
        return line.ask(lambda immich: immich.me())
    except Unauthorised as error:
        raise SetupError([f"Immich does not accept the API key: {error.reason}."]) from error


def _library(line: Line, library_id: str) -> Library:
    try:
        return line.ask(lambda immich: immich.library(library_id))
    except (NotFound, Invalid) as error:  # Invalid: not even an id
        raise SetupError([f"There is no library {library_id} in Immich. {_others(line)}"]) from error
    except AdminNeeded as error:
        raise SetupError([f"{error.reason}."]) from error
    except Forbidden as error:
        raise SetupError([f"The API key may not look at external libraries: {error.reason}."]) from error


def _others(line: Line) -> str:
    libraries = line.ask(Immich.libraries)
    if not libraries:
        return "It has none: make an external library there first."
    return f"It has {', '.join(f'{each.id} ({each.name})' for each in libraries)}."


def _of_the_library(library: Library, user: User) -> list[str]:
    problems = []
    if library.owner_id != user.id:
        problems.append(
            f"The library {library.name} belongs to somebody else than {user.email}, whose API key this is."
            " Use the key of its owner: nobody else may change its photos."
        )
    if not library.import_paths:
        problems.append(f"The library {library.name} has no import path. Give it one in Immich, then run this again.")
    return problems


def _of_a_directory(directory: str, path_map: PathMap, library: Library) -> str:
    top = without_dates(directory)
    mapped = path_map(top)
    if any(steps_below(mapped, path) is not None for path in library.import_paths):
        return ""
    as_immich = "" if mapped == top else f" ({mapped} in Immich)"
    return (
        f"{top}{as_immich} lies under no import path of the library {library.name}, which are"
        f" {', '.join(library.import_paths)}. Name a folder below one of them, or say how Immich calls it, like"
        f" {OPTION} {top}={library.import_paths[0]}"
    )
