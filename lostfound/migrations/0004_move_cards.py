"""Cards, their codes and their final texts, carried over under the same numbers, so that what is owed still fits."""

from collections.abc import Iterator
from typing import Any

from django.apps.registry import Apps
from django.core.management.color import no_style
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

AT_ONCE = 1000
SAME = ("task_id", "payload", "msgid", "state", "shows", "quiet_until", "created_at", "sent_at", "closed_at")
CODE = "id, card_id, app, code, fingerprint, source, userid, issued_at, expires_at, state, reserved_for, used_at"
WORDS = {
    "delivered": "已推送",
    "failed": "未能送达",
    "declined": "已婉拒",
    "expired": "已过期",
    "withdrawn": "已撤回",
    "replaced": "已重发",
}
CHANGE = {"closed": "shown", "recalled": "given_up", "cancelled": "given_up"}  # of the others it is still owed


def move(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    SentCard, CardChange, ResponseCode = (
        apps.get_model("wecom", name) for name in ("SentCard", "CardChange", "ResponseCode")
    )
    here = schema_editor.connection.alias
    old = apps.get_model("lostfound", "Card").objects.using(here).order_by("pk")
    for cards in _batches(old.iterator(chunk_size=AT_ONCE)):
        SentCard.objects.using(here).bulk_create([SentCard(**_card(card)) for card in cards])
        CardChange.objects.using(here).bulk_create([CardChange(**_change(card)) for card in cards if card.final])
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO lostfound_cardofrequest (sent_card_id, request_id, round, final)"
            " SELECT id, request_id, round, final FROM lostfound_card"
        )
        # As they lie: sealed, and no key is needed.
        cursor.execute(f"INSERT INTO wecom_responsecode ({CODE}) SELECT {CODE} FROM lostfound_responsecode")  # noqa: S608  our own names
        for statement in schema_editor.connection.ops.sequence_reset_sql(
            no_style(), [SentCard, CardChange, ResponseCode]
        ):
            cursor.execute(statement)


def _card(card: Any) -> dict[str, Any]:
    return {
        "id": card.pk,
        "app": "default",
        "key": card.task_id,
        "follower": "lostfound",
        "topic": f"request:{card.request_id}",
        "recipients": {"users": [card.recipient]},
        "is_final": bool(card.final),
        **{name: getattr(card, name) for name in SAME},
    }


def _change(card: Any) -> dict[str, Any]:
    """The final text; its number is the card's, as the effects have it that are to bring it to the phone."""
    text = WORDS[card.final]
    return {
        "id": card.pk,
        "card_id": card.pk,
        "content": {"button": {"replace_name": text}},
        "shows": text,
        "final": True,
        "state": CHANGE.get(card.state, "owed"),
        "finished_at": card.closed_at,
    }


def _batches(cards: Iterator[Any]) -> Iterator[list[Any]]:
    batch: list[Any] = []
    for card in cards:
        batch.append(card)
        if len(batch) == AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch


class Migration(migrations.Migration):
    dependencies = [
        ("lostfound", "0003_card_of_request"),
    ]

    operations = [
        migrations.RunPython(move),
    ]
