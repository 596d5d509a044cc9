"""The image and the compose files fit the product. They are read as text: no engine is needed, and none builds them."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings

from tests.test_docs import ROOT, configuration

COMPOSE = ["compose.yaml", "compose.scale.yaml"]
NOT_OURS = {"POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD"}  # the database image's own


def lines(name: str) -> list[str]:
    """A file's lines without comments and empty ones."""
    without = (re.sub(r"(^|\s)#.*", "", line).rstrip() for line in (ROOT / name).read_text().splitlines())
    return [line for line in without if line.strip()]


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions, with what was broken into lines put together again."""
    text = re.sub(r"\\\n\s*", "", "\n".join(lines("Dockerfile")))
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in text.splitlines())]


def last(word: str) -> str:
    return next(rest for each, rest in reversed(instructions()) if each == word)


def block(name: str, key: str) -> list[str]:
    """What stands under a key of the first level."""
    found: list[str] = []
    inside = False
    for line in lines(name):
        if not line.startswith(" "):
            inside = line.startswith(f"{key}:")
        elif inside:
            found.append(line)
    return found


def names_in(name: str, key: str) -> set[str]:
    return {found[1] for line in block(name, key) if (found := re.match(r"  ([\w-]+):", line))}


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


def test_it_installs_by_hashes_and_runs_as_nobody_special() -> None:
    words = [word for word, _ in instructions()]
    assert "pip install --require-hashes -r requirements.txt" in [
        rest for word, rest in instructions() if word == "RUN"
    ]
    user = last("USER")
    assert f"useradd --system --uid 10001 --home-dir /data --no-create-home {user}" in last("RUN")
    assert words.index("USER") > max(at for at, word in enumerate(words) if word in ("RUN", "COPY"))
    assert json.loads(last("CMD")) == ["python", "manage.py", "serve"]


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
    program = json.loads(last("HEALTHCHECK").partition(" CMD ")[2])
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
    text = "\n".join(lines(name))
    used = set(re.findall(r"^\s+([A-Z][A-Z_]+): ", text, re.MULTILINE)) | set(re.findall(r"\$\{(\w+)", text))
    assert {"DATA_DIR", "PORT"} <= used
    assert used <= set(configuration()) | NOT_OURS


@pytest.mark.parametrize("name", COMPOSE)
def test_a_compose_file_refers_to_what_is_there(name: str) -> None:
    text = "\n".join(lines(name))
    services, volumes = names_in(name, "services"), names_in(name, "volumes")
    anchors = re.findall(r"&([\w-]+)", text)
    assert len(anchors) == len(set(anchors))
    assert set(re.findall(r"[ ]\*([\w-]+)", text)) <= set(anchors)
    mounts = [source for source, _ in re.findall(r"^\s+- (\.?[\w./-]+):(/[\w./-]+)", text, re.MULTILINE)]
    assert {source for source in mounts if not source.startswith("./")} == volumes
    assert [source for source in mounts if source.startswith("./") and not (ROOT / source).exists()] == []
    waited_for = set(re.findall(r"([\w-]+):\n\s+condition: ", text))
    assert waited_for <= services


@pytest.mark.parametrize("name", COMPOSE)
def test_a_compose_file_is_indented_evenly(name: str) -> None:
    text = (ROOT / name).read_text()
    assert "\t" not in text
    depth = 0
    for line in lines(name):
        indent = len(line) - len(line.lstrip())
        assert indent % 2 == 0, line
        assert indent <= depth + 2, line
        depth = indent
        assert re.fullmatch(r"\s*(- .+|[\w<-]+:( .+)?)", line), line


def test_commands_in_compose_files_are_commands() -> None:
    text = (ROOT / "compose.scale.yaml").read_text()
    commands = [json.loads(said) for said in re.findall(r'command: (\["python".*\])', text)]
    assert [command[2:] for command in commands] == [["worker"], ["migrate"], ["serve", "--no-worker"]]
    assert {"proxy", "postgres", "redis", "web-1", "web-2", "worker-1", "worker-2"} <= names_in(
        "compose.scale.yaml", "services"
    )


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
