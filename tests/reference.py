"""`make reference`: writes docs/wecom/reference.md from the docstrings of wecom's public modules."""

import dataclasses
import importlib
import inspect
import os
import re
import sys
from collections.abc import Iterator
from enum import Enum
from types import ModuleType
from typing import Annotated, Any, get_origin

import django

from tests.support import ROOT

PAGE = ROOT / "docs" / "wecom" / "reference.md"
INTRODUCTION = """# Reference

公开的名字都在这里；没有列出的随时会改。由 `make reference` 从代码里的说明生成，请不要手改。
Every public name of `wecom`; whatever is not here may change at any time. Made from the docstrings by `make reference`.
"""


def public() -> list[ModuleType]:
    """The modules that wecom.PUBLIC names, in its order."""
    import wecom

    return [importlib.import_module(f"wecom.{name}") for name in wecom.PUBLIC]


def page() -> str:
    modules = public()
    contents = [f"- [{module.__name__}](#{module.__name__.replace('.', '')})" for module in modules]
    told: dict[int, str] = {}
    return "\n".join([INTRODUCTION, *contents, *(line for module in modules for line in _module(module, told))]) + "\n"


def _module(module: ModuleType, told: dict[int, str]) -> Iterator[str]:
    yield f"\n## {module.__name__}\n"
    yield _block(_without_floor(module.__doc__ or ""))
    for name in module.__all__:
        value = getattr(module, name)
        before = told.setdefault(id(value), module.__name__) if inspect.isclass(value) else module.__name__
        yield from _name(name, value) if before == module.__name__ else [f"\n### {name}\n\nSee `{before}`."]


def _name(name: str, value: Any) -> Iterator[str]:
    if inspect.isclass(value):
        yield from _class(name, value)
    elif callable(value):
        yield f"\n### {name}\n"
        yield _code(f"{name}{_signature(value)}")
        yield _block(inspect.getdoc(value) or "")
    elif isinstance(value, ModuleType):
        yield f"\n### {name}\n\nThe module `{value.__name__}`."
    else:
        yield f"\n### {name}\n\n`{_shown(value)}`"


def _class(name: str, kind: type) -> Iterator[str]:
    yield f"\n### {name}\n"
    if issubclass(kind, Enum):
        yield _code(f"class {name}: " + ", ".join(member.name for member in kind))
    elif hasattr(kind, "_meta"):
        yield _code(f"class {name}: " + ", ".join(field.name for field in kind._meta.concrete_fields))
    elif dataclasses.is_dataclass(kind):
        yield _code(f"class {name}{_signature(kind)}")
    else:
        bases = ", ".join(base.__name__ for base in kind.__bases__ if base is not object)
        yield _code(f"class {name}({bases})" if bases else f"class {name}")
    yield _block(kind.__dict__.get("__doc__") or "")
    for word, member in _members(kind):
        signature = "" if isinstance(member, property) else _signature(member)
        yield f"\n`{name}.{word}{signature}`\n"
        yield _block(inspect.getdoc(member) or "")


def _members(kind: type) -> Iterator[tuple[str, Any]]:
    """Methods and properties that say something, of the class itself."""
    for word, member in vars(kind).items():
        member = getattr(member, "__func__", member)
        if not word.startswith("_") and (inspect.isfunction(member) or isinstance(member, property)) and member.__doc__:
            yield word, member


class _Words:
    """An annotation as it is to be read."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


def _signature(value: Any) -> str:
    """As it is written, without `self`, the rules inside Annotated, and the paths of modules."""
    try:
        found = inspect.signature(value)
    except (TypeError, ValueError):
        return "(…)"
    parameters = [one.replace(annotation=_plain(one.annotation)) for one in found.parameters.values()]
    parameters = [one for one in parameters if one.name not in ("self", "cls")]
    answer = found.empty if inspect.isclass(value) else _plain(found.return_annotation)
    return str(found.replace(parameters=parameters, return_annotation=answer)).replace("<factory>", "…")


def _plain(annotation: Any) -> Any:
    if annotation is inspect.Parameter.empty:
        return annotation
    while get_origin(annotation) is Annotated:
        annotation = annotation.__origin__
    text = annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
    return _Words(re.sub(r"\b(?:[a-z_]\w*\.)+([A-Za-z]\w*)", r"\1", text).replace("~", "").replace("'", ""))


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 and " at 0x" not in text else type(value).__name__


def _without_floor(doc: str) -> str:
    return re.sub(r"^(?:Facts|Plumbing|Decisions|Door): (.)", lambda match: match[1].upper(), inspect.cleandoc(doc))


def _block(text: str) -> str:
    return f"```text\n{inspect.cleandoc(text)}\n```" if text.strip() else ""


def _code(text: str) -> str:
    return f"```python\n{text}\n```"


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    PAGE.write_text(page(), encoding="utf-8")
    sys.stdout.write(f"{PAGE.relative_to(ROOT)}\n")
