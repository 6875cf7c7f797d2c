"""Decisions: a scripted world as its text says it: who lives there, what goes wrong, what has happened.

    story: 六秒才答，投递两次，答复丢失            what the fault panel calls it
    departments: {2: 行政部, 3: 研发部}            1, the root, is there in any case
    members:                                       instead of the usual five
      - {userid: zhangsan, name: 张三, position: 工程师, department: 3, tags: [1], visible: yes, licensed: yes}
    apps:                                          instead of the usual one; what is not said is as usual
      - {name: 人事助手, agent_id: 1000043, secret: s, token: T, aes_key: K, corp_id: ww1, callback_url: "http://…"}
    clock: {code_ttl_hours: 24, retry_pause_ms: 100}
    faults:                                        see `script_faults`
      - {when: message/send, do: [delay 6 s, lose], times: 2, after: 1}
    steps:                                         see `worlds`: what has happened before one comes

Everything may be left out. An unknown key, a wrong kind of value and an unclear phrase are refused with their line.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from . import faults, script_faults, script_yaml, world
from .script_yaml import Lined, WorldError

APP_KEYS = {
    "name": "NAME",
    "corp_id": "CORP_ID",
    "agent_id": "AGENT_ID",
    "secret": "SECRET",
    "token": "CALLBACK_TOKEN",
    "aes_key": "ENCODING_AES_KEY",
    "callback_url": "CALLBACK_URL",
}
STEPS: Mapping[str, tuple[str, ...]] = {  # what each step may say; a step is a mapping with one of these keys
    "send": ("app", "to", "parties", "tags", "chat", "robot", "card", "text", "message", "translate_ids"),
    "update": ("app", "task_id", "for", "everybody", "button", "card"),
    "recall": ("app", "task_id"),
    "tap": ("app", "member", "task_id", "key", "choose"),
    "say": ("app", "member", "text", "chat"),
    "event": ("app", "member", "fields"),
    "menu": ("app", "buttons"),
    "chat": ("app", "id", "name", "members"),
    "file": ("name", "kind", "base64"),
    "later": (),
}
_KINDS: Mapping[str, tuple[type, ...]] = {"text": (str,), "number": (int, float), "whole": (int,), "yes": (bool,)}
_MEMBER = {
    "userid": "text",
    "name": "text",
    "alias": "text",
    "position": "text",
    "department": "whole",
    "visible": "yes",
    "licensed": "yes",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """One fault to set."""

    scope: str
    kind: str
    value: str
    path: str
    count: int
    skip: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that happens while the world is made."""

    kind: str
    said: Any
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """A world that can be played; every part of it has been looked at."""

    story: str = ""
    departments: Mapping[Any, str] = field(default_factory=dict)
    members: list[dict[str, Any]] = field(default_factory=list)
    apps: list[dict[str, str]] = field(default_factory=list)
    clock: Mapping[str, Any] = field(default_factory=dict)
    troubles: list[Trouble] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)


def read(text: str, *, paths: list[str]) -> Script:
    """The script that a text is; `paths`: those of the API. Raises WorldError."""
    said = script_yaml.read(text)
    _only(said, ("story", "departments", "members", "apps", "clock", "faults", "steps"))
    return Script(
        story=_get(said, "story", "text", ""),
        departments=_departments(said),
        members=[_member(one) for one in _mappings(said, "members")],
        apps=[_app(one) for one in _mappings(said, "apps")],
        clock=_clock(said),
        troubles=[trouble for one in _mappings(said, "faults") for trouble in _troubles(one, paths)],
        steps=[_step(one) for one in _mappings(said, "steps")],
    )


def _departments(said: Lined) -> dict[Any, str]:
    found = _mapping(said, "departments")
    for number, name in found.items():
        if not isinstance(number, int) or not isinstance(name, str):
            raise WorldError("a department is a number and a name", found.at(number))
    return {1: world.DEPARTMENTS[1], **found} if found else {}


