"""The docs keep up with the product: settings, commands, routes, refusals and dependencies, compared both ways."""

import ast
import json
import re
import tomllib
from pathlib import Path

from django.urls import URLPattern, URLResolver

from immichdrop.urls import urlpatterns
from ingest.downloads import application as downloads
from ingest.shortcuts import application as shortcuts
from invites.refusals import Refusal
from uploads import legacy

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
# Served in front of Django (immichdrop/asgi.py).
ROUTES_BEFORE_DJANGO = {"/api/tus/", "/api/tus/{id}", "/ws", *legacy.PATHS, *shortcuts.PATHS, *downloads.PATHS}


def rows(document: str) -> list[list[str]]:
    """The rows of all tables in a page of docs/, without headings, each as its cells."""
    lines = [line for line in (DOCS / document).read_text().splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in lines]


def code(cell: str) -> str:
    """What a cell's first code span says."""
    found = re.search(r"`([^`]+)`", cell)
    return found[1] if found else ""


# --- settings


def settings_read() -> dict[str, str | None]:
    """Each environment variable that is read, with its default as it would be written, if that is plain."""
    found: dict[str, str | None] = {}
    sources = [(ROOT / "immichdrop" / name).read_text() for name in ("settings.py", "entrypoint.py")]
    for node in (node for source in sources for node in ast.walk(ast.parse(source))):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args):
            continue
        module, name = node.func.value, node.args[0]
        reads = isinstance(module, ast.Name) and module.id == "env" and node.func.attr != "refuse"
        if reads and isinstance(name, ast.Constant):
            found[name.value] = _default(node)
    return found


def _default(call: ast.Call) -> str | None:
    keyword = next((keyword.value for keyword in call.keywords if keyword.arg == "default"), None)
    given = keyword or (call.args[1] if len(call.args) > 1 else ast.Constant(""))
    try:
        value = ast.literal_eval(given)
    except ValueError:
        return None
    if isinstance(value, list):
        return ",".join(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def example() -> dict[str, str]:
    """`.env.example`: every line that is not a comment in words."""
    lines = (ROOT / ".env.example").read_text().splitlines()
    return dict(line[1:].split("=", 1) for line in lines if re.match(r"#[A-Z_]+=", line))


def configuration() -> dict[str, str]:
    return {code(row[0]): code(row[1]) for row in rows("configuration.md")}


def test_every_setting_is_documented_and_no_other() -> None:
    read = settings_read()
    assert {"PORT", "DATA_DIR", "TRUSTED_PROXY", "PUBLIC_UPLOAD_PAGE_ENABLED"} <= set(read)
    assert set(configuration()) == set(read)
    assert set(example()) == set(read)


def test_the_defaults_in_the_docs_are_the_settings_own() -> None:
    read = {name: default for name, default in settings_read().items() if default is not None}
    assert len(read) > 20
    assert {name: configuration()[name] for name in read} == read
    assert example() == configuration()


def test_the_example_sets_nothing_by_itself() -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()
    assert [line for line in lines if line and not line.startswith("#")] == []


# --- commands


def our_commands() -> set[str]:
    places = ("*/management/commands/[!_]*.py", "ingest/*/management/commands/[!_]*.py")
    return {file.stem for place in places for file in ROOT.glob(place)}


def test_every_command_is_in_the_docs() -> None:
    commands = our_commands()
    assert {"serve", "worker", "sandbox", "create_invite", "sync_folder"} <= commands
    words = "".join(page.read_text() for page in [ROOT / "README.md", *DOCS.glob("*.md")])
    assert {name for name in commands if f"manage.py {name}" not in words} == set()


def test_no_page_names_a_command_that_is_not_there() -> None:
    words = "".join(page.read_text() for page in [ROOT / "README.md", *DOCS.glob("*.md")])
    named = set(re.findall(r"manage\.py ([a-z_]+)", words))
    ours = our_commands()
    django = {"check", "migrate", "createsuperuser", "changepassword", "runserver", "collectstatic", "dumpdata"}
    assert named <= ours | django


def test_every_link_between_pages_leads_somewhere() -> None:
    pages = [ROOT / "README.md", ROOT / "CHANGELOG.md", *DOCS.glob("*.md")]
    links = [(page, target) for page in pages for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text())]
    assert len(links) > 10
    assert [f"{page.name}: {target}" for page, target in links if not (page.parent / target).exists()] == []


def test_no_page_names_a_setting_that_is_not_there() -> None:
    named = {
        f"{page.name}: {name}"
        for page in DOCS.glob("*.md")
        for name in re.findall(r"`([A-Z][A-Z_]{4,})=", page.read_text())
        if name not in settings_read()
    }
    others = {"install.md: DJANGO_SUPERUSER_PASSWORD", "troubleshooting.md: REQUESTS_CA_BUNDLE"}  # Django's, requests'
    assert named <= others
    words = (DOCS / "troubleshooting.md").read_text()
    assert set(re.findall(r"`([A-Z]+_[A-Z_]+)`", words)) <= settings_read().keys()


# --- routes


def routes(patterns: list[URLPattern | URLResolver]) -> set[str]:
    """Every path of the URLconf, with its parameters in braces; the admin's own routes are one."""
    found = set()
    for pattern in patterns:
        path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", str(pattern.pattern))
        found.add(f"/{path}")
    return found


def test_every_route_is_in_the_api_page_and_no_other() -> None:
    spans = re.findall(r"^#+ .*", (DOCS / "api.md").read_text(), re.MULTILINE)
    documented = {path for span in spans for path in re.findall(r"(?<=[` ])(/[^` ?]*)", span)}
    assert documented == routes(urlpatterns) | ROUTES_BEFORE_DJANGO


# --- refusals


def test_every_refusal_is_in_the_api_page_with_its_status() -> None:
    documented = {(code(row[0]), row[1]) for row in rows("api.md")}
    assert {(each.wire_code, str(each.status)) for each in Refusal} <= documented


# --- dependencies


def dependencies() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    node: set[str] = set()
    for folder in (ROOT, ROOT / "bench" / "lighthouse"):
        package = json.loads((folder / "package.json").read_text())
        node |= set(package.get("dependencies", {})) | set(package.get("devDependencies", {}))
    python = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    return {re.split(r"[\[<>=!~; ]", line)[0] for line in python} | node


def test_every_dependency_has_its_reason() -> None:
    reasons = {code(row[0]): row[1] for row in rows("architecture.md") if row[1]}
    assert dependencies() <= set(reasons)
    after = (DOCS / "architecture.md").read_text().split("## Dependencies", 1)[1].split("\n## ", 1)[0]
    assert {code(line) for line in after.splitlines() if line.startswith("| `")} == dependencies()
