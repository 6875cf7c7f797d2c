"""The API's door: who gets in, in which form, and what everybody else is told."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.management import call_command
from django.db import OperationalError
from django.test import Client
from rest_framework.authtoken.models import Token
from rest_framework.test import APIClient

from lostfound import services
from lostfound.models import Item

pytestmark = pytest.mark.django_db

ITEMS = "/api/v1/items/"
JSON = "application/json"
FOUND = {"kind": "found", "title": "伞", "reporter": "zhangsan"}


@pytest.fixture
def token() -> str:
    return str(Token.objects.create(user=User.objects.create_user("desk", is_staff=True, is_superuser=True)).key)


def post(token: str, body: str | bytes, **more: Any) -> Any:
    kind = more.pop("content_type", JSON)
    return Client().post(ITEMS, body, content_type=kind, headers={"authorization": f"Token {token}"}, **more)


def test_a_token_made_by_the_command_opens_the_door(token: str, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("drf_create_token", "desk")
    made = capsys.readouterr().out.split()[2]
    assert post(made, json.dumps(FOUND)).status_code == 201


@pytest.mark.parametrize(
    "headers",
    [{}, {"authorization": "Token wrong"}, {"authorization": "Token "}, {"authorization": "Basic eDp5"}],
)
def test_without_a_valid_token_nothing_is_shown(headers: dict[str, str]) -> None:
    answer = Client().get(ITEMS, headers=headers)
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == "Token"
    assert set(answer.json()) == {"status", "code", "detail"}


@pytest.mark.parametrize("name", ["token", "access_token", "auth_token", "key", "Authorization"])
def test_a_token_in_the_query_is_no_token_and_in_no_log(
    token: str, name: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    for address in (f"{ITEMS}?{name}={token}", f"{ITEMS}?{name}=Token%20{token}"):
        answer = Client().get(address)
        assert answer.status_code == 401
        assert token not in answer.content.decode()
    assert token not in caplog.text + "".join(capfd.readouterr())


def test_a_revoked_token_is_refused(token: str) -> None:
    Token.objects.all().delete()
    assert post(token, json.dumps(FOUND)).status_code == 401


def test_the_token_of_a_disabled_user_is_refused(token: str) -> None:
    User.objects.update(is_active=False)
    assert post(token, json.dumps(FOUND)).status_code == 401


def test_the_token_of_a_deleted_user_is_refused(token: str) -> None:
    User.objects.all().delete()
    assert post(token, json.dumps(FOUND)).status_code == 401


@pytest.mark.parametrize(("rights", "status"), [([], 403), (["view_item"], 403), (["add_contactrequest"], 201)])
def test_a_token_may_what_its_user_may(rights: list[str], status: int) -> None:
    user = User.objects.create_user("reader", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=rights))
    assert post(Token.objects.create(user=user).key, json.dumps(FOUND)).status_code == status


def test_a_session_from_another_site_cannot_write() -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(
        User.objects.create_user("desk", is_staff=True, is_superuser=True),
        backend="django.contrib.auth.backends.ModelBackend",
    )
    answer = client.post(ITEMS, json.dumps(FOUND), content_type=JSON, headers={"origin": "https://elsewhere.example"})
    assert answer.status_code == 403
    assert "Access-Control-Allow-Origin" not in answer
    assert not Item.objects.exists()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"   ", 400),
        (b"{", 400),
        (b"[]", 400),
        (b"null", 400),
        (b'"text"', 400),
        (b"5", 400),
        (b'{"kind": NaN}', 400),
        (b'{"kind": 1e999}', 400),
        (b"{} {}", 400),
        (b"\xff\xfe", 400),
        (b"[" * 60_000, 400),
        (b'{"title": ' + b"9" * 5_000 + b"}", 400),
        (b'{"title": "\\ud800"}', 400),
        (b'{"\\ud800": 1}', 400),
        (b'{"title": "a", "title": "b"}', 400),
        (b'"' + b"x" * 70_000 + b'"', 413),
        (b'"' + b"x" * 10_000_000 + b'"', 413),
    ],
)
def test_a_body_that_is_no_small_json_object_is_refused(token: str, body: bytes, status: int) -> None:
    answer = post(token, body)
    assert answer.status_code == status
    assert answer.json()["status"] == status
    assert not Item.objects.exists()


@pytest.mark.parametrize(
    "kind",
    [
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/plain",
        "application/xml",
        "nonsense",
    ],
)
def test_only_json_is_taken(token: str, kind: str) -> None:
    assert post(token, b"kind=found&title=x", content_type=kind).status_code == 415


def test_a_strange_charset_does_not_change_how_bytes_are_read(token: str) -> None:
    assert post(token, json.dumps(FOUND), content_type="application/json; charset=utf-7").status_code == 201


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "image/png"])
def test_only_json_is_given(token: str, accept: str) -> None:
    answer = Client().get(ITEMS, headers={"authorization": f"Token {token}", "accept": accept})
    assert answer.status_code == 406
    assert answer.json()["status"] == 406


@pytest.mark.parametrize("method", ["put", "patch", "delete", "trace"])
def test_a_wrong_method_is_named_so(token: str, method: str) -> None:
    answer = getattr(Client(), method)(ITEMS, headers={"authorization": f"Token {token}"})
    assert answer.status_code == 405
    assert "POST" in answer["Allow"]


@pytest.mark.parametrize(
    "path",
    [
        "/api/",
        "/api/v1/",
        "/api/v2/items/",
        "/api/v1/itemz/",
        "/api/v1/items",
        "/api/v1/items/1/x/",
        "/api/%00",
        "/api/v1/items/a%0Ab/",
    ],
)
def test_an_unknown_address_answers_in_json(path: str) -> None:
    for answer in (Client().get(path), Client().post(path, "{}", content_type=JSON)):
        assert answer.status_code == 404
        assert answer["Content-Type"] == JSON
        assert answer.json()["code"] == "not_found"


def test_a_database_that_does_not_answer_is_no_crash(token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def locked(**values: Any) -> None:
        raise OperationalError("database is locked: /srv/db.sqlite3")

    monkeypatch.setattr(services, "report_item", locked)
    answer = post(token, json.dumps(FOUND))
    assert answer.status_code == 503
    assert answer["Retry-After"] == "2"
    assert "sqlite" not in answer.content.decode()


def test_problems_are_told_in_the_callers_language() -> None:
    chinese = Client().get("/api/nothing", headers={"accept-language": "zh-CN"}).json()["detail"]
    english = Client().get("/api/nothing", headers={"accept-language": "en"}).json()["detail"]
    assert english == "There is nothing at this address."
    assert chinese != english


def test_the_schema_names_every_address_and_is_valid(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("spectacular", "--validate", "--fail-on-warn")
    schema = capsys.readouterr().out
    for path in (
        "items/",
        "items/{id}/",
        "contact-requests/",
        "contact-requests/{id}/",
        "contact-requests/{id}/withdraw/",
    ):
        assert f"/api/v1/{path}:" in schema
    assert "contact_value" in schema


def test_schema_and_pages_are_served_from_here_alone(client: APIClient) -> None:
    assert client.get("/api/schema/").status_code == 200
    page = client.get("/api/docs/")
    assert page.status_code == 200
    assert "http://" not in page.content.decode().replace("http://testserver", "")
    assert "https://" not in page.content.decode()
