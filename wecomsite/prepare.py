"""Bring the database up to this code: migrations, cache tables, static files, demo data; wrong settings are named
first. In one process, because every start of Django costs a second; `make run` does it each time.

Prints "demo" when the sandbox is on, which is also when there is demo data and the demo login.
"""

import io
import os
import sys


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wecomsite.settings")
    import django
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import CommandError
    from django.db import DatabaseError

    try:
        django.setup()
        prepare()
    except (ImproperlyConfigured, CommandError, DatabaseError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    return 0


def prepare() -> None:
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection

    _ = settings.SECRET_KEY  # Django asks for it late; an empty one is an error now
    call_command("check", stdout=io.StringIO())
    connection.settings_dict["OPTIONS"].pop("pool", None)  # a pool would say less clearly why nobody answers
    call_command("migrate", interactive=False, verbosity=0)
    call_command("createcachetable", verbosity=0)
    if not settings.DEBUG:  # with debug on, whitenoise finds the files where they lie
        call_command("collectstatic", interactive=False, verbosity=0)
    if settings.WECOM_SANDBOX:
        call_command("seed_demo", stdout=io.StringIO())
        print("demo")


if __name__ == "__main__":
    sys.exit(main())
