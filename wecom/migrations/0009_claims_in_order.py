from django.db import migrations, models


class Migration(migrations.Migration):
    """The old index goes in the next one: a lock is held to the end of its migration, and callbacks come meanwhile."""

    dependencies = [
        ("wecom", "0008_leaner_indexes"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="callback",
            index=models.Index(
                condition=models.Q(("state__in", ("waiting", "running"))), fields=["id"], name="wecom_callback_claims"
            ),
        ),
    ]
