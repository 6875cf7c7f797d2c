"""The old tables go, the new one takes their name."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("lostfound", "0004_move_cards"),
    ]

    operations = [
        migrations.DeleteModel(name="ResponseCode"),
        migrations.DeleteModel(name="Card"),
        migrations.RenameModel(old_name="CardOfRequest", new_name="Card"),
        migrations.AlterField(
            model_name="card",
            name="request",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="cards",
                to="lostfound.contactrequest",
                verbose_name="contact request",
            ),
        ),
        migrations.AddConstraint(
            model_name="card",
            constraint=models.UniqueConstraint(fields=("request", "round"), name="lostfound_card_round"),
        ),
        migrations.CreateModel(
            name="ResponseCode",
            fields=[],
            options={
                "verbose_name": "response code",
                "verbose_name_plural": "response codes",
                "proxy": True,
                "indexes": [],
                "constraints": [],
            },
            bases=("wecom.responsecode",),
        ),
    ]
