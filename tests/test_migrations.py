"""Migrations run while web and workers run, so the code of before must work on the tables of after."""

from collections.abc import Iterator

import pytest
from django.db.migrations import Migration, operations
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.models import NOT_PROVIDED, Field

# The rule is kept from the next ones on.
FIRST = {"wecom": "0008_leaner_indexes", "lostfound": "0006_photos_and_search"}
TAKES_AWAY = (
    operations.DeleteModel,
    operations.RemoveField,
    operations.RenameModel,
    operations.RenameField,
    operations.AlterModelTable,
)


def added_later() -> Iterator[tuple[str, Migration]]:
    for (app, name), migration in sorted(MigrationLoader(None).disk_migrations.items()):
        if app in FIRST and name > FIRST[app]:
            yield f"{app}.{name}", migration


def breaks_older_code(operation: Operation, made: set[str]) -> bool:
    """made  the tables of the same migration, which older code does not know"""
    if isinstance(operation, operations.AddField):
        return operation.model_name_lower not in made and needs_a_value(operation.field)
    return isinstance(operation, TAKES_AWAY)


def needs_a_value(field: "Field[object, object]") -> bool:
    """Whether a row cannot be written by who does not know this column."""
    return not field.null and not field.many_to_many and field.db_default is NOT_PROVIDED


@pytest.mark.parametrize(("name", "migration"), list(added_later()))
def test_older_code_can_go_on_while_it_runs(name: str, migration: Migration) -> None:
    made = {one.name_lower for one in migration.operations if isinstance(one, operations.CreateModel)}
    wrong = [one.describe() for one in migration.operations if breaks_older_code(one, made)]
    assert wrong == [], "give a new column db_default, and take nothing away before a release that does not need it"


def test_what_would_break_it_is_found() -> None:
    from django.db import models

    text = models.CharField(max_length=9)
    assert breaks_older_code(operations.AddField("card", "more", text), set())
    assert breaks_older_code(operations.RemoveField("card", "more"), set())
    assert not breaks_older_code(operations.AddField("card", "more", text), {"card"})
    for field in (models.CharField(max_length=9, null=True), models.CharField(max_length=9, db_default="")):
        assert not breaks_older_code(operations.AddField("card", "more", field), set())
