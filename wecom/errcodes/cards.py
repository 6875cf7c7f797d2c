"""Facts: errcodes about template cards: their blocks, their task_id, their one-time codes.

Source: https://developer.work.weixin.qq.com/document/path/90313
"""

from .rows import Errcode, Reaction, Text, rows

CORRECT_CARD = Text(
    "这是程序错误：卡片内容不符合平台规则，重试不会成功。请把本条记录的编号和 errmsg 交给开发者修改卡片。",
    "A fault of the program: the card breaks a rule of the platform, and a retry cannot pass. Give the id of this row "
    "and the errmsg to a developer, who must correct the card.",
)
NEW_TASK_ID = Text(
    "若上一次发送没有收到回应，说明卡片其实已经送达，无需处理。"
    "否则 task_id 重复、为空或过长：请用“重新发送卡片”以新的 task_id 再发一次。",
    "If an earlier try got no answer, the card had in truth arrived and nothing is to do. Otherwise the task_id is "
    "used, empty or too long: resend the card, which gives it a new one.",
)
WRONG_CARD = Text(
    "平台上没有这张卡片：可能已被撤回，或不是由本应用发送。请核对卡片记录，必要时重新发送卡片。",
    "The platform knows no such card: it may have been recalled, or another app sent it. Compare the card's row, and "
    "resend the card if it is still wanted.",
)
CODE_IS_DEAD = Text(
    "response_code 只能用一次且 72 小时内有效，这一个不能再用了。停止更新这张卡片即可；业务状态已保存在本系统，"
    "若对方还不知道结果，请发一条文字消息。",
    "A response_code works once and for 72 hours; this one is spent or expired. Give up this update: the state is safe "
    "here. If the member does not know the result yet, send a text message.",
)
TOO_OLD_TO_RECALL = Text(
    "消息发出超过 24 小时，不能再撤回。请改为发送一条说明情况的文字消息。",
    "The message is older than 24 hours and cannot be recalled. Send a text message that explains instead.",
)

CARDS: tuple[Errcode, ...] = (
    *rows(
        Reaction.GIVE_UP,
        CORRECT_CARD,
        {
            41016: Text(
                "缺少标题（或 template_card 多嵌套了一层）", "the title is missing, or template_card is doubled"
            ),
            41033: Text("缺少描述", "the description is missing"),
            42017: Text("按钮 key 不存在", "the key of the button is unknown"),
            42018: Text("按钮 key 无效", "the key of the button is not valid"),
            42019: Text("缺少按钮 key", "the key of the button is missing"),
            42020: Text("缺少按钮名称", "the name of the button is missing"),
            42027: Text("缺少 horizontal_content_list.keyname", "horizontal_content_list.keyname is missing"),
            42028: Text(
                "card_action、horizontal_content_list 或 jump_list 缺少 url",
                "the url is missing in card_action, horizontal_content_list or jump_list",
            ),
            42029: Text("缺少 media_id", "media_id is missing"),
            42030: Text("缺少小程序 appid", "the appid of the miniprogram is missing"),
            42031: Text("card_type 无效", "bad card_type"),
            42033: Text(
                "vertical_content_list 或 jump_list 缺少标题", "vertical_content_list or jump_list lacks a title"
            ),
            42035: Text("horizontal_content_list 长度不符", "bad length of horizontal_content_list"),
            42036: Text("vertical_content_list 长度不符", "bad length of vertical_content_list"),
            42037: Text("option_list 长度不符", "bad length of option_list"),
            42038: Text("button_list.text 缺失或无效", "button_list.text missing or bad"),
            42039: Text("button_list.key 缺失或无效", "button_list.key missing or bad"),
            42040: Text("option_list.id 缺失或无效", "option_list.id missing or bad"),
            42041: Text("option_list.text 缺失或无效", "option_list.text missing or bad"),
            42042: Text("jump_list 长度不符", "bad length of jump_list"),
            42043: Text("question_key 缺失或无效", "question_key missing or bad"),
            42044: Text("card_image.url 缺失或无效", "card_image.url missing or bad"),
            42045: Text("card_action 缺失或无效", "card_action missing or bad"),
            42046: Text("submit_button.key 缺失或无效", "submit_button.key missing or bad"),
            42047: Text("select_list 长度不符", "bad length of select_list"),
            42049: Text("submit_button.text 缺失或无效", "submit_button.text missing or bad"),
            42050: Text("horizontal_content_list.userid 缺失或无效", "horizontal_content_list.userid missing or bad"),
            42051: Text("action_list 的 key 重复", "two entries of action_list have the same key"),
        },
    ),
    *rows(
        Reaction.GIVE_UP,
        NEW_TASK_ID,
        {42014: Text("task_id 已存在、为空或过长", "task_id exists already, is empty or too long")},
    ),
    *rows(
        Reaction.GIVE_UP,
        WRONG_CARD,
        {
            # WeCom counts it as a fault of the settings. But then sending would fail too: it is the card's own.
            42015: Text("更新卡片的应用不是发送卡片的应用", "a card is updated by another app than its sender"),
            42016: Text("要更新的 task_id 不存在", "the task_id to update is unknown"),
        },
    ),
    *rows(
        Reaction.GIVE_UP,
        CODE_IS_DEAD,
        {
            42022: Text("code 已被使用", "the code was used already"),
            60140: Text("response_code 无效，可能已过期", "response_code not valid, perhaps expired"),
        },
    ),
    *rows(Reaction.GIVE_UP, TOO_OLD_TO_RECALL, {42052: Text("消息超过 24 小时", "the message is older than 24 hours")}),
)