def _member(said: Lined) -> dict[str, Any]:
    _only(said, (*_MEMBER, "tags"))
    made = {name: _get(said, name, kind) for name, kind in _MEMBER.items() if name in said}
    if not made.get("userid"):
        raise WorldError("a member has a userid", said.line)
    tags = said.get("tags", [])
    if not isinstance(tags, list) or not all(type(tag) is int for tag in tags):
        raise WorldError("tags is a list of numbers", said.at("tags"))
    return {"name": made["userid"], **made, "userid": made["userid"].lower(), "tags": tags}


def _app(said: Lined) -> dict[str, str]:
    _only(said, tuple(APP_KEYS))
    usual = {"NAME": world.APP_NAME, **world.CREDENTIALS}
    kinds = {"agent_id": "whole"}
    return usual | {APP_KEYS[name]: str(_get(said, name, kinds.get(name, "text"))) for name in said}


def _clock(said: Lined) -> Lined:
    found = _mapping(said, "clock")
    _only(found, ("code_ttl_hours", "retry_pause_ms"))
    for name in found:
        _get(found, name, "number")
    return found


def _troubles(said: Lined, paths: list[str]) -> list[Trouble]:
    _only(said, ("when", "do", "times", "after"))
    scope, path = _clearly(said, "when", lambda: script_faults.where(_get(said, "when", "text"), paths))
    phrases = said.get("do")
    made = []
    for words in phrases if isinstance(phrases, list) else [phrases]:
        if not isinstance(words, str):
            raise WorldError("do is a phrase or a list of phrases", said.at("do"))
        kind, value = _clearly(said, "do", partial(script_faults.read, scope, words))
        fault: dict[str, Any] = {"scope": scope, "kind": kind, "count": _get(said, "times", "whole", 1)}
        fault["skip"] = _get(said, "after", "whole", 0)
        value = _clearly(said, "do", partial(faults.check, value=value, **fault))
        made.append(Trouble(value=value, path=path, **fault))
    return made


def _step(said: Lined) -> Step:
    kinds = [name for name in said if name in STEPS]
    if len(said) != 1 or not kinds:
        raise WorldError(f"a step is one of {', '.join(STEPS)}", said.line)
    kind = kinds[0]
    if kind == "later":
        seconds = _clearly(said, kind, lambda: script_faults.seconds(_get(said, kind, "text")))
        return Step(kind=kind, said=seconds, line=said.at(kind))
    inside = said[kind]
    if not isinstance(inside, Lined):
        raise WorldError(f"{kind} is a mapping", said.at(kind))
    _only(inside, STEPS[kind])
    return Step(kind=kind, said=inside, line=said.at(kind))


# --- Small words the reading is made of -----------------------------------------------------------------------------


def _only(said: Lined, known: tuple[str, ...]) -> None:
    for key in said:
        if key not in known:
            raise WorldError(f"{key!r} is not known here; known: {', '.join(known)}", said.at(key))


def _get(said: Lined, name: str, kind: str, default: Any = None) -> Any:
    if name not in said:
        if default is None:
            raise WorldError(f"{name} is missing", said.line)
        return default
    value = said[name]
    if not isinstance(value, _KINDS[kind]) or (isinstance(value, bool) and kind != "yes"):
        raise WorldError(f"{name} is {_article(kind)}, not {value!r}"[:200], said.at(name))
    return value


def _article(kind: str) -> str:
    return {"text": "a text", "number": "a number", "whole": "a whole number", "yes": "yes or no"}[kind]


def _mapping(said: Lined, name: str) -> Lined:
    found = said.get(name)
    if found is None:
        empty = Lined()
        empty.lines = {}
        return empty
    if not isinstance(found, Lined):
        raise WorldError(f"{name} is a mapping", said.at(name))
    return found


def _mappings(said: Lined, name: str) -> list[Lined]:
    found = said.get(name) or []
    if not isinstance(found, list):
        raise WorldError(f"{name} is a list", said.at(name))
    for entry in found:
        if not isinstance(entry, Lined):
            raise WorldError(f"each of {name} is a mapping, not {entry!r}"[:200], said.at(name))
    return found


def _clearly(said: Lined, name: str, reading: Callable[[], Any]) -> Any:
    try:
        return reading()
    except WorldError:
        raise
    except ValueError as exc:
        raise WorldError(str(exc), said.at(name)) from None
