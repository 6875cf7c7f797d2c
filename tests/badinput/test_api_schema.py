"""The API against its own schema: whatever fits the schema, or just misses it, is answered as the schema says.

Each role asks every operation with what schemathesis makes up. No answer is a 5xx, every refusal is a problem body,
and what a member or a stranger may not see does not come out.
"""

import os
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from rest_framework.authtoken.models import Token
from schemathesis import GenerationMode, checks

from tests.lostfound.world import OWNER, PHONE, ask, found_item
from wecomsite.wsgi import application

pytestmark = pytest.mark.django_db

EXAMPLES = int(os.environ.get("SCHEMA_EXAMPLES", "12"))  # of each operation, role and mode
ROLES = ("nobody", "member", "staff", "session")
REFUSED = {"nobody": {401, 404, 405, 406}}
CHECKS = (checks.not_a_server_error, checks.content_type_conformance, checks.response_schema_conformance)
BODY_OF_A_PROBLEM = {"status", "code", "detail"}


@pytest.fixture
def api(db: None) -> Iterator[Any]:
    """The schema as the site gives it out, with rows behind it for numbers that hit one."""
    for number in range(3):
        ask(found_item(title=f"伞{number}"), owner=OWNER)
    for signal in (request_started, request_finished):  # as Django's test client does: the test holds the connection
        signal.disconnect(close_old_connections)
    yield schemathesis.openapi.from_wsgi("/api/schema/?format=json", application)
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def headers_of(role: str) -> dict[str, str]:
    """How this role shows who it is."""
    if role == "nobody":
        return {}
    user = User.objects.create_user(
        OWNER if role == "member" else "desk", is_staff=role != "member", is_superuser=role != "member"
    )
    if role in ("member", "staff"):
        return {"Authorization": f"Token {Token.objects.create(user=user).key}"}
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    assert SessionStore().exists(client.cookies["sessionid"].value)
    csrf = "x" * 32
    cookies = f"sessionid={client.cookies['sessionid'].value}; csrftoken={csrf}"
    return {"Cookie": cookies, "X-CSRFToken": csrf}


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=lambda mode: mode.value)
@pytest.mark.parametrize("role", ROLES)
def test_every_operation_keeps_its_word(api: Any, role: str, mode: GenerationMode) -> None:
    headers = headers_of(role)
    operations = [found.ok() for found in api.get_all_operations()]
    assert len(operations) >= 7
    for operation in operations:
        _ask(operation.as_strategy(generation_mode=mode), role, headers)


def _ask(cases: Any, role: str, headers: dict[str, str]) -> None:
    @given(case=cases)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    def each(case: Any) -> None:
        answer = case.call(headers=headers)
        case.validate_response(answer, checks=CHECKS)
        if answer.status_code >= 400:
            assert set(answer.json()) >= BODY_OF_A_PROBLEM
            assert answer.json()["status"] == answer.status_code
        assert role not in REFUSED or answer.status_code in REFUSED[role]
        assert PHONE not in answer.text

    each()
