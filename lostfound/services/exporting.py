"""Decisions: rows leave the system as a file. Who took them, which and when is written down before the first leaves."""

from lostfound.models import Export

FILTERS = 500


def record_export(*, by: str, what: str, form: str, filters: str, rows: int) -> Export:
    """One export: `what` list (such as `lostfound.item`), in which form, by which filters of it, and how many rows."""
    return Export.objects.create(by=by[:150], what=what, form=form, filters=filters[:FILTERS], rows=rows)
