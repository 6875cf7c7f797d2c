"""One member is forgotten, and what happened stays counted."""

import threading
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection, connections, transaction
from django.utils import timezone
from django.utils.translation import override

from lostfound import erasure, for_members, selectors, services
from lostfound.errors import NothingToDo
from lostfound.models import Card, ContactRequest, Export, Item, TimelineEntry
from lostfound.services.journal import lock_request
from wecom import forgetting, jobs, outbox
from wecom.client import Client
from wecom.errors import Refused
from wecom.models import Alert, Attempt, Callback, Member, Outgoing, SentCard

from .world import (
    FINDER,
    KILLED,
    LOST,
    OWNER,
    PHONE,
    SEND,
    UPDATE,
    WeCom,
    ask,
    asked,
    drain_later,
    found_item,
    killed,
    owed,
    states,
    tap,
)

pytestmark = pytest.mark.django_db(transaction=True)


def erase(member: str, *options: str) -> str:
    out = StringIO()
    call_command("erase_subject", member, "--yes", *options, stdout=out)
    return out.getvalue()


def whole_database() -> str:
    """Every text of every table of ours."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            if table.startswith(("wecom_", "lostfound_")):
                cursor.execute(f"SELECT * FROM {table}")
                found.append(f"{table} {cursor.fetchall()}")
    return "\n".join(found).lower()


@pytest.mark.parametrize("member", [FINDER, OWNER])
def test_nothing_names_them_any_more_and_numbers_stay(wecom: WeCom, member: str) -> None:
    Member.objects.create(userid=member, name="某某")
    card = asked(message="里面有张三的照片")
    tap(card)
    outbox.drain()
    Callback.objects.create(app="default", userid=member.upper(), plaintext="x", digest="d", state="done")
    before = ContactRequest.objects.count(), Item.objects.count(), Outgoing.objects.count()
    erase(member)
    outbox.drain()
    assert member not in whole_database()
    assert before == (ContactRequest.objects.count(), Item.objects.count(), Outgoing.objects.count())
    assert ContactRequest.objects.get().delivery == "delivered"
    assert list(ContactRequest.objects.get().timeline.values_list("event", flat=True))[-1] == "erased"


def test_a_tap_of_theirs_that_comes_after_it_names_them_nowhere_and_alarms_nobody(wecom: WeCom) -> None:
    card = asked()
    erase(FINDER)
    before = Outgoing.objects.count(), TimelineEntry.objects.count()
    assert tap(card, code=wecom.new_code(card.task_id)) == "unknown card"
    assert (Outgoing.objects.count(), TimelineEntry.objects.count()) == before
    assert FINDER not in whole_database()
    assert not Alert.objects.exists()


def test_what_administrators_typed_about_them_goes_too(wecom: WeCom) -> None:
    request = asked().request
    Card.objects.update(state="undelivered")
    services.resend_card(request_id=request.pk, by="desk", why="张三打来电话")
    assert TimelineEntry.objects.get(event="resent").data["reason"] == "张三打来电话"
    row = Outgoing.objects.filter(topic=f"request:{request.pk}").earliest("pk")
    Outgoing.objects.filter(pk=row.pk).update(state="dead")
    services.settle_outgoing(outgoing_id=row.pk, by="desk", why="已告诉张三")
    callback = Callback.objects.create(
        app="default", userid=OWNER, task_id=asked(item=found_item()).task_id, digest="d", state="poison"
    )
    services.settle_callback(callback_id=callback.pk, by="desk", why="张三知道了")
    assert "张三" in whole_database()
    erase(OWNER)
    assert "张三" not in whole_database()


def test_a_finders_words_photos_and_contact_go(wecom: WeCom) -> None:
    item = found_item(title="李四的伞", description="刻着李四")
    erase(FINDER)
    item.refresh_from_db()
    assert "李四" not in item.title
    assert (item.description, item.contact_value, item.state) == ("", "", "closed")


def test_the_history_of_the_admin_calls_their_things_by_number(wecom: WeCom) -> None:
    item = found_item()
    LogEntry.objects.create(
        user=User.objects.create_user("desk"),
        content_type=ContentType.objects.get_for_model(Item),
        object_id=str(item.pk),
        object_repr=f"#{item.pk} 李四的伞",
        action_flag=CHANGE,
    )
    erase(FINDER)
    assert LogEntry.objects.get().object_repr == f"#{item.pk}"


def test_what_they_took_out_of_the_admin_is_nobodys(wecom: WeCom) -> None:
    services.record_export(by="LiSi", what="lostfound.item", form="csv", filters="", rows=3)
    erase(FINDER)
    assert FINDER not in whole_database()


@pytest.mark.parametrize("searched", ["li@corp", "李四"])
def test_a_search_for_them_stays_with_no_export(wecom: WeCom, searched: str) -> None:
    Member.objects.create(userid="li@corp", name="李四")
    services.record_export(by="desk", what="lostfound.item", form="csv", filters=urlencode({"q": searched}), rows=3)
    erase("li@corp")
    assert Export.objects.get().filters == ""


def test_nothing_is_sent_to_them_and_the_other_side_is_told(wecom: WeCom) -> None:
    ask()
    erase(FINDER)
    outbox.drain()
    assert wecom.cards == {}
    assert len(wecom.seen_by(OWNER)) == 1
    assert wecom.seen_by(FINDER) == []


def test_an_owner_who_is_forgotten_gets_no_contact(wecom: WeCom) -> None:
    tap(asked())
    erase(OWNER)
    outbox.drain()
    assert PHONE not in str(wecom.texts)


@pytest.mark.parametrize("answer", [LOST, {"errcode": -1}, None])
def test_the_card_says_that_it_is_over_once_the_owner_is_forgotten_and_the_number_goes(
    wecom: WeCom, answer: Any
) -> None:
    card = asked()
    tap(card)
    if answer:
        wecom.will(SEND, answer)
        outbox.drain()
    else:
        Attempt.objects.create(outgoing=owed("deliver_contact"), number=1, outcome="refused")
        Outgoing.objects.filter(kind="lostfound.deliver_contact").update(attempts=1)
    erase(OWNER)
    drain_later()
    card.request.refresh_from_db()
    assert (wecom.cards, card.request.contact_value) == ({card.task_id: "已处理"}, "")
    with override("en"):
        assert selectors.next_step(card.request) == "The owner was erased: nothing is sent any more."


def test_the_number_that_could_not_be_sent_goes_with_its_owner(wecom: WeCom) -> None:
    tap(asked())
    wecom.will(SEND, {"errcode": 81013})
    outbox.drain()
    erase(OWNER)
    assert ContactRequest.objects.get().contact_value == ""


def test_what_an_owner_wrote_goes_from_the_card_too_and_the_card_still_gets_its_end(wecom: WeCom) -> None:
    card = asked(message="it is mine, says Zhang San")
    tap(card)
    erase(OWNER)
    assert "zhang san" not in whole_database()
    drain_later()
    assert wecom.cards == {card.task_id: "已撤回"}


def test_what_an_owner_wrote_goes_from_a_try_that_is_still_repeated(wecom: WeCom) -> None:
    ask(message="it is mine, says Zhang San")
    wecom.will(SEND, LOST)
    outbox.drain()
    erase(OWNER)
    assert owed("send_card").state == "waiting"
    assert "zhang san" not in whole_database()


@pytest.mark.parametrize(("member", "secret"), [(OWNER, "zhang san"), (FINDER, FINDER)])
def test_nothing_of_theirs_stays_in_a_try_whose_worker_has_died(wecom: WeCom, member: str, secret: str) -> None:
    if member == OWNER:
        ask(message="it is mine, says Zhang San")
    else:
        tap(asked())
    wecom.will(SEND, KILLED)
    killed()
    erase(member)
    drain_later()
    assert list(Attempt.objects.filter(outcome="unknown").values_list("request", flat=True)) == [{}]
    assert secret not in whole_database()


def test_nothing_of_theirs_stays_in_what_wecom_said_of_a_message(wecom: WeCom) -> None:
    card = asked()
    tap(card)
    wecom.will(SEND, {"errcode": 60111, "errmsg": f"invalid userid: {OWNER}, hint: [1]"})
    outbox.drain()
    drain_later()
    assert owed("deliver_contact").state == "parked"
    erase(OWNER)
    assert OWNER not in whole_database()


def test_nothing_of_theirs_stays_in_a_try_though_we_die_at_the_very_end(
    wecom: WeCom, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(message="it is mine, says Zhang San")
    wecom.will(SEND, KILLED)
    killed()
    forget, calls = forgetting.forget_open_tries, []

    def dies_the_second_time(messages: Any) -> None:
        calls.append(messages)
        if len(calls) == 2:
            raise KeyboardInterrupt
        forget(messages)

    monkeypatch.setattr(forgetting, "forget_open_tries", dies_the_second_time)
    with pytest.raises(KeyboardInterrupt):
        erase(OWNER)
    assert "zhang san" not in whole_database()


def test_nothing_of_theirs_stays_in_a_try_that_is_under_way(wecom: WeCom) -> None:
    tap(asked())
    wecom.will(SEND, {"invaliduser": OWNER})
    wecom.hook = lambda path, body: erase(FINDER)
    outbox.drain()
    wecom.hook = None
    assert owed("deliver_contact").state == "parked"
    assert FINDER not in whole_database()


@pytest.mark.parametrize("member", [FINDER, OWNER])
def test_a_member_is_forgotten_whose_contact_cannot_be_opened_any_more(
    wecom: WeCom, settings: Any, member: str
) -> None:
    tap(asked())
    settings.WECOM_DATA_KEYS = ["another key than the one that sealed it"]
    erase(member)
    request = ContactRequest.objects.defer("contact_value").get()
    assert member not in (request.owner, request.finder)


def test_nobody_writes_to_an_owner_who_was_forgotten(wecom: WeCom) -> None:
    card = asked()
    tap(card)
    outbox.drain()
    erase(OWNER)
    tap(card, "decline")
    drain_later()
    assert "erased-" not in str(wecom.calls)
    story = for_members.finders_story(ContactRequest.objects.get())
    assert "删除" not in story.words


def test_a_finder_who_is_forgotten_has_agreed_to_nothing_and_the_owner_is_told(wecom: WeCom) -> None:
    card = asked()
    tap(card)
    erase(FINDER)
    outbox.drain()
    assert states(card) == ("declined", "none", "stuck")
    assert [("婉拒" in text, "erased-" in text) for text in wecom.seen_by(OWNER)] == [(True, False)]
    assert wecom.paths().count(UPDATE) == 0


def test_a_contact_that_was_tried_and_waits_is_not_sent_once_its_finder_is_forgotten(wecom: WeCom) -> None:
    card = asked()
    tap(card)
    wecom.will(SEND, {"errcode": -1})
    outbox.drain()
    erase(FINDER)
    drain_later()
    assert states(card) == ("accepted", "unsure", "stuck")
    assert "请删除" in wecom.seen_by(OWNER)[-1]
    assert "erased-" not in str(wecom.calls)


def test_a_contact_that_failed_is_not_tried_again_once_its_finder_is_forgotten(wecom: WeCom) -> None:
    card = asked()
    tap(card)
    wecom.will(SEND, {"errcode": 81013})
    outbox.drain()
    erase(FINDER)
    with pytest.raises(NothingToDo, match="cancelled"):
        services.retry_outgoing(outgoing_id=owed("deliver_contact").pk, by="desk")
    outbox.drain()
    assert wecom.seen_by(OWNER) == []


def test_an_owner_takes_a_request_back_whose_finder_was_forgotten(wecom: WeCom) -> None:
    card = asked()
    Item.objects.update(reporter="wangwu")
    Callback.objects.create(app="default", task_id=card.task_id, digest="d", state="waiting")  # so it does not expire
    erase(FINDER)
    assert states(card)[0] == "pending"
    services.withdraw_contact_request(request_id=card.request_id, actor=OWNER)
    assert states(card) == ("withdrawn", "none", "stuck")


@pytest.mark.parametrize("side", ["finder", "owner"])
def test_nothing_is_sent_of_or_to_somebody_who_was_forgotten(wecom: WeCom, side: str) -> None:
    card = asked()
    tap(card)
    ContactRequest.objects.update(**{side: "erased-1"})
    outbox.drain()
    assert PHONE not in str(wecom.calls)
    assert (owed("deliver_contact").state, states(card)[1]) == ("cancelled", "failed")


@pytest.mark.parametrize(("fault", "delivery"), [(LOST, "unsure"), ({"errcode": 45009}, "failed")])
def test_a_contact_that_may_have_reached_a_forgotten_owner_is_not_said_to_have_failed(
    wecom: WeCom, fault: Any, delivery: str
) -> None:
    card = asked()
    tap(card)
    wecom.will(SEND, fault)
    outbox.drain()
    erase(OWNER)
    assert states(card)[:2] == ("accepted", delivery)


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer at a time")
@pytest.mark.parametrize("held", ["item", "request"])
def test_it_waits_for_item_and_request_before_it_touches_what_hangs_on_them(wecom: WeCom, held: str) -> None:
    card = asked()
    tap(card, "decline")
    services.close_item(item_id=card.request.item_id, state="closed", by="desk")
    outbox.drain()
    waiting = threading.Thread(target=lambda: (erasure.erase(member=FINDER, by="desk"), connections.close_all()))
    with transaction.atomic():
        if held == "item":
            Item.objects.select_for_update().get()
        else:
            lock_request(card.request_id)
        waiting.start()
        waiting.join(0.6)
        assert waiting.is_alive()
        ContactRequest.objects.select_for_update(nowait=True).get()
        SentCard.objects.select_for_update(nowait=True).get()
    waiting.join(10)
    assert not waiting.is_alive()
    assert FINDER not in whole_database()


def test_a_message_under_way_ends_first_and_a_dead_workers_with_its_lease(wecom: WeCom) -> None:
    ask()
    wecom.will(SEND, "killed")
    killed()
    erase(FINDER)
    assert set(Outgoing.objects.filter(kind="lostfound.send_card").values_list("state", flat=True)) == {"cancelled"}


def test_it_waits_for_a_try_that_is_being_made(wecom: WeCom) -> None:
    ask()
    row = Outgoing.objects.get()
    Outgoing.objects.update(state="running", lease_until=timezone.now() + timedelta(minutes=1))
    done: list[Any] = []

    def forget() -> None:
        done.append(erasure.erase(member=FINDER, by="desk"))
        connections.close_all()

    waiting = threading.Thread(target=forget)
    waiting.start()
    waiting.join(0.6)
    assert done == []
    Outgoing.objects.filter(pk=row.pk).update(state="done", lease_until=None, finished_at=timezone.now())
    waiting.join(10)
    assert len(done) == 1


def test_one_that_never_ends_is_said(wecom: WeCom, monkeypatch: pytest.MonkeyPatch) -> None:
    ask()
    Outgoing.objects.update(state="running", lease_until=timezone.now() + timedelta(minutes=9))
    with pytest.raises(erasure.StillSending):
        erasure.erase(member=FINDER, by="desk", patience=timedelta(seconds=0.3))


def test_again_unknown_or_in_other_letters_it_says_the_same_in_the_same_form(wecom: WeCom) -> None:
    found_item()
    first = erase("LiSi")
    assert first.startswith("items=1 photos=0 ")
    again, unknown = erase(FINDER), erase("nobody.known")
    assert again == unknown
    assert [part.partition("=")[0] for part in again.split()] == [part.partition("=")[0] for part in first.split()]


def test_it_asks_before_it_forgets(wecom: WeCom) -> None:
    found_item()
    with pytest.raises(CommandError, match="--yes"):
        call_command("erase_subject", FINDER)
    assert "items=1" in erase(FINDER, "--dry-run")
    assert Item.objects.get().reporter == FINDER
    with pytest.raises(CommandError, match="UserID"):
        erase("@all")


def test_a_worker_that_was_frozen_in_a_call_writes_no_name_back(wecom: WeCom, monkeypatch: pytest.MonkeyPatch) -> None:
    tap(asked())

    def thaw(row: Outgoing) -> None:
        Outgoing.objects.filter(pk=row.pk).update(lease_until=timezone.now(), fence=row.fence + 1)
        erase(OWNER)

    deliver_while(thaw, monkeypatch, says=OWNER)
    assert OWNER not in whole_database()


def test_what_wecom_says_of_the_other_side_while_a_member_is_erased_is_not_kept(
    wecom: WeCom, monkeypatch: pytest.MonkeyPatch
) -> None:
    tap(asked())
    deliver_while(lambda row: erase(FINDER), monkeypatch, says=FINDER)
    assert FINDER not in whole_database()


def deliver_while(happens: Callable[[Outgoing], object], monkeypatch: pytest.MonkeyPatch, *, says: str) -> None:
    """The contact is refused, in words that name a member, after what happens meanwhile."""
    row = jobs.claim_one(Outgoing, owed("deliver_contact").pk, worker="frozen")
    assert row is not None

    def call(self: Client, path: str, *arguments: Any, **options: Any) -> Any:
        happens(row)
        raise Refused(path, 60111, f"invalid userid: {says}")

    with monkeypatch.context() as patched:
        patched.setattr(Client, "call", call)
        outbox.deliver(row)
    assert Attempt.objects.get(outgoing=row.pk).errcode == 60111
