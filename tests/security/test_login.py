"""Logins and sessions of administrators, and what a page says when something is wrong."""

import itertools
import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from lostfound.pages import login as pages_login
from wecom import standing
from wecomsite.guards import WithRequestId

pytestmark = pytest.mark.django_db

LOGIN, INSIDE = "/admin/login/", "/admin/lostfound/item/"
NAME, PASSWORD = "desk", "correct horse battery"


@pytest.fixture
def desk() -> User:
    return User.objects.create_superuser(NAME, password=PASSWORD)


def log_in(client: Client, name: str = NAME, password: str = PASSWORD, address: str = "203.0.113.1") -> Any:
    return client.post(LOGIN, {"username": name, "password": password}, REMOTE_ADDR=address)


class TestPasswords:
    def test_after_200_wrong_ones_from_anywhere_the_right_one_waits_too(self, desk: User) -> None:
        answers = [log_in(Client(), password=f"x{n}", address=f"198.51.100.{n}") for n in range(200)]
        statuses = [answer.status_code for answer in answers]
        assert statuses[:9] == [200] * 9
        assert set(statuses[9:]) == {429}
        assert log_in(Client()).status_code == 429

    def test_an_address_that_tries_many_names_waits_and_others_do_not(self, desk: User) -> None:
        statuses = [
            log_in(Client(), name=f"user{n}", password="x", address="198.51.100.7").status_code for n in range(12)
        ]
        assert statuses[-1] == 429
        assert log_in(Client(), address="198.51.100.7").status_code == 429
        assert log_in(Client(), address="198.51.100.8").status_code == 302

    def test_a_quarter_of_an_hour_later_the_right_one_opens_again(self, desk: User) -> None:
        for n in range(10):
            log_in(Client(), password=f"x{n}")
        with time_machine.travel(timezone.now() + timedelta(minutes=14), tick=True):
            assert log_in(Client()).status_code == 429
        with time_machine.travel(timezone.now() + timedelta(minutes=16), tick=True):
            assert log_in(Client()).status_code == 302

    def test_a_name_that_does_not_exist_reads_like_one_that_does(self, desk: User) -> None:
        pages = [
            [log_in(Client(), name=name, password="x", address=address) for _ in range(10)]
            for name, address in ((NAME, "198.51.100.1"), ("none", "198.51.100.2"))
        ]
        for known, unknown in zip(*pages, strict=True):
            assert known.status_code == unknown.status_code
            assert _without_token(known).replace(NAME, "none") == _without_token(unknown)

    def test_neither_the_name_nor_the_password_is_logged(self, desk: User, caplog: pytest.LogCaptureFixture) -> None:
        for _ in range(11):
            log_in(Client(), name="my-password-typed-as-name", password="my-own-password")
        assert "Locking out 203.0.113.1" in caplog.text
        assert "my-password" not in caplog.text
        assert "my-own" not in caplog.text


class TestSessions:
    def test_a_login_changes_the_key_of_the_session(self, desk: User) -> None:
        client = Client()
        session = client.session
        session["planted"] = 1
        session.save()
        planted = client.cookies["sessionid"].value
        log_in(client)
        assert client.cookies["sessionid"].value != planted

    def test_a_stolen_cookie_is_worthless_after_logging_out(self, desk: User) -> None:
        client, thief = Client(), Client()
        log_in(client)
        thief.cookies["sessionid"] = client.cookies["sessionid"].value
        assert thief.get(INSIDE).status_code == 200
        client.post("/admin/logout/")
        assert thief.get(INSIDE).status_code == 302

    def test_used_every_few_hours_it_lasts_and_unused_for_nine_it_ends(self, desk: User) -> None:
        client, start = Client(), timezone.now()
        log_in(client)
        for hours, status in ((5, 200), (10, 200), (15, 200), (24, 302)):
            with time_machine.travel(start + timedelta(hours=hours), tick=True):
                assert client.get(INSIDE).status_code == status, hours

    def test_a_disabled_account_is_out_at_once(self, desk: User) -> None:
        client = Client()
        log_in(client)
        User.objects.update(is_active=False)
        assert client.get(INSIDE).status_code == 302

    def test_a_changed_password_ends_the_other_sessions(self, desk: User) -> None:
        client = Client()
        log_in(client)
        desk.set_password("another one")
        desk.save()
        assert client.get(INSIDE).status_code == 302

    def test_the_cookies_of_a_production_are_for_https_and_no_script(self, desk: User, settings: Any) -> None:
        settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
        client = Client()
        client.get(LOGIN)
        log_in(client)
        session = client.cookies["sessionid"]
        assert (session["secure"], session["httponly"], session["samesite"]) == (True, True, "Lax")
        assert client.cookies["csrftoken"]["secure"] is True

    @pytest.mark.parametrize("path", [LOGIN, "/admin/logout/", "/i18n/setlang/", "/sandbox/tap/", "/sandbox/reset/"])
    @pytest.mark.parametrize("token", [None, "x" * 64])
    def test_a_form_without_this_sessions_token_is_refused(self, desk: User, path: str, token: str | None) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(desk, backend="django.contrib.auth.backends.ModelBackend")
        answer = client.post(path, {"csrfmiddlewaretoken": token} if token else {})
        assert answer.status_code == 403
        assert client.get(INSIDE).status_code == 200


class TestErrorPages:
    INSIDE = ("Traceback", "settings", "Django", "python", "SECRET", "/srv/", "Exception", "ValueError", "csrf cookie")

    @pytest.fixture
    def broken(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(*args: Any, **kwargs: Any) -> None:
            raise ValueError("SECRET of /srv/lostfound")

        monkeypatch.setattr(pages_login, "render", fail)
        monkeypatch.setattr(standing, "workers", fail)

    def test_a_crash_shows_a_number_that_the_log_has_too(self, broken: None, caplog: pytest.LogCaptureFixture) -> None:
        answer = Client(raise_request_exception=False).get("/logged-out/")
        text = answer.content.decode()
        assert answer.status_code == 500
        assert not [word for word in self.INSIDE if word in text]
        numbers = [word for word in _words(text) if len(word) == 12]
        assert any(number in self._logged(caplog) for number in numbers)

    def test_every_error_page_is_ours_and_says_nothing_of_the_inside(self, broken: None) -> None:
        asked = {
            404: Client().get("/nothing/"),
            403: Client(enforce_csrf_checks=True).post("/i18n/setlang/"),
            400: Client().get("/", headers={"host": "a b"}),
            500: Client(raise_request_exception=False).get("/readyz"),
        }
        for status, answer in asked.items():
            text = answer.content.decode()
            assert answer.status_code == status
            assert "lostfound.css" in text, status
            assert not [word for word in self.INSIDE if word in text], status

    @staticmethod
    def _logged(caplog: pytest.LogCaptureFixture) -> str:
        for record in caplog.records:
            WithRequestId().filter(record)
        return " ".join(record.getMessage() for record in caplog.records)


def _words(text: str) -> list[str]:
    return ["".join(group) for good, group in itertools.groupby(text, str.isalnum) if good]


def _without_token(answer: Any) -> str:
    return re.sub(r'(csrfmiddlewaretoken" value=")\w+', r"\1", answer.content.decode())
