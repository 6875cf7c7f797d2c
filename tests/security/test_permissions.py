"""Every address × role × method gives the answer of the table; an address without a line there is a failure."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, Permission, User
from django.db import connection, transaction
from django.test import Client
from rest_framework.authtoken.models import Token

from tests.security import addresses
from tests.security.permissions import MEMBERS, METHODS, ROLES, expected
from wecomsite import settings as site

pytestmark = pytest.mark.django_db

WRITES = ("INSERT", "UPDATE", "DELETE")
OF_LOGINS = ("django_session", "axes_", "auth_user")  # a login and its session may leave their own traces


def person(role: str) -> User:
    """Somebody in this role, who logs in by Django."""
    rights = {"viewer": ("view_",), "actor": ("view_", "change_")}.get(role, ())
    user = User.objects.create_user(role, is_staff=role != "user", is_superuser=role == "root")
    for start in rights:
        user.user_permissions.add(*Permission.objects.filter(codename__startswith=start))
    return user


def browser(role: str) -> Client:
    """The browser of somebody in this role."""
    if role in MEMBERS:
        return addresses.members()[role]
    client = Client()
    if role != "nobody":
        client.force_login(person(role), backend=site.AUTHENTICATION_BACKENDS[-1])
    return client


@contextmanager
def rolled_back() -> Iterator[list[str]]:
    """The statements inside that wrote something beyond a login; nothing of them stays."""
    written: list[str] = []

    def watch(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if sql.lstrip().upper().startswith(WRITES) and not any(table in sql for table in OF_LOGINS):
            written.append(sql)
        return execute(sql, *rest)

    with transaction.atomic(), connection.execute_wrapper(watch):
        yield written
        transaction.set_rollback(True)


def ask(client: Client, method: str, address: str) -> Any:
    if method == "POST" and address.startswith(("/api/", "/sandbox/control/")):
        return client.post(address, "{}", content_type="application/json")
    return (
        client.generic(method, address)
        if method != "POST"
        else client.post(address, {"confirmed": "1", "reason": "a test"})
    )


def test_every_address_has_a_line_in_the_table() -> None:
    known = {pattern for pattern, _ in expected()}
    new, gone = set(addresses.every()) - known, known - set(addresses.every())
    assert not new, f"add a line to tests/security/permissions.py: {sorted(new)}"
    assert not gone, f"tests/security/permissions.py names what is gone: {sorted(gone)}"
    assert len(expected()) == len(known) * len(METHODS), "an address lacks a line for some method"


@pytest.mark.parametrize("role", [*ROLES, *MEMBERS])
def test_everybody_gets_what_the_table_says_and_a_refusal_writes_nothing(role: str) -> None:
    addresses.build_world()
    client = browser(role)
    client.raise_request_exception = False
    Token.objects.create(user=User.objects.create_user("machine"))
    Group.objects.create(name="desk")
    cookies = client.cookies.output()
    wrong = []
    for (pattern, method), statuses in expected().items():
        address = addresses.example(pattern)
        with rolled_back() as written:
            answer = ask(client, method, address)
        client.cookies.load(cookies.replace("Set-Cookie: ", ""))
        refused = answer.status_code >= 400 or answer.get("Location", "").startswith("/admin/login/")
        harmless = method == "GET" or refused
        if answer.status_code != statuses[role]:
            wrong.append(f"{method} {address}: {answer.status_code}, not {statuses[role]}")
        if harmless and written and not address.startswith("/sandbox/"):
            wrong.append(f"{method} {address} wrote: {written[0][:80]}")
    assert not wrong, "\n".join(wrong)


def of_the_admin() -> Iterator[str]:
    """Every address of the admin to which root may POST, each deed of each model with an address of its own."""
    for (pattern, method), statuses in expected().items():
        may = method == "POST" and pattern.startswith("admin/") and statuses["root"] != 403
        if may and "<slug:deed>" not in pattern:
            yield addresses.example(pattern)
    for model, page in admin.site._registry.items():
        for deed in getattr(page, "deeds", ()):
            yield addresses.example(
                f"admin/{model._meta.app_label}/{model._meta.model_name}/<path:object_id>/do/{deed.name}/"
            )


def test_w5_the_admin_takes_no_post_without_the_token_of_the_session() -> None:
    addresses.build_world()
    strict, stranger = Client(enforce_csrf_checks=True), Client()
    strict.force_login(person("root"), backend=site.AUTHENTICATION_BACKENDS[-1])
    pages = ((strict, "/admin/password_change/"), (stranger, "/admin/login/"))
    own, other = (str(client.get(address).context["csrf_token"]) for client, address in pages)
    posts = list(of_the_admin())
    assert sum("/do/" in address for address in posts) > 10
    with rolled_back() as written:
        for data in ({}, {"csrfmiddlewaretoken": other}):
            answers = {address: strict.post(address, {"confirmed": "1", **data}).status_code for address in posts}
            assert set(answers.values()) == {403}, answers
    assert written == []
    with rolled_back():
        assert strict.post(posts[-1], {"confirmed": "1", "csrfmiddlewaretoken": own}).status_code != 403
