"""The shared test vectors: texts sealed by other people's libraries, and how each broken one must end."""

import json
from typing import Any

import pytest

from tests.support import ROOT

VECTORS: dict[str, Any] = json.loads((ROOT / "docs" / "vectors" / "crypto.json").read_text("utf-8"))


def each(group: str) -> pytest.MarkDecorator:
    """Run the test once for every vector of a group, named by the vector's id."""
    return pytest.mark.parametrize("vector", [pytest.param(vector, id=vector["id"]) for vector in VECTORS[group]])


def accepted_codes(vector: dict[str, Any]) -> set[int]:
    """The official codes that a failure may have."""
    kinds = VECTORS["failure_kinds"]
    return {vector["official_code"], *(kinds[kind] for kind in vector.get("also_acceptable", ()))}
