"""What the desk reads in Chinese holds no English but WeCom's own words, terms of the trade, and what people wrote."""

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.contrib.auth.models import Group, User
from django.contrib.staticfiles import finders
from django.test import Client
from rest_framework.authtoken.models import Token

from tests.security import addresses
from wecomsite import settings as site

pytestmark = pytest.mark.django_db

SAID = ("placeholder", "title", "aria-label", "alt")
TERMS = {
    *(
        "API",
        "CSV",
        "Excel",
        "IP",
        "LDAP",
        "UserID",
        "access_token",
        "errcode",
        "manage.py run_worker",
        "response_code",
    ),
    *("Command", "Control", "Ctrl + K", "Mac", "esc", "English", "en", "zh-hans", "ms"),
}
# Kinds, events, states and fields as WeCom, the log and the tables spell them.
CODES = {
    *("button", "confirm", "event", "image", "refuse", "refused", "subscribe", "text", "unsubscribe", "enter_agent"),
    *("Event", "EventKey", "FromUserName", "MsgType", "ResponseCode"),
    *("default", "live", "lostfound", "parked", "outgoing"),
}
GROUPS = ("前台 Front desk", "主管 Manager", "审计 Auditor", "管理员 Administrator")  # made by a migration, in both
PEOPLE = {"root", "machine", "desk", "finder", "owner"}
# A name with a mark or a digit in it is a name: outgoing.kind, request:1, template_card_event, 127.0.0.1.
NAME = re.compile(r"[A-Za-z0-9*•…]*(?:(?:[_./:=*•…0-9]|-(?=\d))+[A-Za-z0-9*•…]*)+")
SAID_BY_SCRIPTS = re.compile(r"""\bgettext\((['"])(.*?)\1[,)]""")
NOT_HERE = ("admin/logout/", "admin/r/", "admin/login/", "admin/password_change/done/", "admin/jsi18n/")
OTHERS_WORDS = "admin/wecom/alert/doctor/"  # its findings quote WeCom, the network and Django's checks


class Words(HTMLParser):
    """Every text of a page that somebody reads or hears."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._unseen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.found += [values[name] for name in SAID if name in values]
        if tag == "input" and values.get("type") in ("submit", "button", "reset"):
            self.found.append(values.get("value", ""))
        is_icon = "material-symbols-outlined" in values.get("class", "")
        if is_icon or tag in ("script", "style"):
            self._unseen.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._unseen and self._unseen[-1] == tag:
            self._unseen.pop()

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.found.append(data)


def english_in(page: str) -> Iterator[str]:
    """The texts that hold an English word which nothing here explains."""
    words = Words()
    words.feed(page)
    known = re.compile(rf"(?<![A-Za-z])(?:{'|'.join(map(re.escape, TERMS | CODES | PEOPLE))})(?![A-Za-z])", re.I)
    for text in {" ".join(text.split()) for text in words.found}:
        rest = text
        for group in GROUPS:
            rest = rest.replace(group, "")
        if re.search(r"[A-Za-z]{2,}", known.sub("", NAME.sub(" ", rest))):
            yield text


@pytest.fixture
def office() -> Client:
    addresses.build_world()
    Token.objects.create(user=User.objects.create_user("machine"))
    Group.objects.create(name="desk")
    client = Client(headers={"accept-language": "zh-CN"})
    client.force_login(User.objects.create_superuser("root"), backend=site.AUTHENTICATION_BACKENDS[-1])
    return client


def test_no_page_of_the_admin_says_a_word_in_english(office: Client) -> None:
    wrong, pages = [], 0
    for pattern in addresses.every():
        if not pattern.startswith("admin/") or pattern.startswith(NOT_HERE):
            continue
        for method in ("get", "post"):
            if method == "post" and pattern == OTHERS_WORDS:
                continue
            answer = getattr(office, method)(addresses.example(pattern))
            if answer.status_code == 200 and answer["Content-Type"].startswith("text/html"):
                pages += 1
                wrong += [f"{method} {pattern}: {text}" for text in english_in(answer.content.decode())]
    assert wrong == []
    assert pages > 60


def test_the_scripts_of_the_admin_have_their_words_in_chinese_too(office: Client) -> None:
    served = office.get("/admin/jsi18n/").content.decode()
    catalogue = json.loads(re.search(r"newcatalog = (\{.*?\});", served, re.S)[1])  # type: ignore[index]
    asked = [
        json.loads('"' + words.replace('"', '\\"') + '"')
        for script in ("SelectFilter2.js", "actions.js", "calendar.js", "admin/DateTimeShortcuts.js")
        for _quote, words in SAID_BY_SCRIPTS.findall(Path(str(finders.find(f"admin/js/{script}"))).read_text())
    ]
    assert len(asked) > 40
    assert [words for words in asked if words not in catalogue] == []


def test_english_that_is_left_over_is_found() -> None:
    page = '<p>已发送</p><button title="Send it">发送</button><p>共 3 items</p><i>task_id · request:1 · UserID</i>'
    assert sorted(english_in(page)) == ["Send it", "共 3 items"]


def test_no_page_shows_the_token_of_a_program(office: Client) -> None:
    key = Token.objects.get().key
    shown = [
        pattern
        for pattern in addresses.every()
        if pattern.startswith("admin/") and not pattern.startswith(NOT_HERE)
        for address in addresses.examples(pattern)
        if key in office.get(address).content.decode()
    ]
    assert shown == []
