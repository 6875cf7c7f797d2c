"""Facts: errcodes about whom a message or an update is for, and about logging members in.

Source: https://developer.work.weixin.qq.com/document/path/90313
"""

from .rows import Errcode, Reaction, Text, rows

MEMBER_GONE = Text(
    "成员可能已离职、被删除或账号写错。请在通讯录中查找此人；若已离开，请改用其他方式通知，并结束这条请求。",
    "The member may have left, been deleted, or been misspelt. Look them up in the address book; if they are gone, "
    "tell the other side in another way and close the request.",
)
WIDEN_RANGE = Text(
    "请在管理后台 → 本应用 → 可见范围 中加入该成员（拾取人和失主都要在内），再手动重试。",
    "In the console, add the member to the visible range (可见范围) of the app, finders and owners alike, then retry.",
)
ADDRESS_SOMEBODY = Text(
    "这是程序错误：请求没有写明有效的接收人。请把本条记录的编号和 errmsg 交给开发者，不要反复重试。",
    "A fault of the program: the request names no valid receiver. Give the id of this row and the errmsg to a "
    "developer; retrying will not help.",
)
FEWER_RECEIVERS = Text(
    "接收人过多或列表为空。请分批发送：一次最多 1000 名成员、100 个部门、100 个标签。",
    "Too many receivers, or none. Send in portions: at most 1000 members, 100 departments and 100 tags at once.",
)
NOT_A_RECEIVER = Text(
    "只有收到过这张卡片的成员才能被更新。请核对卡片的接收人；状态已保存在本系统，可用一条文字消息告知对方。",
    "Only members who got the card can have it updated. Compare the card's receivers; the state is safe here, and a "
    "text message can tell the member instead.",
)
LINK_WECHAT = Text(
    "该成员未在微信端关联企业，无法从微信插件收取消息。请通知其使用企业微信客户端。",
    "The member has not linked WeChat, so its plugin cannot show messages. Ask them to use the WeCom client.",
)
LOG_IN_AGAIN = Text(
    "登录凭证已失效。请让成员从企业微信工作台重新打开页面；链接只能用一次，五分钟内有效。",
    "The proof of login is dead. Let the member open the page again from the WeCom workbench: a code works once, for "
    "five minutes.",
)
SIGN_AGAIN = Text(
    "页面签名失败。请确认签名所用地址不含 # 及其后内容、ticket 为最新、时间戳为秒；"
    "wx.agentConfig 要用应用的 ticket。刷新页面后再试。",
    "The page's signature is refused. Sign the address without # and what follows, with the current ticket and a time "
    "in seconds; wx.agentConfig needs the ticket of the app. Reload the page.",
)

PEOPLE: tuple[Errcode, ...] = (
    *rows(
        Reaction.GIVE_UP,
        MEMBER_GONE,
        {
            40003: Text("UserID 无效", "user id not valid"),
            46004: Text("成员不存在", "no such member"),
            60111: Text(
                "UserID 不存在（已离职、被删除或不在范围内）", "user id unknown: left, deleted or out of range"
            ),
        },
    ),
    *rows(
        Reaction.GIVE_UP,
        WIDEN_RANGE,
        {
            50002: Text("成员不在应用的可见范围内", "the member is outside the app's visible range"),
            60011: Text("应用无权访问该成员、部门或标签", "no right for this member, department or tag"),
            60021: Text("成员不在可见范围内", "outside the visible range"),
            60030: Text("部门或成员不在可见范围内", "department or member outside the visible range"),
            81012: Text("应用没有可用的可见范围", "no visible range is given"),
            81013: Text("全部接收人无效或不在可见范围内", "all receivers are invalid or outside the visible range"),
        },
    ),
    *rows(
        Reaction.GIVE_UP,
        ADDRESS_SOMEBODY,
        {
            82001: Text("成员、部门、标签全部为空", "members, departments and tags are all empty"),
            82101: Text("更新卡片时没有指定任何人", "an update of a card names nobody"),
            40066: Text("部门列表无效", "bad list of departments"),
            40068: Text("标签列表无效", "bad list of tags"),
            40070: Text("标签下的成员全部无效", "all members of the tags are invalid"),
        },
    ),
    *rows(
        Reaction.GIVE_UP,
        FEWER_RECEIVERS,
        {
            40031: Text("成员列表为空", "the list of members is empty"),
            40032: Text("成员列表超过 1000 人", "the list of members is over 1000"),
            82002: Text("部门超过 100 个", "over 100 departments"),
            82003: Text("标签超过 100 个", "over 100 tags"),
        },
    ),
    *rows(
        Reaction.GIVE_UP,
        NOT_A_RECEIVER,
        {82102: Text("被更新的成员没有收到过这张卡片", "an update names a member who did not get the card")},
    ),
    *rows(Reaction.GIVE_UP, LINK_WECHAT, {43004: Text("成员未关联微信", "the member is not linked to WeChat")}),
    *rows(
        Reaction.GIVE_UP,
        LOG_IN_AGAIN,
        {
            40029: Text("登录 code 无效、已使用或超过五分钟", "login code bad, used, or older than five minutes"),
            42003: Text("登录 code 已过期", "login code expired"),
            84014: Text("user_ticket 已过期", "user_ticket expired"),
            84015: Text("user_ticket 无效", "user_ticket not valid"),
        },
    ),
    *rows(
        Reaction.GIVE_UP,
        SIGN_AGAIN,
        {
            40093: Text("JS-SDK 签名错误", "bad JS-SDK signature"),
            42012: Text("jsapi_ticket 不可用于此处", "this jsapi_ticket cannot be used here"),
            91040: Text("ticket 类型错误", "bad type of ticket"),
        },
    ),
)
