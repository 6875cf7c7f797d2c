"""Plumbing: the sandbox's own tables, shared by all web processes. Nothing here refers to the product's tables."""

from django.db import models
from django.db.models import Q


class World(models.Model):
    """The one row of settings and counters.

    Its UPDATE is also the lock: whoever changes the world does it inside `clock.change()`, so
    that nobody sees half-done work, on SQLite and PostgreSQL alike. `chats` and `wire` grow with every
    change, which lets a page ask cheaply whether there is anything new.
    """

    offset_seconds = models.BigIntegerField(default=0)
    code_ttl_hours = models.FloatField(default=72)
    retry_pause_ms = models.PositiveIntegerField(default=1000)
    chats = models.PositiveBigIntegerField(default=0)
    wire = models.PositiveBigIntegerField(default=0)
    gettoken_calls = models.PositiveBigIntegerField(default=0)
    tokens_issued = models.PositiveBigIntegerField(default=0)
    story = models.CharField(max_length=200, blank=True, help_text="What the scripted world calls itself.")
    apps = models.JSONField(default=list, help_text="As SANDBOX_APPS, in its place; empty: the settings count.")
    departments = models.JSONField(default=dict, help_text="Id (as text) to name; empty: those of `world`.")

    def __str__(self) -> str:
        return f"world +{self.offset_seconds}s"


class Member(models.Model):
    """Somebody in the address book. `visible`: in the application's range; `licensed`: the API may reach them."""

    userid = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=64)
    alias = models.CharField(max_length=64, blank=True)
    position = models.CharField(max_length=64, blank=True)
    department = models.PositiveIntegerField(default=1)
    tags = models.JSONField(default=list, help_text="Ids of the tags that this member carries.")
    visible = models.BooleanField(default=True)
    licensed = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.userid


class GroupChat(models.Model):
    """A group chat: made by an application (`agent_id`), or the one that a robot stands in (`robot_key`)."""

    chatid = models.CharField(max_length=32, unique=True)
    agent_id = models.CharField(max_length=100, blank=True)
    robot_key = models.CharField(max_length=64, blank=True, db_index=True)
    name = models.CharField(max_length=50)
    owner = models.CharField(max_length=64)
    members = models.JSONField(default=list, help_text="Lower-cased ids, in the order in which they came.")

    def __str__(self) -> str:
        return self.chatid


class Media(models.Model):
    """A file that was uploaded; `owner` is the corporation, or the robot that alone may use it."""

    media_id = models.CharField(max_length=128, unique=True)
    owner = models.CharField(max_length=80)
    kind = models.CharField(max_length=8)
    name = models.CharField(max_length=255)
    content_type = models.CharField(max_length=64)
    content = models.BinaryField()
    seconds = models.FloatField(null=True, blank=True, help_text="How long a voice is.")
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class Menu(models.Model):
    """The menu at the bottom of one application's chat."""

    agent_id = models.CharField(max_length=100, unique=True)
    buttons = models.JSONField(default=list)

    def __str__(self) -> str:
        return f"menu of {self.agent_id}"


class Message(models.Model):
    """One message: sent by an application to many, said by a member, or written into a group chat.

    sender  the member who said it; empty for applications and robots
    """

    class Origin(models.TextChoices):
        APP = "app"
        MEMBER = "member"
        ROBOT = "robot"

    agent_id = models.CharField(max_length=100, blank=True)
    chat = models.ForeignKey(GroupChat, models.CASCADE, null=True, blank=True, related_name="messages")
    sender = models.CharField(max_length=64, blank=True)
    origin = models.CharField(max_length=8, choices=Origin.choices, default=Origin.APP)
    msgid = models.CharField(max_length=64, unique=True)
    msgtype = models.CharField(max_length=32)
    content = models.JSONField(default=dict, help_text="The object named by msgtype, ids already translated.")
    task_id = models.CharField(max_length=128, blank=True)
    digest = models.CharField(max_length=64, blank=True, db_index=True, help_text="SHA-256 of the request's bytes.")
    translate_ids = models.BooleanField(default=False)
    sent_at = models.DateTimeField()
    recalled_at = models.DateTimeField(null=True, blank=True)
    repeats = models.PositiveIntegerField(default=0, help_text="Identical requests that were not shown again.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["agent_id", "task_id"], name="sandbox_task_id", condition=~Q(task_id="")),
        ]

    def __str__(self) -> str:
        return self.msgid


class Copy(models.Model):
    """One message as one member has it. A card has a face of its own here: updates name members."""

    message = models.ForeignKey(Message, models.CASCADE, related_name="copies")
    userid = models.CharField(max_length=64)
    dropped = models.BooleanField(default=False, help_text="Above the limit per member: never shown, nobody told.")
    card = models.JSONField(null=True, blank=True, help_text="The card that has replaced the one sent.")
    replace_text = models.CharField(max_length=256, blank=True, help_text="One grey button with this text.")
    selections = models.JSONField(default=dict, blank=True)
    sent_at = models.DateTimeField()
    changed_at = models.DateTimeField(null=True, blank=True)
    changes = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["message", "userid"], name="sandbox_copy_once")]
        indexes = [models.Index(fields=["userid", "sent_at"], name="sandbox_copy_chat")]

    def __str__(self) -> str:
        return f"{self.userid} #{self.message_id}"


