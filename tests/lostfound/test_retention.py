"""What was kept for long enough is dropped, and nothing that is under way."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import transaction
from django.test import Client
from django.utils import timezone

from lostfound import handlers, services
from lostfound.models import Card, ContactRequest, Item, Photo, TimelineEntry
from lostfound.services.photos import file_of
from tests.lostfound.member import logged_in, picture
from wecom import conf, effects, inbox, outbox, retention
from wecom.models import Attempt, Callback, Outgoing

from .world import FINDER, PHONE, WeCom, asked, found_item, tap

pytestmark = pytest.mark.django_db


def purge(*options: str) -> str:
    out = StringIO()
    call_command("purge", *options, stdout=out)
    return out.getvalue()


def age(days: int) -> None:
    """Everything happened so many days earlier."""
    for model in (Callback, Outgoing, Attempt, ContactRequest, Card, Item, Photo):
        for row in model._default_manager.all():
            for field in row._meta.concrete_fields:
                value = getattr(row, field.attname)
                if field.get_internal_type() == "DateTimeField" and value:
                    setattr(row, field.attname, value - timedelta(days=days))
            row.save()


def kept_callback(**values: Any) -> Callback:
    usual = {
        "app": "default",
        "plaintext": "<xml></xml>",
        "digest": "d",
        "state": "done",
        "finished_at": timezone.now(),
    }
    return Callback.objects.create(**{**usual, **values})


def delivered(wecom: WeCom) -> ContactRequest:
    card = asked()
    tap(card)
    outbox.drain()
    return card.request


def test_words_go_after_a_week_and_what_happened_stays(wecom: WeCom) -> None:
    request = delivered(wecom)
    kept_callback()
    age(8)
    assert "bodies callbacks: 1" in purge()
    assert Callback.objects.get().plaintext == ""
    assert set(map(str, Attempt.objects.values_list("request", flat=True))) == {"{}"}
    assert Attempt.objects.filter(errcode=0).count() == Attempt.objects.count() > 0
    request.refresh_from_db()
    assert request.contact_value == PHONE  # for thirty days


def test_contacts_go_after_a_month_and_records_after_a_year(wecom: WeCom) -> None:
    request = delivered(wecom)
    services.close_item(item_id=request.item_id, state="returned", by="desk")
    outbox.drain()
    age(31)
    purge()
    request.refresh_from_db()
    assert request.contact_value == request.item.contact_value == ""
    assert TimelineEntry.objects.exists()
    age(340)
    purge()
    for model in (ContactRequest, Card, Item, Outgoing, TimelineEntry):
        assert not model._default_manager.exists(), model


@pytest.mark.parametrize(("changes", "kept"), [({}, PHONE), ({"consent_withdrawn_at": timezone.now()}, "")])
def test_a_contact_that_failed_is_kept_only_while_it_may_be_sent_again(
    wecom: WeCom, changes: dict[str, Any], kept: str
) -> None:
    delivered(wecom)
    ContactRequest.objects.update(delivery="failed", **changes)
    age(31)
    purge()
    assert ContactRequest.objects.get().contact_value == kept


@pytest.mark.parametrize("delivery", ["owed", "unsure", "failed"])
def test_a_contact_is_not_kept_for_a_retry_once_its_item_is_back(wecom: WeCom, delivery: str) -> None:
    delivered(wecom)
    ContactRequest.objects.update(delivery=delivery)
    Item.objects.update(state="returned")
    age(31)
    purge()
    assert ContactRequest.objects.get().contact_value == ""


def test_a_contact_that_a_person_has_seen_to_is_not_kept_for_a_retry(wecom: WeCom) -> None:
    request = delivered(wecom)
    ContactRequest.objects.update(delivery="failed")
    row = Outgoing.objects.filter(kind="lostfound.deliver_contact")
    row.update(state="parked")
    services.settle_outgoing(outgoing_id=row.get().pk, by="desk", why="told them")
    age(31)
    purge()
    request.refresh_from_db()
    assert request.contact_value == ""


def test_a_row_whose_key_has_gone_holds_up_no_other(wecom: WeCom, settings: Any) -> None:
    delivered(wecom)
    with transaction.atomic():
        outbox.owe_message("您好", to="lisi", effect_key="hello")
    found_item(hidden_marks="a scratch")
    Outgoing.objects.filter(effect_key="hello").update(state="parked", finished_at=timezone.now())
    Item.objects.update(state="closed", closed_at=timezone.now())
    age(400)
    settings.WECOM_DATA_KEYS = ["another key than the one that sealed them"]
    effects.purge()
    for model in (Outgoing, ContactRequest, Item):
        assert not model._default_manager.exists()


def test_a_holding_that_cannot_be_dropped_holds_up_no_other(wecom: WeCom, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(rows: Any) -> None:
        raise RuntimeError("a disk, a lock, a mistake")

    request = delivered(wecom)
    age(40)
    broken = retention.Holding("bodies", "broken", lambda kept: Outgoing.objects.all(), fails)
    monkeypatch.setattr(retention, "_holdings", [broken, *retention.holdings()])
    effects.purge()
    request.refresh_from_db()
    assert request.contact_value == ""


def test_a_dry_run_counts_and_changes_nothing(wecom: WeCom) -> None:
    delivered(wecom)
    age(400)
    before = [model._default_manager.count() for model in (Callback, Outgoing, Attempt, ContactRequest)]
    said = purge("--dry-run")
    assert "dry_run=true" in said
    assert "records requests: 1" in said
    assert before == [model._default_manager.count() for model in (Callback, Outgoing, Attempt, ContactRequest)]


def test_what_is_under_way_is_left_alone(wecom: WeCom) -> None:
    card = asked()
    tap(card)  # the contact is owed and not sent
    kept_callback(state="waiting", finished_at=None, digest="waits")
    kept_callback(state="quarantined", digest="aside")
    age(40)
    purge("--only", "bodies")
    purge("--only", "contacts")
    assert list(Callback.objects.exclude(plaintext="").values_list("state", flat=True).order_by("pk")) == [
        "waiting",
        "quarantined",
    ]
    outbox.drain()
    assert any(PHONE in text for text in wecom.seen_by("zhangsan"))
    age(400)
    Outgoing.objects.filter(kind="lostfound.update_card").update(state="waiting", finished_at=None)
    purge("--only", "records")
    assert ContactRequest.objects.exists()


def test_photos_of_an_item_that_is_over_go_with_their_files(
    settings: Any, tmp_path: Any, django_capture_on_commit_callbacks: Any
) -> None:
    settings.MEDIA_ROOT = tmp_path
    photo = services.keep_photo(content=picture(), sent_by=FINDER)
    item = found_item(photos=[photo])
    age(100)
    purge()
    assert Photo.objects.count() == 1  # it is open
    services.close_item(item_id=item.pk, state="returned", by="desk")
    age(91)
    with django_capture_on_commit_callbacks(execute=True):
        assert "photos photos: 1" in purge()
    assert not Photo.objects.exists()
    assert not default_storage.exists(file_of(photo.key, "small"))


def test_a_purged_callback_is_known_still_and_cannot_be_handled_again(wecom: WeCom) -> None:
    row = kept_callback()
    age(8)
    purge()
    assert not inbox.replay(row.pk)
    row.refresh_from_db()
    assert (row.state, row.digest) == ("done", "d")


def test_the_history_of_the_admin_goes_with_the_records_and_names_no_thing_before(
    wecom: WeCom, admin_client: Client
) -> None:
    item = found_item(title="李四的伞", contact_channel="wecom", contact_value="")
    values = {"kind": "found", "category": "umbrella", "title": "李四的黑伞", "happened_at_0": "2026-11-03"}
    contact = {"happened_at_1": "10:32", "reporter": FINDER, "contact_channel": "wecom"}
    admin_client.post(f"/admin/lostfound/item/{item.pk}/change/", {**values, **contact})
    assert LogEntry.objects.get().object_repr == f"#{item.pk}"
    assert "records log: 0" in purge()
    LogEntry.objects.update(action_time=timezone.now() - timedelta(days=366))
    assert "records log: 1" in purge()
    assert not LogEntry.objects.exists()


def test_sessions_that_have_ended_go_by_themselves(wecom: WeCom) -> None:
    logged_in()
    Session.objects.update(expire_date=timezone.now() - timedelta(minutes=1))
    logged_in(FINDER)
    handlers.drop_ended_sessions()
    assert [session.get_decoded()["member"] for session in Session.objects.all()] == [FINDER]


def test_data_of_an_apps_own_kind_is_kept_for_the_days_of_the_settings(settings: Any) -> None:
    settings.RETENTION_DAYS = {"invoices": 30}
    assert (conf.retention("invoices"), conf.retention("bodies")) == (30, 7)


@pytest.mark.parametrize("days", ["0", "-1", "abc", "1.5", "9999999", ""])
def test_a_senseless_number_of_days_is_refused(days: str) -> None:
    with pytest.raises(CommandError):
        purge("--days", days)


def test_days_may_be_given_and_are_worked_off_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    for number in range(5):
        kept_callback(digest=str(number))
    age(3)
    assert "purged=0" in purge("--days", "4")
    assert "bodies callbacks: 5" in purge("--days", "2", "--only", "bodies")
