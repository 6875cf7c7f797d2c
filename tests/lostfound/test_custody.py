"""Where found things are kept: written down move by move, seen by everybody as far as it helps, and labelled."""

from datetime import timedelta
from typing import Any

import pytest
import segno
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from lostfound import errors, selectors, services
from lostfound.checks import check_holding
from lostfound.erasure import erase
from lostfound.models import Item, Move
from tests.lostfound.member import logged_in
from tests.lostfound.world import FINDER, OWNER, found_item, lost_item

pytestmark = pytest.mark.django_db


@pytest.fixture
def office(admin_user: User) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(admin_user)
    return client


def page(name: str, item: Item) -> str:
    return reverse(f"admin:lostfound_item_{name}", args=[item.pk])


def test_a_thing_goes_from_its_finder_to_a_box_at_the_desk_and_each_move_stays(office: Client) -> None:
    item = found_item()
    assert item.custody == "finder"
    office.post(page("move", item), {"custody": "desk", "shelf": "A", "box": "3"})
    office.post(page("move", item), {"custody": "desk", "shelf": "B", "box": ""})
    item.refresh_from_db()
    assert (item.custody, item.shelf, item.box) == ("desk", "B", "")
    assert [(move.shelf, move.box, move.by) for move in item.moves.all()] == [("B", "", "admin"), ("A", "3", "admin")]
    shown = office.get(page("change", item)).content.decode()
    assert "at the desk · shelf A · box 3 · admin" in shown
    assert "at the desk · shelf B" in office.get(reverse("admin:lostfound_item_changelist")).content.decode()


def test_a_second_press_moves_nothing_and_says_so(office: Client) -> None:
    item = found_item()
    form = {"custody": "desk", "shelf": "A", "box": ""}
    office.post(page("move", item), form)
    again = office.post(page("move", item), form)
    assert "It is kept there already." in again.content.decode()
    assert Move.objects.count() == 1


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ({"custody": "finder", "shelf": "A"}, "Shelves and boxes are at the desk."),
        ({"custody": "moon"}, "not one of the available choices"),
        ({"custody": "desk", "box": "x" * 21}, "at most 20 characters"),
        ({}, "required"),
    ],
)
def test_a_move_that_cannot_be_keeps_what_was_typed(office: Client, form: dict[str, str], told: str) -> None:
    item = found_item()
    answer = office.post(page("move", item), form).content.decode()
    assert told in answer
    assert form.get("box", "") in answer
    assert not Move.objects.exists()


def test_what_is_lost_or_over_is_kept_nowhere(office: Client) -> None:
    lost, over = lost_item(), found_item()
    services.close_item(item_id=over.pk, state="returned", by="admin")
    assert office.get(page("move", lost)).status_code == office.get(page("label", lost)).status_code == 404
    assert page("move", over) not in office.get(page("change", over)).content.decode()
    assert page("label", lost) not in office.get(page("change", lost)).content.decode()
    with pytest.raises(errors.NothingToDo):
        services.move_item(item_id=over.pk, custody="desk", by="admin")
    with pytest.raises(errors.NotFound):
        services.move_item(item_id=lost.pk, custody="desk", by="admin")


def test_employees_see_that_it_is_at_the_desk_but_neither_shelf_nor_box() -> None:
    owner = logged_in(OWNER)
    item = found_item()
    address = reverse("item", args=[item.pk])
    assert "at the desk" not in owner.get(address).content.decode()
    services.move_item(item_id=item.pk, custody="desk", shelf="架子A", box="箱七", by="admin")
    shown = owner.get(address).content.decode()
    assert "at the desk" in shown
    assert "架子A" not in shown
    assert "箱七" not in shown


def test_the_label_names_the_thing_and_its_code_opens_the_item(
    office: Client, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.SITE_URL = "https://lost.example.com"
    item = found_item(title="<黑色雨伞>")
    services.move_item(item_id=item.pk, custody="desk", shelf="A", box="3", by="admin")
    coded: list[str] = []
    make = segno.make
    monkeypatch.setattr(segno, "make", lambda words, **more: coded.append(words) or make(words, **more))
    label = office.get(page("label", item)).content.decode()
    assert coded == [f"https://lost.example.com/items/{item.pk}/"]
    assert "<svg" in label
    assert "&lt;黑色雨伞&gt;" in label
    assert f"#{item.pk}" in label
    assert "shelf A · box 3" in label


def test_who_is_forgotten_moved_nothing_by_name() -> None:
    item = found_item(reporter=FINDER)
    services.move_item(item_id=item.pk, custody="desk", by=OWNER)
    erase(member=OWNER, by="admin")
    assert OWNER not in Move.objects.get().by


def test_what_was_held_long_enough_is_due_by_category_and_the_front_page_counts_the_same(
    office: Client, settings: Any
) -> None:
    settings.LOSTFOUND_HOLDING_DAYS, settings.LOSTFOUND_HOLDING_DAYS_OF = 90, {"card": 30}
    ago = {days: timezone.now() - timedelta(days=days) for days in (29, 31, 89, 91)}
    due = {
        found_item(category="card", happened_at=ago[31]).pk,
        found_item(category="umbrella", happened_at=ago[91]).pk,
    }
    found_item(category="card", happened_at=ago[29])
    found_item(category="umbrella", happened_at=ago[89])
    lost_item(happened_at=ago[91])
    over = found_item(category="umbrella", happened_at=ago[91])
    services.close_item(item_id=over.pk, state="closed", by="admin")
    assert set(selectors.items_due().values_list("pk", flat=True)) == due
    listed = office.get(reverse("admin:lostfound_item_changelist"), {"holding": "due"})
    assert {row.pk for row in listed.context["cl"].result_list} == due
    tiles = {str(tile["words"]): tile for tile in office.get("/admin/").context["needs"]}
    assert tiles["Things held long enough"]["shown"] == "2"
    assert tiles["Things held long enough"]["url"].endswith("?holding=due")


@pytest.mark.parametrize(
    ("days", "days_of", "told"),
    [
        (90, {"hat": 30}, "no category 'hat'"),
        (90, {"card": 0}, "LOSTFOUND_HOLDING_DAYS_OF: card must be between"),
        (10**9, {}, "LOSTFOUND_HOLDING_DAYS must be between"),
    ],
)
def test_a_period_that_cannot_be_is_told_at_start_up(
    settings: Any, days: int, days_of: dict[str, int], told: str
) -> None:
    settings.LOSTFOUND_HOLDING_DAYS, settings.LOSTFOUND_HOLDING_DAYS_OF = days, days_of
    (error,) = check_holding()
    assert told in error.msg
    assert error.id == "lostfound.E001"
