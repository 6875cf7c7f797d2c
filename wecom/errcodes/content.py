"""Facts: errcodes about what is inside a request: words, media, menus, chats, parameters.

Source: https://developer.work.weixin.qq.com/document/path/90313
"""

from .rows import Errcode, Reaction, Text, rows

FAULT_OF_OURS = Text(
    "这是程序错误，重试不会成功。请把本条记录的编号、errcode 和 errmsg 中的 hint 交给开发者。",
    "A fault of the program; a retry cannot pass. Give the id of this row, the errcode and the hint of the errmsg to a "
    "developer.",
)
SHORTEN = Text(
    "内容超出平台限制。请缩短文字或换用更小的文件（文字 2048 字节、图片 2 MB、文件 20 MB、语音 60 秒以内）后再试。",
    "The content is over a limit of the platform. Shorten the words or take a smaller file: text 2048 bytes, picture "
    "2 MB, file 20 MB, voice 60 seconds; then retry.",
)
CHANGE_WORDS = Text(
    "内容被平台的安全检查拦截。请查看本条内容，删去可疑的链接、敏感词或特殊字符后再试。",
    "The platform's content filter refused it. Read what was to be sent, take out suspicious links, words or special "
    "characters, then retry.",
)
OTHER_FILE = Text(
    "媒体文件的类型或大小不被接受。请换用 JPG/PNG 图片、AMR 语音、MP4 视频等受支持的文件。",
    "The media file's type or size is not accepted. Use a supported file: JPG or PNG, AMR, MP4.",
)
UPLOAD_AGAIN = Text(
    "media_id 只保存三天，且只能用于相同类型。请重新上传文件后再试。",
    "A media_id lives for three days and serves its own type only. Upload the file again, then retry.",
)
CORRECT_MENU = Text(
    "自定义菜单不符合规则：一级 1 至 3 个，二级 1 至 5 个，名称 16 字节，key 128 字节，URL 1024 字节。修改后重新提交。",
    "The menu breaks a rule: 1 to 3 buttons, 1 to 5 below each, name 16 bytes, key 128 bytes, URL 1024 bytes. Correct "
    "it and submit it again.",
)
FULL_ADDRESS = Text(
    "请改用带 http:// 或 https:// 的完整地址，长度不超过 1024 字节。",
    "Use a full address with http:// or https://, of at most 1024 bytes.",
)
CHECK_CHAT = Text(
    "请确认群聊由本应用创建且仍然存在、群成员 2 至 2000 人且都在可见范围内、群主是群成员，再手动重试。",
    "See that this app made the chat and that it still exists, that it has 2 to 2000 members, all in the visible "
    "range, and that its owner is one of them; then retry.",
)
CHECK_MINIPROGRAM = Text(
    "小程序通知不符合规则。请确认小程序已与本应用关联、未向全员发送，标题和描述为 4 至 12 个汉字，内容项不超过 10 个。",
    "The miniprogram notice breaks a rule. See that the miniprogram is linked to the app, that it does not go to @all, "
    "that title and description have 4 to 12 Chinese characters, and that there are at most 10 items.",
)

CONTENT: tuple[Errcode, ...] = (
    *rows(
        Reaction.GIVE_UP,
        FAULT_OF_OURS,
        {
            40008: Text("msgtype 无效", "bad msgtype"),
            40033: Text("含有不合法的字符（如 \\uxxxx 转义）", "illegal characters, such as \\uxxxx escapes"),
            40035: Text("参数无效", "bad parameter"),
            40058: Text(
                "参数缺失或无效（也可能撤回了其他应用的消息）", "parameter bad or missing, or recall by another app"
            ),
            40063: Text("参数为空（或应使用 POST 方法）", "empty parameter, or GET where POST is wanted"),
            41001: Text("缺少 access_token（必须在查询参数中）", "access_token missing; it belongs into the query"),
            44001: Text("媒体文件为空", "empty media file"),
            44004: Text("文字内容为空", "empty text"),
        },
    ),
    *rows(
        Reaction.GIVE_UP,
        SHORTEN,
        {
            40206: Text("请求体过大", "the request body is too large"),
            45001: Text("媒体文件过大", "the media file is too large"),
            45002: Text("消息内容过长", "the message is too long"),
            45007: Text("语音超过 60 秒", "voice over 60 seconds"),
            45008: Text("图文超过 8 条", "over 8 articles"),
        },
    ),
    *rows(
        Reaction.GIVE_UP,
        CHANGE_WORDS,
        {
            40201: Text("内容被安全检查拒绝", "refused by the content filter"),
            40204: Text("内容被安全检查拒绝", "refused by the content filter"),
            82004: Text("内容可能导致客户端异常", "the content could crash clients"),
        },
    ),
    *rows(
        Reaction.GIVE_UP,
        OTHER_FILE,
        {
            40004: Text("媒体文件类型不支持", "type of media not supported"),
            40005: Text("媒体文件类型无效", "bad type of media"),
            40006: Text("媒体文件大小不符", "bad size of media"),
            40009: Text("图片大小不符", "bad size of picture"),
            40011: Text("视频大小不符", "bad size of video"),
        },
    ),
    *rows(
        Reaction.GIVE_UP,
        UPLOAD_AGAIN,
        {40007: Text("media_id 不存在、已过期或类型不符", "media_id unknown, expired or of another type")},
    ),
    *rows(
        Reaction.GIVE_UP,
        CORRECT_MENU,
        {
            range(40016, 40028): Text("自定义菜单无效", "the menu is not valid"),
            46003: Text("菜单不存在", "there is no menu"),
        },
    ),
    *rows(
        Reaction.GIVE_UP,
        FULL_ADDRESS,
        {
            40039: Text("URL 超过 1024 字节", "URL over 1024 bytes"),
            45034: Text("URL 缺少协议头", "URL without scheme"),
        },
    ),
    *rows(
        Reaction.GIVE_UP,
        CHECK_CHAT,
        {
            40050: Text("群聊 chatid 不存在", "chatid unknown"),
            range(86001, 86009): Text("应用群聊的参数或操作无效", "application chat: bad parameter or action"),
            range(86201, 86218): Text("应用群聊的会话或成员无效", "application chat: bad conversation or member"),
        },
    ),
    *rows(
        Reaction.GIVE_UP,
        CHECK_MINIPROGRAM,
        {range(90200, 90209): Text("小程序通知无效", "the miniprogram notice is not valid")},
    ),
)
