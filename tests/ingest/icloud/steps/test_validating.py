"""Key, library and folders looked at before anything is done; all that is wrong at once."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from immichdrop.sandbox import Sandbox
from ingest.folders.network import Line, NoServerError
from ingest.icloud.steps import albums, favourites, live, registering, stacking, validating
from ingest.icloud.steps.path_map import PathMap
from ingest.icloud.steps.validating import Place as Validated
from ingest.icloud.steps.validating import SetupError, validate
from tests.ingest.icloud.steps.conftest import Place

NOBODY = "00000000-0000-4000-8000-000000000000"
ALL_STEPS = frozenset().union(
    *(module.PERMISSIONS for module in (registering, stacking, live, favourites, albums, validating))
)


def validated(place: Place, *directories: object, path_map: Sequence[str] = (), line: Line | None = None) -> Validated:
    return validate(
        line or place.line, place.library_id, [str(each) for each in directories], PathMap(path_map), ALL_STEPS
    )


def problems(place: Place, *directories: object, path_map: Sequence[str] = (), line: Line | None = None) -> list[str]:
    with pytest.raises(SetupError) as wrong:
        validated(place, *directories, path_map=path_map, line=line)
    assert str(wrong.value).splitlines() == list(wrong.value.problems)
    return list(wrong.value.problems)


def test_all_is_well(place: Place) -> None:
    found = validated(place, place.top, f"{place.top}/{{:%Y/%m}}", place.top / "%Y")

    assert (found.user.id, found.library.id) == (place.user_id, place.library_id)
    assert place.asked.changing == []
    assert len(place.asked) == 3


def test_the_import_path_itself(sandboxed: Place) -> None:
    assert validated(sandboxed, sandboxed.top.parent)


def test_fault_a_folder_that_immich_calls_differently(place: Place) -> None:
    assert validated(place, "/host/photos", path_map=[f"/host={place.top}"])


def test_all_wrong_folders_are_named_with_what_would_be_right(sandboxed: Place) -> None:
    library = str(sandboxed.top.parent)

    wrong = problems(sandboxed, "/elsewhere/{:%Y}", sandboxed.top, f"{library}2", "/x/y", path_map=["/x=/mnt"])

    assert [text.split(" lies under no import path")[0] for text in wrong] == [
        "/elsewhere",
        f"{library}2",
        "/x/y (/mnt/y in Immich)",
    ]
    assert wrong[0].endswith(
        f"which are {library}. Name a folder below one of them, or say how Immich calls it, like"
        f" --path-map /elsewhere={library}"
    )


def test_fault_a_library_without_import_paths(sandboxed: Place, sandbox: Sandbox) -> None:
    sandboxed.library_id = sandbox.create_library("empty")

    (wrong,) = problems(sandboxed, sandboxed.top)

    assert "empty has no import path" in wrong


@pytest.mark.parametrize("asked", [NOBODY, "7f3c", "iCloud photos"])
def test_a_library_that_is_not_there(sandboxed: Place, asked: str) -> None:
    library_id, sandboxed.library_id = sandboxed.library_id, asked

    (wrong,) = problems(sandboxed, sandboxed.top)

    assert wrong == f"There is no library {asked} in Immich. It has {library_id} (iCloud)."


def test_a_server_without_libraries(sandboxed: Place, sandbox: Sandbox) -> None:
    sandbox.clear()

    (wrong,) = problems(sandboxed, sandboxed.top)

    assert "make an external library there first" in wrong


def test_fault_library_routes_need_the_key_of_an_admin(sandboxed: Place, sandbox: Sandbox) -> None:
    sandbox.change_account(is_admin=False)
    try:
        (wrong,) = problems(sandboxed, sandboxed.top)
    finally:
        sandbox.change_account(is_admin=True)

    assert sandbox.email in wrong
    assert "use the API key of one" in wrong


def test_permissions_that_lack_are_all_named(sandboxed: Place, sandbox: Sandbox) -> None:
    line = sandboxed.line_with(sandbox.create_key(["library.read", "asset.read", "asset.update", "user.read"]))

    (wrong,) = problems(sandboxed, sandboxed.top, line=line)

    assert wrong == (
        "The API key lacks album.create, album.read, albumAsset.create, library.update, stack.create, stack.delete,"
        " stack.read, stack.update. Give it these permissions in Immich."
    )
    line.close_own()


def test_the_permissions_suffice(sandboxed: Place, sandbox: Sandbox) -> None:
    line = sandboxed.line_with(sandbox.create_key(sorted(ALL_STEPS)))

    assert validated(sandboxed, sandboxed.top, line=line)
    line.close_own()


def test_a_key_that_is_not_accepted(sandboxed: Place) -> None:
    line = sandboxed.line_with("wrong")

    (wrong,) = problems(sandboxed, sandboxed.top, line=line)

    assert "does not accept the API key" in wrong
    line.close_own()


def test_a_library_of_somebody_else(sandboxed: Place, sandbox: Sandbox) -> None:
    """Found out together with what else is wrong."""
    stranger = sandbox.create_user("Bo", "bo@example.org")
    sandboxed.library_id = sandbox.create_library("Bo's", sandboxed.top, owner_id=stranger)

    owner, folder = problems(sandboxed, "/elsewhere")

    assert owner.startswith(f"The library Bo's belongs to somebody else than {sandbox.email}")
    assert folder.startswith("/elsewhere lies under no import path")


def test_nobody_answers(sandboxed: Place, sandbox: Sandbox) -> None:
    sandbox.stop()

    with pytest.raises(NoServerError):
        validated(sandboxed, sandboxed.top)
