"""Keys of what lies encrypted are changed while everything runs, and an old key can go afterwards."""

import io
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from lostfound.models import Item
from tests.lostfound.world import PHONE, found_item
from tests.wecom.wire import message, post
from wecom import fields, inbox, outbox
from wecom.management.commands import rotate_data_keys
from wecom.models import Callback, Outgoing
from wecom.sandbox.testing import sandbox_in_this_process

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def old_key(settings: Any) -> None:
    settings.WECOM_DATA_KEYS = ["the old key"]


def rotate(*arguments: str) -> str:
    out = io.StringIO()
    call_command("rotate_data_keys", *arguments, stdout=out, stderr=io.StringIO())
    return out.getvalue()


def raw_contact() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT contact_value FROM lostfound_item")
        return str(cursor.fetchone()[0])


def test_after_the_command_the_old_key_is_not_needed(settings: Any) -> None:
    found_item()
    post(Client())
    settings.WECOM_DATA_KEYS = ["the new key", "the old key"]
    assert rotate().startswith("resealed=2 current=0 failed=0 dry_run=false")
    settings.WECOM_DATA_KEYS = ["the new key"]
    assert Item.objects.get().contact_value == PHONE
    assert "RC_0123456789" in Callback.objects.get().plaintext


def test_once_more_it_has_nothing_to_do(settings: Any) -> None:
    found_item()
    settings.WECOM_DATA_KEYS = ["the new key", "the old key"]
    rotate()
    before = raw_contact()
    assert "resealed=0 current=1" in rotate()
    assert raw_contact() == before


def test_a_dry_run_counts_and_changes_nothing(settings: Any) -> None:
    found_item()
    settings.WECOM_DATA_KEYS = ["the new key", "the old key"]
    before = raw_contact()
    assert rotate("--dry-run") == "resealed=1 current=0 failed=0 dry_run=true\n"
    assert raw_contact() == before


def test_small_batches_reach_every_row(settings: Any) -> None:
    for number in range(7):
        found_item(contact_value=f"1380000000{number}")
    settings.WECOM_DATA_KEYS = ["the new key", "the old key"]
    assert "resealed=7" in rotate("--batch", "2")
    settings.WECOM_DATA_KEYS = ["the new key"]
    assert {item.contact_value[-1] for item in Item.objects.all()} == set("0123456")


def test_a_value_whose_key_is_lost_is_named_and_left(settings: Any) -> None:
    found_item()
    settings.WECOM_DATA_KEYS = ["another key"]
    before = raw_contact()
    with pytest.raises(CommandError) as failure:
        rotate()
    assert failure.value.returncode == 1
    assert raw_contact() == before


def test_a_value_that_was_damaged_is_told_like_one_whose_key_is_lost() -> None:
    with pytest.raises(fields.CannotOpen):
        fields.unseal(fields.seal("13800138000")[:-3])


def test_a_callback_whose_key_stays_away_for_days_is_set_aside(settings: Any) -> None:
    post(Client())
    settings.WECOM_DATA_KEYS = ["another key"]
    inbox.drain()
    assert Callback.objects.defer("plaintext").get().state == "waiting"
    earlier = timezone.now() - timedelta(days=3, hours=1)
    Callback.objects.update(failures=70, received_at=earlier, due_at=timezone.now())
    inbox.drain()
    assert Callback.objects.defer("plaintext").get().state == "poison"


