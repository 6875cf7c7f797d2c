"""Members log in by WeCom: the real client, against the sandbox's own pages and API."""

import re
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from lostfound.pages import login
from tests.lostfound.member import logged_in
from wecom import conf, members
from wecom.members import Member
from wecom.sandbox import faults, housekeeping
from wecom.sandbox.adapter import instead_of_wecom

pytestmark = pytest.mark.django_db(transaction=True)
WECOM = {"user-agent": "Mozilla/5.0 (iPhone) AppleWebKit MicroMessenger/7.0 wxwork/4.1"}
ELSEWHERE = "https://elsewhere.example/"


@pytest.fixture(autouse=True)
def sandbox(transactional_db: None) -> Iterator[None]:
    with instead_of_wecom(conf.app().api_base_url):
        yield


def browser(**headers: str) -> Client:
    return Client(headers={"accept-language": "en", **headers})


def to_wecom(client: Client, wanted: str = "/") -> str:
    """Where the login sends the browser."""
    answer = client.get("/login/", {"next": wanted})
    assert answer.status_code == 302
    return str(answer["Location"])


def choose(client: Client, address: str, userid: str) -> str:
    """Choose a member on the sandbox's page; where that leads."""
    parts = urlsplit(address)
    assert client.get(f"{parts.path}?{parts.query}").status_code == 200
    answer = client.post(f"{parts.path}?{parts.query}", {"userid": userid})
    assert answer.status_code == 302, answer.content
    back = urlsplit(answer["Location"])
    return f"{back.path}?{back.query}"


def log_in(client: Client, userid: str = "zhangsan", wanted: str = "/") -> Any:
    return client.get(choose(client, to_wecom(client, wanted), userid))


def is_in(client: Client) -> bool:
    return client.get("/requests/").status_code == 200


def test_a_member_is_sent_to_wecom_and_comes_back_to_where_they_were_going() -> None:
    client = browser()
    away = client.get("/lost/?q=伞")
    assert away["Location"].startswith("/login/?next=%2Flost%2F")
    address = client.get(away["Location"])["Location"]
    done = client.get(choose(client, address, "zhangsan"))
    assert urlsplit(done["Location"]).path == "/lost/"
    page = client.get("/requests/").content.decode()
    assert "张三" in page
    assert "工程师" in page


def test_inside_the_client_it_is_silent_and_elsewhere_a_qr_code() -> None:
    silent, scanned = urlsplit(to_wecom(browser(**WECOM))), urlsplit(to_wecom(browser()))
    assert silent.path.endswith("/connect/oauth2/authorize")
    assert silent.fragment == "wechat_redirect"
    asked = parse_qs(silent.query)
    assert asked["scope"] == ["snsapi_base"]
    assert asked["redirect_uri"] == ["http://testserver/login/back/"]
    assert asked["state"][0].isalnum()
    assert scanned.path.endswith("/wwlogin/sso/login")
    assert parse_qs(scanned.query)["login_type"] == ["CorpApp"]


def test_the_session_key_changes_with_the_login() -> None:
    client = browser()
    address = to_wecom(client)
    before = str(client.session.session_key)
    client.get(choose(client, address, "zhangsan"))
    assert is_in(client)
    assert client.session.session_key != before
    thief = browser()
    thief.cookies["sessionid"] = before
    assert not is_in(thief)


def token_of(client: Client, page: str = "/report/found/") -> str:
    return str(client.get(page).context["csrf_token"])


def test_what_was_typed_before_the_login_ended_is_sent_after_logging_in_again() -> None:
    client = Client(enforce_csrf_checks=True, headers={"accept-language": "en"})
    log_in_by_session(client)
    form = client.get("/report/found/").context["form"]
    typed = {"category": "umbrella", "contact_channel": "wecom", "form_key": form["form_key"].value()}
    moment = timezone.localtime().strftime("%Y-%m-%dT%H:%M")
    sent = {**typed, "happened_at": moment, "csrfmiddlewaretoken": token_of(client)}
    client.cookies.pop("sessionid")
    ended = client.post("/report/found/", sent, headers={"referer": "http://testserver/report/found/?title=x"})
    assert ended.status_code == 403
    assert "/login/?next=/report/found/%3Ftitle%3Dx" in ended.content.decode()
    client.handler.enforce_csrf_checks = False  # WeCom's page is no page of ours
    log_in(client)
    client.handler.enforce_csrf_checks = True
    assert client.post("/report/found/", sent)["Location"].startswith("/items/")


