"""Items that were there before can be searched too."""

from django.db import migrations


def fill(apps, schema_editor):
    Item = apps.get_model("lostfound", "Item")
    rows = []
    for item in Item.objects.using(schema_editor.connection.alias).order_by("pk").iterator(chunk_size=500):
        item._meta.get_field("search_text").pre_save(item, False)
        rows.append(item)
        if len(rows) == 500:
            Item.objects.bulk_update(rows, ["search_text"])
            rows.clear()
    Item.objects.bulk_update(rows, ["search_text"])


class Migration(migrations.Migration):

    dependencies = [
        ("lostfound", "0006_photos_and_search"),
    ]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
