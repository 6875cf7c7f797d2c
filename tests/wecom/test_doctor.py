"""wecom_doctor: what it finds, what it advises, and how it ends."""

from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.test import Client
from django.utils import timezone, translation

from tests.wecom.shop import open_shop
from wecom import clients, conf, doctor
from wecom.doctor import Finding
from wecom.errors import ChannelRefused
from wecom.models import Lease
from wecom.sandbox.testing import WeComSandbox

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sandbox(settings: Any, live_server: Any) -> Iterator[WeComSandbox]:
    with open_shop(settings) as sandbox, translation.override("en"):
        settings.SITE_URL, settings.DEBUG = live_server.url, True
        write_durably(on=True)
        Lease.objects.create(name="worker:1", until=timezone.now() + timedelta(minutes=5))
        yield sandbox


def write_durably(*, on: bool) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"PRAGMA synchronous = {'FULL' if on else 'OFF'}")
        else:
            cursor.execute(f"SET synchronous_commit = {'on' if on else 'off'}")


def found(**options: Any) -> dict[str, Finding]:
    return {str(finding.name): finding for finding in doctor.examine(**options)}


def wrong(**options: Any) -> dict[str, Finding]:
    return {name: finding for name, finding in found(**options).items() if finding.state == "wrong"}


def test_where_all_is_well_nothing_is_wrong_and_nobody_gets_a_message(sandbox: WeComSandbox) -> None:
    findings = found(userid="lisi")
    assert {name: finding.state for name, finding in findings.items()} == dict.fromkeys(findings, "fine")
    assert len(findings) == 9
    assert sandbox.messages("lisi") == []
    assert sandbox.calls("message/send") == []


def test_no_finding_holds_a_secret(sandbox: WeComSandbox) -> None:
    app = conf.app()
    said = " ".join(f"{finding.said} {finding.remedy}" for finding in found(userid="lisi").values())
    for secret in (app.secret, app.callback_token, app.encoding_aes_key):
        assert secret not in said


def test_an_untrusted_address_is_named_as_wecom_sees_it(sandbox: WeComSandbox) -> None:
    sandbox.fault("errcode", path="user/get", value=60020, count=9)
    finding = wrong(userid="lisi")["Trusted address"]
    assert "203.0.113.7" in str(finding.said)
    assert "trusted IPs" in str(finding.remedy)


def test_what_a_worker_has_just_been_refused_is_named_without_asking_again(sandbox: WeComSandbox) -> None:
    sandbox.fault("errcode", path="gettoken", value=60020, count=1)
    with pytest.raises(ChannelRefused):
        clients.get().token()
    findings = wrong(userid="lisi")
    assert "errcode 60020" in str(findings["Access token"].said)
    assert "203.0.113.7" in str(findings["Trusted address"].said)


def test_members_out_of_range_and_unknown_ones_are_told_apart(sandbox: WeComSandbox) -> None:
    assert "no such member" in str(wrong(userid="mallory")["Visible range"].said)
    sandbox.member("lisi", visible=False)
    assert "visible range" in str(wrong(userid="lisi")["Visible range"].remedy)
    assert found()["Visible range"].state == "unknown"


def test_a_wrong_secret_is_said_with_its_remedy(sandbox: WeComSandbox, settings: Any) -> None:
    settings.WECOM = {"default": {**settings.WECOM["default"], "SECRET": "another"}}
    finding = wrong()["Access token"]
    assert "errcode 400" in str(finding.said)
    assert finding.remedy


def test_a_token_that_is_remembered_and_no_longer_taken_is_not_taken_for_granted(sandbox: WeComSandbox) -> None:
    found()
    sandbox.fault("errcode", path="user/get", value=50003, count=9)
    finding = wrong()["Trusted address"]
    assert "errcode 50003" in str(finding.said)
    assert finding.remedy


def test_without_an_address_of_the_site_its_callback_is_not_known(sandbox: WeComSandbox, settings: Any) -> None:
    del settings.SITE_URL
    finding = found()["Callback address"]
    assert (finding.state, str(finding.said)) == ("unknown", "SITE_URL is not set")


def test_no_worker_no_shared_cache_and_no_site_are_said(sandbox: WeComSandbox, settings: Any) -> None:
    Lease.objects.all().delete()
    settings.SITE_URL = "http://127.0.0.1:9"
    caches = {**settings.CACHES, "wecom": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    settings.CACHES = caches
    findings = wrong()
    assert {"Workers", "Callback address", "Token cache"} <= set(findings)
    assert "run_worker" in str(findings["Workers"].remedy)


def test_a_database_that_may_lose_what_was_answered_is_said(sandbox: WeComSandbox) -> None:
    write_durably(on=False)
    assert "can be lost" in str(wrong()["Database"].remedy)


def test_a_setting_that_cannot_work_is_said(sandbox: WeComSandbox, settings: Any) -> None:
    settings.UPDATE_AFTER_REPLY_MS = "soon"
    assert "wecom.E013" in str(wrong()["Settings"].said)


def test_a_wrong_key_at_the_address_is_found_by_the_loop_back(sandbox: WeComSandbox, settings: Any) -> None:
    settings.SITE_URL += "/nowhere"
    assert "HTTP 404" in str(wrong()["Callback address"].said)


def test_the_command_ends_with_1_where_something_is_wrong(sandbox: WeComSandbox) -> None:
    out = StringIO()
    call_command("wecom_doctor", "--user", "lisi", stdout=out)
    assert out.getvalue().count("ok ") == 9
    Lease.objects.all().delete()
    with pytest.raises(CommandError) as error:
        call_command("wecom_doctor", stdout=out)
    assert error.value.returncode == 1
    with pytest.raises(CommandError) as error:
        call_command("wecom_doctor", "--app", "none", stdout=out)
    assert error.value.returncode == 2


def test_the_page_examines_when_it_is_asked_to(sandbox: WeComSandbox, admin_user: User) -> None:
    desk = Client(headers={"accept-language": "en"})
    desk.force_login(admin_user)
    page = desk.get("/admin/wecom/alert/doctor/")
    assert page.context["findings"] == []
    assert sandbox.calls() == []
    page = desk.post("/admin/wecom/alert/doctor/", {"user": "lisi"})
    assert len(page.context["findings"]) == 9
    assert "Nothing is wrong" in page.content.decode()
