"""WeCom (企业微信) for Django: interactive cards, callbacks, messages, and a platform to test against.

What other projects may rely on is what the modules in PUBLIC list in their `__all__`; docs/wecom/reference.md shows it.
"""

PUBLIC = (
    "handlers",  # what happens when a member acts
    "sent_cards",  # cards that are kept, changed and closed
    "cards",  # what stands on a card
    "messages",  # everything else that is written to members
    "replies",  # what answers a callback at once
    "recipients",
    "events",
    "outbox",  # effects of one's own that must happen once
    "alerts",  # what a person must be told
    "clients",
    "client",
    "oauth",  # members log in by WeCom
    "members",
    "inbox",
    "retention",  # how long what is kept
    "forgetting",
    "standing",  # how things stand, in cheap reads
    "doctor",
    "models",
    "fields",
    "errors",
    "errcodes",
    "crypto",
    "sandbox.testing",
    "sandbox.adapter",
    "sandbox.pytest_plugin",
)
