"""The employee's phone: report, search, ask, read what became of it, with and without JavaScript, 360 px wide."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.browser.conftest import Visitor
from tests.browser.judging import findings
from tests.journeys.city import FINDER, OWNER, PHONE, City
from tests.lostfound.member import HEIC

PHONE_SIZE = {"width": 360, "height": 740}
LIKE_JAVASCRIPT = pytest.mark.parametrize("javascript", [True, False], ids=["with", "without"])


@pytest.fixture
def umbrella(tmp_path: Path) -> Path:
    """A photo as a phone takes it: large, lying on its side."""
    image = Image.new("RGB", (2400, 1800), "#d9d4c8")
    pen = ImageDraw.Draw(image)
    pen.pieslice((400, 300, 2000, 1900), 180, 360, fill="#222")
    pen.line((1200, 1100, 1200, 1700), fill="#555", width=40)
    exif = Image.Exif()
    exif[0x0112] = 6
    path = tmp_path / "umbrella.jpg"
    image.save(path, exif=exif)
    return path


def person(visitor: Visitor, userid: str, *, javascript: bool = True, heading: str = "Mine", **more: object) -> Page:
    """A phone on which this member has just logged in, by choosing who they are on WeCom's page."""
    context: BrowserContext = visitor.arrives(**{**PHONE_SIZE, "language": "en-GB", "javascript": javascript, **more})  # type: ignore[arg-type]
    page = context.new_page()
    page.goto("/requests/")
    page.locator(f"button[value={userid}]").click()
    expect(page.locator("h1")).to_have_text(heading)
    return page


@LIKE_JAVASCRIPT
def test_the_whole_story_of_finder_and_owner(city: City, visitor: Visitor, umbrella: Path, javascript: bool) -> None:
    finder = person(visitor, FINDER, javascript=javascript)
    finder.get_by_role("link", name="Report").click()
    finder.get_by_role("link", name="I found something").click()
    finder.get_by_label("umbrella").check(force=True)
    finder.locator("input[name=files]").set_input_files([umbrella, HEIC])
    if javascript:
        expect(finder.locator("#thumbs img")).to_have_count(2)
    finder.get_by_label("Item", exact=True).fill("黑色长柄雨伞")
    finder.get_by_label("Where", exact=True).fill("二号楼食堂")
    finder.get_by_label("Hidden marks").fill("伞骨断了一根")
    finder.get_by_label("My phone number").check()
    finder.get_by_label("Phone number or place").fill(PHONE)
    finder.get_by_role("button", name="Send", exact=True).click()
    expect(finder.get_by_text("Thank you. Your report is in the list now.")).to_be_visible()
    expect(finder.locator(".gallery img")).to_have_count(2)

    owner = person(visitor, OWNER, javascript=javascript)
    owner.get_by_role("link", name="Found", exact=True).click()
    owner.get_by_role("searchbox").fill("黑色的伞")
    if not javascript:
        owner.get_by_role("button", name="Search").click()
    expect(owner.locator(".item")).to_have_count(1)
    expect(owner.locator(".item img")).to_be_visible()
    owner.locator(".item").click()
    expect(owner.get_by_text("stay hidden until they agree")).to_be_visible()
    assert not any(secret in owner.content() for secret in (PHONE, FINDER, "伞骨断了一根"))
    owner.get_by_role("link", name="It is mine: ask the finder").click()
    owner.get_by_label("How do you know that it is yours?").fill("伞柄有贴纸")
    owner.get_by_role("button", name="Send the question").click()
    expect(owner.get_by_text("The finder has been asked.")).to_be_visible()

    number = int(city.http.get(f"{city.url}/api/v1/contact-requests/").json()["results"][0]["id"])
    city.comes_to(number, card="shown")
    city.tap(number)
    city.comes_to(number, delivery="delivered")
    if not javascript:
        owner.reload()
    expect(owner.get_by_text("the finder agreed. The contact was sent to you in WeCom.")).to_be_visible()
    assert PHONE in city.texts(OWNER)[-1]


