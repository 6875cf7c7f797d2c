"""What an administrator can do, from a list and from a page, and what they are told about it."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.messages import get_messages
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from lostfound import selectors, services
from lostfound.models import Card, ContactRequest, TimelineEntry
from tests.lostfound.world import (
    DEAD_CODE,
    FINDER,
    LOST,
    RECALL,
    SEND,
    UPDATE,
    WeCom,
    ask,
    asked,
    card_of,
    drain_later,
    found_item,
    tap,
)
from wecom import outbox, standing
from wecom.fields import fingerprint
from wecom.models import Callback, Outgoing

DECIDED = "The request is decided already, the contact is on its way, or an answer waits to be read."

pytestmark = pytest.mark.django_db


@pytest.fixture
def office(admin_user: User) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(admin_user)
    return client


def do(client: Client, page: str, row: Any, deed: str, **data: str) -> Any:
    """Press the button on the page of one row, and say yes where one is asked."""
    return client.post(reverse(f"admin:{page}_do", args=[row.pk, deed]), {"confirmed": "yes", **data})


def from_list(client: Client, page: str, deed: str, rows: list[Any], **data: str) -> Any:
    chosen = {"action": deed, "_selected_action": [str(row.pk) for row in rows], **data}
    return client.post(reverse(f"admin:{page}_changelist"), chosen)


def told(answer: Any) -> list[str]:
    return [str(message) for message in get_messages(answer.wsgi_request)]


def entry_of(event: str) -> TimelineEntry:
    return TimelineEntry.objects.get(event=event)


def events_by(actor: str) -> list[str]:
    return list(TimelineEntry.objects.filter(actor=actor).values_list("event", flat=True))


def stuck_card(wecom: WeCom) -> Card:
    """The finder agreed, the contact went out, and every code of the card was refused."""
    card = asked()
    wecom.will(UPDATE, *[DEAD_CODE] * 5)
    wecom.will(RECALL, {"errcode": 40058, "errmsg": "no recall"})
    tap(card, code="RC_of_nothing")
    outbox.drain()
    card.refresh_from_db()
    assert card.state == "stuck"
    return card


def test_a_pending_request_can_be_expired_from_its_page(office: Client, wecom: WeCom) -> None:
    request = asked().request
    answer = do(office, "lostfound_contactrequest", request, "expire")
    assert answer.status_code == 302
    assert told(answer) == ["Expire: 1 of 1 done."]
    request.refresh_from_db()
    assert request.state == "expired"
    assert "expired" in events_by("admin")


def test_a_risky_deed_asks_first_and_changes_nothing_by_asking(office: Client, wecom: WeCom) -> None:
    request = asked().request
    answer = office.post(reverse("admin:lostfound_contactrequest_do", args=[request.pk, "expire"]))
    assert answer.status_code == 200
    assert "This cannot be undone." in answer.content.decode()
    request.refresh_from_db()
    assert request.state == "pending"


@pytest.mark.parametrize("method", ["get", "put", "delete"])
def test_deeds_are_done_by_post_alone(office: Client, wecom: WeCom, method: str) -> None:
    request = asked().request
    address = reverse("admin:lostfound_contactrequest_do", args=[request.pk, "expire"])
    assert getattr(office, method)(address).status_code == 405


def test_a_deed_needs_the_csrf_token(admin_user: User, wecom: WeCom) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(admin_user)
    request = asked().request
    assert do(strict, "lostfound_contactrequest", request, "expire").status_code == 403
    request.refresh_from_db()
    assert request.state == "pending"


@pytest.mark.parametrize(("key", "deed"), [("999", "expire"), ("abc", "expire"), ("1", "explode")])
def test_what_does_not_exist_cannot_be_done(office: Client, key: str, deed: str) -> None:
    assert office.post(f"/admin/lostfound/contactrequest/{key}/do/{deed}/").status_code == 404


def test_a_request_can_be_withdrawn_for_its_owner(office: Client, wecom: WeCom) -> None:
    request = asked().request
    do(office, "lostfound_contactrequest", request, "withdraw")
    request.refresh_from_db()
    assert request.state == "withdrawn"


def test_the_same_deed_twice_is_refused_with_the_reason(office: Client, wecom: WeCom) -> None:
    request = asked().request
    do(office, "lostfound_contactrequest", request, "withdraw")
    answer = do(office, "lostfound_contactrequest", request, "withdraw")
    assert told(answer)[-2:] == [
        "Withdraw: 0 of 1 done.",
        f"Not done for #{request.pk}: {DECIDED}",
    ]


def test_from_a_list_each_row_counts_for_itself(office: Client, wecom: WeCom) -> None:
    rows = [ask(found_item(), owner=f"owner{number}") for number in range(3)]
    ContactRequest.objects.filter(pk=rows[1].pk).update(state="declined")
    first = from_list(office, "lostfound_contactrequest", "expire", rows)
    assert "This cannot be undone." in first.content.decode()
    answer = from_list(office, "lostfound_contactrequest", "expire", rows, confirmed="yes")
    assert told(answer) == [
        "Expire: 2 of 3 done.",
        f"Not done for #{rows[1].pk}: {DECIDED}",
    ]


def test_a_card_that_did_not_arrive_is_sent_again(office: Client, wecom: WeCom) -> None:
    card = asked()
    Card.objects.update(state="undelivered")
    answer = do(office, "lostfound_contactrequest", card.request, "resend")
    assert told(answer) == ["Send the card again: 1 of 1 done."]
    assert card_of(card.request, 2).task_id != card.task_id


def test_a_card_that_is_still_good_is_not_sent_again(office: Client, wecom: WeCom) -> None:
    card = asked()
    for page, row in (("lostfound_contactrequest", card.request), ("lostfound_card", card)):
        answer = do(office, page, row, "resend")
        assert "still good" in told(answer)[-1]
    assert Card.objects.count() == 1


def test_a_stuck_update_is_retried_from_the_card_and_ends_well(office: Client, wecom: WeCom) -> None:
    card = stuck_card(wecom)
    wecom.faults[UPDATE].clear()
    code, now = wecom.new_code(card.task_id), timezone.now()
    card.codes.create(
        code=code,
        fingerprint=fingerprint(code),
        source="tap",
        userid=FINDER,
        issued_at=now,
        expires_at=now + timedelta(hours=24),
    )
    answer = do(office, "lostfound_card", card, "retry")
    assert told(answer) == ["Retry the update: 1 of 1 done."]
    drain_later()
    card.refresh_from_db()
    assert (card.state, card.shows) == ("closed", "已推送")


def test_an_update_without_a_code_is_not_retried_in_vain(office: Client, wecom: WeCom) -> None:
    card = stuck_card(wecom)
    row = Outgoing.objects.filter(kind="lostfound.update_card").latest("pk")
    for page, target in (("lostfound_card", card), ("lostfound_cardupdate", row)):
        answer = do(office, page, target, "retry")
        assert told(answer)[-1].endswith(("would bring one.", "has failed.")), told(answer)


def test_a_parked_contact_is_retried_and_comes_back_to_the_page_of_the_request(office: Client, wecom: WeCom) -> None:
    request = asked().request
    tap(card_of(request))
    row = Outgoing.objects.get(kind="lostfound.deliver_contact")
    Outgoing.objects.filter(pk=row.pk).update(state="parked")
    back = reverse("admin:lostfound_contactrequest_change", args=[request.pk])
    answer = do(office, "wecom_outgoing", row, "retry", next=back)
    assert answer["Location"] == back
    row.refresh_from_db()
    assert row.state == "waiting"
    assert "retried" in events_by("admin")


def test_the_way_back_never_leads_to_another_site(office: Client, wecom: WeCom) -> None:
    request = asked().request
    answer = do(office, "lostfound_contactrequest", request, "expire", next="https://elsewhere.example/")
    assert answer["Location"].startswith("/admin/")


def test_a_retry_pressed_twice_makes_one_try(office: Client, wecom: WeCom) -> None:
    tap(asked())
    row = Outgoing.objects.get(kind="lostfound.deliver_contact")
    Outgoing.objects.filter(pk=row.pk).update(state="parked")
    do(office, "wecom_outgoing", row, "retry")
    answer = do(office, "wecom_outgoing", row, "retry")
    assert told(answer)[-1] == f"Not done for #{row.pk}: It is: waiting."
    outbox.drain()
    assert len(wecom.texts) == 1


def test_a_quarantined_callback_is_released(office: Client, wecom: WeCom) -> None:
    card = asked()
    row = Callback.objects.create(
        app="default",
        event="template_card_event",
        task_id=card.task_id,
        userid=FINDER,
        plaintext="<xml/>",
        digest="0" * 64,
        state="quarantined",
        due_at=timezone.now() + timedelta(days=1),
    )
    answer = do(office, "wecom_callback", row, "replay", reason="the finder says so")
    assert told(answer) == ["Handle again: 1 of 1 done."]
    row.refresh_from_db()
    assert row.state == "waiting"
    assert "replayed" in events_by("admin")


def test_buttons_are_shown_for_what_fits_the_state(office: Client, wecom: WeCom) -> None:
    request = asked().request
    address = reverse("admin:lostfound_contactrequest_change", args=[request.pk])
    assert {"resend", "expire", "withdraw"} <= _buttons(office.get(address))
    ContactRequest.objects.update(state="expired")
    assert _buttons(office.get(address)) == set()


def _buttons(answer: Any) -> set[str]:
    return {button["deed"].name for button in answer.context["deeds"]}


def test_too_many_rows_at_once_are_refused(office: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wecom.admin.deeds.MOST_AT_ONCE", 1)
    rows = [Callback.objects.create(app="default", digest=f"{n}" * 64, state="done") for n in range(2)]
    answer = from_list(office, "wecom_callback", "replay", rows, confirmed="yes")
    assert told(answer) == ["At most 1 at once: choose fewer."]
    assert not Callback.objects.filter(state="waiting").exists()


def test_an_item_is_closed_from_its_page_and_says_so(office: Client) -> None:
    item = found_item()
    do(office, "lostfound_item", item, "return")
    item.refresh_from_db()
    assert item.state == "returned"
    assert "The item is: returned." in " ".join(told(do(office, "lostfound_item", item, "close")))


def parked(wecom: WeCom, *, in_doubt: bool = False) -> Outgoing:
    """A contact that could not be delivered; `in_doubt`: nobody knows whether it was."""
    card = asked()
    tap(card)
    wecom.will(SEND, LOST if in_doubt else {"errcode": 60011, "errmsg": "no rights"})
    outbox.drain()
    row = Outgoing.objects.get(kind="lostfound.deliver_contact")
    Outgoing.objects.filter(pk=row.pk).update(state="parked")
    row.refresh_from_db()
    return row


def test_what_is_settled_by_hand_needs_nobody_any_more_and_says_who_and_why(office: Client, wecom: WeCom) -> None:
    row = parked(wecom)
    assert standing.needing(Outgoing).count() == 1
    answer = do(office, "wecom_outgoing", row, "settle", reason="told at the desk")
    assert told(answer) == ["Settled by hand: 1 of 1 done."]
    assert standing.needing(Outgoing).count() == 0
    row.refresh_from_db()
    assert (row.state, row.settled) == ("settled", "admin: told at the desk")
    assert row.error  # what went wrong stays beside it
    assert selectors.next_step(entry_of("settled").request) == "A person has seen to the contact by hand."
    entry = TimelineEntry.objects.get(event="settled")
    assert (entry.actor, entry.data["reason"]) == ("admin", "told at the desk")
    again = told(do(office, "wecom_outgoing", row, "settle", reason="again"))
    assert "Settled by hand: 0 of 1 done." in again
    assert f"Not done for #{row.pk}: It is: settled by hand." in again


def test_what_belongs_to_no_request_is_tried_again_too(office: Client, wecom: WeCom) -> None:
    with transaction.atomic():
        outbox.owe_message("您好", to=[FINDER], effect_key="reply:1")
    wecom.will(SEND, {"errcode": 60011, "errmsg": "no rights"})
    outbox.drain()
    row = Outgoing.objects.get(kind="wecom.message")
    assert row.state in ("parked", "dead")
    assert told(do(office, "wecom_outgoing", row, "retry")) == ["Try again: 1 of 1 done."]
    outbox.drain()
    row.refresh_from_db()
    assert row.state == "done"


def test_a_settled_callback_that_is_handled_again_still_says_who_settled_it(office: Client, wecom: WeCom) -> None:
    row = Callback.objects.create(
        app="default", task_id=asked().task_id, digest="d", state="quarantined", plaintext="x"
    )
    do(office, "wecom_callback", row, "settle", reason="a copy")
    do(office, "wecom_callback", row, "replay")
    row.refresh_from_db()
    assert (row.state, row.settled) == ("waiting", "admin: a copy")


@pytest.mark.parametrize("page", ["lostfound_card", "wecom_sentcard"])
def test_a_card_is_taken_back_with_a_reason_that_the_timeline_keeps(office: Client, wecom: WeCom, page: str) -> None:
    card = asked()
    asking = do(office, page, card, "recall")
    assert "Please say why." in asking.content.decode()
    assert told(do(office, page, card, "recall", reason="wrong person")) == ["Take back: 1 of 1 done."]
    entry = entry_of("recalling")
    assert (entry.actor, entry.data["reason"], entry.data["round"]) == ("admin", "wrong person", 1)
    outbox.drain()
    card.refresh_from_db()
    assert card.state == "recalled"
    again = told(do(office, page, card, "recall", reason="again"))
    assert "Take back: 0 of 1 done." in again
    assert TimelineEntry.objects.filter(event="recalling").count() == 1


def test_a_rehearsal_of_many_holds_no_lock_for_long_and_leaves_nothing(office: Client, wecom: WeCom) -> None:
    rows = [asked(owner=f"owner{number}").request for number in range(5)]
    lines = TimelineEntry.objects.count()
    with CaptureQueriesContext(connection) as asked_for:
        asking = from_list(office, "lostfound_contactrequest", "expire", rows)
    assert "Can be done now: 5 of 5." in asking.content.decode()
    assert sum(query["sql"].startswith("ROLLBACK") for query in asked_for) == 5
    assert TimelineEntry.objects.count() == lines


def test_a_callback_that_was_set_aside_can_be_settled_too(office: Client, wecom: WeCom) -> None:
    row = Callback.objects.create(app="default", task_id=asked().task_id, digest="d", state="quarantined")
    do(office, "wecom_callback", row, "settle", reason="a copy")
    row.refresh_from_db()
    assert row.state == "settled"
    assert "settled" in events_by("admin")


def test_nothing_is_settled_without_a_reason(office: Client, wecom: WeCom) -> None:
    row = parked(wecom)
    answer = do(office, "wecom_outgoing", row, "settle", reason="  ")
    assert answer.status_code == 200
    assert "Please say why." in answer.content.decode()
    row.refresh_from_db()
    assert row.state == "parked"


def test_a_retry_that_may_double_says_so_and_wants_a_reason(office: Client, wecom: WeCom) -> None:
    row = parked(wecom, in_doubt=True)
    page = do(office, "wecom_outgoing", row, "retry")
    assert page.context["risks"] == [
        "1 may arrive twice: an earlier try ended without an answer, and nobody knows whether it worked."
    ]
    do(office, "wecom_outgoing", row, "retry", reason="the owner has nothing")
    row.refresh_from_db()
    assert row.state == "waiting"
    assert TimelineEntry.objects.get(event="retried").data["reason"] == "the owner has nothing"


def test_a_deed_is_rehearsed_before_anybody_is_asked_and_changes_nothing(office: Client, wecom: WeCom) -> None:
    fresh, stale = asked().request, asked(item=found_item(), owner="wangwu").request
    Card.objects.filter(request=stale).update(state="undelivered")
    before = TimelineEntry.objects.count()
    page = from_list(office, "lostfound_contactrequest", "resend", [fresh, stale])
    assert (page.context["outcome"].done, page.context["outcome"].asked) == (1, 2)
    assert page.context["outcome"].refused == {
        "The card was sent a short while ago and is still good.": [f"#{fresh.pk}"]
    }
    assert TimelineEntry.objects.count() == before
    assert "Can be done now: 1 of 2." in page.content.decode()


def test_where_nothing_can_be_done_there_is_no_button(office: Client, wecom: WeCom) -> None:
    page = from_list(office, "lostfound_contactrequest", "resend", [asked().request])
    assert page.context["outcome"].done == 0
    assert 'type="submit"' not in page.content.decode().split('class="lf-deed"')[1].split("</form>")[0]


def test_a_page_says_why_a_deed_is_not_possible_now_and_what_comes_when(office: Client, wecom: WeCom) -> None:
    card = asked()
    address = reverse("admin:lostfound_contactrequest_change", args=[card.request_id])
    waiting = office.get(address)
    assert waiting.context["not_now"] == {"The finder has not agreed to anything.": ["Show the contact"]}
    ends = timezone.localtime(selectors.expires_at(card.request))
    assert f"Without an answer it expires at {ends:%m-%d %H:%M}." in waiting.content.decode()
    tap(card)
    on_its_way = office.get(address).content.decode()
    assert "Due at " in on_its_way
    outbox.drain()
    drain_later()
    over = office.get(address)
    assert over.context["not_now"] == {
        "It is: accepted.": ["Send the card again", "Expire"],
        "The contact is on its way, or has arrived.": ["Withdraw"],
    }
    assert "Not now: Send the card again, Expire. It is: accepted." in over.content.decode()
    assert over.context["case"].when == ""


def test_of_a_contact_that_failed_nothing_is_offered_once_the_finder_took_their_consent_back(
    office: Client, wecom: WeCom
) -> None:
    card = asked()
    tap(card)
    wecom.will(SEND, {"errcode": 81013, "errmsg": "no such member"})
    outbox.drain()
    address = reverse("admin:lostfound_contactrequest_change", args=[card.request_id])
    failed = office.get(address)
    assert failed.context["not_now"]["The request is: accepted."] == ["Withdraw"]
    assert "Try again" in failed.content.decode()
    services.decline_on_page(request_id=card.request_id, finder=FINDER)
    over = office.get(address)
    assert over.context["not_now"]["The finder withdrew the consent."] == ["Show the contact"]
    assert "Try again" not in over.content.decode()


def test_many_rows_are_done_before_ones_eyes_with_the_outcome_at_the_end(office: Client, wecom: WeCom) -> None:
    rows = [ask(item=found_item(), owner=f"owner{number}") for number in range(25)]
    services.expire_request(request_id=rows[0].pk, by="admin")
    answer = from_list(office, "lostfound_contactrequest", "expire", rows, confirmed="yes")
    parts = [part.decode() for part in answer.streaming_content]
    shown = [part.strip() for part in parts[1:-1]]
    assert shown[:3] == ["<li>10 / 25</li>", "<li>20 / 25</li>", "<li>25 / 25</li>"]
    assert "Expire: 24 of 25 done." in shown[3]
    assert f"Not done for #{rows[0].pk}" in shown[3]
    assert "</html>" in parts[-1]
    assert ContactRequest.objects.filter(state="expired").count() == 25


def test_a_deed_whose_app_has_gone_is_refused_with_a_sentence(office: Client, wecom: WeCom) -> None:
    card = asked()
    Card.objects.update(follower="an app that has gone")
    answer = do(office, "lostfound_card", card, "recall", reason="wrong finder")
    assert "What it needs has gone from the settings or from the records." in " ".join(told(answer))