def test_where_an_ended_login_leads_back_to_is_a_page_of_ours() -> None:
    for referer in ("", "javascript:alert(1)", ELSEWHERE, "http://testserver//elsewhere.example/", "http://[", "x"):
        ended = browser().post("/report/found/", headers={"referer": referer})
        assert 'href="/login/?next=/"' in ended.content.decode()


def test_a_state_is_good_once_and_in_its_own_session_alone() -> None:
    client = browser()
    back = choose(client, to_wecom(client), "zhangsan")
    stranger = browser()
    assert stranger.get(back).status_code == 403
    assert not is_in(stranger)
    assert client.get(back).status_code == 302
    client.post("/logout/")
    assert client.get(back).status_code == 403
    assert not is_in(client)


def test_a_state_dies_after_ten_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    from lostfound.pages import login

    client = browser()
    back = choose(client, to_wecom(client), "zhangsan")
    monkeypatch.setattr(login, "SECONDS", 0)
    assert client.get(back).status_code == 403
    assert not is_in(client)


@pytest.mark.parametrize(
    ("code", "status"), [(None, 400), ("", 400), ("made-up", 403), ("x" * 513, 403), ("好" * 200, 403), ("a\nb", 403)]
)
def test_a_bad_code_logs_nobody_in(code: str | None, status: int) -> None:
    client = browser()
    state = parse_qs(urlsplit(to_wecom(client)).query)["state"][0]
    answer = client.get("/login/back/", {"state": state, **({} if code is None else {"code": code})})
    assert answer.status_code == status
    assert "/login/?next=" in answer.content.decode()
    assert not is_in(client)


def test_without_a_state_of_ours_there_is_no_login() -> None:
    for query in ({}, {"code": "x"}, {"code": "x", "state": "0" * 32}, {"state": "\0"}):
        assert browser().get("/login/back/", query).status_code == 403


def test_a_code_is_used_up_by_its_first_login() -> None:
    client = browser()
    code = parse_qs(urlsplit(choose(client, to_wecom(client), "zhangsan")).query)["code"][0]
    other = browser()
    for who, status in ((client, 302), (other, 403)):
        state = parse_qs(urlsplit(to_wecom(who)).query)["state"][0]
        assert who.get("/login/back/", {"state": state, "code": code}).status_code == status
    assert not is_in(other)


def test_a_member_out_of_range_reads_whom_to_ask(settings: Any) -> None:
    settings.LOSTFOUND_HELP = "行政部王五，分机 8021"
    housekeeping.put_member(userid="qianqi", visible=False)
    client = browser()
    answer = log_in(client, "qianqi")
    assert answer.status_code == 403
    assert "行政部王五，分机 8021" in answer.content.decode()
    assert not is_in(client)


def test_somebody_from_outside_is_refused() -> None:
    client = browser()
    answer = log_in(client, "@outsider")
    assert answer.status_code == 403
    assert "members of the company only" in answer.content.decode()
    assert not is_in(client)


def test_who_refuses_is_not_logged_in() -> None:
    client = browser()
    answer = client.get(choose(client, to_wecom(client), ""))
    assert answer.status_code == 400
    assert not is_in(client)


@pytest.mark.parametrize(
    "wanted",
    [
        ELSEWHERE,
        "//elsewhere.example/",
        "/\\elsewhere.example",
        "javascript:alert(1)",
        "http:/x",
        "x",
        "",
        "/\n/x",
        "/login/",
    ],
)
def test_a_login_leads_to_our_own_pages_only(wanted: str) -> None:
    assert log_in(browser(), wanted=wanted)["Location"] == "/"


def test_a_member_who_has_left_is_out_as_soon_as_we_hear_of_it() -> None:
    client = browser()
    log_in(client)
    assert is_in(client)
    Member.objects.update(checked_at=timezone.now() - timedelta(days=2))
    housekeeping.put_member(userid="zhangsan", visible=False)
    assert members.refresh() == 1
    assert not is_in(client)


