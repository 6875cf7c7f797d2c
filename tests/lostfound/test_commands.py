"""The commands: what they choose, what they print, how they end."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.utils import timezone

from lostfound.models import Card, ContactRequest, Item
from tests.lostfound.world import SEND, WeCom, ask, asked, card_of, owed, states, tap
from wecom import outbox
from wecom.models import Outgoing

pytestmark = pytest.mark.django_db


def run(*args: str, **options: Any) -> str:
    out = StringIO()
    call_command(*args, stdout=out, stderr=StringIO(), **options)
    return out.getvalue()


def undelivered(wecom: WeCom) -> Card:
    request = ask()
    wecom.will(SEND, {"errcode": 60011, "errmsg": "no"})
    outbox.drain()
    return card_of(request)


def test_expire_cards_ends_what_is_old_enough(wecom: WeCom) -> None:
    card, fresh = asked(), asked()
    Card.objects.filter(pk=card.pk).update(sent_at=timezone.now() - timedelta(hours=23))
    assert run("expire_cards").splitlines()[-1] == "expired=1 skipped=0 failed=0"
    assert (states(card)[0], states(fresh)[0]) == ("expired", "pending")
    assert run("expire_cards", "--older-than", "0").splitlines()[-1] == "expired=1 skipped=0 failed=0"


def test_resend_cards_sends_what_did_not_arrive(wecom: WeCom) -> None:
    card = undelivered(wecom)
    asked()
    assert run("resend_cards").splitlines()[-1] == "resent=1 skipped=0 failed=0"
    assert card.request.cards.count() == 2


def test_a_request_that_is_named_hears_why_its_card_needs_no_successor(wecom: WeCom) -> None:
    card = asked()
    for how in ((), ("--dry-run",)):
        lines = run("resend_cards", "--request", str(card.request_id), *how).splitlines()
        assert lines[0] == f"skipped contactrequest {card.request_id}: the card was sent a short while ago"
        assert lines[-1].startswith("resent=0 skipped=1 failed=0")


def test_a_dry_run_knows_what_would_be_skipped_and_changes_nothing(wecom: WeCom) -> None:
    card = undelivered(wecom)
    row = Outgoing.objects.get(kind="lostfound.send_card")
    assert run("retry_failed", "--dry-run").splitlines()[0] == f"would be retried: outgoing {row.pk}"
    run("resend_cards")
    before = list(Outgoing.objects.values_list("state", "attempts"))
    lines = run("retry_failed", "--dry-run").splitlines()
    assert lines[0] == f"skipped outgoing {row.pk}: a newer card was sent"
    assert lines[-1] == "retried=0 skipped=1 failed=0 dry_run=true"
    assert list(Outgoing.objects.values_list("state", "attempts")) == before
    assert card.request.timeline.filter(event="retried").count() == 0


def test_retry_failed_puts_refused_rows_back_to_work(wecom: WeCom) -> None:
    card = undelivered(wecom)
    assert run("retry_failed").splitlines()[-1] == "retried=1 skipped=0 failed=0"
    outbox.drain()
    assert states(card) == ("pending", "none", "shown")


def test_retry_failed_leaves_a_contact_in_doubt_to_a_person(wecom: WeCom) -> None:
    tap(asked())
    Outgoing.objects.filter(kind="lostfound.deliver_contact").update(state="parked")
    ContactRequest.objects.update(delivery="unsure")
    assert run("retry_failed").startswith("retried=0")
    assert run("retry_failed", "--unsure").startswith("retried=1")


@pytest.mark.parametrize("command", ["expire_cards", "resend_cards", "retry_failed"])
def test_a_dry_run_changes_nothing(wecom: WeCom, command: str) -> None:
    card = undelivered(wecom)
    before = (states(card), Outgoing.objects.count())
    more = ["--older-than", "0"] if command == "expire_cards" else []
    said = run(command, "--dry-run", *more).splitlines()
    assert said[-1].endswith("=1 skipped=0 failed=0 dry_run=true")
    assert f" {card.request_id}" in said[0] or str(owed("send_card").pk) in said[0]
    assert (states(card), Outgoing.objects.count()) == before


@pytest.mark.parametrize("command", ["resend_cards", "retry_failed"])
def test_filters_choose_the_rows(wecom: WeCom, command: str) -> None:
    one, two = undelivered(wecom), undelivered(wecom)
    count = {"--request": str(one.request_id), "--item": str(two.request.item_id), "--limit": "1"}
    for name, value in count.items():
        assert "=1 skipped" in run(command, "--dry-run", name, value)
    assert "=0 skipped" in run(command, "--dry-run", "--since", "2999-01-01")
    assert "=2 skipped" in run(command, "--dry-run", "--since", "2020-01-01T00:00:00+08:00")
    assert "=2 skipped" in run(command, "--dry-run", "--request", str(one.request_id), "--request", str(two.request_id))


@pytest.mark.parametrize("command", ["expire_cards", "resend_cards", "retry_failed"])
@pytest.mark.parametrize("name", ["--request", "--item"])
def test_unknown_ids_end_with_2_and_are_named(command: str, name: str) -> None:
    with pytest.raises(CommandError, match="999") as caught:
        run(command, name, "999")
    assert caught.value.returncode == 2


def test_retry_failed_refuses_unknown_and_done_rows(wecom: WeCom) -> None:
    asked()
    with pytest.raises(CommandError, match="999999") as caught:
        run("retry_failed", "--outgoing", "999999")
    assert caught.value.returncode == 2
    row = owed("send_card")
    with pytest.raises(CommandError, match=rf"{row.pk} \(done\)") as caught:
        run("retry_failed", "--outgoing", str(row.pk))
    assert caught.value.returncode == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ("expire_cards", "--older-than", "-1"),
        ("expire_cards", "--older-than", "abc"),
        ("expire_cards", "--older-than", "nan"),
        ("expire_cards", "--limit", "0"),
        ("resend_cards", "--request", "abc"),
        ("resend_cards", "--request", "9" * 30),
        ("resend_cards", "--since", "yesterday"),
        ("resend_cards", "--since", "2026-02-30"),
        ("retry_failed", "--limit", "-5"),
    ],
)
def test_bad_arguments_are_refused(arguments: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        run(*arguments)


def test_one_broken_row_does_not_stop_the_others(wecom: WeCom, monkeypatch: pytest.MonkeyPatch) -> None:
    from lostfound import services

    first, second = undelivered(wecom), undelivered(wecom)
    original = services.resend_card

    def sometimes(*, request_id: int, by: str) -> Card:
        if request_id == first.request_id:
            raise OSError("disk")
        return original(request_id=request_id, by=by)

    monkeypatch.setattr(services, "resend_card", sometimes)
    with pytest.raises(CommandError, match="1 of 2 failed") as caught:
        run("resend_cards")
    assert caught.value.returncode == 1
    assert second.request.cards.count() == 2


def test_the_demo_is_made_once(settings: Any) -> None:
    settings.DEBUG = True
    said = run("seed_demo")
    assert "login admin / admin" in said
    assert said.splitlines()[-1] == "items=6 logins=1"
    assert run("seed_demo").splitlines()[-1] == "items=0 logins=0"
    assert Item.objects.filter(reporter="lisi", contact_channel="phone").exists()
    assert get_user_model().objects.get(username="admin").is_superuser


def test_the_demo_is_refused_where_it_looks_like_production() -> None:
    with pytest.raises(CommandError, match="--force") as caught:
        run("seed_demo")
    assert caught.value.returncode == 2
    assert not Item.objects.exists()


def test_a_forced_demo_makes_no_login_unless_it_is_asked_for() -> None:
    assert run("seed_demo", "--force").splitlines()[-1] == "items=6 logins=0"
    assert run("seed_demo", "--force", "--admin").splitlines()[-1] == "items=0 logins=1"


def test_a_demo_in_words_only_changes_nothing() -> None:
    assert run("seed_demo", "--force", "--dry-run").splitlines()[-1] == "items=6 logins=0 dry_run=true"
    assert not Item.objects.exists()
