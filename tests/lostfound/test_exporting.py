"""Lists leave the admin as files: who may, what is in them, and that it is written down."""

import csv
import io
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from lostfound.admin import exporting
from lostfound.models import Export, Item
from wecom.models import Callback

from .world import FINDER, PHONE, WeCom, asked, found_item, tap

pytestmark = pytest.mark.django_db

LISTS = ("lostfound_item", "lostfound_contactrequest", "lostfound_card", "wecom_outgoing", "wecom_callback")


@pytest.fixture
def office(admin_user: User) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(admin_user)
    return client


def export(client: Client, page: str, form: str, rows: list[Any], query: str = "") -> Any:
    chosen = {"action": f"export_{form}", "_selected_action": [str(row.pk) for row in rows]}
    return client.post(reverse(f"admin:{page}_changelist") + query, chosen)


def table(answer: Any, form: str) -> list[list[str]]:
    whole = b"".join(answer.streaming_content)
    if form == "csv":
        return list(csv.reader(io.StringIO(whole.decode("utf-8-sig"))))
    sheet = load_workbook(io.BytesIO(whole)).active
    assert sheet is not None
    return [["" if cell is None else str(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_the_chosen_rows_come_with_the_words_of_the_list(office: Client, form: str) -> None:
    chosen, other = found_item(title="黑色雨伞", category="umbrella", place="食堂"), found_item(title="不选")
    answer = export(office, "lostfound_item", form, [chosen])
    assert answer["Content-Disposition"].startswith('attachment; filename="item-')
    names, row = table(answer, form)
    found = dict(zip(names, row, strict=True))
    assert [found["title"], found["category"], found["state"], found["reporter"]] == [
        "黑色雨伞",
        "umbrella",
        "open",
        FINDER,
    ]
    assert found["lost or found at"][:4] == str(chosen.happened_at.year)
    assert other.title not in str(row)


@pytest.mark.parametrize("form", ["csv", "xlsx"])
@pytest.mark.parametrize("title", ["=1+1", "+86", "-1", "@SUM(A1)", "\t=1", " =1", "=\x07cmd"])
def test_no_cell_is_taken_for_a_formula(office: Client, form: str, title: str) -> None:
    item = found_item()
    Item.objects.filter(pk=item.pk).update(title=title)
    _names, row = table(export(office, "lostfound_item", form, [item]), form)
    assert row[2].startswith("'")
    assert "\x07" not in row[2]


@pytest.mark.parametrize("page", LISTS)
def test_every_list_can_be_taken_and_holds_no_contact(office: Client, wecom: WeCom, page: str) -> None:
    tap(asked(item=found_item(contact_channel="phone", contact_value=PHONE)))
    Callback.objects.create(app="default", event="template_card_event", digest="d", plaintext=PHONE)
    rows = office.get(reverse(f"admin:{page}_changelist")).context["cl"].result_list
    for form in ("csv", "xlsx"):
        found = table(export(office, page, form, list(rows)), form)
        assert len(found) == 1 + len(rows) > 1
        assert PHONE not in str(found)
        assert "<" not in str(found)


def test_who_took_what_is_written_down_and_seen(office: Client) -> None:
    rows = [found_item() for _number in range(3)]
    export(office, "lostfound_item", "csv", rows, "?kind__exact=found&q=雨")
    export(office, "lostfound_item", "xlsx", [])
    took = Export.objects.get()
    assert (took.by, took.what, took.form, took.rows) == ("admin", "lostfound.item", "csv", 3)
    assert "kind__exact=found" in took.filters
    page = office.get(reverse("admin:lostfound_export_changelist")).content.decode()
    assert "kind__exact=found" in page
    assert office.get(reverse("admin:lostfound_export_change", args=[took.pk])).status_code == 200


def test_an_excel_file_that_would_grow_too_large_is_refused(office: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "MOST_IN_EXCEL", 1)
    answer = office.post(
        reverse("admin:lostfound_item_changelist"),
        {"action": "export_xlsx", "_selected_action": [str(found_item().pk), str(found_item().pk)]},
        follow=True,
    )
    assert "export as CSV" in answer.content.decode()
    assert not Export.objects.exists()


@pytest.mark.parametrize(
    ("role", "may"),
    [("前台 Front desk", False), ("主管 Manager", True), ("审计 Auditor", True), ("管理员 Administrator", True)],
)
def test_who_may_take_lists_along(role: str, may: bool) -> None:
    item = found_item()
    user = User.objects.create_user("someone", is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    answer = export(client, "lostfound_item", "csv", [item])
    assert answer.streaming == may
    assert Export.objects.exists() == may
    assert (client.get(reverse("admin:lostfound_export_changelist")).status_code == 200) == may
