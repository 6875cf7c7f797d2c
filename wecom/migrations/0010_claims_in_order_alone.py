from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("wecom", "0009_claims_in_order"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="callback",
            name="wecom_callback_open",
        ),
    ]