class Change(models.Model):
    """One change of what a copy shows: the history of its faces, oldest first. The first face is the card as sent."""

    class Cause(models.TextChoices):
        UPDATE = "update"
        REPLY = "reply"
        RECALL = "recall"

    copy = models.ForeignKey(Copy, models.CASCADE, related_name="history")
    at = models.DateTimeField()
    cause = models.CharField(max_length=8, choices=Cause.choices)
    card = models.JSONField(null=True, blank=True, help_text="As in the copy after the change.")
    replace_text = models.CharField(max_length=256, blank=True)
    code = models.CharField(max_length=128, blank=True, help_text="The code that paid for it.")

    def __str__(self) -> str:
        return f"{self.cause} of {self.copy_id}"


class Code(models.Model):
    """One response_code: pays for one update of one message."""

    class Source(models.TextChoices):
        SEND = "send"
        TAP = "tap"

    code = models.CharField(max_length=128, unique=True)
    message = models.ForeignKey(Message, models.CASCADE, related_name="codes")
    source = models.CharField(max_length=8, choices=Source.choices)
    userid = models.CharField(max_length=64, blank=True)
    issued_at = models.DateTimeField()
    spent_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.code


class Token(models.Model):
    """One access token of one application."""

    value = models.CharField(max_length=255, unique=True)
    agent_id = models.CharField(max_length=100, db_index=True)
    expires_at = models.DateTimeField()
    revoked = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"token of {self.agent_id}"


class LoginCode(models.Model):
    """One code of a login: says once who it was. `userid` may be that of nobody, see login.OUTSIDER."""

    code = models.CharField(max_length=64, unique=True)
    agent_id = models.CharField(max_length=100)
    userid = models.CharField(max_length=64)
    issued_at = models.DateTimeField()
    used = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"login of {self.userid}"


class Fault(models.Model):
    """Something that shall go wrong the next `left` times."""

    class Scope(models.TextChoices):
        API = "api"
        CALLBACK = "callback"

    scope = models.CharField(max_length=8, choices=Scope.choices)
    kind = models.CharField(max_length=16)
    path = models.CharField(max_length=64, blank=True, help_text="Only this API, or only this event; empty: any.")
    value = models.CharField(max_length=2000, blank=True)
    skip = models.PositiveIntegerField(default=0, help_text="So many pass unharmed before.")
    left = models.PositiveIntegerField(default=1)

    def __str__(self) -> str:
        return f"{self.scope} {self.kind} x{self.left}"


class ApiCall(models.Model):
    """One call of the API, as it went over the wire. Nothing is masked: that is what the sandbox is for."""

    at = models.DateTimeField()
    method = models.CharField(max_length=8)
    path = models.CharField(max_length=128)
    query = models.TextField(blank=True)
    request = models.TextField(blank=True)
    answer = models.TextField(blank=True)
    status = models.PositiveIntegerField(default=200)
    errcode = models.IntegerField(null=True, blank=True)
    ms = models.PositiveIntegerField(default=0)
    faults = models.CharField(max_length=200, blank=True)
    note = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"{self.path} {self.errcode}"


class Delivery(models.Model):
    """One event or message on its way to the callback URL."""

    at = models.DateTimeField()
    agent_id = models.CharField(max_length=100)
    userid = models.CharField(max_length=64)
    event = models.CharField(max_length=64)
    event_key = models.CharField(max_length=1024, blank=True)
    task_id = models.CharField(max_length=128, blank=True)
    message = models.ForeignKey(Message, models.SET_NULL, null=True, blank=True)
    url = models.CharField(max_length=500, blank=True)
    plaintext = models.TextField()
    faults = models.CharField(max_length=200, blank=True)
    owner = models.CharField(max_length=40, blank=True, help_text="The process that brings it, see delivery.me().")
    finished = models.BooleanField(default=False)

    class Meta:
        indexes = [models.Index(fields=["id"], condition=Q(finished=False), name="sandbox_under_way")]

    def __str__(self) -> str:
        return f"{self.event} {self.userid}"


class Try(models.Model):
    """One POST of a delivery: same plaintext, own nonce, own ciphertext."""

    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="tries")
    copy = models.PositiveIntegerField(default=1)
    number = models.PositiveIntegerField()
    query = models.TextField(blank=True)
    envelope = models.TextField(blank=True)
    status = models.PositiveIntegerField(null=True, blank=True)
    answer = models.TextField(blank=True)
    reply = models.TextField(blank=True, help_text="The answer, opened.")
    error = models.TextField(blank=True)
    ms = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.delivery_id}/{self.copy}.{self.number}"
