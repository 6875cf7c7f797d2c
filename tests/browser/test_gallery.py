"""The gallery world on the sandbox's phones: every card and every message as the client draws it.

With PICTURES=1 each type of card is kept as docs/img/cards/<type>.png.
"""

import os

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import PICTURES, Visitor
from tests.journeys.city import City
from tests.support import ROOT

GALLERY = ROOT / "docs" / "worlds" / "gallery.yaml"
CARDS = PICTURES / "cards"
BLOCKS = {  # the blocks that must be seen, from top to bottom
    "text_notice": "source head emphasis quote subtitle lines jump",
    "news_notice": "source head image image-text quote lines entries jump",
    "button_interaction": "source head quote subtitle lines select buttons",
    "vote_interaction": "source head vote buttons",
    "multiple_interaction": "source head select buttons",
}


@pytest.fixture
def gallery(city: City, visitor: Visitor) -> Page:
    city.control("world", yaml=GALLERY.read_text("utf-8"))
    page = visitor.arrives(width=1440, height=1000, scale=2).new_page()
    page.goto("/sandbox/?left=zhangsan&right=lisi")
    return page


def card(page: Page, kind: str, side: str = "left") -> Locator:
    return page.locator(f"#phone-{side} .wc-{kind}").first


def unroll(page: Page) -> None:
    """The phones as long as what stands in them, so that nothing covers a card."""
    page.evaluate(
        """() => document.querySelectorAll('.phone, .chat').forEach((one) => {
            one.style.height = 'auto'; one.style.overflow = 'visible'; one.style.flex = 'none'; })"""
    )


@pytest.mark.parametrize("kind", BLOCKS)
def test_every_type_of_card_is_drawn_with_its_blocks_in_order(gallery: Page, kind: str) -> None:
    unroll(gallery)
    it = card(gallery, kind)
    expect(it).to_be_visible()
    assert it.evaluate("(one) => one.getBoundingClientRect().width") <= 300
    tops = [
        it.locator(f".wc-{name}").first.evaluate("(one) => one.getBoundingClientRect().top")
        for name in BLOCKS[kind].split()
    ]
    assert tops == sorted(tops)
    pictures = it.locator("img")
    gallery.wait_for_load_state("networkidle")
    assert all(one.evaluate("(one) => one.naturalWidth > 0") for one in pictures.all())
    if os.environ.get("PICTURES") == "1":
        CARDS.mkdir(parents=True, exist_ok=True)
        it.screenshot(path=CARDS / f"{kind}.png", animations="disabled")
    kept = CARDS / f"{kind}.png"
    assert kept.stat().st_size < 100_000


def test_the_sizes_are_those_of_the_client(gallery: Page) -> None:
    unroll(gallery)

    def styles(place: Locator, *names: str) -> list[str]:
        return [str(place.evaluate("(one, name) => getComputedStyle(one)[name]", name)) for name in names]

    notice, buttons = card(gallery, "text_notice"), card(gallery, "button_interaction")
    assert styles(notice, "padding", "borderRadius") == ["16px", "8px"]
    assert styles(notice.locator(".wc-source-text"), "fontSize", "color") == ["13px", "rgb(7, 163, 90)"]
    assert styles(notice.locator(".wc-icon"), "width", "height") == ["20px", "20px"]
    assert styles(notice.locator(".wc-title"), "fontSize", "fontWeight") == ["17px", "600"]
    assert styles(notice.locator(".wc-desc"), "fontSize") == ["14px"]
    assert styles(notice.locator(".wc-emphasis-title"), "fontSize", "textAlign") == ["28px", "center"]
    assert styles(notice.locator(".wc-emphasis-desc"), "fontSize") == ["13px"]
    assert styles(buttons.locator(".wc-subtitle"), "fontSize") == ["14px"]
    assert styles(buttons.locator(".wc-button").first, "height", "borderRadius", "color") == [
        "36px",
        "4px",
        "rgb(255, 255, 255)",
    ]
    phone = gallery.locator("#phone-left")
    phone.evaluate("(one) => one.removeAttribute('style')")
    assert styles(phone, "width", "height") == ["375px", "720px"]
    assert styles(gallery.locator("#phone-left .avatar").first, "width", "height") == ["40px", "40px"]


