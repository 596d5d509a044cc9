"""The Dockerfile and the compose files fit the product, as they are written. What they make: tests/image."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings

from tests import compose
from tests.image.dockerfile import instructions, lines, words
from tests.test_docs import ROOT, configuration

COMPOSE = ["compose.yaml", "compose.scale.yaml"]
NOT_OURS = {"POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD"}  # the database image's own


def last(word: str) -> str:
    return next(rest for each, rest in reversed(instructions()) if each == word)


# --- the image


def test_all_that_is_copied_exists_and_reaches_the_build() -> None:
    copied = [
        path for word, rest in instructions() if word == "COPY" and "--from" not in rest for path in rest.split()[:-1]
    ]
    let_in = {line[1:] for line in lines(".dockerignore") if line.startswith("!")}
    assert len(copied) > 5
    assert [path for path in copied if not (ROOT / path).exists()] == []
    assert {path.split("/")[0] for path in copied} == let_in


def test_every_package_of_the_product_is_in_the_image() -> None:
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests", "bench"}
    assert {"immichdrop", "uploads"} <= packages
    copied = {rest.split()[0] for word, rest in instructions() if word == "COPY"}
    assert packages | {"manage.py", "templates"} <= copied


def test_the_image_has_the_versions_that_the_product_asks_for() -> None:
    bases = [rest.split()[0] for word, rest in instructions() if word == "FROM"]
    node, python = bases
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    assert python == f"python:{wanted.removeprefix('>=')}-slim"
    engine = json.loads((ROOT / "package.json").read_text())["engines"]["node"]
    assert int(node.removeprefix("node:").removesuffix("-slim")) > float(engine.removeprefix(">="))


def test_it_installs_by_hashes() -> None:
    assert "pip install --require-hashes -r requirements.txt" in [
        rest for word, rest in instructions() if word == "RUN"
    ]


def test_it_begins_as_root_by_the_entrypoint() -> None:
    """Which gives the volume away and steps down; health checks and `docker exec` are root's."""
    assert "USER" not in [word for word, _ in instructions()]
    assert words(last("ENTRYPOINT")) == ["python", "-m", "immichdrop.entrypoint"]
    assert words(last("CMD")) == ["python", "manage.py", "serve"]


def test_it_keeps_everything_in_its_volume() -> None:
    environment = dict(pair.split("=") for word, rest in instructions() if word == "ENV" for pair in rest.split())
    assert environment["DATA_DIR"] == last("VOLUME") == "/data"
    assert environment["PORT"] == last("EXPOSE") == configuration()["PORT"]
    theirs = ("PYTHON", "PIP_")
    assert {name for name in environment if not name.startswith(theirs)} <= set(configuration())


def test_its_pages_are_where_the_product_looks_for_them() -> None:
    (pages,) = [rest.split() for word, rest in instructions() if word == "COPY" and "--from" in rest]
    assert [ROOT / pages[-1]] == settings.STATICFILES_DIRS


def test_its_health_check_asks_the_product(web: str) -> None:
    program = words(last("HEALTHCHECK").partition(" CMD ")[2])
    assert program[0] == "python"

    def ends_well(port: int | None) -> bool:
        environment = {"PORT": str(port)}
        command = [sys.executable, *program[1:]]
        return subprocess.run(command, env=environment, capture_output=True, timeout=30, check=False).returncode == 0

    assert ends_well(urlsplit(web).port)
    assert not ends_well(1)


# --- the compose files


@pytest.mark.parametrize("name", COMPOSE)
def test_every_setting_of_a_compose_file_is_documented(name: str) -> None:
    environments = [service.get("environment", {}) for service in compose.load(ROOT / name)["services"].values()]
    used = {setting for each in environments for setting in each}
    used |= set(re.findall(r"\$\{(\w+)", "\n".join(lines(name))))
    assert {"DATA_DIR", "PORT"} <= used
    assert used <= set(configuration()) | NOT_OURS


@pytest.mark.parametrize("name", COMPOSE)
def test_a_compose_file_refers_to_what_is_there(name: str) -> None:
    file = compose.load(ROOT / name)
    services = file["services"]
    mounts = [mount.split(":")[0] for service in services.values() for mount in service.get("volumes", [])]
    assert {source for source in mounts if not source.startswith("./")} == set(file["volumes"])
    assert [source for source in mounts if source.startswith("./") and not (ROOT / source).exists()] == []
    assert {each for service in services.values() for each in service.get("depends_on", {})} <= set(services)


@pytest.mark.parametrize("name", COMPOSE)
def test_our_services_keep_everything_in_the_images_volume(name: str) -> None:
    ours = [service for service in compose.load(ROOT / name)["services"].values() if service["image"] == "immich-drop"]
    assert ours
    for service in ours:
        assert service["volumes"] == [f"data:{last('VOLUME')}"]
        assert service["environment"]["DATA_DIR"] == last("VOLUME")
        assert service["environment"]["PORT"] == last("EXPOSE")
        assert service["env_file"] == [{"path": ".env", "required": "false"}]
        assert "user" not in service


def test_commands_in_compose_files_are_commands() -> None:
    services = compose.load(ROOT / "compose.scale.yaml")["services"]
    assert {name: service["command"][2:] for name, service in services.items() if "drop" in service["image"]} == {
        "migrate": ["migrate"],
        "web-1": ["serve", "--no-worker"],
        "web-2": ["serve", "--no-worker"],
        "worker-1": ["worker"],
        "worker-2": ["worker"],
    }
    assert set(services) == {"proxy", "migrate", "web-1", "web-2", "worker-1", "worker-2", "postgres", "redis"}


def test_the_proxy_passes_everything_on() -> None:
    said = [line.strip() for line in lines("compose.nginx.conf")]
    text = "\n".join(said)
    assert text.count("{") == text.count("}")
    assert [line for line in said if not line.endswith((";", "{", "}"))] == []
    assert {
        "client_max_body_size 0;",
        "proxy_request_buffering off;",
        "proxy_http_version 1.1;",
        "proxy_set_header Upgrade $http_upgrade;",
        "proxy_set_header Connection $connection_upgrade;",
        "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;",
    } <= set(said)
    upstreams = re.findall(r"server ([\w-]+):(\d+)", text)
    assert {name for name, _ in upstreams} == {"web-1", "web-2"}
    assert {port for _, port in upstreams} == {last("EXPOSE")}
    mounted = Path("compose.nginx.conf")
    assert f"./{mounted}:/etc/nginx/nginx.conf:ro" in (ROOT / "compose.scale.yaml").read_text()