def test_names_are_asked_again_after_a_day_and_not_before() -> None:
    log_in(browser())
    housekeeping.put_member(userid="zhangsan", name="张三丰")
    assert members.refresh() == 0
    assert members.named(["ZhangSan", "nobody"]) == {"zhangsan": "张三", "nobody": "nobody"}
    Member.objects.update(checked_at=timezone.now() - timedelta(days=2))
    assert members.refresh() == 1
    assert members.named(["zhangsan"]) == {"zhangsan": "张三丰"}


def test_where_wecom_does_not_answer_the_others_are_asked_about_later() -> None:
    for userid in ("lisi", "zhangsan"):
        members.ask(userid)
    Member.objects.update(checked_at=timezone.now() - timedelta(days=2))
    faults.add(scope="api", kind="errcode", value=-1, count=1, path="user/get", skip=0)
    assert (members.refresh(), members.refresh()) == (0, 2)


def test_asking_about_everybody_does_not_keep_other_work_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    members.ask("zhangsan")
    Member.objects.update(checked_at=timezone.now() - timedelta(days=2))
    monkeypatch.setattr(members, "NOT_LONGER", -1.0)
    assert members.refresh() == 0
    monkeypatch.undo()
    assert members.refresh() == 1


def test_logout_is_by_post_and_for_good() -> None:
    client = browser()
    log_in(client)
    key = str(client.session.session_key)
    assert client.get("/logout/").status_code == 405
    assert is_in(client)
    assert client.post("/logout/")["Location"] == "/logged-out/"
    assert client.get("/logged-out/").status_code == 200
    client.cookies["sessionid"] = key
    assert not is_in(client)


def test_logout_wants_the_token_of_its_own_session() -> None:
    client = Client(enforce_csrf_checks=True)
    log_in_by_session(client)
    assert client.post("/logout/").status_code == 403
    assert is_in(client)


def log_in_by_session(client: Client) -> None:
    Member.objects.create(userid="zhangsan")
    session = client.session
    session["member"] = "zhangsan"
    session.save()


def test_another_member_at_the_same_browser_takes_nothing_over() -> None:
    client = browser()
    log_in(client, "zhangsan")
    client.get("/requests/")
    session = client.session
    session["left"] = "behind"
    session.save()
    state = parse_qs(urlsplit(_again(client)).query)["state"][0]
    code = parse_qs(urlsplit(choose(browser(), to_wecom(browser()), "lisi")).query)["code"][0]
    before = client.cookies["csrftoken"].value
    client.get("/login/back/", {"state": state, "code": code})
    assert "李四" in client.get("/requests/").content.decode()
    assert "left" not in client.session
    assert client.cookies["csrftoken"].value != before  # open forms were the other one's


def _again(client: Client) -> str:
    """A second login was begun before the first had ended, as in a second tab."""
    from lostfound.pages import login

    session = client.session
    session[login.PENDING] = {"a" * 32: ("/", 2_000_000_000)}
    session.save()
    return f"/?state={'a' * 32}"


def test_a_member_called_admin_is_no_administrator() -> None:
    User.objects.create_superuser("admin", password="x")
    client = logged_in("admin", name="阿敏")
    assert client.get("/requests/").status_code == 200
    assert client.get("/admin/").status_code == 404
    assert client.get("/api/v1/contact-requests/").status_code in (401, 403)


def test_an_administrator_who_is_a_member_at_this_browser_finds_the_way_in_and_is_both() -> None:
    User.objects.create_superuser("desk", password="x")
    client, wanted = logged_in("zhangsan"), "/admin/lostfound/item/?kind=found"
    hidden = client.get(wanted)
    assert hidden.status_code == 404
    way = re.search(r'href="(/admin/login/[^"]*)"', hidden.content.decode())
    assert way
    assert client.get(way[1]).status_code == 200
    assert client.post(way[1], {"username": "desk", "password": "x"})["Location"] == wanted
    assert client.get(wanted).status_code == 200
    assert client.get("/requests/").status_code == 200


def test_the_way_in_leads_from_a_form_that_was_sent_to_the_front_page() -> None:
    refused = logged_in("zhangsan").post("/admin/lostfound/item/1/do/close/")
    assert refused.status_code == 404
    assert 'href="/admin/login/?next=%2Fadmin%2F"' in refused.content.decode()


