"""How found things leave the desk: with their owner, or, agreed by two people, to where nobody asks for them."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from lostfound import errors, selectors, services
from lostfound.erasure import erase
from lostfound.models import ContactRequest, Disposal, Export, HandOver, Item
from tests.lostfound.member import logged_in
from tests.lostfound.world import FINDER, OWNER, WeCom, ask, found_item, tap
from tests.support import in_threads
from wecom import members, outbox

DESK = "前台 Front desk"


@pytest.fixture
def office(admin_user: User) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(admin_user)
    return client


@pytest.fixture
def colleague(db: None) -> Client:
    user = User.objects.create_user("lin", is_staff=True)
    user.groups.add(Group.objects.get(name=DESK))
    client = Client(headers={"accept-language": "en"})
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def page(name: str, item: Item) -> str:
    return reverse(f"admin:lostfound_item_{name}", args=[item.pk])


def do(client: Client, deed: str, item: Item, **form: str) -> Any:
    address = reverse("admin:lostfound_item_do", args=[item.pk, deed])
    return client.post(address, {"confirmed": "yes", **form}, follow=True)


def at_the_desk(**values: Any) -> Item:
    item = found_item(**values)
    services.move_item(item_id=item.pk, custody="desk", shelf="A", by="admin")
    item.refresh_from_db()
    return item


def agreed(wecom: WeCom, item: Item, owner: str = OWNER) -> ContactRequest:
    """The finder has said yes to this owner."""
    request = ask(item=item, owner=owner)
    outbox.drain()
    tap(request.cards.get())
    outbox.drain()
    request.refresh_from_db()
    assert request.state == "accepted"
    return request


# --- To the owner -----------------------------------------------------------------------------------------------------


def test_the_owner_shows_the_code_of_their_page_and_gets_the_thing(wecom: WeCom, office: Client) -> None:
    item = at_the_desk()
    request = agreed(wecom, item)
    code = services.pickup_code(request)
    assert code in logged_in(OWNER).get(reverse("mine")).content.decode()
    answer = office.post(
        page("handover", item), {"code": f" {code[:3]} {code[3:]} ", "signature": "张三", "proof": ""}, follow=True
    )
    assert "Handed over" in answer.content.decode()
    given = HandOver.objects.get()
    assert (given.request, given.signature, given.by) == (request, "张三", "admin")
    item.refresh_from_db()
    assert item.state == "returned"
    assert f"handed over to 张三 (pick-up code of {OWNER})" in office.get(page("change", item)).content.decode()
    assert code not in logged_in(OWNER).get(reverse("mine")).content.decode()


def test_a_code_counts_for_its_own_thing_and_only_after_the_finder_agreed(wecom: WeCom, office: Client) -> None:
    item, other = at_the_desk(), at_the_desk()
    pending = ask(item=item)
    foreign = agreed(wecom, other, owner="wangwu")
    assert services.pickup_code(pending) not in logged_in(OWNER).get(reverse("mine")).content.decode()
    for code in (services.pickup_code(pending), services.pickup_code(foreign), "123"):
        answer = office.post(page("handover", item), {"code": code, "signature": "张三"}).content.decode()
        assert "No owner to whom the finder agreed has this code." in answer
        assert "张三" in answer  # what was typed stays
    assert not HandOver.objects.exists()


def test_a_code_is_no_good_once_the_finder_took_the_consent_back(wecom: WeCom, office: Client) -> None:
    item = at_the_desk()
    request = agreed(wecom, item)
    code = services.pickup_code(request)
    tap(request.cards.get(), "decline")
    page_of_mine = logged_in(OWNER).get(reverse("mine")).content.decode()
    assert "The finder took the consent back." in page_of_mine
    assert code not in page_of_mine
    with pytest.raises(errors.Invalid):
        services.hand_over(item_id=item.pk, code=code, signature="张三", by="admin")
    with pytest.raises(errors.NothingToDo):
        services.reveal_contact(request_id=request.pk, by="admin", why="wants it")


def test_without_a_code_the_desk_says_what_proved_it(office: Client, db: None) -> None:
    item = at_the_desk(hidden_marks="柄上刻着 L")
    assert "柄上刻着 L" in office.get(page("handover", item)).content.decode()
    answer = office.post(page("handover", item), {"signature": "王五"}).content.decode()
    assert "Enter the pick-up code, or say here what proved it." in answer
    office.post(page("handover", item), {"signature": "王五", "proof": "knew the mark"})
    given = HandOver.objects.get()
    assert (given.request, given.signature, given.proof) == (None, "王五", "knew the mark")


def test_a_code_stays_good_when_the_key_of_the_site_is_changed(wecom: WeCom, office: Client, settings: Any) -> None:
    item = at_the_desk()
    code = services.pickup_code(agreed(wecom, item))
    settings.WECOM_DATA_KEYS = [settings.SECRET_KEY]
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another key of the site", [settings.SECRET_KEY]
    services.hand_over(item_id=item.pk, code=code, signature="张三", by="admin")
    assert HandOver.objects.get().request is not None


def test_what_its_finder_keeps_or_what_is_over_is_not_handed_over(office: Client, db: None) -> None:
    item, over = found_item(), at_the_desk()
    services.close_item(item_id=over.pk, state="closed", by="admin")
    for one in (item, over):
        assert page("handover", one) not in office.get(page("change", one)).content.decode()
    form = {"signature": "张三", "proof": "knew it"}
    answer = office.post(page("handover", item), form).content.decode()
    assert "write down first that it came to the desk" in answer
    assert "The item is: closed." in office.post(page("handover", over), form).content.decode()


@pytest.mark.django_db(transaction=True)
def test_two_people_at_the_desk_hand_it_over_once() -> None:
    item = at_the_desk()

    def give() -> bool:
        try:
            services.hand_over(item_id=item.pk, signature="张三", proof="knew it", by="admin")
        except errors.NothingToDo:
            return False
        return True

    assert sorted(in_threads(2, give)) == [False, True]
    assert HandOver.objects.count() == 1


# --- To where nobody asks for it --------------------------------------------------------------------------------------


def test_a_disposal_takes_two_people(office: Client, colleague: Client) -> None:
    item = at_the_desk(happened_at=timezone.now() - timedelta(days=100))
    assert "Where it goes" in do(office, "dispose", item).content.decode()  # nothing was filled in
    do(office, "dispose", item, reason="捐赠给红十字会")
    assert "a second person has to agree" in do(office, "agree", item).content.decode()
    tile = {str(one["words"]): one for one in colleague.get("/admin/").context["needs"]}["Disposals to agree to"]
    assert tile["shown"] == "1"
    assert [row.pk for row in colleague.get(tile["url"]).context["cl"].result_list] == [item.pk]
    do(colleague, "agree", item)
    item.refresh_from_db()
    assert item.state == "closed"
    shown = office.get(page("change", item)).content.decode()
    assert "disposal: 捐赠给红十字会 · done" in shown
    assert "admin → lin" in shown


def test_what_is_still_held_is_named_before_its_disposal_is_proposed(office: Client, db: None) -> None:
    item = at_the_desk()
    asking = office.post(reverse("admin:lostfound_item_do", args=[item.pk, "dispose"]))
    assert f"Their holding period is not over: #{item.pk}" in asking.content.decode()


def test_a_thing_that_somebody_waits_for_is_not_disposed_of(wecom: WeCom) -> None:
    item = at_the_desk()
    ask(item=item)
    with pytest.raises(errors.NothingToDo, match="somebody has asked"):
        services.propose_disposal(item_id=item.pk, destination="捐赠", by="admin")


def test_an_owner_who_asks_or_comes_in_time_stops_it(wecom: WeCom) -> None:
    asked, came = at_the_desk(), at_the_desk()
    for item in (asked, came):
        services.propose_disposal(item_id=item.pk, destination="捐赠", by="admin")
    ask(item=asked)
    with pytest.raises(errors.NothingToDo, match="somebody has asked"):
        services.agree_to_disposal(item_id=asked.pk, by="lin")
    services.hand_over(item_id=came.pk, signature="张三", proof="knew it", by="lin")
    assert Disposal.objects.get(item=came).state == "dropped"
    with pytest.raises(errors.NothingToDo):
        services.agree_to_disposal(item_id=came.pk, by="lin")


def test_a_dropped_proposal_can_be_made_again(office: Client, db: None) -> None:
    item = at_the_desk()
    services.propose_disposal(item_id=item.pk, destination="捐赠", by="lin")
    do(office, "keep", item)
    do(office, "dispose", item, reason="销毁")
    assert list(Disposal.objects.order_by("pk").values_list("state", "destination")) == [
        ("dropped", "捐赠"),
        ("proposed", "销毁"),
    ]


@pytest.mark.django_db(transaction=True)
def test_two_who_agree_at_once_agree_once() -> None:
    item = at_the_desk()
    services.propose_disposal(item_id=item.pk, destination="捐赠", by="admin")

    def agree() -> bool:
        try:
            services.agree_to_disposal(item_id=item.pk, by="lin")
        except errors.NothingToDo:
            return False
        return True

    assert sorted(in_threads(2, agree)) == [False, True]


# --- Thanks -----------------------------------------------------------------------------------------------------------


def returned(finder: str, on: str) -> Item:
    item = found_item(reporter=finder)
    services.close_item(item_id=item.pk, state="returned", by="admin")
    Item.objects.filter(pk=item.pk).update(closed_at=f"{on}T12:00:00+08:00")
    return item


def test_finders_are_thanked_by_quarter(office: Client, db: None) -> None:
    for on in ("2026-07-01", "2026-09-30", "2026-10-01"):
        returned(FINDER, on)
    returned("wangwu", "2026-08-15")
    shown = office.get(reverse("admin:lostfound_item_thanks"), {"quarter": "2026Q3"})
    assert [(one["reporter"], one["things"]) for one in shown.context["finders"]] == [(FINDER, 2), ("wangwu", 1)]
    empty = office.get(reverse("admin:lostfound_item_thanks"), {"quarter": "2025Q1"}).content.decode()
    assert "Nothing went back to its owner in this quarter." in empty
    address = f"{reverse('admin:lostfound_item_thanks')}?quarter=2026Q3"
    lines = b"".join(office.post(address).streaming_content).decode("utf-8-sig").splitlines()  # type: ignore[attr-defined]
    assert lines[1] == f"{FINDER},{FINDER},2,2026-09-30"
    assert Export.objects.get().filters == "thanks=2026Q3"


def test_the_front_desk_reads_the_thanks_and_takes_no_file(colleague: Client) -> None:
    returned(FINDER, "2026-08-15")
    address = f"{reverse('admin:lostfound_item_thanks')}?quarter=2026Q3"
    assert "Export as CSV" not in colleague.get(address).content.decode()
    assert colleague.post(address).status_code == 403


@pytest.mark.parametrize("quarter", ["", "2026Q5", "Q", "٢٠٢٦Q1"])
def test_a_quarter_that_is_none_is_the_last_that_is_over(office: Client, db: None, quarter: str) -> None:
    shown = office.get(reverse("admin:lostfound_item_thanks"), {"quarter": quarter})
    assert shown.context["quarter"].step(1).start <= timezone.now()
    assert shown.context["after"] is not None


def test_who_is_forgotten_got_gave_and_found_nothing_by_name(wecom: WeCom) -> None:
    item = at_the_desk()
    code = services.pickup_code(agreed(wecom, item))
    services.propose_disposal(item_id=item.pk, destination="捐赠", by=OWNER)
    services.hand_over(item_id=item.pk, code=code, signature="张三", by=OWNER)
    erase(member=FINDER, by="admin")
    assert not selectors.finders_to_thank(timezone.now() - timedelta(days=9), timezone.now()).exists()
    erase(member=OWNER, by="admin")
    given, disposal = HandOver.objects.get(), Disposal.objects.get()
    assert "张三" not in given.signature
    assert OWNER not in (given.by, disposal.proposed_by, disposal.decided_by)


def test_a_signature_goes_with_the_member_who_has_that_name(db: None) -> None:
    item = at_the_desk()
    members.Member.objects.create(app="default", userid=OWNER, name="张三")
    services.hand_over(item_id=item.pk, signature="张三", proof="knew it", by="admin")
    erase(member=OWNER, by="admin")
    assert HandOver.objects.get().signature == ""
