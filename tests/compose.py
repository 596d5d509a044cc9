"""Reads the compose files: as much of YAML as they use, and Compose's `${NAME:-default}`."""

import json
import re
from pathlib import Path
from typing import Any

Node = Any  # what YAML holds: dict, list or str, nested


def load(path: Path) -> dict[str, Node]:
    """The file's content; all scalars are texts. Raises AssertionError for what this reader does not know."""
    return read(path.read_text())


def read(text: str) -> dict[str, Node]:
    """`load` of a file's text."""
    stripped = (re.sub(r"(^|\s)#.*", "", line).rstrip() for line in text.splitlines())
    lines = [line for line in stripped if line]
    reader = _Reader(lines)
    found = reader.block(0)
    assert reader.at == len(lines), f"not read: {lines[reader.at]!r}"
    return found


class _Reader:
    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        self.at = 0
        self.anchors: dict[str, Node] = {}

    def block(self, indent: int) -> Node:
        """What stands at this depth from here on: a mapping or a list."""
        mapping: dict[str, Node] = {}
        items: list[Node] = []
        while self.at < len(self.lines):
            line = self.lines[self.at]
            depth = len(line) - len(line.lstrip(" "))
            if depth < indent:
                break
            assert depth == indent, f"indented unevenly: {line!r}"
            if line.lstrip().startswith("- "):
                items.append(self._item(line, depth))
            else:
                self._pair(line.strip(), depth, mapping)
        assert not (mapping and items), "a mapping and a list at one place"
        return items or {**mapping.pop("<<", {}), **mapping}

    def _item(self, line: str, depth: int) -> Node:
        rest = line.strip()[2:]
        if not re.match(r"[\w-]+: ", rest):
            self.at += 1
            return self._scalar(rest)
        # A mapping whose first line stands behind the dash.
        self.lines[self.at] = " " * (depth + 2) + rest
        return self.block(depth + 2)

    def _pair(self, text: str, depth: int, mapping: dict[str, Node]) -> None:
        found = re.fullmatch(r"([\w<-]+):(?: &([\w-]+))?(?: (.+))?", text)
        assert found, f"not understood: {text!r}"
        key, anchor, rest = found.groups()
        self.at += 1
        value = self._scalar(rest) if rest else self.block(self._next_depth(depth))
        if anchor:
            self.anchors[anchor] = value
        assert key not in mapping, f"twice: {key}"
        mapping[key] = value

    def _next_depth(self, depth: int) -> int:
        following = self.lines[self.at] if self.at < len(self.lines) else ""
        indent = len(following) - len(following.lstrip(" "))
        return indent if indent > depth else depth + 1

    def _scalar(self, text: str) -> Node:
        if text.startswith("*"):
            return self.anchors[text[1:]]
        return json.loads(text) if text[0] in '["' else text


def filled_in(node: Node, environment: dict[str, str]) -> Node:
    """With `${NAME}`, `${NAME:-default}` and `${NAME:?words}` replaced as Compose does it."""
    if isinstance(node, dict):
        return {key: filled_in(value, environment) for key, value in node.items()}
    if isinstance(node, list):
        return [filled_in(value, environment) for value in node]

    def value(found: re.Match[str]) -> str:
        name, mark, words = found[1], found[2], found[3]
        given = environment.get(name, "")
        assert given or mark != ":?", f"{name}: {words}"
        return given or (words if mark == ":-" else "")

    return re.sub(r"\$\{(\w+)(?:(:[-?])([^}]*))?\}", value, node)
