"""How such a project is tested: the sandbox plays WeCom, in the same process and without a socket."""

import pytest

from wecom import inbox, outbox


@pytest.fixture
def wecom(wecom_sandbox):
    wecom_sandbox.member("lisi", name="李四")
    return wecom_sandbox


def work():
    """What `run_worker` does."""
    while inbox.drain() + outbox.drain():
        pass


def seen(wecom, member):
    return [message.get("replace_text") or message.get("text") for message in wecom.messages(member)]


@pytest.mark.django_db(transaction=True)
def test_the_first_answer_closes_the_card_for_both(wecom, settings):
    settings.UPDATE_AFTER_REPLY_MS = 0
    wecom.say("zhangsan", "请假 3 天")
    work()
    wecom.tap("lisi", "agree")
    assert seen(wecom, "lisi") == ["处理中"]
    wecom.tap("wangwu", "refuse")  # at nearly the same moment
    work()
    assert seen(wecom, "lisi") == seen(wecom, "wangwu") == ["李四 已同意"]
    assert seen(wecom, "zhangsan")[1:] == ["已交给审批人。", "李四 已同意您的请假。"]


@pytest.mark.django_db(transaction=True)
def test_other_messages_are_answered_with_help(wecom):
    wecom.say("zhangsan", "你好")
    work()
    assert seen(wecom, "zhangsan")[1:] == ["请写：请假 3 天"]
