"""What was found and may be what somebody lost: which, why, and how the owner hears of it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.urls import reverse
from django.utils import translation

from lostfound import erasure, handlers, matching, services
from lostfound.models import Item, Match, Preference
from wecom import outbox
from wecom.models import Outgoing

from .member import logged_in
from .world import FINDER, KILLED, LOST, OWNER, SEND, Killed, WeCom, drain_later, found_item, lost_item

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 25, 12, 0, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.fixture(autouse=True)
def noon() -> Any:
    with time_machine.travel(NOON, tick=True) as clock:
        yield clock


def umbrella(**values: Any) -> Item:
    return found_item(**{"category": "umbrella", **values})


def told() -> None:
    """What the worker does once a minute, and what comes of it at once."""
    handlers.tell_owners()
    outbox.drain()


def facts(card: dict[str, Any]) -> dict[str, str]:
    return {row["keyname"]: row["value"] for row in card["horizontal_content_list"]}


class TestLikeness:
    def test_the_likeliest_comes_first_with_its_reasons(self) -> None:
        lost = lost_item(happened_at=NOON - timedelta(hours=3))
        far = umbrella(title="雨伞", place="一号楼大堂", happened_at=NOON + timedelta(days=2))
        near = umbrella(title="一把黑色的伞", happened_at=NOON - timedelta(hours=1))
        found_item(title="蓝牙耳机", category="electronics", place="三楼会议室")
        likely = matching.found_for(lost)
        assert [one.item.pk for one in likely] == [near.pk, far.pk]
        with translation.override("zh-hans"):
            assert matching.likeness(lost, near).reasons == ("同类", "同一地点", "都提到黑色、雨伞", "相差 2 小时")

    @pytest.mark.parametrize(
        ("lost", "found"),
        [
            ({"title": "手机", "category": "phone"}, {"title": "华为手机", "category": "phone"}),
            ({"title": "工牌", "category": "card"}, {"title": "员工卡", "category": "card", "place": "大堂"}),
            ({"title": "钥匙一串"}, {"title": "一串钥匙", "category": "other"}),
            ({"title": "AirPods 耳机", "category": "electronics"}, {"title": "蓝牙耳机", "category": "electronics"}),
        ],
    )
    def test_other_words_for_the_same_thing_are_alike(self, lost: dict[str, str], found: dict[str, str]) -> None:
        report, thing = lost_item(**lost), found_item(**found)
        assert [one.item.pk for one in matching.found_for(report)] == [thing.pk]
        assert [one.item.pk for one in matching.lost_for(thing)] == [report.pk]

    @pytest.mark.parametrize(
        "found",
        [
            {"title": "红色毛衣", "category": "clothing"},
            {"title": "黑色钱包", "category": "wallet"},
            {"happened_at": NOON - timedelta(days=3)},  # before it was lost
            {"reporter": OWNER},  # by themselves
            {"state": "returned"},
        ],
    )
    def test_what_cannot_be_it_is_not_shown(self, found: dict[str, Any]) -> None:
        state = found.pop("state", "open")
        item = umbrella(**found)
        Item.objects.filter(pk=item.pk).update(state=state)
        assert matching.found_for(lost_item()) == []

    def test_it_asks_few_questions(self, django_assert_max_num_queries: Any) -> None:
        for number in range(30):
            umbrella(title=f"雨伞 {number}")
        lost = lost_item()
        with django_assert_max_num_queries(4):
            assert len(matching.found_for(lost)) == matching.MOST


class TestPage:
    def test_a_lost_report_shows_what_is_likely_with_its_reasons(self) -> None:
        lost, found = lost_item(), umbrella(title="一把黑色的伞")
        page = logged_in(OWNER).get(reverse("item", args=[lost.pk])).content.decode()
        assert reverse("item", args=[found.pk]) in page
        assert "same category · same place" in page

    def test_where_nothing_is_alike_it_says_so(self) -> None:
        page = logged_in(OWNER).get(reverse("item", args=[lost_item().pk])).content.decode()
        assert "Nothing alike was found so far." in page

    def test_nobody_else_sees_it_there(self) -> None:
        lost, found = lost_item(), umbrella()
        page = logged_in("wangwu", name="王五").get(reverse("item", args=[lost.pk])).content.decode()
        assert reverse("item", args=[found.pk]) not in page


class TestMessage:
    def test_the_owner_hears_of_a_new_found_thing_by_a_card_that_opens_it(self, wecom: WeCom) -> None:
        lost_item(title="黑色长柄雨伞")
        told()
        assert wecom.notices == []
        found = umbrella(title="一把黑色的伞")
        told()
        ((member, card),) = wecom.notices
        assert (member, card["card_type"]) == (OWNER, "text_notice")
        assert (facts(card)["物品"], facts(card)["地点"]) == ("一把黑色的伞", "二号楼食堂")
        assert facts(card)["相似之处"].startswith("同类 · 同一地点")
        for address in (card["card_action"]["url"], card["jump_list"][0]["url"]):
            assert urlsplit(address).path == reverse("item", args=[found.pk])

    def test_several_are_one_message_that_leads_to_all(self, wecom: WeCom) -> None:
        lost = lost_item()
        umbrella(title="黑色雨伞"), umbrella(title="雨伞", place="")
        told()
        ((_member, card),) = wecom.notices
        assert "另有 1 件" in card["sub_title_text"]
        assert urlsplit(card["card_action"]["url"]).path == reverse("item", args=[lost.pk])

    def test_it_is_one_a_day_and_the_rest_comes_the_next_morning(self, wecom: WeCom, noon: Any) -> None:
        lost_item()
        umbrella()
        told()
        later = umbrella(title="黑色的伞，第二把")
        told()
        told()
        assert len(wecom.notices) == 1
        noon.move_to(NOON + timedelta(hours=13))  # one at night
        told()
        assert len(wecom.notices) == 1
        noon.move_to(NOON + timedelta(hours=21, minutes=1))
        told()
        assert [facts(card)["物品"] for _member, card in wecom.notices][1:] == [later.title]
        noon.move_to(NOON + timedelta(days=3))
        told()
        assert len(wecom.notices) == 2

    def test_each_member_has_their_own(self, wecom: WeCom) -> None:
        lost_item()
        lost_item(reporter="wangwu")
        umbrella()
        told()
        assert sorted(member for member, _card in wecom.notices) == ["wangwu", OWNER]

    def test_what_is_returned_or_found_again_meanwhile_is_not_told(self, wecom: WeCom) -> None:
        lost, found = lost_item(), umbrella()
        handlers.tell_owners()
        services.close_item(item_id=found.pk, state="returned", by="desk")
        outbox.drain()
        assert wecom.notices == []
        umbrella()
        services.match_found_items()
        services.close_item(item_id=lost.pk, state="closed", by=OWNER)
        told()
        assert wecom.notices == []

    def test_a_lost_answer_is_repeated_as_the_same_message(self, wecom: WeCom) -> None:
        lost_item()
        umbrella()
        wecom.will(SEND, LOST)
        told()
        umbrella(title="黑色雨伞，又一把")
        services.match_found_items()
        drain_later()
        first, second = [body for path, body in wecom.calls if path == SEND]
        assert first == second
        assert len(wecom.notices) == 1

    def test_a_worker_that_dies_tells_nobody_twice(self, wecom: WeCom, noon: Any) -> None:
        lost_item()
        umbrella()
        wecom.will(SEND, KILLED)
        with pytest.raises(Killed):
            told()
        noon.move_to(NOON + timedelta(minutes=3))
        told()
        assert (len(wecom.notices), Match.objects.exclude(told_in=None).count()) == (1, 1)

    def test_what_surely_was_not_told_is_told_another_day(self, wecom: WeCom, noon: Any) -> None:
        lost_item()
        umbrella()
        wecom.will(SEND, {"errcode": 81013, "errmsg": "no"})
        told()
        assert Match.objects.filter(told_in=None).count() == 1
        told()
        assert wecom.notices == []  # once a day
        noon.move_to(NOON + timedelta(days=1))
        told()
        assert len(wecom.notices) == 1

    def test_what_may_have_been_told_is_not_told_again(self, wecom: WeCom, noon: Any) -> None:
        lost_item()
        umbrella()
        wecom.will(SEND, LOST, {"errcode": 81013, "errmsg": "no"})
        told()
        drain_later()
        assert Outgoing.objects.get(kind="lostfound.suggest").state == "dead"
        noon.move_to(NOON + timedelta(days=1))
        told()
        assert len(wecom.notices) == 1

    def test_looking_twice_matches_once(self, wecom: WeCom) -> None:
        lost_item()
        umbrella()
        assert (services.match_found_items(), services.match_found_items()) == (1, 0)
        assert Match.objects.count() == 1
        services.owe_suggestions(), services.owe_suggestions()
        assert Outgoing.objects.filter(kind="lostfound.suggest").count() == 1


class TestPreference:
    def test_whoever_switches_it_off_hears_nothing_until_it_is_on_again(self, wecom: WeCom) -> None:
        owner = logged_in(OWNER)
        assert "On: at most one message a day" in owner.get(reverse("mine")).content.decode()
        owner.post(reverse("preferences"), {"suggestions": "off"})
        assert "Switch on" in owner.get(reverse("mine")).content.decode()
        lost_item()
        umbrella()
        told()
        assert wecom.notices == []
        owner.post(reverse("preferences"), {"suggestions": "on"})
        told()
        assert len(wecom.notices) == 1

    def test_what_was_tried_before_it_was_switched_off_is_told_once_it_is_on(self, wecom: WeCom, noon: Any) -> None:
        lost_item()
        umbrella()
        wecom.will(SEND, {"errcode": 45009, "errmsg": "busy"})
        told()
        services.want_matches(member=OWNER, wanted=False)
        drain_later()
        assert Match.objects.filter(told_in=None).count() == 1

    def test_switched_off_in_the_last_moment_counts(self, wecom: WeCom) -> None:
        lost_item()
        umbrella()
        handlers.tell_owners()
        services.want_matches(member=OWNER, wanted=False)
        outbox.drain()
        assert wecom.notices == []
        assert Outgoing.objects.get(kind="lostfound.suggest").state == "cancelled"


@pytest.mark.django_db(transaction=True)
def test_an_item_that_no_owner_can_be_looked_for_keeps_no_other_from_its_owner(wecom: WeCom) -> None:
    lost_item()
    umbrella(happened_at=datetime.max.replace(tzinfo=UTC) - timedelta(hours=9))
    umbrella()
    told()
    assert len(wecom.notices) == 1


def test_a_forgotten_member_hears_nothing_and_leaves_no_name(wecom: WeCom) -> None:
    lost_item()
    umbrella()
    handlers.tell_owners()
    erasure.erase(member=OWNER, by="admin")
    outbox.drain()
    told()
    assert wecom.notices == []
    assert not Preference.objects.exists()
    assert not Outgoing.objects.filter(effect_key__contains=OWNER).exists()


def test_a_finder_who_also_lost_something_is_not_told_of_their_own(wecom: WeCom) -> None:
    lost_item(reporter=FINDER)
    umbrella()
    told()
    assert wecom.notices == []
