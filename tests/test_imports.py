"""Imports point one way: ingest → uploads → invites → immichdrop (docs/architecture.md, "The house")."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
# From the ground up: each may import itself and what stands before it.
STOREYS = ("immichdrop", "invites", "uploads", "ingest")
# Packages inside the lowest one that stand alone.
ISLANDS = ("immichdrop.immich", "immichdrop.sandbox")
# Where things are put together.
ASSEMBLY = {f"immichdrop/{name}.py" for name in ("urls", "asgi", "settings", "health")}


@dataclass(frozen=True)
class Import:
    """`where` imports the module, or the name in a module, `what`."""

    where: str
    what: str
    in_function: bool

    def __str__(self) -> str:
        return f"{self.where} imports {self.what}"


def imports_of(path: str, source: str) -> Iterator[Import]:
    """Every import of ours in a module at `path` (from the project's root)."""
    package = path.removesuffix("/__init__.py").removesuffix(".py").split("/")
    if not path.endswith("/__init__.py"):
        package = package[:-1]

    def visit(node: ast.AST, *, in_function: bool) -> Iterator[Import]:
        for child in ast.iter_child_nodes(node):
            names: list[str] = []
            if isinstance(child, ast.Import):
                names = [alias.name for alias in child.names]
            elif isinstance(child, ast.ImportFrom):
                parents = package[: len(package) - child.level + 1] if child.level else []
                module = ".".join([*parents, *([child.module] if child.module else [])])
                names = [f"{module}.{alias.name}" for alias in child.names]
            for name in names:
                if name.split(".")[0] in STOREYS:
                    yield Import(path, name, in_function)
            inside = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            yield from visit(child, in_function=in_function or inside)

    yield from visit(ast.parse(source), in_function=False)


def within(name: str, package: str) -> bool:
    return f"{name}.".startswith(f"{package}.")


def points_up(found: Import) -> bool:
    """Whether this import goes against the one way."""
    home = found.where.removesuffix("/__init__.py").removesuffix(".py").replace("/", ".")
    for island in ISLANDS:
        if within(home, island):
            return not within(found.what, island)
    if found.where in ASSEMBLY or "/management/commands/" in found.where:
        return False
    # The sandbox is for trying the product out and for tests: nothing that serves may lean on it.
    if within(found.what, "immichdrop.sandbox"):
        return True
    return STOREYS.index(found.what.split(".")[0]) > STOREYS.index(home.split(".")[0])


def ours() -> list[Import]:
    found: list[Import] = []
    for storey in STOREYS:
        for file in sorted((ROOT / storey).rglob("*.py")):
            found += imports_of(file.relative_to(ROOT).as_posix(), file.read_text())
    return found


def test_every_import_points_down() -> None:
    found = ours()
    assert len(found) > 100  # the walk sees the project
    assert [str(each) for each in found if points_up(each)] == []


def test_no_import_hides_in_a_function() -> None:
    assert [str(each) for each in ours() if each.in_function] == []


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("immichdrop/login.py", "from invites.models import Invite"),
        ("immichdrop/login.py", "import uploads"),
        ("invites/api.py", "def view():\n    from uploads import tus"),
        ("uploads/tus.py", "from ingest import folder"),
        ("uploads/tus.py", "from immichdrop.sandbox import Sandbox"),
        ("immichdrop/immich/client.py", "from immichdrop import encryption"),
        ("immichdrop/immich/client.py", "from .. import encryption"),
        ("immichdrop/sandbox/store.py", "from ..immich import Immich"),
    ],
)
def test_an_import_that_points_up_is_found(path: str, source: str) -> None:
    assert [points_up(each) for each in imports_of(path, source)] == [True]


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("uploads/tus.py", "from invites.models import Invite"),
        ("invites/api.py", "from immichdrop import throttle"),
        ("immichdrop/asgi.py", "from uploads import tus"),
        ("immichdrop/management/commands/serve.py", "from uploads.worker import Worker"),
        ("immichdrop/immich/client.py", "from . import answers"),
        ("immichdrop/immich/__init__.py", "from .errors import Forbidden"),
        ("immichdrop/sandbox/store.py", "from immichdrop.sandbox.rows import Asset"),
    ],
)
def test_an_import_that_points_down_is_let_through(path: str, source: str) -> None:
    assert [points_up(each) for each in imports_of(path, source)] == [False]
