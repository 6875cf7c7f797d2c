"""Items in the admin: registered and corrected by hand, and the desk asks for an owner."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from lostfound import services
from lostfound.models import ContactRequest, Item, Photo
from tests.lostfound.member import picture
from tests.lostfound.world import FINDER, ask, found_item
from wecom.models import Outgoing

pytestmark = pytest.mark.django_db

ADD = "/admin/lostfound/item/add/"
FORM = {
    "kind": "found",
    "category": "umbrella",
    "title": "黑色雨伞",
    "description": "长柄",
    "place": "食堂",
    "happened_at_0": "2026-11-03",
    "happened_at_1": "10:32",
    "reporter": "LiSi",
    "contact_channel": "phone",
    "new_contact": "13812345678",
}


@pytest.fixture
def office(admin_user: User) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(admin_user)
    return client


def change(item: Item) -> str:
    return reverse("admin:lostfound_item_change", args=[item.pk])


def errors_of(answer: Any) -> dict[str, Any]:
    assert answer.status_code == 200
    return dict(answer.context["adminform"].form.errors)


def test_an_item_is_registered_with_a_sealed_contact(office: Client) -> None:
    assert office.post(ADD, FORM).status_code == 302
    item = Item.objects.get()
    assert (item.title, item.reporter, item.state, item.contact_value) == ("黑色雨伞", "lisi", "open", "13812345678")


def test_after_registering_one_can_go_on_editing(office: Client) -> None:
    answer = office.post(ADD, {**FORM, "_continue": "1"})
    assert answer["Location"] == change(Item.objects.get())


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("reporter", "@all"),
        ("reporter", "a|b"),
        ("reporter", ""),
        ("title", ""),
        ("title", "x" * 61),
        ("hidden_marks", "x" * 301),
        ("new_contact", ""),
        ("happened_at", "9999-12-31"),
        ("happened_at", "0001-01-01"),
        ("happened_at", "1999-12-31"),
    ],
)
def test_what_cannot_work_is_said_at_the_field(office: Client, field: str, value: str) -> None:
    sent = "happened_at_0" if field == "happened_at" else field
    assert field in errors_of(office.post(ADD, {**FORM, sent: value}))
    assert not Item.objects.exists()


def test_correcting_a_word_leaves_the_contact_as_it_is(office: Client) -> None:
    office.post(ADD, FORM)
    item = Item.objects.get()
    assert office.post(change(item), {**FORM, "title": "蓝色雨伞", "new_contact": ""}).status_code == 302
    item = Item.objects.get()
    assert (item.title, item.contact_value) == ("蓝色雨伞", "13812345678")


def test_a_new_contact_replaces_the_old_one(office: Client) -> None:
    item = found_item()
    office.post(change(item), {**FORM, "new_contact": "13900000000"})
    assert Item.objects.get().contact_value == "13900000000"


def test_another_channel_needs_its_own_value_and_wecom_needs_none(office: Client) -> None:
    item = found_item()
    assert "new_contact" in errors_of(office.post(change(item), {**FORM, "contact_channel": "desk", "new_contact": ""}))
    office.post(change(item), {**FORM, "contact_channel": "wecom", "new_contact": ""})
    assert Item.objects.get().contact_value == ""


@pytest.mark.parametrize(
    ("field", "value"), [("reporter", "wangwu"), ("contact_channel", "wecom"), ("new_contact", "13900000000")]
)
def test_what_a_finder_is_being_asked_for_is_not_changed_under_their_eyes(
    office: Client, field: str, value: str
) -> None:
    item = found_item()
    request = ask(item)
    kept = {**FORM, "new_contact": ""}
    assert "Wait for the answer" in str(errors_of(office.post(change(item), {**kept, field: value}))[field])
    assert office.post(change(item), {**kept, "title": "蓝色雨伞"}).status_code == 302
    services.withdraw_contact_request(request_id=request.pk, actor="desk", by_staff=True)
    assert office.post(change(item), {**kept, field: value}).status_code == 302


def test_the_state_is_not_written_by_the_form(office: Client) -> None:
    item = found_item()
    office.post(change(item), {**FORM, "state": "closed"})
    assert Item.objects.get().state == "open"


def test_items_are_never_deleted(office: Client) -> None:
    item = found_item()
    assert office.post(change(item).replace("/change/", "/delete/"), {"post": "yes"}).status_code == 403
    assert Item.objects.exists()


def test_the_desk_asks_for_an_owner(office: Client) -> None:
    item = found_item()
    assert reverse("admin:lostfound_item_ask", args=[item.pk]) in office.get(change(item)).content.decode()
    address = reverse("admin:lostfound_item_ask", args=[item.pk])
    assert office.get(address).status_code == 200
    answer = office.post(address, {"owner": "ZhangSan", "message": "是我的"})
    asked = ContactRequest.objects.get()
    assert answer["Location"] == reverse("admin:lostfound_contactrequest_change", args=[asked.pk])
    assert (asked.owner, asked.message, asked.timeline.get().actor) == ("zhangsan", "是我的", "admin")
    assert Outgoing.objects.get().kind == "lostfound.send_card"


def test_asking_again_leads_to_the_open_request(office: Client) -> None:
    address = reverse("admin:lostfound_item_ask", args=[found_item().pk])
    first, second = (office.post(address, {"owner": "zhangsan"}) for _ in range(2))
    assert first["Location"] == second["Location"]
    assert ContactRequest.objects.count() == 1


@pytest.mark.parametrize("owner", ["lisi", "LISI", "@all", ""])
def test_who_cannot_be_the_owner_is_told_so_on_the_form(office: Client, owner: str) -> None:
    address = reverse("admin:lostfound_item_ask", args=[found_item(reporter="lisi").pk])
    answer = office.post(address, {"owner": owner})
    assert answer.status_code == 200
    assert answer.context["form"].errors
    assert not ContactRequest.objects.exists()


def test_a_closed_item_offers_no_asking(office: Client) -> None:
    item = found_item()
    Item.objects.update(state="closed")
    address = reverse("admin:lostfound_item_ask", args=[item.pk])
    assert address not in office.get(change(item)).content.decode()
    assert "open found item" in office.post(address, {"owner": "zhangsan"}).content.decode()


@pytest.mark.parametrize("key", ["999", "abc", "9" * 40])
def test_an_item_that_is_not_there_cannot_be_asked_about(office: Client, key: str) -> None:
    assert office.get(f"/admin/lostfound/item/{key}/ask/").status_code == 404
    assert office.get(f"/admin/lostfound/item/{key}/change/").status_code == 302


def test_asking_needs_the_right_to_ask(client: Client) -> None:
    client.force_login(User.objects.create_user("clerk", is_staff=True))
    assert client.get(reverse("admin:lostfound_item_ask", args=[found_item().pk])).status_code in (403, 404)


def test_photos_of_what_turns_out_to_be_a_card_are_deleted_and_the_desk_is_told(
    office: Client, settings: Any, tmp_path: Any, django_capture_on_commit_callbacks: Any
) -> None:
    settings.MEDIA_ROOT = tmp_path
    item = found_item(photos=[services.keep_photo(content=picture(), sent_by=FINDER)])
    with django_capture_on_commit_callbacks(execute=True):
        answer = office.post(change(item), {**FORM, "category": "card"}, follow=True)
    assert "so those of this item were deleted" in answer.content.decode()
    assert not Photo.objects.exists()
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
    assert "were deleted" not in office.post(change(item), {**FORM, "category": "card"}, follow=True).content.decode()


def test_photos_are_shown_on_the_items_page_and_on_the_requests(office: Client, settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path
    photo = services.keep_photo(content=picture(), sent_by=FINDER)
    item = found_item(photos=[photo])
    asked = ask(item)
    for page in (f"/admin/lostfound/item/{item.pk}/change/", f"/admin/lostfound/contactrequest/{asked.pk}/change/"):
        assert f"/photos/{photo.key}/small.webp" in office.get(page).content.decode()
    assert office.get(f"/photos/{photo.key}/small.webp")["Content-Type"] == "image/webp"
    assert office.get("/admin/lostfound/item/add/").status_code == 200