@LIKE_JAVASCRIPT
def test_the_finder_answers_on_their_page_and_the_owner_fetches_it_at_the_desk(
    city: City, visitor: Visitor, picture: Callable[..., None], javascript: bool
) -> None:
    number = city.ask(shown=False)
    finder = person(visitor, FINDER, javascript=javascript, language="zh-CN", heading="我的")
    finder.get_by_role("link", name="在此答复").click()
    if javascript:
        picture(finder, "employee-answer")
    finder.get_by_label("领取地点", exact=True).check()
    finder.get_by_role("button", name="同意并发送").click()
    expect(finder.get_by_text("请填写电话号码或领取地点。")).to_be_visible()
    expect(finder.get_by_label("领取地点", exact=True)).to_be_checked()
    finder.get_by_label("手机号或领取地点").fill("一号楼前台")
    finder.get_by_role("button", name="同意并发送").click()
    expect(finder.get_by_text("已同意").first).to_be_visible()
    city.comes_to(number, delivery="delivered")
    assert "领取地点：一号楼前台" in city.texts(OWNER)[-1]
    owner = person(visitor, OWNER, javascript=javascript, language="zh-CN", heading="我的")
    expect(owner.get_by_text("前台领取码")).to_be_visible()
    if javascript:
        picture(owner, "employee-mine")
    finder.get_by_role("button", name="撤回同意").click()
    expect(finder.get_by_text("您已撤回同意，已请失主删除您的联系方式。")).to_be_visible()
    assert all("400" in error for error in visitor.errors)  # Chromium tells of each answer above 399
    visitor.errors.clear()


@LIKE_JAVASCRIPT
def test_a_form_that_was_not_right_keeps_words_and_photos(
    city: City, visitor: Visitor, umbrella: Path, javascript: bool
) -> None:
    page = person(visitor, FINDER, javascript=javascript)
    page.goto("/report/lost/")
    page.locator("input[name=files]").set_input_files(umbrella)
    if javascript:
        expect(page.locator("#thumbs img")).to_have_count(1)
    page.get_by_label("Where", exact=True).fill("图书角")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_text("Choose what it is.")).to_be_visible()
    expect(page.get_by_label("Where", exact=True)).to_have_value("图书角")
    expect(page.locator("#thumbs img")).to_have_count(1)
    page.get_by_label("other", exact=True).check(force=True)
    page.get_by_label("Item", exact=True).fill("钢笔")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator(".gallery img")).to_have_count(1)
    assert visitor.errors
    assert all("400" in error for error in visitor.errors)  # Chromium tells of each answer above 399
    visitor.errors.clear()


def test_a_file_that_is_no_photo_is_told_at_once(city: City, visitor: Visitor, tmp_path: Path) -> None:
    page = person(visitor, FINDER)
    page.goto("/report/found/")
    (tmp_path / "photo.jpg").write_bytes(b"MZ" + b"\0" * 500)
    page.locator("input[name=files]").set_input_files(tmp_path / "photo.jpg")
    expect(page.get_by_text("This is no photo that can be read")).to_be_visible()
    expect(page.locator("#thumbs li")).to_have_count(0)
    assert visitor.errors
    assert all("400" in error for error in visitor.errors)  # Chromium tells of each answer above 399
    visitor.errors.clear()


def test_a_photo_that_fails_after_send_was_pressed_keeps_the_form_until_it_is_pressed_again(
    city: City, visitor: Visitor, umbrella: Path
) -> None:
    page = person(visitor, FINDER)
    page.goto("/report/found/")
    page.get_by_label("umbrella").check(force=True)
    held: list[Route] = []
    page.route("**/photos/", lambda route: held.append(route))
    with page.expect_request("**/photos/"):
        page.locator("input[name=files]").set_input_files(umbrella)
    send = page.get_by_role("button", name="Send", exact=True)
    send.click()
    expect(send).to_have_attribute("aria-busy", "true")
    held[0].fulfill(json={"why": "This photo did not arrive."})
    expect(page.locator("#photo-error")).to_have_text("This photo did not arrive.")
    expect(send).not_to_have_attribute("aria-busy", "true")
    page.wait_for_timeout(300)
    assert page.url.endswith("/report/found/")
    send.click()
    expect(page.get_by_text("Thank you. Your report is in the list now.")).to_be_visible()


