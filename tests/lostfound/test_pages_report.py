"""Reporting in under a minute: the form, its photos, and what becomes of them."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from lostfound import pictures, services
from lostfound.models import Item, Photo
from lostfound.pages import report
from lostfound.services import photos as photo_service
from tests.lostfound.member import HEIC, logged_in, moving, picture, png
from tests.lostfound.world import FINDER, found_item

pytestmark = pytest.mark.django_db


@pytest.fixture
def member() -> Client:
    return logged_in("lisi", name="李四")


def form(client: Client, kind: str = "found", **changes: Any) -> dict[str, Any]:
    """What a browser sends of the form as it stands, with what was typed."""
    html = client.get(f"/report/{kind}/").content.decode()
    values = dict(re.findall(r'<input type="(?:hidden|datetime-local)" name="([^"]+)" value="([^"]+)"', html))
    return {**values, "category": "umbrella", "contact_channel": "wecom", **changes}


def file(content: bytes, name: str = "photo.jpg", content_type: str = "image/jpeg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type)


def send_photo(client: Client, content: bytes | None = None) -> str:
    answer = client.post("/photos/", {"file": file(content or picture())})
    assert answer.status_code == 201, answer.content
    return str(answer.json()["key"])


def files_of(key: str) -> list[bool]:
    return [default_storage.exists(photo_service.file_of(key, size)) for size in photo_service.SIZES]


def test_two_taps_are_enough(member: Client) -> None:
    answer = member.post("/report/found/", form(member))
    item = Item.objects.get()
    assert answer["Location"] == f"/items/{item.pk}/"
    assert (item.kind, item.title, item.category, item.reporter) == ("found", "umbrella", "umbrella", "lisi")
    assert abs(item.happened_at - timezone.now()) < timedelta(minutes=2)
    assert "Thank you" in member.get(answer["Location"]).content.decode()


def test_everything_typed_is_kept_and_the_hidden_is_sealed(member: Client) -> None:
    values = {"title": "黑伞", "place": "食堂", "description": "长柄", "hidden_marks": "伞骨断了一根"}
    contact = {"contact_channel": "phone", "contact_value": "13800138000"}
    member.post("/report/found/", form(member, **values, **contact))
    item = Item.objects.get()
    assert {name: getattr(item, name) for name in values} == values
    assert item.contact_value == "13800138000"
    raw = Item.objects.values_list("hidden_marks", "contact_value").query
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(str(raw))
        assert all(str(value).startswith("v1:") for value in cursor.fetchone())


def test_the_same_form_sent_twice_is_one_item(member: Client) -> None:
    values = form(member, title="伞")
    first, second = (member.post("/report/found/", values)["Location"] for _ in range(2))
    assert first == second
    assert Item.objects.count() == 1
    assert logged_in("qianqi").post("/report/found/", values).status_code == 400


def test_a_form_that_says_something_else_when_it_is_sent_again_is_another_item(member: Client) -> None:
    values = form(member, title="伞")
    yesterday = (timezone.localtime() - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    first = member.post("/report/found/", values)["Location"]
    for changes in ({"title": "钥匙", "category": "keys"}, {"place": "食堂"}, {"happened_at": yesterday}):
        again, twice = (member.post("/report/found/", {**values, **changes})["Location"] for _ in range(2))
        assert first != again == twice
    assert Item.objects.count() == 4


def test_a_form_from_a_phone_whose_clock_is_ahead_is_one_item_however_often_it_is_sent(member: Client) -> None:
    soon = (timezone.localtime() + timedelta(minutes=5)).strftime("%Y-%m-%dT%H:%M")
    values = form(member, happened_at=soon)
    assert len({member.post("/report/found/", values)["Location"] for _ in range(2)}) == 1


def test_what_is_wrong_stands_at_its_field_and_what_was_typed_stays(member: Client) -> None:
    late = (timezone.localtime() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    sent = form(member, category="", place="食堂三楼", happened_at=late, contact_channel="phone")
    answer = member.post("/report/found/", sent)
    html = answer.content.decode()
    assert answer.status_code == 400
    assert not Item.objects.exists()
    for field in ("category", "happened_at", "contact_value"):
        assert f'id="error-{field}"' in html
    assert 'value="食堂三楼"' in html
    assert sent["form_key"] in html


def test_photos_come_one_by_one_and_go_to_the_item(member: Client) -> None:
    keys = [send_photo(member), send_photo(member, HEIC.read_bytes())]
    member.post("/report/found/", form(member, photo=keys))
    assert [photo.key for photo in Item.objects.get().photos.all()] == keys
    assert files_of(keys[0]) == [True, True]


def test_photos_come_with_the_form_where_there_is_no_javascript(member: Client) -> None:
    member.post("/report/found/", form(member, files=[file(picture()), file(HEIC.read_bytes(), "a.heic")]))
    assert Item.objects.get().photos.count() == 2


def test_a_photo_that_is_added_before_the_form_is_sent_again_goes_to_the_item(member: Client) -> None:
    first = form(member)
    member.post("/report/found/", first)
    key = send_photo(member)
    member.post("/report/found/", {**first, "photo": [key]})
    member.post("/report/found/", {**first, "photo": [send_photo(member)]})
    assert [photo.key for photo in Item.objects.get().photos.all()] == [key]


def test_photos_stay_while_the_form_is_put_right(member: Client) -> None:
    answer = member.post("/report/found/", form(member, category="", files=[file(picture())]))
    key = Photo.objects.get().key
    assert f'name="photo" value="{key}" checked' in answer.content.decode()
    member.post("/report/found/", form(member, photo=[key]))
    assert Item.objects.get().photos.get().key == key


def test_no_more_than_six_photos_are_kept(member: Client) -> None:
    member.post("/report/found/", form(member, files=[file(picture(size=(64, 64))) for _ in range(9)]))
    assert Item.objects.get().photos.count() == 6


def test_nobody_takes_photos_that_are_not_theirs(member: Client) -> None:
    theirs = send_photo(logged_in("qianqi"))
    used = send_photo(member)
    member.post("/report/found/", form(member, photo=[used]))
    member.post("/report/found/", form(member, photo=[theirs, used, "made-up"]))
    assert Item.objects.get(pk=Item.objects.latest("pk").pk).photos.count() == 0


def test_a_card_is_shown_without_photos_and_those_sent_are_deleted(
    member: Client, django_capture_on_commit_callbacks: Any
) -> None:
    key = send_photo(member)
    with django_capture_on_commit_callbacks(execute=True):
        answer = member.post("/report/found/", form(member, category="card", photo=[key]))
    assert not Photo.objects.exists()
    assert files_of(key) == [False, False]
    assert "shown without photos" in member.get(answer["Location"]).content.decode()


BAD = {
    "svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    "html": b"<script>alert(1)</script>",
    "pdf": b"%PDF-1.7",
    "zip": b"PK\x03\x04" + b"\0" * 99,
    "gif": picture("GIF"),
    "exe named .jpg": b"MZ" + b"\0" * 99,
    "empty": b"",
    "cut off": picture()[:900],
    "20 MB": b"\xff\xd8\xff" + b"\0" * 20_000_000,
    "900 million pixels": png(30_000, 30_000),
    "moving": moving("WEBP", 100),
}


@pytest.mark.parametrize("what", BAD)
def test_what_is_no_photo_is_refused_in_words(member: Client, what: str) -> None:
    alone = member.post("/photos/", {"file": file(BAD[what])})
    assert alone.status_code == 400
    assert alone.json()["why"]
    with_form = member.post("/report/found/", form(member, place="食堂", files=[file(BAD[what], "伞.jpg")]))
    if what != "empty":  # a browser sends an empty file where none was chosen
        assert with_form.status_code == 400
        assert "伞.jpg" in with_form.content.decode()
        assert not Item.objects.exists()
    assert not Photo.objects.exists()


def test_a_key_that_no_photo_can_have_brings_none_along(member: Client) -> None:
    assert member.get("/report/found/?photo=%00").status_code == 200
    assert member.post("/report/found/", form(member, photo="\0")).status_code == 302


def test_no_file_at_all_is_refused(member: Client) -> None:
    for body in ({}, {"file": "text"}):
        assert member.post("/photos/", body).status_code == 400


def test_who_sends_photos_like_a_machine_is_slowed_down(member: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photo_service, "A_MINUTE", 3)
    small = picture(size=(32, 32))
    codes = [member.post("/photos/", {"file": file(small)}).status_code for _ in range(5)]
    assert codes == [201, 201, 201, 429, 429]
    assert logged_in("qianqi").post("/photos/", {"file": file(small)}).status_code == 201
    Photo.objects.update(created_at=timezone.now() - timedelta(minutes=2))
    assert member.post("/photos/", {"file": file(small)}).status_code == 201


def test_photos_that_wait_for_others_keep_no_thread_for_long(member: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "PATIENCE", 0.1)
    with pictures._turn:
        answer = member.post("/photos/", {"file": file(picture())})
        assert (answer.status_code, answer["Retry-After"]) == (429, "60")
        with_form = member.post("/report/found/", form(member, files=[file(picture())]))
        assert "So many photos at once?" in with_form.content.decode()
    assert not Photo.objects.exists()
    send_photo(member)


def test_a_photo_is_for_members_and_never_run_by_a_browser(member: Client) -> None:
    key = send_photo(member)
    member.post("/report/found/", form(member, photo=[key]))
    for size in photo_service.SIZES:
        answer = logged_in("qianqi").get(f"/photos/{key}/{size}.webp")
        assert answer.status_code == 200
        assert answer.content[8:12] == b"WEBP"
        assert answer["Content-Type"] == "image/webp"
        assert "private" in answer["Cache-Control"]
        assert "sandbox" in answer["Content-Security-Policy"]
    assert Client().get(f"/photos/{key}/small.webp").status_code == 404


def test_before_its_form_is_sent_a_photo_is_its_senders_and_the_desks(member: Client) -> None:
    key = send_photo(member)
    assert member.get(f"/photos/{key}/small.webp").status_code == 200
    assert logged_in("qianqi").get(f"/photos/{key}/small.webp").status_code == 404
    desk = Client()
    desk.force_login(User.objects.create_superuser("desk", password="x"))
    assert desk.get(f"/photos/{key}/small.webp").status_code == 200


def test_photos_of_a_closed_item_are_gone_for_those_it_does_not_concern(member: Client) -> None:
    key = send_photo(member)
    member.post("/report/found/", form(member, photo=[key]))
    Item.objects.update(state="returned")
    assert member.get(f"/photos/{key}/large.webp").status_code == 200
    assert logged_in("qianqi").get(f"/photos/{key}/large.webp").status_code == 404


@pytest.mark.parametrize("path", ["made-up/small", "a/huge", "..%2F..%2Fdb/small", "%00/small"])
def test_a_guessed_address_shows_nothing(member: Client, path: str) -> None:
    assert member.get(f"/photos/{path}.webp").status_code == 404


def test_a_file_that_was_lost_is_a_missing_picture_and_no_crash(member: Client) -> None:
    key = send_photo(member)
    default_storage.delete(photo_service.file_of(key, "small"))
    assert member.get(f"/photos/{key}/small.webp").status_code == 404


def test_photos_whose_form_was_never_sent_are_deleted_after_a_day(
    member: Client, django_capture_on_commit_callbacks: Any
) -> None:
    old, new = send_photo(member), send_photo(member)
    Photo.objects.filter(key=old).update(created_at=timezone.now() - timedelta(hours=25))
    with django_capture_on_commit_callbacks(execute=True):
        assert services.drop_loose_photos() == 1
    assert (files_of(old), files_of(new)) == ([False, False], [True, True])


def test_places_that_others_typed_are_suggested(member: Client) -> None:
    for place in ("食堂", "食堂", "大堂"):
        services.report_item(kind="found", title="伞", reporter="wangwu", place=place)
    html = member.get("/report/lost/").content.decode()
    assert re.findall(r'<option value="([^"]+)">', html) == ["食堂", "大堂"]


def test_a_lost_report_asks_for_no_contact_and_names_its_owner(member: Client) -> None:
    member.post("/report/lost/", form(member, "lost", title="钱包", contact_channel="phone", contact_value="138"))
    item = Item.objects.get()
    assert (item.kind, item.contact_channel, item.contact_value) == ("lost", "wecom", "")
    assert "李四" in logged_in().get(f"/items/{item.pk}/").content.decode()


def test_there_are_two_kinds_of_reports(member: Client) -> None:
    assert member.get("/report/stolen/").status_code == 404
    assert member.get("/report/").status_code == 200


def test_whoever_reported_it_says_that_it_is_back_and_nobody_else_does() -> None:
    item = found_item(reporter=FINDER)
    finder, other = logged_in(FINDER), logged_in("wangwu")
    path = f"/items/{item.pk}/returned/"
    assert path not in other.get(f"/items/{item.pk}/").content.decode()
    assert other.post(path).status_code == 404
    assert finder.get(path).status_code == 405
    assert path in finder.get(f"/items/{item.pk}/").content.decode()
    assert "marked as returned" in finder.post(path, follow=True).content.decode()
    item.refresh_from_db()
    assert item.state == "returned"
    assert "nothing was changed" in finder.post(path, follow=True).content.decode()


def test_what_the_desk_keeps_is_handed_over_by_the_desk() -> None:
    item = found_item(reporter=FINDER)
    services.move_item(item_id=item.pk, custody="desk", by="admin")
    finder = logged_in(FINDER)
    assert "/returned/" not in finder.get(f"/items/{item.pk}/").content.decode()
    finder.post(f"/items/{item.pk}/returned/")
    item.refresh_from_db()
    assert item.state == "open"
