"""Who may do what at the desk: the four roles that a new installation has, button by button."""

from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse
from rest_framework.authtoken.models import Token

from lostfound.models import Card, ContactRequest, Item, TimelineEntry
from tests.lostfound.world import PHONE, SEND, WeCom, asked, found_item, tap
from wecom import outbox
from wecom.models import Callback, Outgoing

pytestmark = pytest.mark.django_db

DESK, MANAGER, AUDITOR, ADMINISTRATOR = "前台 Front desk", "主管 Manager", "审计 Auditor", "管理员 Administrator"
ROLES = (DESK, MANAGER, AUDITOR, ADMINISTRATOR)
ACTING = {MANAGER, ADMINISTRATOR}
# page, deed → the roles that have its button
BUTTONS = {
    ("lostfound_item", "return"): {DESK, *ACTING},
    ("lostfound_item", "close"): {DESK, *ACTING},
    ("lostfound_item", "dispose"): {DESK, *ACTING},
    ("lostfound_item", "agree"): {DESK, *ACTING},
    ("lostfound_item", "keep"): {DESK, *ACTING},
    ("lostfound_contactrequest", "resend"): ACTING,
    ("lostfound_contactrequest", "expire"): ACTING,
    ("lostfound_contactrequest", "withdraw"): ACTING,
    ("lostfound_contactrequest", "reveal"): ACTING,
    ("lostfound_card", "retry"): ACTING,
    ("lostfound_card", "resend"): ACTING,
    ("lostfound_card", "recall"): ACTING,
    ("lostfound_cardupdate", "retry"): ACTING,
    ("lostfound_cardupdate", "settle"): ACTING,
    ("wecom_outgoing", "retry"): ACTING,
    ("wecom_outgoing", "settle"): ACTING,
    ("wecom_sentcard", "recall"): ACTING,
    ("wecom_callback", "replay"): ACTING,
    ("wecom_callback", "settle"): ACTING,
}