def test_a_photo_chosen_before_the_script_has_come_goes_up_as_well(
    city: City, visitor: Visitor, umbrella: Path
) -> None:
    page = person(visitor, FINDER)
    held: list[Route] = []
    page.route("**/pages*.js", lambda route: held.append(route))
    page.goto("/report/found/", wait_until="commit")
    page.locator("input[name=files]").set_input_files(umbrella)
    held[0].continue_()
    expect(page.locator("#thumbs img")).to_have_count(1)


def test_cards_are_reported_without_photos(city: City, visitor: Visitor) -> None:
    page = person(visitor, FINDER)
    page.goto("/report/found/")
    expect(page.get_by_text("Take or choose")).to_be_visible()
    page.get_by_label("card or badge").check(force=True)
    expect(page.get_by_text("Take or choose")).not_to_be_visible()
    expect(page.get_by_text("No photos of cards and papers")).to_be_visible()


@LIKE_JAVASCRIPT
def test_a_long_list_goes_on_by_scrolling_or_by_pages(city: City, visitor: Visitor, javascript: bool) -> None:
    for number in range(25):
        city.report(title=f"雨伞{number}")
    page = person(visitor, OWNER, javascript=javascript)
    page.goto("/")
    expect(page.locator(".item")).to_have_count(20)
    if javascript:
        page.mouse.wheel(0, 9000)
        expect(page.locator(".item")).to_have_count(25)
    else:
        page.get_by_text("Show older ones").click()
        expect(page.locator(".item")).to_have_count(5)
        page.get_by_text("Back to the newest").click()
        expect(page.locator(".item")).to_have_count(20)


def test_filters_work_at_once_and_can_be_gone_back_from(city: City, visitor: Visitor) -> None:
    city.report(title="黑色雨伞", category="umbrella")
    city.report(title="一串钥匙", category="keys")
    page = person(visitor, OWNER)
    page.goto("/")
    page.get_by_label("keys", exact=True).check(force=True)
    expect(page.locator(".item")).to_have_count(1)
    expect(page.locator(".item")).to_contain_text("一串钥匙")
    assert "category=keys" in page.url
    page.go_back()
    expect(page.locator(".item")).to_have_count(2)


def pages_of(page: Page, item: int) -> Iterator[str]:
    for path in ("/", "/?q=zzz", "/lost/", "/report/", "/report/found/", "/report/lost/", f"/items/{item}/"):
        page.goto(path)
        yield path
    page.goto(f"/items/{item}/ask/")
    yield "ask"
    page.goto("/requests/")
    yield "requests"
    page.goto("/logged-out/")
    yield "out"


@pytest.mark.parametrize("width", [360, 414, 1024])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en-GB", "zh-CN"])
def test_every_page_fits_and_can_be_read_and_pressed(
    city: City, visitor: Visitor, width: int, scheme: Literal["light", "dark"], language: str
) -> None:
    item = int(city.report(title="黑色长柄雨伞" * 6, place="二号楼食堂" * 8, description="很长的词" * 40)["id"])
    number = city.ask(shown=False)
    city.report(kind="lost", reporter=OWNER, contact_channel="wecom", contact_value="")
    page = visitor.arrives(width=width, height=740, language=language, scheme=scheme).new_page()
    page.goto("/requests/")
    page.locator(f"button[value={OWNER}]").click()
    wrong = [said for _path in pages_of(page, item) for said in findings(page)]
    finder = visitor.arrives(width=width, height=740, language=language, scheme=scheme).new_page()
    finder.goto(f"/requests/{number}/")
    finder.locator(f"button[value={FINDER}]").click()
    expect(finder.locator("input[name=contact_channel]")).to_have_count(3)
    finder.reload()  # which waits for the styles too
    assert wrong + findings(finder) == []
