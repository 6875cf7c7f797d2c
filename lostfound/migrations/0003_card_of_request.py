"""The lost and found's cards become cards of wecom, in three steps: here the new table, beside the old one."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("lostfound", "0002_card_updates"),
        ("wecom", "0002_sent_cards"),
    ]

    operations = [
        migrations.CreateModel(
            name="CardOfRequest",
            fields=[
                (
                    "sent_card",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        parent_link=True,
                        primary_key=True,
                        related_name="lostfound_card",
                        serialize=False,
                        to="wecom.sentcard",
                    ),
                ),
                ("round", models.PositiveIntegerField(default=1, verbose_name="round")),
                (
                    "final",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("delivered", "contact delivered"),
                            ("failed", "contact could not be delivered"),
                            ("declined", "declined"),
                            ("expired", "expired"),
                            ("withdrawn", "withdrawn"),
                            ("replaced", "replaced by a new card"),
                        ],
                        max_length=16,
                        verbose_name="final text because",
                    ),
                ),
                (
                    "request",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="lostfound.contactrequest",
                        verbose_name="contact request",
                    ),
                ),
            ],
            options={
                "verbose_name": "card",
                "verbose_name_plural": "cards",
                "ordering": ["-sent_card"],
            },
            bases=("wecom.sentcard",),
        ),
    ]
