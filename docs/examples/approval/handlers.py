"""Leave requests: a member writes 请假 3 天, two approvers get a card, the first answer closes it for both."""

import re

from wecom import outbox, sent_cards
from wecom.cards import Button, ButtonInteraction, MainTitle
from wecom.handlers import Ignored, on_card, on_message

APPROVERS = ["lisi", "wangwu"]
WORDS = {"agree": "已同意", "refuse": "已拒绝"}


@on_message(re.compile(r"请假\s*(\d+)\s*天"))
def ask(event, user, match):
    card = ButtonInteraction(
        task_id=sent_cards.new_task_id(),
        main_title=MainTitle(title=f"{user.name} 请假 {match[1]} 天"),
        button_list=[Button(text="同意", key="agree"), Button(text="拒绝", key="refuse")],
    )
    sent_cards.send(card, to=APPROVERS, key=f"leave:{event.msg_id}", topic=user.userid)
    return "已交给审批人。"


@on_card("agree", "refuse", at_once="处理中")
def decide(event, user, card):
    words = f"{user.name} {WORDS[event.event_key]}"
    if card is None or not sent_cards.close(card, words):
        return Ignored("decided before")
    outbox.owe_message(f"{words}您的请假。", to=[card.topic], effect_key=f"decided:{card.key}")
    return None


@on_message()
def help(reply):
    reply("请写：请假 3 天")