def test_what_somebody_changes_meanwhile_is_not_overwritten(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    item = found_item()
    settings.WECOM_DATA_KEYS = ["the new key", "the old key"]

    def in_between(value: str) -> str:
        Item.objects.filter(pk=item.pk).update(contact_value="13900000000")
        return fields.unseal(value)

    monkeypatch.setattr(rotate_data_keys, "unseal", in_between)
    rotate()
    assert Item.objects.get().contact_value == "13900000000"


def test_a_secret_key_that_seals_data_can_go_too(settings: Any) -> None:
    settings.WECOM_DATA_KEYS = []
    settings.SECRET_KEY = "the former secret key of this site, long enough"
    found_item()
    former, settings.SECRET_KEY = settings.SECRET_KEY, "the secret key of this site from now on, long"
    settings.SECRET_KEY_FALLBACKS = [former]
    assert "resealed=1" in rotate()
    settings.SECRET_KEY_FALLBACKS = []
    assert Item.objects.get().contact_value == PHONE


def test_every_encrypted_field_is_reached() -> None:
    known = {(model._meta.label, field) for model, field in rotate_data_keys._sealed_fields()}
    assert ("lostfound.Item", "contact_value") in known
    assert ("wecom.Callback", "plaintext") in known
    assert ("wecom.ResponseCode", "code") in known
    assert all(apps.get_model(label)._meta.get_field(field) for label, field in known)


@pytest.mark.parametrize("batch", ["0", "-1", "abc", "1000000", "²"])
def test_a_batch_that_is_none_is_refused(batch: str) -> None:
    with pytest.raises(CommandError):
        rotate("--batch", batch)


def test_a_message_whose_key_has_gone_waits_for_it_and_holds_up_no_other(settings: Any) -> None:
    post(Client(), message(MsgType="text", Content="kept before", MsgId="1"))
    settings.WECOM_DATA_KEYS = ["another key"]
    post(Client(), message(MsgType="text", Content="kept after", MsgId="2"))
    inbox.drain()
    states = list(Callback.objects.order_by("pk").values_list("state", "failures"))
    assert states == [("waiting", 1), ("done", 0)]
    settings.WECOM_DATA_KEYS = ["another key", "the old key"]
    Callback.objects.update(due_at=timezone.now())
    inbox.drain()
    assert set(Callback.objects.values_list("state", flat=True)) == {"done"}


def test_an_effect_whose_key_has_gone_waits_and_holds_up_no_other(settings: Any) -> None:
    with sandbox_in_this_process() as sandbox:
        for key in ("the old key", "another key"):
            settings.WECOM_DATA_KEYS = [key]
            with transaction.atomic():
                outbox.owe_message(f"owed under {key}", to=["lisi"], effect_key=key)
        outbox.drain()
        assert [one["text"] for one in sandbox.messages("lisi")] == ["owed under another key"]
        waiting = Outgoing.objects.defer("content").get(effect_key="the old key")
        assert (waiting.state, waiting.failures, waiting.error) == (
            "waiting",
            1,
            "CannotOpen: no configured key opens this value",
        )
        for _ in range(8):
            Outgoing.objects.filter(state="waiting").update(due_at=timezone.now())
            outbox.drain()
        assert Outgoing.objects.get(effect_key="the old key").state == "waiting"
        settings.WECOM_DATA_KEYS = ["another key", "the old key"]
        Outgoing.objects.update(due_at=timezone.now())
        outbox.drain()
        assert len(sandbox.messages("lisi")) == 2


def test_a_row_whose_key_has_gone_is_read_and_saved_but_for_what_is_sealed(settings: Any) -> None:
    found_item()
    before = raw_contact()
    settings.WECOM_DATA_KEYS = ["another key"]
    item = Item.objects.get()
    item.place = "一号楼"
    item.save()
    assert (item.title, Item.objects.get().place, raw_contact()) == ("黑色雨伞", "一号楼", before)
    with pytest.raises(fields.CannotOpen):
        _ = item.contact_value
    item.contact_value = "13900000000"
    item.save()
    assert Item.objects.get().contact_value == "13900000000"


def test_what_was_opened_and_left_as_it_was_is_sealed_anew() -> None:
    found_item()
    before = raw_contact()
    item = Item.objects.get()
    assert item.contact_value == PHONE
    item.save()
    assert raw_contact() != before
    assert Item.objects.get().contact_value == PHONE