def test_a_page_of_members_that_is_not_there_names_no_administration() -> None:
    missing = logged_in("zhangsan").get("/items/1/")
    assert missing.status_code == 404
    assert "/admin/" not in missing.content.decode()


def test_when_wecom_is_down_one_can_try_again(settings: Any) -> None:
    client = browser()
    back = choose(client, to_wecom(client, "/lost/"), "zhangsan")
    settings.WECOM = {"default": {**settings.WECOM["default"], "API_BASE_URL": "http://127.0.0.1:9/"}}
    answer = client.get(back)
    assert answer.status_code == 503
    assert "/login/?next=/lost/" in answer.content.decode()
    assert not is_in(client)


def back_while_others_ask(client: Client) -> str:
    """Where the browser goes after WeCom; as many as may are asking it, until somebody releases them."""
    back = choose(client, to_wecom(client, "/lost/"), "zhangsan")
    for _ in range(login.turns.AT_ONCE):
        assert login.turns.take()
    return back


def test_those_who_wait_for_wecom_leave_threads_to_its_callbacks() -> None:
    """Twenty log in on the four threads of a process while WeCom hangs; then a callback comes."""
    over = threading.Event()
    with ThreadPoolExecutor(4) as threads:
        for _ in range(20):
            threads.submit(one_login, lambda: over.wait(20))
        start = time.monotonic()
        waited = threads.submit(lambda: time.monotonic() - start).result()
        over.set()
    assert waited < 2.5


def test_while_wecom_answers_most_of_those_who_come_at_once_are_let_in() -> None:
    with ThreadPoolExecutor(4) as threads:
        logins = [threads.submit(one_login, lambda: time.sleep(0.1)) for _ in range(20)]
        assert sum(login.result() for login in logins) >= 15


def one_login(ask: Callable[[], object]) -> bool:
    if not login.turns.take():
        return False
    ask()
    login.turns.give_back()
    return True


def test_one_who_is_not_let_in_reads_why_and_can_try_again(monkeypatch: pytest.MonkeyPatch) -> None:
    client = browser()
    back = back_while_others_ask(client)
    monkeypatch.setattr(login.turns, "PATIENCE", 0.1)
    try:
        answer = client.get(back)
    finally:
        for _ in range(login.turns.AT_ONCE):
            login.turns.give_back()
    assert answer.status_code == 503
    assert "/login/?next=/lost/" in answer.content.decode()
    log_in(client)
    assert is_in(client)


def test_one_more_waits_for_their_turn_where_wecom_takes_a_moment() -> None:
    client = browser()
    back = back_while_others_ask(client)
    others = [threading.Timer(0.5, login.turns.give_back) for _ in range(login.turns.AT_ONCE)]
    for other in others:
        other.start()
    answer = client.get(back)
    for other in others:
        other.join()
    assert (answer.status_code, answer["Location"]) == (302, "/lost/")


def every_address(patterns: list[Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            if pattern.app_name not in ("admin",):
                yield from every_address(pattern.url_patterns, before + str(pattern.pattern))
        elif isinstance(pattern, URLPattern):
            yield before + str(pattern.pattern), pattern


OPEN = ("login", "login_back", "logout", "logged_out", "photo", "set_language", "healthz", "readyz", "metrics")


def test_every_page_is_closed_to_those_who_are_not_logged_in() -> None:
    closed = []
    for address, pattern in every_address(get_resolver().url_patterns):
        if address.lstrip("^").startswith(("api/", "sandbox/", "wecom/")):
            assert not getattr(pattern.callback, "login_required", True), f"{address} is of members, yet not a page"
            continue
        assert getattr(pattern.callback, "login_required", True) != (pattern.name in OPEN), address
        if pattern.name in OPEN:
            continue
        arguments = {name: 1 if name == "pk" else "found" for name in pattern.pattern.converters}
        path = reverse(pattern.name, kwargs=arguments)
        answer = browser().get(path)
        assert answer.status_code == 302, path
        assert answer["Location"].startswith("/login/?next="), path
        assert browser().post(path).status_code == 403, path
        closed.append(path)
    assert len(closed) >= 9


def test_a_part_of_a_page_leads_the_whole_browser_to_the_login() -> None:
    answer = browser().get("/requests/", headers={"HX-Request": "true"})
    assert answer.status_code == 204
    assert answer["HX-Redirect"].startswith("/login/?next=")
