"""A call of the API with an Idempotency-Key takes effect once."""

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.utils import timezone
from rest_framework.authtoken.models import Token

from lostfound import handlers
from lostfound.models import ContactRequest, IdempotencyKey, Item
from tests.support import in_threads

from .world import ask, found_item

pytestmark = pytest.mark.django_db(transaction=True)

FOUND = {"kind": "found", "title": "伞", "reporter": "zhangsan"}
ITEMS = "/api/v1/items/"


@pytest.fixture
def token() -> str:
    return token_of("desk")


def token_of(name: str) -> str:
    return str(Token.objects.create(user=User.objects.create_user(name, is_staff=True, is_superuser=True)).key)


def post(token: str, key: object, body: dict[str, Any], address: str = ITEMS) -> Any:
    headers = {"authorization": f"Token {token}", "idempotency-key": str(key)}
    return Client().post(address, json.dumps(body), content_type="application/json", headers=headers)


def test_a_call_sent_again_is_answered_as_before_and_does_nothing_more(token: str) -> None:
    key = uuid4()
    first, again = (post(token, key, FOUND) for _ in range(2))
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert again["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first
    assert Item.objects.count() == 1


def test_what_was_answered_is_kept_for_a_day(token: str) -> None:
    post(token, uuid4(), FOUND)
    handlers.drop_old_answers()
    assert IdempotencyKey.objects.count() == 1
    IdempotencyKey.objects.update(created_at=timezone.now() - timedelta(hours=25))
    handlers.drop_old_answers()
    assert not IdempotencyKey.objects.exists()


def test_the_same_words_in_another_order_are_the_same_call(token: str) -> None:
    key = uuid4()
    post(token, key, FOUND)
    assert post(token, f'"{key}"', dict(reversed(FOUND.items()))).status_code == 201
    assert Item.objects.count() == 1


def test_a_key_does_not_stand_for_another_call(token: str) -> None:
    key = uuid4()
    post(token, key, FOUND)
    other = post(token, key, {**FOUND, "title": "杯子"})
    assert (other.status_code, other.json()["code"]) == (409, "key_reused")
    assert Item.objects.count() == 1


def test_another_users_key_is_another_key(token: str) -> None:
    key = uuid4()
    assert [post(each, key, FOUND).status_code for each in (token, token_of("other"))] == [201, 201]
    assert Item.objects.count() == 2


@pytest.mark.parametrize("key", ["", "1", "not-a-uuid", "x" * 5000])
def test_a_key_that_is_no_uuid_is_refused(token: str, key: str) -> None:
    answer = post(token, key, FOUND)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["Idempotency-Key"])
    assert not Item.objects.exists()


def test_eight_calls_at_once_have_one_effect(token: str) -> None:
    key = uuid4()
    answers = in_threads(8, lambda: post(token, key, FOUND))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert Item.objects.count() == 1


def test_a_refused_call_may_be_mended_and_sent_under_its_key(token: str) -> None:
    key = uuid4()
    assert post(token, key, {**FOUND, "kind": "neither"}).status_code == 400
    assert post(token, key, FOUND).status_code == 201


def test_taking_back_twice_under_one_key_is_no_conflict(token: str) -> None:
    asked, key = ask(found_item()), uuid4()
    address = f"/api/v1/contact-requests/{asked.pk}/withdraw/"
    assert [post(token, key, {}, address).status_code for _ in range(2)] == [200, 200]
    assert post(token, uuid4(), {}, address).status_code == 409
    assert ContactRequest.objects.get().state == "withdrawn"


def test_what_is_kept_for_the_answer_lies_encrypted_and_goes_after_a_day(token: str) -> None:
    post(token, uuid4(), FOUND)
    with connection.cursor() as cursor:
        cursor.execute("SELECT body FROM lostfound_idempotencykey")
        assert "zhangsan" not in str(cursor.fetchone())
    old = IdempotencyKey.objects.get()
    old.created_at = old.created_at.replace(year=2020)
    old.save()
    post(token, uuid4(), FOUND)
    assert list(IdempotencyKey.objects.filter(pk=old.pk)) == []
