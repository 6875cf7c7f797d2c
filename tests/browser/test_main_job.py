"""The main job by hand, in nothing but a browser: the administrator's pages and the phones."""

import json
import re
from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Visitor, log_in
from tests.journeys.city import FINDER, OWNER, PHONE, City

STEPS = ("发起请求", "卡片已发出", "已同意", "联系方式已送达", "待更新", "卡片已显示最终文字")
WITHHELD = "13900139000"
Picture = Callable[..., None]


def phones(page: Page) -> tuple[Page, Locator, Locator]:
    """The sandbox in a second tab, the owner's chat on the left and the finder's on the right."""
    tab = page.context.new_page()
    tab.goto(f"/sandbox/?left={OWNER}&right={FINDER}")
    return tab, tab.locator("#chat-left"), tab.locator("#chat-right")


def ask_in_the_admin(admin: Page, title: str, *, owner: str = OWNER, message: str = "") -> int:
    """From the front page to the request's own page, by what stands on links and buttons; the request's number."""
    admin.get_by_text("物品", exact=True).first.click()
    admin.get_by_role("link", name=title, exact=True).click()
    admin.get_by_role("link", name="索取拾取人联系方式").click()
    admin.get_by_label("失主").fill(owner)
    admin.get_by_label("给拾取人的留言").fill(message)
    admin.get_by_role("button", name="发起请求").click()
    expect(admin.get_by_role("heading", name=re.compile(rf"^请求 \d+：{owner}"))).to_be_visible()
    found = re.search(r"/contactrequest/(\d+)/change/", admin.url)
    assert found, admin.url
    return int(found[1])


def test_ask_in_the_admin_tap_on_the_phone_and_the_owner_has_the_contact(
    city: City, page: Page, picture: Picture
) -> None:
    city.report(title="黑色长柄雨伞", description="伞柄上系着一条蓝色布带。")
    tab, owner, finder = phones(page)  # open before the login, which gives the browser another CSRF token
    log_in(page)
    number = ask_in_the_admin(page, "黑色长柄雨伞", message="伞柄上系着蓝色布带，是我昨天落下的。")
    expect(finder).to_contain_text(f"请求编号 {number}")
    expect(finder).to_contain_text("伞柄上系着蓝色布带")
    expect(owner).not_to_contain_text("请求编号")
    tab.evaluate("window.stillTheSamePage = true")

    finder.get_by_role("button", name="确认").click()
    expect(finder.locator(".wc-grey")).to_have_text(re.compile("处理中|已推送"))
    expect(owner.locator(".bubble")).to_contain_text(PHONE)
    expect(owner.locator(".bubble")).to_contain_text(f"请求编号 {number}")
    expect(finder.locator(".wc-grey")).to_have_text("已推送")
    expect(finder.get_by_role("button", name="确认")).to_have_count(0)
    assert tab.evaluate("window.stillTheSamePage")

    page.set_viewport_size({"width": 1280, "height": 1500})
    page.reload()
    expect(page.locator(".lf-timeline li > div > b")).to_have_text(list(STEPS))
    expect(page.locator(".lf-card__dead")).to_have_text("已推送")
    assert PHONE not in page.content()
    picture(page, "request")


def test_the_answer_to_the_tap_changes_the_button_even_while_no_worker_lives(city: City, admin: Page) -> None:
    city.report(title="黑色雨伞")
    ask_in_the_admin(admin, "黑色雨伞")
    _, owner, finder = phones(admin)
    finder.get_by_role("button", name="确认").wait_for()
    city.kill("worker")
    finder.get_by_role("button", name="确认").click()
    expect(finder.locator(".wc-grey")).to_have_text("处理中")
    expect(owner.locator(".bubble")).to_have_count(0)
    city.start_worker()
    expect(finder.locator(".wc-grey")).to_have_text("已推送", timeout=40_000)
    expect(owner.locator(".bubble")).to_contain_text(PHONE)


def test_each_card_says_what_became_of_it_and_a_decline_gives_nothing_away(
    city: City, admin: Page, picture: Picture
) -> None:
    first = city.ask(title="工卡", category="card", place="一号楼大堂", contact_value=WITHHELD)
    second = city.ask(title="黑色长柄雨伞", place="二号楼食堂")
    tab, owner, finder = phones(admin)
    cards = finder.locator(".wc-card")
    expect(cards).to_have_count(2)
    assert tab.locator("select.owner").evaluate_all("all => all.map(one => one.value)") == [OWNER, FINDER]

    cards.nth(0).get_by_role("button", name="婉拒").click()
    expect(cards.nth(0).locator(".wc-grey")).to_have_text("已婉拒")
    expect(owner.locator(".bubble").first).to_contain_text("婉拒")
    cards.nth(1).get_by_role("button", name="确认").click()
    expect(cards.nth(1).locator(".wc-grey")).to_have_text("已推送")
    expect(owner.locator(".bubble").last).to_contain_text(PHONE)
    expect(owner).not_to_contain_text(WITHHELD)
    keys = city.report(title="钥匙一串", category="keys", place="地下停车场 B2")["id"]
    city.api("contact-requests/", item=keys, requester=OWNER, message="三把钥匙，带红色挂件。")
    expect(cards.nth(2).get_by_role("button", name="确认")).to_be_visible()
    finder.evaluate("chat => { chat.scrollTop = chat.scrollHeight }")
    tab.set_viewport_size({"width": 1280, "height": 800})
    picture(tab, "phones")

    assert city.events(first)[2] == "declined"
    assert city.events(second)[2] == "accepted"
    admin.goto("/admin/")
    expect(admin.get_by_role("link", name="30 天内的请求")).to_have_text(re.compile("^[1-9]"))
    picture(admin, "admin")


def test_ask_through_the_api_page_without_leaving_the_browser(city: City, admin: Page, visitor: Visitor) -> None:
    item = city.report()["id"]
    admin.goto("/api/docs/")
    operation = admin.locator(".opblock-post", has_text="/api/v1/contact-requests/").first
    operation.click()
    operation.get_by_role("button", name="Try it out").click()
    operation.locator("textarea").fill(json.dumps({"item": item, "requester": OWNER, "message": "是我的"}))
    operation.get_by_role("button", name="Execute").click()
    expect(operation.locator(".live-responses-table .response-col_status").last).to_contain_text("201")
    _, owner, finder = phones(admin)
    finder.get_by_role("button", name="确认").click()
    expect(owner.locator(".bubble")).to_contain_text(PHONE)
    expect(finder.locator(".wc-grey")).to_have_text("已推送")
