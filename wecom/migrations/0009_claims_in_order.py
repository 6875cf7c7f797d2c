from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("wecom", "0008_leaner_indexes"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="callback",
            name="wecom_callback_open",
        ),
        migrations.AddIndex(
            model_name="callback",
            index=models.Index(
                condition=models.Q(("state__in", ("waiting", "running"))), fields=["id"], name="wecom_callback_open"
            ),
        ),
    ]
