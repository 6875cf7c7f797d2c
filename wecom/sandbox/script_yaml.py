"""Plumbing: YAML that remembers its lines, read by the safe loader. Two equal keys, anchors and tags are refused."""

from typing import Any

import yaml

LARGEST = 1024 * 1024


class WorldError(ValueError):
    """Something in the text of a world is wrong; the words say what, and in which line."""

    def __init__(self, why: str, line: int = 0) -> None:
        self.line = line
        super().__init__(f"line {line}: {why}" if line else why)


class Lined(dict[Any, Any]):
    """A mapping that knows where it stood: `line` of itself, `lines` of its keys."""

    line: int = 0
    lines: dict[Any, int]

    def at(self, key: Any) -> int:
        return self.lines.get(key, self.line)


class _Loader(yaml.SafeLoader):
    """The safe loader, with lines, and without what could make a small file large."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise WorldError("no anchors here, please", _line(self.peek_event()))  # type: ignore[no-untyped-call]
        return super().compose_node(parent, index)

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """No merging with <<."""

    def lined(self, node: yaml.MappingNode) -> Lined:
        made = Lined()
        made.line, made.lines = _line(node), {}
        for key_node, value_node in node.value:
            key = self.construct_object(key_node, deep=True)
            line = _line(key_node)
            if not isinstance(key, str | int) or isinstance(key, bool):
                raise WorldError(f"{key!r} is no key", line)
            if key in made:
                raise WorldError(f"{key!r} stands here twice", line)
            made.lines[key] = line
            made[key] = self.construct_object(value_node, deep=True)
        return made


# What looks like a date stays a text, as in JSON.
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in pairs if tag != "tag:yaml.org,2002:timestamp"]
    for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_constructor("tag:yaml.org,2002:map", _Loader.lined)


def read(text: str) -> Lined:
    """The mapping that a text is; raises WorldError."""
    if len(text.encode()) > LARGEST:
        raise WorldError(f"longer than {LARGEST} bytes")
    try:
        # _Loader is a SafeLoader.
        found = yaml.load(text, Loader=_Loader)  # noqa: S506  # nosec B506
    except yaml.MarkedYAMLError as exc:
        mark = exc.problem_mark
        raise WorldError(f"no YAML: {exc.problem}", mark.line + 1 if mark else 0) from None
    except yaml.YAMLError as exc:
        raise WorldError(f"no YAML: {exc}") from None
    except RecursionError:
        raise WorldError("nested too deeply") from None
    if not isinstance(found, Lined):
        raise WorldError("a world is a mapping of keys to values", 1)
    return found


def _line(node: Any) -> int:
    return int(node.start_mark.line) + 1
