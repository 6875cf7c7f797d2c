from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("wecom", "0007_settled"),
    ]

    operations = [
        migrations.AlterField(
            model_name="callback",
            name="digest",
            field=models.CharField(max_length=64, verbose_name="digest"),
        ),
        migrations.AlterField(
            model_name="outgoing",
            name="effect_key",
            field=models.CharField(max_length=190, verbose_name="effect key"),
        ),
        migrations.AlterField(
            model_name="outgoing",
            name="topic",
            field=models.CharField(
                blank=True, help_text="What the owner of the kind groups by.", max_length=64, verbose_name="topic"
            ),
        ),
        migrations.AddIndex(
            model_name="outgoing",
            index=models.Index(fields=["topic"], name="wecom_outgoing_topic"),
        ),
        migrations.AddConstraint(
            model_name="callback",
            constraint=models.UniqueConstraint(fields=("digest",), name="wecom_callback_digest"),
        ),
        migrations.AddConstraint(
            model_name="outgoing",
            constraint=models.UniqueConstraint(fields=("effect_key",), name="wecom_outgoing_effect"),
        ),
    ]
