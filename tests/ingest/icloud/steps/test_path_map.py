"""Paths of this machine under the names that Immich has for them."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.icloud.steps.path_map import PathMap, folder_of, steps_below, without_dates
from ingest.icloud.steps.sizes import OptionError


@pytest.mark.parametrize(
    ("rules", "path", "mapped"),
    [
        ([], "/photos/a.jpg", "/photos/a.jpg"),
        (["/photos=/mnt/photos"], "/photos/2024/a.jpg", "/mnt/photos/2024/a.jpg"),
        (["/photos/=/mnt/photos/"], "/photos", "/mnt/photos"),
        (["/photos=/mnt"], "/photos2/a.jpg", "/photos2/a.jpg"),
        (["/photos=/mnt"], "/Photos/a.jpg", "/Photos/a.jpg"),
        (["/photos=/one", "/photos/ada=/two"], "/photos/ada/a.jpg", "/two/a.jpg"),
        (["/photos/ada=/two", "/photos=/one"], "/photos/bo/a.jpg", "/one/bo/a.jpg"),
        (["/=/host"], "/photos/a.jpg", "/host/photos/a.jpg"),
        (["/host=/"], "/host/photos/a.jpg", "/photos/a.jpg"),
        (["/a=b/c=/mnt"], "/a=b/c/d=e.jpg", "/mnt/d=e.jpg"),
        (["/photos=/mnt"], "/photos/a\\b.jpg", "/mnt/a\\b.jpg"),
        ([r"/photos=D:\Photos"], "/photos/2024/a.jpg", r"D:\Photos\2024\a.jpg"),
    ],
)
def test_the_longest_one_is_exchanged(rules: list[str], path: str, mapped: str) -> None:
    assert PathMap(rules)(path) == mapped


@pytest.mark.parametrize("rule", ["", "/photos", "photos=/mnt", "/photos=mnt", "=/mnt", "/photos=", r"C:\Photos=/mnt"])
def test_a_rule_that_makes_no_sense(rule: str) -> None:
    with pytest.raises(OptionError, match=r"--path-map: .*HOST=IMMICH"):
        PathMap([rule])


def test_two_rules_for_one_folder() -> None:
    with pytest.raises(OptionError, match="--path-map: /photos is given more than once"):
        PathMap(["/photos=/a", "/photos/=/b"])


@pytest.mark.parametrize(
    ("directory", "top"),
    [
        ("/photos", "/photos"),
        ("/photos/", "/photos"),
        ("/photos/{:%Y/%m/%d}", "/photos"),
        ("/photos/%Y/all", "/photos"),
        ("/photos/iCloud-{:%Y}/all", "/photos"),
        ("/{:%Y}", "/"),
        ("/photos/100% iCloud", "/photos/100% iCloud"),
        ("/photos/{Ada}/{:%Y/%m}", "/photos/{Ada}"),
        ("{:%Y}", "."),
    ],
)
def test_dates_are_cut_off(directory: str, top: str) -> None:
    assert without_dates(directory) == top


@pytest.mark.parametrize("name", ["100%sure", "{:%Y}", "%Y"])
def test_a_folder_that_is_there_is_meant(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    assert without_dates(f"{tmp_path}/{name}/") == f"{tmp_path}/{name}"
    assert without_dates(f"{tmp_path}/{name}/{{:%Y_%m}}/all") == f"{tmp_path}/{name}"


def test_below_by_whole_names() -> None:
    assert steps_below("/mnt/a/b", "/mnt") == ["a", "b"]
    assert steps_below("/mnt/", "/mnt") == []
    assert steps_below("/mnt2", "/mnt") is None
    assert steps_below("/", "/mnt") is None
    assert steps_below("C:\\mnt", "/mnt") is None
    assert steps_below("D:\\mnt", "C:\\") is None


def test_the_folder_of_a_path() -> None:
    assert [folder_of(path) for path in ("/a/b.jpg", "/b.jpg", r"C:\a\b.jpg", r"/a/b\c.jpg")] == [
        "/a/",
        "/",
        "C:\\a\\",
        "/a/",
    ]
