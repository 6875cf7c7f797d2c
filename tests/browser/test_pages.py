"""Every page as it stands: nothing asked of other hosts, no error in the console, words of the reader's language."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.conftest import Visitor, log_in
from tests.journeys.city import City

CHINESE = r"[\u4e00-\u9fff]"


def open_page(page: Page, address: str) -> None:
    answer = page.goto(address)
    assert answer, address
    assert answer.status == 200, f"{address} answers {answer.status}"


def finished_job(city: City) -> int:
    number = city.ask()
    city.tap(number)
    city.comes_to(number, delivery="delivered", card="closed")
    return number


def test_every_list_of_the_admin_and_one_page_of_each_opens_without_a_complaint(
    city: City, admin: Page, visitor: Visitor
) -> None:
    finished_job(city)
    lists = admin.locator("#nav-sidebar a[href^='/admin/']").evaluate_all("all => all.map(a => a.pathname)")
    seen = []
    for address in dict.fromkeys(lists):
        open_page(admin, address)
        first = admin.locator("#result_list tbody a[href$='/change/'], #result_list tbody a[href*='/change/?']").first
        if first.count():
            open_page(admin, str(first.get_attribute("href")))
            seen.append(address)
        assert (visitor.abroad, visitor.errors) == ([], []), admin.url
    for name in ("item", "contactrequest", "card", "responsecode", "cardupdate", "outgoing", "callback", "user"):
        assert any(address.endswith(f"/{name}/") for address in seen), (name, lists)


def test_a_request_can_be_read_on_a_phone(city: City, admin: Page) -> None:
    number = finished_job(city)
    admin.set_viewport_size({"width": 414, "height": 896})
    open_page(admin, f"/admin/lostfound/contactrequest/{number}/change/")
    parts = admin.locator(".lf-letter header, .lf-letter section").all()
    assert parts
    for part in parts:
        box = part.bounding_box()
        assert box
        assert box["x"] + box["width"] <= 414, part.inner_text()[:40]


def test_site_phones_and_api_pages_fit_a_phone_and_a_desktop(city: City, visitor: Visitor) -> None:
    pages = (("/logged-out/", "失物招领"), ("/sandbox/", "企业微信沙箱"), ("/api/docs/", "索取拾取人的联系方式"))
    for width in (414, 1280):
        page = visitor.arrives(width=width).new_page()
        for address, words in pages:
            open_page(page, address)
            expect(page.get_by_text(words).first).to_be_visible()
            needed = page.evaluate("document.documentElement.scrollWidth")
            assert needed <= width, f"{address} needs {needed} px"
        page.context.close()


def test_a_browser_that_asks_for_english_gets_english(city: City, visitor: Visitor) -> None:
    number = finished_job(city)
    page = visitor.arrives(language="en-GB").new_page()
    log_in(page, name="Username", password="Password", button="Log in")
    expect(page.get_by_role("heading", name="What needs you now")).to_be_visible()
    page.evaluate("document.querySelectorAll('.lf-rates tbody').forEach(rows => rows.remove())")  # people's own words
    assert not re.search(CHINESE, page.locator(".lf-front").inner_text())
    open_page(page, f"/admin/lostfound/contactrequest/{number}/change/")
    expect(page.get_by_role("heading", name="What happened")).to_be_visible()
    for address, words in (
        ("/logged-out/", "You are logged out."),
        ("/sandbox/", "WeCom sandbox"),
        ("/api/docs/", "See one item"),
    ):
        open_page(page, address)
        expect(page.get_by_text(words).first).to_be_visible()


def test_a_deed_says_first_what_it_will_do_and_why_it_cannot(
    city: City, admin: Page, picture: Callable[..., None]
) -> None:
    number = city.ask()
    open_page(admin, f"/admin/lostfound/contactrequest/{number}/change/")
    admin.get_by_role("button", name="重新发送卡片").click()
    expect(admin.get_by_text("现在可以执行：1 项中的 0 项。")).to_be_visible()
    expect(admin.get_by_text("卡片刚发出不久，仍然有效。")).to_be_visible()
    admin.get_by_role("link", name="取消").click()
    admin.get_by_role("button", name="置为过期").click()
    expect(admin.get_by_text("现在可以执行：1 项中的 1 项。")).to_be_visible()
    picture(admin, "foresight")


def test_the_desk_puts_a_thing_into_a_box_and_prints_its_label(
    city: City, admin: Page, picture: Callable[..., None]
) -> None:
    item = city.report(title="黑色长柄雨伞", place="二号楼食堂")["id"]
    open_page(admin, f"/admin/lostfound/item/{item}/change/")
    admin.get_by_role("link", name="存放位置").click()
    admin.get_by_label("货架").fill("A")
    admin.get_by_label("箱子").fill("3")
    admin.get_by_role("button", name="记下").click()
    expect(admin.get_by_text("已记下：现在放在那里。")).to_be_visible()
    admin.get_by_role("link", name=re.compile("标签$")).click()
    expect(admin.get_by_role("img", name="打开该物品的二维码")).to_be_visible()
    expect(admin.get_by_text("货架 A · 箱子 3")).to_be_visible()
    expect(admin.get_by_role("button", name="打印")).to_be_visible()
    picture(admin, "label", clip={"x": 0, "y": 0, "width": 400, "height": 250})
    printed = admin.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1, "one label is one page"
    assert re.search(rb"/MediaBox\s*\[0 0 25[45][.\d]* 11[34][.\d]*\]", printed), "90 mm by 40 mm"


def test_the_desk_hands_a_thing_over_and_says_what_proved_it(
    city: City, admin: Page, picture: Callable[..., None]
) -> None:
    item = city.report(title="黑色长柄雨伞", place="二号楼食堂")["id"]
    open_page(admin, f"/admin/lostfound/item/{item}/move/")
    admin.get_by_role("button", name="记下").click()
    admin.get_by_role("link", name=re.compile("交还失主$")).click()
    admin.get_by_label("领取人签名").fill("张三")
    admin.get_by_label("凭什么确认是失主").fill("说出了伞柄上的贴纸")
    picture(admin, "handover")
    admin.get_by_label("凭什么确认是失主").clear()
    admin.get_by_role("button", name="交还失主").click()
    expect(admin.get_by_text("请输入领取码，或在这里写明凭什么确认。")).to_be_visible()
    expect(admin.get_by_label("领取人签名")).to_have_value("张三")
    admin.get_by_label("凭什么确认是失主").fill("说出了伞柄上的贴纸")
    admin.get_by_role("button", name="交还失主").click()
    expect(admin.get_by_text("已交还：物品记为已归还。")).to_be_visible()
    expect(admin.get_by_text("已交还给 张三（说出了伞柄上的贴纸）")).to_be_visible()