def person(role: str) -> User:
    user = User.objects.create_user(f"{role[:2]}", is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    return user


def at_the_desk(role: str) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(person(role), backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def rows(wecom: WeCom) -> dict[str, Any]:
    """Two requests: one whose contact failed, and whose update of the card did; one that still waits."""
    card = asked()
    tap(card)
    wecom.will(SEND, {"errcode": 60011, "errmsg": "no rights"})
    outbox.drain()
    Outgoing.objects.filter(kind="lostfound.update_card").update(state="dead")
    asked(item=found_item(), owner="wangwu")
    Callback.objects.create(app="default", plaintext="<xml/>", digest="d", state="quarantined")
    return {
        "lostfound_item": Item.objects.earliest("pk"),
        "lostfound_contactrequest": ContactRequest.objects.earliest("pk"),
        "lostfound_card": Card.objects.earliest("pk"),
        "lostfound_cardupdate": Outgoing.objects.filter(kind="lostfound.update_card").first(),
        "wecom_outgoing": Outgoing.objects.get(kind="lostfound.deliver_contact"),
        "wecom_sentcard": Card.objects.earliest("pk"),
        "wecom_callback": Callback.objects.get(),
    }


@pytest.mark.parametrize("role", ROLES)
def test_every_button_is_for_the_roles_that_the_table_says(role: str, rows: dict[str, Any]) -> None:
    client = at_the_desk(role)
    wrong = []
    for (page, deed), roles in BUTTONS.items():
        row = rows[page]
        if row is None:
            row = Outgoing.objects.create(
                kind="lostfound.update_card", subject="1", effect_key=page, topic="request:1", deadline="2099-01-01Z"
            )
        answer = client.post(reverse(f"admin:{page}_do", args=[row.pk, deed]), {})
        allowed = answer.status_code == 200
        if allowed != (role in roles):
            wrong.append(f"{page} {deed}: {answer.status_code}")
    assert wrong == []


def test_the_table_names_every_deed_of_the_desk() -> None:
    from django.contrib import admin

    found = {
        (f"{model._meta.app_label}_{model._meta.model_name}", deed.name)
        for model, model_admin in admin.site._registry.items()
        for deed in getattr(model_admin, "deeds", ())
    }
    assert found == set(BUTTONS)


def test_a_contact_is_shown_with_a_reason_and_that_is_kept(rows: dict[str, Any]) -> None:
    client, request = at_the_desk(MANAGER), rows["lostfound_contactrequest"]
    address = reverse("admin:lostfound_contactrequest_do", args=[request.pk, "reveal"])
    page = reverse("admin:lostfound_contactrequest_change", args=[request.pk])
    assert PHONE not in client.get(page).content.decode()
    asking = client.post(address, {"confirmed": "yes"})
    assert asking.status_code == 200
    assert PHONE not in asking.content.decode()
    assert not TimelineEntry.objects.filter(event="revealed").exists()
    shown = client.post(address, {"confirmed": "yes", "reason": "the owner called"})
    assert (shown.status_code, PHONE in shown.content.decode()) == (200, True)
    assert "no-store" in shown["Cache-Control"]
    assert PHONE not in str(shown.cookies)
    assert PHONE not in str(dict(client.session.items()))
    entry = TimelineEntry.objects.get(event="revealed")
    assert (entry.actor, entry.data["reason"]) == ("主管", "the owner called")
    assert PHONE not in client.get(page).content.decode()
    assert PHONE not in str(entry.data)


def test_an_auditor_sees_everything_but_contacts_and_changes_nothing(rows: dict[str, Any]) -> None:
    client = at_the_desk(AUDITOR)
    for page, row in rows.items():
        if row is None:
            continue
        answer = client.get(reverse(f"admin:{page}_change", args=[row.pk]))
        assert answer.status_code == 200, page
        assert PHONE not in answer.content.decode()
        assert client.get(reverse(f"admin:{page}_changelist")).status_code == 200
    assert client.get("/admin/lostfound/item/add/").status_code == 403
    assert client.get("/admin/auth/user/").status_code == 403


def test_the_front_desk_registers_and_asks_and_sees_no_wire(rows: dict[str, Any]) -> None:
    client = at_the_desk(DESK)
    assert client.get("/admin/lostfound/item/add/").status_code == 200
    assert client.get(f"/admin/lostfound/item/{rows['lostfound_item'].pk}/ask/").status_code == 200
    for page in ("wecom/outgoing", "wecom/callback", "lostfound/card", "auth/user"):
        assert client.get(f"/admin/{page}/").status_code == 403, page


def test_an_administrator_makes_and_ends_no_token_of_another_administrator() -> None:
    client = at_the_desk(ADMINISTRATOR)
    chief, member = User.objects.create_superuser("chief"), User.objects.create_user("lisi")
    for user, made in ((chief, False), (member, True), (User.objects.get(username="管理"), True)):
        client.post("/admin/authtoken/tokenproxy/add/", {"user": user.pk})
        assert Token.objects.filter(user=user).exists() == made
    Token.objects.create(user=chief)
    for user, status, left in ((chief, 403, True), (member, 302, False)):
        page = f"/admin/authtoken/tokenproxy/{user.pk}"
        assert client.post(f"{page}/change/", {"user": user.pk}).status_code == status
        assert client.post(f"{page}/delete/", {"post": "yes"}).status_code == status
        assert Token.objects.filter(user=user).exists() == left


def test_an_administrator_keeps_the_name_under_which_they_act() -> None:
    client = at_the_desk(ADMINISTRATOR)
    me, member = User.objects.get(username="管理"), User.objects.create_user("lisi")
    for user in (me, member):
        page = f"/admin/auth/user/{user.pk}/change/"
        moments = {"is_active": "on", "date_joined_0": "2026-11-01", "date_joined_1": "10:00"}
        assert client.post(page, {"username": "another", "first_name": "新", **moments}).status_code == 302
    assert set(User.objects.values_list("username", "first_name")) == {("管理", "新"), ("lisi", "新")}
    password = {"usable_password": "true", "password1": "correct horse 9", "password2": "correct horse 9"}
    assert client.post("/admin/auth/user/add/", {"username": "wangwu", **password}).status_code == 302
    assert User.objects.filter(username="wangwu").exists()


@pytest.mark.parametrize(("role", "status"), [(DESK, 201), (MANAGER, 201), (AUDITOR, 403)])
def test_the_api_knows_the_roles_too(role: str, status: int) -> None:
    token = Token.objects.create(user=person(role)).key
    headers = {"authorization": f"Token {token}"}
    body = {"item": found_item().pk, "requester": "zhangsan"}
    answer = Client().post("/api/v1/contact-requests/", body, content_type="application/json", headers=headers)
    assert answer.status_code == status
