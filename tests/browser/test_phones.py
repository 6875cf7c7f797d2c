"""The whole story on one screen: the app's pages inside the sandbox's phones, the cards in their chats."""

from collections.abc import Callable

from playwright.sync_api import FrameLocator, Locator, Page, expect

from tests.browser.conftest import Visitor
from tests.journeys.city import FINDER, OWNER, PHONE, City


def opened(page: Page, side: str) -> tuple[Locator, FrameLocator]:
    """The phone on this side, with the app's first page open in it."""
    phone = page.locator(f"#phone-{side}")
    phone.get_by_title("打开应用的页面").click()
    inside = page.frame_locator(f"#phone-{side} iframe")
    expect(inside.get_by_role("heading", level=1)).to_have_text("拾到的物品")
    return phone, inside


def test_report_find_ask_and_agree_on_two_phones(city: City, visitor: Visitor) -> None:
    page = visitor.arrives(width=1360, height=860).new_page()
    page.goto(f"/sandbox/?left={FINDER}&right={OWNER}")
    finder, finders = opened(page, "left")
    finders.get_by_role("link", name="登记").click()
    finders.get_by_role("link", name="我捡到了东西").click()
    finders.locator(".choice", has_text="雨伞").click()
    expect(finders.get_by_label("雨伞")).to_be_checked()
    finders.get_by_label("物品", exact=True).fill("黑色长柄雨伞")
    finders.get_by_label("我的手机号").check()
    finders.get_by_label("手机号或领取地点").fill(PHONE)
    finders.get_by_role("button", name="发送", exact=True).click()
    expect(finders.get_by_text("谢谢")).to_be_visible()
    finder.get_by_title("关闭页面").click()
    expect(page.locator("#phone-left .browser")).to_be_hidden()

    owner, owners = opened(page, "right")
    owners.locator(".item", has_text="黑色长柄雨伞").first.click()
    owners.get_by_role("link", name="这是我的，询问拾取人").click()
    owners.get_by_role("textbox").fill("伞柄有贴纸")
    owners.get_by_role("button", name="发送询问").click()
    card = finder.get_by_role("button", name="确认").last
    expect(card).to_be_visible()
    expect(finder.get_by_text("伞柄有贴纸").last).to_be_visible()

    finder.locator(".wc-whole").last.click()
    expect(finders.get_by_role("button", name="同意并发送")).to_be_visible()
    finder.get_by_title("关闭页面").click()
    card.click()
    expect(finder.get_by_text("已推送").last).to_be_visible()
    expect(owners.get_by_text("已同意")).to_be_visible()
    owner.get_by_title("关闭页面").click()
    expect(owner.get_by_text(PHONE).last).to_be_visible()


def test_each_phone_is_its_owners_alone(city: City, visitor: Visitor) -> None:
    page = visitor.arrives(width=1360, height=860).new_page()
    page.goto(f"/sandbox/?left={FINDER}&right={OWNER}")
    for side, name in (("left", "李四"), ("right", "张三")):
        _phone, inside = opened(page, side)
        inside.get_by_role("link", name="我的").click()
        expect(inside.get_by_text(name, exact=True)).to_be_visible()
    page.locator("#phone-left iframe").evaluate("frame => frame.contentWindow.location.reload()")
    expect(page.frame_locator("#phone-left iframe").get_by_text("李四", exact=True)).to_be_visible()


def test_the_guided_tour_plays_the_story_by_itself(city: City, visitor: Visitor, picture: Callable[..., None]) -> None:
    page = visitor.arrives(width=1360, height=860).new_page()
    page.goto("/sandbox/")
    page.get_by_role("button", name="演示").click()
    expect(page.locator("#tour")).to_contain_text("请自己试试", timeout=90_000)
    expect(page.frame_locator("#phone-left iframe").locator("h2 .tag")).to_have_text("已归还")
    page.locator("#phone-left [data-close]").click()
    expect(page.locator("#phone-left").get_by_text("已推送").last).to_be_visible()
    expect(page.locator("#phone-right").get_by_text("13800138000").last).to_be_visible()
    picture(page, "tour")
