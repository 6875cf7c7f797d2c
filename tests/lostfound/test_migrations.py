"""Rows that were there before a table moved are there after it, on the database that the tests run on."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import responses
from django.core.management import call_command
from django.db import connection, connections
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from lostfound.models import Card, ContactRequest
from tests.lostfound.world import WeCom
from wecom import outbox
from wecom.fields import fingerprint
from wecom.models import Outgoing, SentCard

pytestmark = pytest.mark.django_db(transaction=True)

THEN = datetime(2026, 11, 1, 12, tzinfo=UTC)
BEFORE = [("lostfound", "0002_card_updates"), ("wecom", "0001_initial")]


@pytest.fixture
def apps_before(transactional_db: None, tmp_path: Path) -> Iterator[Any]:
    """The models as they were; the default database is one of their own, migrated so far."""
    here, name = connections["default"], f"{connection.settings_dict['NAME']}_old"
    settings = {**here.settings_dict, "OPTIONS": {**here.settings_dict["OPTIONS"]}}
    settings["OPTIONS"].pop("pool", None)
    if here.vendor == "postgresql":
        with here.cursor() as cursor:
            cursor.execute(f'CREATE DATABASE "{name}"')
    else:
        name = str(tmp_path / "old.sqlite3")
    old = type(here)({**settings, "NAME": name}, alias="default")
    connections["default"] = old
    try:
        executor = MigrationExecutor(old)
        executor.migrate(BEFORE)
        yield executor.loader.project_state(BEFORE).apps
    finally:
        old.close()
        connections["default"] = here
        if here.vendor == "postgresql":
            with here.cursor() as cursor:
                cursor.execute(f'DROP DATABASE "{name}"')


def old_card(apps: Any, number: int, **values: Any) -> Any:
    item, _ = apps.get_model("lostfound", "Item").objects.get_or_create(pk=1, title="伞", reporter="lisi")
    request = apps.get_model("lostfound", "ContactRequest").objects.create(
        item=item, owner=f"owner{number}", finder="lisi", item_title="伞", state="accepted"
    )
    payload = {"card_type": "button_interaction", "task_id": f"lf-{number}", "button_list": []}
    usual = {"request": request, "task_id": f"lf-{number}", "recipient": "lisi", "payload": payload}
    return apps.get_model("lostfound", "Card").objects.create(**{**usual, "created_at": THEN, **values})


def migrate() -> None:
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())


def test_cards_codes_and_final_texts_become_wecoms(apps_before: Any) -> None:
    old_card(apps_before, 1).delete()  # so that numbers of cards and of requests differ
    closed = old_card(
        apps_before,
        2,
        state="closed",
        final="delivered",
        shows="已推送",
        msgid="m",
        round=3,
        sent_at=THEN,
        closed_at=THEN,
    )
    stuck = old_card(apps_before, 3, state="stuck", final="expired", shows="确认 / 婉拒")
    shown = old_card(apps_before, 4, state="shown", shows="确认 / 婉拒", quiet_until=THEN)
    old_code = apps_before.get_model("lostfound", "ResponseCode").objects.create
    for card, state in ((stuck, "refused"), (shown, "live")):
        word = f"RC_of_{card.pk}"
        times = {"issued_at": THEN, "expires_at": THEN}
        mine = {"code": word, "fingerprint": fingerprint(word), "userid": "lisi"}
        old_code(card=card, source="tap", state=state, reserved_for=7, **mine, **times)
    owed = {"kind": "lostfound.update_card", "effect_key": "u", "deadline": THEN, "state": "dead"}
    apps_before.get_model("wecom", "Outgoing").objects.create(subject=str(stuck.pk), **owed)

    migrate()

    cards = {card.task_id: card for card in Card.objects.all()}
    assert set(cards) == {"lf-2", "lf-3", "lf-4"}
    assert {card.pk for card in cards.values()} == {closed.pk, stuck.pk, shown.pk}
    card = cards["lf-2"]
    assert (card.request_id, card.round, card.final, card.recipient) == (closed.request_id, 3, "delivered", "lisi")
    assert (card.key, card.app, card.follower, card.topic) == (
        "lf-2",
        "default",
        "lostfound",
        f"request:{closed.request_id}",
    )
    assert (card.state, card.shows, card.msgid, card.is_final) == ("closed", "已推送", "m", True)
    assert (card.created_at, card.sent_at, card.closed_at) == (THEN, THEN, THEN)
    assert card.payload == closed.payload
    assert [(c.shows, c.final, c.state) for c in card.changes.all()] == [("已推送", True, "shown")]
    assert [(c.content, c.state) for c in cards["lf-3"].changes.all()] == [
        ({"button": {"replace_name": "已过期"}}, "owed")
    ]
    assert not cards["lf-4"].changes.exists()
    assert (cards["lf-4"].is_final, cards["lf-4"].quiet_until) == (False, THEN)
    code = cards["lf-4"].codes.get()
    assert (code.code, code.state, code.source, code.userid, code.reserved_for) == (
        f"RC_of_{shown.pk}",
        "live",
        "tap",
        "lisi",
        7,
    )
    assert cards["lf-3"].codes.get().state == "refused"
    assert Outgoing.objects.get().subject == str(cards["lf-3"].changes.get().pk)


def test_new_cards_get_new_numbers(apps_before: Any) -> None:
    last = old_card(apps_before, 1, final="expired", state="closing")
    migrate()
    request = ContactRequest.objects.get()
    card = Card.objects.create(request=request, round=2, task_id="new")
    change = card.changes.create(content={}, final=True)
    code = card.codes.create(fingerprint="x", source="send", issued_at=THEN, expires_at=THEN)
    assert card.pk > last.pk
    assert change.pk > last.pk
    assert code.pk
    assert SentCard.objects.count() == 2


def test_tables_without_rows_move_too(apps_before: Any) -> None:
    migrate()
    assert not Card.objects.exists()


def test_what_was_owed_before_goes_on_after_it(apps_before: Any) -> None:
    card = old_card(apps_before, 1, state="closing", final="delivered", shows="确认 / 婉拒")
    now = timezone.now()
    apps_before.get_model("lostfound", "ResponseCode").objects.create(
        card=card,
        code="RC_kept",
        fingerprint=fingerprint("RC_kept"),
        source="send",
        userid="lisi",
        issued_at=now,
        expires_at=now + timedelta(hours=24),
    )
    owed = {"kind": "lostfound.update_card", "topic": f"request:{card.request_id}", "deadline": now}
    apps_before.get_model("wecom", "Outgoing").objects.create(subject=str(card.pk), effect_key="u", **owed)
    migrate()
    call_command("createcachetable", verbosity=0)
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        wecom = WeCom(mock)
        wecom.codes["RC_kept"] = card.task_id
        outbox.drain()
    assert wecom.cards == {card.task_id: "已推送"}
    kept = Card.objects.get()
    assert (kept.state, kept.shows, kept.codes.get().state) == ("closed", "已推送", "spent")
