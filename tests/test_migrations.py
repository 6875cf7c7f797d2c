"""Migrations run while web and workers run, so the code of before must work on the tables of after."""

import math
from collections.abc import Iterator

import pytest
from django.db.migrations import Migration, operations
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.db.models import NOT_PROVIDED, Field

# The rule is kept from the next ones on.
FIRST = {"wecom": "0008_leaner_indexes", "lostfound": "0006_photos_and_search"}
TAKES_AWAY = (
    operations.DeleteModel,
    operations.RemoveField,
    operations.RenameModel,
    operations.RenameField,
    operations.AlterModelTable,
    operations.AlterUniqueTogether,
    operations.RunSQL,
)


LOADER = MigrationLoader(None)


def added_later() -> Iterator[tuple[str, Migration]]:
    for (app, name), migration in sorted(LOADER.disk_migrations.items()):
        if app in FIRST and name > FIRST[app]:
            yield f"{app}.{name}", migration


def breaks_older_code(operation: Operation, before: ProjectState, app: str, made: set[str]) -> bool:
    """before  the tables as they are    made  those of the same migration, which older code does not know"""
    if isinstance(operation, operations.AddField):
        return operation.model_name_lower not in made and needs_a_value(operation.field)
    if isinstance(operation, operations.AlterField):
        known = before.models[app, operation.model_name_lower].fields[operation.name]
        return is_narrower(operation.field, known)
    if isinstance(operation, operations.AddConstraint):
        return operation.model_name_lower not in made
    return isinstance(operation, TAKES_AWAY)


def is_narrower(new: "Field[object, object]", known: "Field[object, object]") -> bool:
    """Whether it refuses what older code writes."""
    shorter = (new.max_length or math.inf) < (known.max_length or math.inf)
    return shorter or new.get_internal_type() != known.get_internal_type() or new.null < known.null or new.unique


def needs_a_value(field: "Field[object, object]") -> bool:
    """Whether a row cannot be written by who does not know this column."""
    return not field.null and not field.many_to_many and field.db_default is NOT_PROVIDED


@pytest.mark.parametrize(("name", "migration"), list(added_later()))
def test_older_code_can_go_on_while_it_runs(name: str, migration: Migration) -> None:
    app = migration.app_label
    made = {one.name_lower for one in migration.operations if isinstance(one, operations.CreateModel)}
    state, wrong = LOADER.project_state((app, migration.name), at_end=False), []
    for one in migration.operations:
        if breaks_older_code(one, state, app, made):
            wrong.append(one.describe())
        one.state_forwards(app, state)
    assert wrong == [], "give a new column db_default, and take nothing away before a release that does not need it"


def test_what_would_break_it_is_found() -> None:
    from django.db import models

    table = LOADER.project_state(("wecom", FIRST["wecom"]))
    word, optional = models.CharField(max_length=9), models.CharField(max_length=9, null=True)

    def breaks(operation: Operation, *made: str) -> bool:
        return breaks_older_code(operation, table, "wecom", set(made))

    assert breaks(operations.AddField("callback", "more", word))
    assert breaks(operations.RemoveField("callback", "event"))
    assert breaks(operations.RunSQL("ALTER TABLE wecom_callback DROP COLUMN event"))
    assert breaks(operations.AlterField("callback", "event", word))
    constraint = models.UniqueConstraint(fields=["userid"], name="once")
    assert breaks(operations.AddConstraint("callback", constraint))
    assert not breaks(operations.AddConstraint("callback", constraint), "callback")
    assert not breaks(operations.AddField("callback", "more", word), "callback")
    assert not breaks(operations.AlterField("callback", "event", models.CharField(max_length=999, help_text="new")))
    for field in (optional, models.CharField(max_length=9, db_default="")):
        assert not breaks(operations.AddField("callback", "more", field))