def test_what_became_of_cards_is_seen_by_those_concerned_only(gallery: Page) -> None:
    right = gallery.locator("#phone-right")
    for text in ("处理中", "已推送", "已投票", "周三见"):
        grey = right.locator(".wc-grey", has_text=text)
        expect(grey).to_have_count(1)
        assert grey.evaluate("(one) => getComputedStyle(one).cursor") == "not-allowed"
    expect(right.locator(".wc-vote input:checked")).to_be_disabled()
    expect(right.locator(".wc-select select").first).to_be_disabled()
    expect(right.get_by_text("撤回了一条消息")).to_be_visible()
    gallery.locator("#member-right").select_option("wangwu")
    fresh = right.locator(".wc-button_interaction").first
    expect(fresh).to_contain_text("只有李四点过")
    expect(fresh.get_by_role("button", name="确认")).to_be_enabled()


def test_a_menu_of_a_card_opens_and_its_entry_goes_out(gallery: Page, city: City) -> None:
    it = card(gallery, "button_interaction")
    it.locator(".wc-menu summary").click()
    entry = it.get_by_role("button", name="以后再说")
    expect(entry).to_be_visible()
    entry.click()
    expect(gallery.locator("#wire-list")).to_contain_text("template_card_menu_event")
    expect(entry).to_be_hidden()


def test_chosen_options_travel_with_the_tap_and_stay_chosen(gallery: Page, city: City) -> None:
    vote = card(gallery, "vote_interaction")
    vote.get_by_text("地下车库电梯间").click()
    vote.get_by_role("button", name="投票").click()
    expect(gallery.locator("#wire-list")).to_contain_text("template_card_event · vote")
    expect(vote.locator("input:checked")).to_have_count(2)
    (plain,) = [one["plaintext"] for one in city.ledger()["deliveries"] if one["event_key"] == "vote"]
    assert "canteen" in plain
    assert "garage" in plain


def test_a_line_with_a_member_opens_their_profile(gallery: Page) -> None:
    with gallery.context.expect_page() as opened:
        card(gallery, "text_notice").get_by_role("link", name="王五").click()
    profile = opened.value
    expect(profile.get_by_role("heading", name="王五")).to_be_visible()
    expect(profile.get_by_text("行政部")).to_be_visible()


def test_all_other_messages_groups_and_other_apps_are_drawn(gallery: Page) -> None:
    gallery.goto("/sandbox/?left=wangwu&right=lisi")
    left, right = gallery.locator("#phone-left"), gallery.locator("#phone-right")
    for kind in ("photo", "voice", "video", "file", "textcard", "article", "markdown", "notice-card"):
        expect(left.locator(f".{kind}").first).to_be_attached()
    right.locator("select.where").select_option("chat-desk")
    expect(right.get_by_text("大堂有一串钥匙，谁丢的？")).to_be_visible()
    right.locator("select.where").select_option("app-1000043")
    expect(right.get_by_text("这是另一个应用：周五前请交考勤表")).to_be_visible()


def test_a_phone_in_the_hand_shows_one_phone_and_no_sideways_scrolling(city: City, visitor: Visitor) -> None:
    city.control("world", yaml=GALLERY.read_text("utf-8"))
    page = visitor.arrives(width=400, height=800).new_page()
    page.goto("/sandbox/?left=zhangsan&right=lisi")
    expect(page.locator("#phone-left")).to_be_visible()
    expect(page.locator("#phone-right")).to_be_hidden()
    for tab in ("手机 2", "故障与线路", "手机 1"):
        page.get_by_text(tab, exact=True).click()
        assert page.evaluate("document.documentElement.scrollWidth") <= 400


def test_a_world_is_loaded_by_hand(gallery: Page) -> None:
    with gallery.expect_navigation():  # the page comes again: other people live there now
        gallery.locator("input[name=world]").set_input_files(ROOT / "docs" / "worlds" / "bad-day.yaml")
    expect(gallery.locator("#faults-now")).to_contain_text("糟糕的一天")
    expect(gallery.locator("#faults-now")).to_contain_text("错误码 45009 × 3")
    wrong = {"name": "wrong.yaml", "mimeType": "application/yaml", "buffer": b"story: x\nweather: rain\n"}
    gallery.locator("input[name=world]").set_input_files(wrong)  # type: ignore[arg-type]
    expect(gallery.locator("#toast")).to_contain_text("line 2")
    expect(gallery.locator("#faults-now")).to_contain_text("糟糕的一天")
