"""What other projects may rely on is listed, shown, and all that the lost and found takes of wecom."""

import ast

from tests.reference import PAGE, page, public
from tests.support import ROOT

# The desk of the lost and found is built of wecom's own admin classes, and its migrations name wecom's fields.
NOT_PUBLIC = ("wecom.admin",)


def test_the_reference_shows_the_docstrings_of_today() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `make reference`"


def test_every_public_module_says_what_it_offers_and_what_that_is() -> None:
    for module in public():
        assert module.__doc__, module.__name__
        assert sorted(module.__all__) == sorted(set(module.__all__)), module.__name__
        mute = [
            name for name in module.__all__ if callable(getattr(module, name)) and not getattr(module, name).__doc__
        ]
        assert mute == [], module.__name__


def test_the_lost_and_found_takes_of_wecom_what_every_project_may_take() -> None:
    offered = {module.__name__: set(module.__all__) for module in public()}
    taken = {
        (path.relative_to(ROOT).as_posix(), node.module, alias.name)
        for path in (ROOT / "lostfound").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module and f"{node.module}.".startswith("wecom.")
        for alias in node.names
    }
    assert taken
    inner = [
        (where, module, name)
        for where, module, name in sorted(taken)
        if not module.startswith(NOT_PUBLIC) and name not in offered.get(module, set())
        if f"{module}.{name}" not in offered and f"{module}.{name}" != "wecom.admin"
    ]
    assert inner == []
