"""The admin's pages: what they show, what they hide, and how many queries they may cost."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from lostfound import card_content, services
from lostfound.admin.proxies import CardUpdate
from lostfound.models import Card, ContactRequest, Item, ResponseCode, TimelineEntry
from tests.lostfound.world import ask, found_item
from wecom import outbox
from wecom.models import Alert, Attempt, Callback, Lease, Outgoing, SentCard

pytestmark = pytest.mark.django_db

PHONE, CODE = "13812345678", "SECRET_CODE_OF_A_CARD"
MODELS = (Item, ContactRequest, Card, ResponseCode, CardUpdate, Outgoing, Callback)
TAP = (
    "<xml><MsgType>event</MsgType><Event>template_card_event</Event><EventKey>confirm</EventKey>"
    f"<ResponseCode>{CODE}</ResponseCode><FromUserName>finder</FromUserName></xml>"
)


@pytest.fixture
def office(admin_user: User) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(admin_user)
    return client


def page_of(row: Any) -> str:
    opts = row._meta
    return reverse(f"admin:{opts.app_label}_{opts.model_name}_change", args=[row.pk])


def list_of(model: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def text_of(answer: Any) -> str:
    assert answer.status_code == 200, answer.status_code
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def story(number: int = 1) -> ContactRequest:
    """A request after a bad day: a card stuck with a refused and a live code, a contact sent, a tap taken."""
    now = timezone.now()
    item = Item.objects.create(
        kind="found",
        title=f"雨伞{number}",
        reporter="finder",
        contact_channel="phone",
        contact_value=PHONE,
        hidden_marks="伞骨有划痕",
    )
    asked = ContactRequest.objects.create(
        item=item,
        item_title=item.title,
        owner=f"owner{number}",
        finder="finder",
        state="accepted",
        delivery="delivered",
        contact_channel="phone",
        contact_value=PHONE,
    )
    card = Card.objects.create(
        request=asked,
        task_id=f"task-{number}",
        recipients={"users": ["finder"]},
        state="stuck",
        shows="处理中",
        payload={},
    )
    for state in ("refused", "live"):
        ResponseCode.objects.create(
            card=card,
            code=f"{CODE}{state}",
            fingerprint=f"{state}{number}".ljust(64, "0"),
            source="send",
            issued_at=now,
            expires_at=now + timedelta(hours=2, minutes=1),
            state=state,
        )
    for kind, subject in (("update_card", card.pk), ("deliver_contact", asked.pk)):
        row = Outgoing.objects.create(
            kind=f"lostfound.{kind}",
            subject=str(subject),
            topic=f"request:{asked.pk}",
            effect_key=f"{kind}:{subject}",
            deadline=now,
            state="dead",
            attempts=1,
            last_errcode=60140,
        )
        Attempt.objects.create(
            outgoing=row, number=1, path="message/x", request={"a": 1}, outcome="refused", errcode=60140, ms=88
        )
    TimelineEntry.objects.create(request=asked, event="asked", actor="desk")
    TimelineEntry.objects.create(request=asked, event="card_stuck", actor="worker", data={"errcode": 60140})
    Callback.objects.create(
        app="default", event="template_card_event", task_id=f"task-{number}", plaintext=TAP, digest=f"{number}" * 64
    )
    return asked


def every_page(asked: ContactRequest) -> list[str]:
    rows = [asked, asked.item, *asked.cards.all(), *ResponseCode.objects.all(), *Callback.objects.all()]
    rows += [
        *CardUpdate.objects.filter(kind="lostfound.update_card"),
        *Outgoing.objects.exclude(kind__endswith="_card"),
    ]
    return ["/admin/", *(list_of(model) for model in MODELS), *(page_of(row) for row in rows)]


def test_no_page_shows_a_contact_or_a_code(office: Client) -> None:
    for address in every_page(story()):
        answer = office.get(address)
        assert answer.status_code == 200, address
        assert PHONE not in answer.content.decode(), address
        assert CODE not in answer.content.decode(), address


def test_of_a_contact_only_the_last_two_digits_are_seen(office: Client) -> None:
    asked = story()
    assert "••••••78" in text_of(office.get(page_of(asked)))
    assert "••••••78" in text_of(office.get(page_of(asked.item)))


def test_the_request_page_tells_the_whole_story(office: Client) -> None:
    page = text_of(office.get(page_of(story())))
    for words in (
        "owner1 asks about “雨伞1”",
        "final text not shown",
        "asked for the contact",
        "by itself",
        "2 hours left",
        "message/x",
        "88 ms",
        "60140",
        "What comes next",
        "处理中",
    ):
        assert words in page
    assert re.search(r"\d\d:\d\d:\d\d .\d{3}", page), "times are shown to the millisecond"


def test_an_errcode_never_stands_alone(office: Client) -> None:
    asked = story()
    row = CardUpdate.objects.get(kind="lostfound.update_card")
    for address in (page_of(asked), page_of(row)):
        page = text_of(office.get(address))
        assert "60140" in page
        assert "response_code" in page.split("60140", 1)[1]


def test_a_callback_shows_its_fields_with_the_code_masked(office: Client) -> None:
    story()
    page = text_of(office.get(page_of(Callback.objects.get())))
    assert "EventKey confirm" in page
    assert re.search(r"ResponseCode \*\*\*\w\w ", page)


@pytest.mark.parametrize(
    "plaintext", ["<xml><ResponseCode>SECRET_CODE_OF_A_CARD", "\udcff\udcfe", "<script>alert(1)</script>", ""]
)
def test_a_callback_that_is_no_message_can_still_be_looked_at(office: Client, plaintext: str) -> None:
    row = Callback.objects.create(app="default", plaintext=plaintext, digest="0" * 64, state="poison")
    answer = office.get(page_of(row))
    assert answer.status_code == 200
    assert CODE not in answer.content.decode()
    assert "<script>alert(1)" not in answer.content.decode()


def test_rows_whose_key_was_lost_are_still_listed_and_opened(office: Client, settings: Any) -> None:
    asked = story()
    outbox.owe_message("您好", to="owner1", effect_key="hello")
    pages = every_page(asked)
    settings.WECOM_DATA_KEYS = ["another key than the one that sealed them"]
    for address in pages:
        assert office.get(address).status_code == 200, address
    assert "none of the present keys" in text_of(office.get(page_of(asked)))
    for address in (page_of(asked.item), reverse("admin:lostfound_item_handover", args=[asked.item_id])):
        assert "none of the present keys" in text_of(office.get(address)), address


def test_whoever_may_only_look_is_told_too_that_no_key_opens_the_marks(client: Client, settings: Any) -> None:
    item = found_item(hidden_marks="伞骨有划痕")
    reader = User.objects.create_user("reader", is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_item"))
    client.force_login(reader)
    assert "伞骨有划痕" in client.get(page_of(item)).content.decode()
    settings.WECOM_DATA_KEYS = ["another key"]
    shown = client.get(page_of(item), headers={"accept-language": "en"}).content.decode()
    assert shown.count("none of the present keys") == 2


@pytest.mark.parametrize("back_before_saving", [False, True])
def test_an_item_whose_key_was_lost_is_corrected_and_keeps_what_is_sealed(
    office: Client, settings: Any, back_before_saving: bool
) -> None:
    item = found_item(hidden_marks="a scratch")
    settings.WECOM_DATA_KEYS, kept = ["another key"], settings.WECOM_DATA_KEYS
    page = office.get(page_of(item))
    fields = page.context["adminform"].form.initial
    assert fields["hidden_marks"] == ""
    assert 'name="initial-hidden_marks"' in page.content.decode()
    moment = timezone.localtime(item.happened_at)
    sent = {name: value for name, value in fields.items() if value is not None} | {"initial-hidden_marks": ""}
    sent |= {"place": "一号楼", "happened_at_0": f"{moment:%Y-%m-%d}", "happened_at_1": f"{moment:%H:%M:%S}"}
    if back_before_saving:
        settings.WECOM_DATA_KEYS = kept
    assert office.post(page_of(item), sent).status_code == 302
    settings.WECOM_DATA_KEYS = kept
    item = Item.objects.get()
    assert (item.place, item.hidden_marks, item.contact_value) == ("一号楼", "a scratch", "13800138000")


def test_a_told_link_leads_to_a_card_update_too(office: Client) -> None:
    story()
    row = CardUpdate.objects.get(kind="lostfound.update_card")
    answer = office.get(f"/admin/wecom/outgoing/{row.pk}/change/")
    assert (answer.status_code, answer["Location"]) == (302, page_of(row))


def test_script_in_any_field_stays_text(office: Client) -> None:
    asked = story()
    evil = "<script>alert(1)</script>"
    Item.objects.update(title=evil, place=evil, description=evil)
    ContactRequest.objects.update(item_title=evil, message=evil)
    Card.objects.update(shows=evil, payload={"main_title": {"title": evil}, "quote_area": {"quote_text": evil}})
    TimelineEntry.objects.update(actor=evil, cause=evil, data={"why": evil, evil: evil})
    Outgoing.objects.update(error=evil)
    Attempt.objects.update(errmsg=evil, errcode=None, request={"x": evil})
    for address in every_page(asked):
        body = office.get(address).content.decode()
        assert evil not in body, address


@pytest.mark.parametrize("model", MODELS)
def test_lists_cost_the_same_however_many_rows_they_show(
    office: Client, model: Any, django_assert_max_num_queries: Any
) -> None:
    for number in range(1, 9):
        story(number)
    with django_assert_max_num_queries(10):
        assert office.get(list_of(model)).status_code == 200


def test_the_request_page_costs_a_fixed_number_of_queries(office: Client, django_assert_max_num_queries: Any) -> None:
    asked = story()
    card = asked.cards.get()
    row = Outgoing.objects.filter(kind="lostfound.update_card").get()
    for number in range(2, 12):
        TimelineEntry.objects.create(request=asked, event="retried", actor="desk")
        Attempt.objects.create(outgoing=row, number=number, path="x", outcome="unknown")
        Card.objects.create(request=asked, round=number, task_id=f"t{number}", recipients={"users": ["finder"]})
        ResponseCode.objects.create(
            card=card,
            code="x",
            fingerprint=f"{number}",
            source="tap",
            issued_at=timezone.now(),
            expires_at=timezone.now(),
        )
    with django_assert_max_num_queries(20):
        assert office.get(page_of(asked)).status_code == 200


def test_the_front_page_counts_what_needs_a_person_and_links_to_it(
    office: Client, django_assert_max_num_queries: Any
) -> None:
    story()
    Callback.objects.update(state="quarantined")
    soon = timezone.now() + timedelta(minutes=90)
    ResponseCode.objects.filter(pk__in=ResponseCode.objects.values("pk")[:2]).update(state="live", expires_at=soon)
    SentCard.objects.update(state="shown")
    alike = found_item(place="食堂, 一楼")
    found_item(place="食堂, 一楼 西侧")
    with django_assert_max_num_queries(21):
        front = office.get("/admin/")
    tiles = {str(tile["words"]): tile for tile in front.context["needs"]}
    assert tiles["Card updates that failed"]["shown"] == "1"
    assert tiles["Messages that failed"]["shown"] == "1"
    assert tiles["Callbacks nobody handled"]["shown"] == "1"
    assert int(tiles["Codes that die within two hours"]["shown"]) > 0
    lines = [line for _title, lines in front.context["there"]["tables"] for line in lines]
    assert alike.place in [line["words"] for line in lines]
    for line in lines:
        assert office.get(line["url"]).context["cl"].result_count == line["found"], line["url"]
    for tile in [*tiles.values(), *front.context["there"]["tiles"]]:
        shown = office.get(tile["url"])
        assert shown.status_code == 200
        if tile["shown"].isdigit():
            assert str(shown.context["cl"].result_count) == tile["shown"], tile["url"]


def test_questions_that_did_not_arrive_are_counted_until_they_are_sent_again(office: Client) -> None:
    request = ask(found_item())
    Card.objects.update(state="undelivered")
    tile = next(t for t in office.get("/admin/").context["needs"] if t["words"] == "Questions that did not arrive")
    assert tile["shown"] == "1"
    assert office.get(tile["url"]).context["cl"].result_count == 1
    services.resend_card(request_id=request.pk, by="desk")
    assert office.get(tile["url"]).context["cl"].result_count == 0


def test_the_front_page_says_when_no_worker_runs(office: Client) -> None:
    assert "No worker is running" in text_of(office.get("/admin/"))
    Lease.objects.create(name="worker:1", until=timezone.now() + timedelta(minutes=1))
    assert "No worker is running" not in text_of(office.get("/admin/"))


@pytest.mark.parametrize("model", [model for model in MODELS if model is not Item])
def test_nobody_writes_records_by_hand(office: Client, model: Any) -> None:
    story()
    kinds = {CardUpdate: "lostfound.update_card", Outgoing: "lostfound.deliver_contact"}
    row = model.objects.filter(**({"kind": kinds[model]} if model in kinds else {})).first()
    assert office.get(f"{list_of(model)}add/").status_code == 403
    assert office.post(page_of(row), {"state": "done"}).status_code == 403
    assert office.post(page_of(row).replace("/change/", "/delete/"), {"post": "yes"}).status_code == 403
    choices = office.get(list_of(model)).context["cl"].model_admin.get_actions(office.get("/admin/").wsgi_request)
    assert "delete_selected" not in choices


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("term", ["owner1", "60140", "task-1", "%", "' OR 1=1--", "x" * 300])
def test_any_search_is_answered(office: Client, model: Any, term: str) -> None:
    story()
    assert office.get(list_of(model), {"q": term}).status_code == 200


def test_outgoing_messages_are_found_by_errcode(office: Client) -> None:
    story()
    assert office.get(list_of(CardUpdate), {"q": "60140"}).context["cl"].result_count == 1
    assert office.get(list_of(CardUpdate), {"q": "99999"}).context["cl"].result_count == 0


def test_updates_and_other_messages_are_two_lists(office: Client) -> None:
    story()
    assert "final text of a card" in text_of(office.get(list_of(CardUpdate)))
    others = text_of(office.get(list_of(Outgoing)))
    assert "contact to the owner" in others
    assert "final text of a card" not in others


def test_states_have_one_colour_everywhere(office: Client) -> None:
    asked = story()
    for address in (list_of(Card), page_of(asked.cards.get()), page_of(asked)):
        body = office.get(address).content.decode()
        label = next(
            span for span in re.findall(r"<span class=\"[^>]*>[^<]*</span>", body) if "final text not shown" in span
        )
        assert "bg-red-100" in label, address


def test_a_person_without_rights_sees_nothing_of_it(client: Client) -> None:
    asked = story()
    client.force_login(User.objects.create_user("clerk", is_staff=True))
    for address in every_page(asked)[1:]:
        assert client.get(address).status_code == 403, address
    front = client.get("/admin/")
    assert front.status_code == 200
    assert front.context["needs"] == []


def test_a_person_who_may_only_look_gets_no_buttons(client: Client) -> None:
    asked = story()
    ContactRequest.objects.update(state="pending")
    clerk = User.objects.create_user("clerk", is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    client.force_login(clerk)
    assert "/do/" not in client.get(page_of(asked)).content.decode()
    assert client.post(f"{page_of(asked).removesuffix('change/')}do/expire/").status_code == 403


def test_members_do_not_get_into_the_admin(client: Client) -> None:
    client.force_login(User.objects.create_user("lisi"))
    assert client.get("/admin/lostfound/item/").status_code == 404


def test_every_list_of_ours_wears_the_same_clothes() -> None:
    strangers = [
        model._meta.label
        for model, site in admin.site._registry.items()
        if not any(parent.__module__.startswith("unfold") for parent in type(site).__mro__)
    ]
    assert strangers == []


def test_a_token_is_shown_once_and_then_only_its_end(office: Client, admin_user: User) -> None:
    made = office.post("/admin/authtoken/tokenproxy/add/", {"user": admin_user.pk}, follow=True)
    key = admin_user.auth_token.key
    assert key in made.content.decode()
    listed = office.get("/admin/authtoken/tokenproxy/").content.decode()
    assert key not in listed
    assert f"••••{key[-4:]}" in listed


def test_users_can_be_added_and_given_a_new_password(office: Client) -> None:
    secret = "a-long-and-odd-1"
    added = office.post(
        "/admin/auth/user/add/",
        {"username": "clerk", "password1": secret, "password2": secret, "usable_password": "true"},
    )
    assert added.status_code == 302
    clerk = User.objects.get(username="clerk")
    assert office.get(f"/admin/auth/user/{clerk.pk}/change/").status_code == 200
    assert office.get(f"/admin/auth/user/{clerk.pk}/password/").status_code == 200


def test_a_card_that_was_taken_back_is_not_drawn_with_live_buttons(office: Client) -> None:
    asked = story()
    card = asked.cards.get()
    card.payload = {"template_card": {"button_list": [{"text": "确认", "key": "confirm"}]}}
    card.state, card.shows = "shown", ""
    card.save()
    assert "确认" in text_of(office.get(page_of(asked)))
    card.state = "recalled"
    card.save()
    assert "确认" not in text_of(office.get(page_of(asked)))


def test_the_subject_of_a_short_message_is_told_in_words(office: Client) -> None:
    asked = story()
    for what in (*card_content.TELLS, "undelivered-1", "rescue-2"):
        TimelineEntry.objects.create(request=asked, event="told", actor="worker", data={"what": what})
    text = text_of(office.get(page_of(asked)))
    assert "card not delivered" in text
    assert [what for what in card_content.TELLS if "_" in what and what in text] == []
    assert "what:" not in text


def test_an_alert_leads_to_what_it_is_about(office: Client) -> None:
    asked = story()
    update = Outgoing.objects.filter(kind="lostfound.update_card").get()
    contact = Outgoing.objects.filter(kind="lostfound.deliver_contact").get()
    callback = Callback.objects.get()
    for row in (update, contact):
        Alert.objects.create(what="dead", subject=f"outgoing {row.pk}", text=f"kind={row.kind} errcode=60140")
    Alert.objects.create(what="poison", subject=f"callback {callback.pk}")
    Alert.objects.create(what="wrong_actor", subject=f"request {asked.pk}")
    Alert.objects.create(what="paused", subject="app:default")
    page = office.get(list_of(Alert)).content.decode()
    for address in (
        reverse("admin:lostfound_cardupdate_change", args=[update.pk]),
        page_of(contact),
        page_of(callback),
        page_of(asked),
    ):
        assert f'href="{address}"' in page
        assert office.get(address).status_code == 200
    assert "app:default" in page
