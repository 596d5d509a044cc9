from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("icloud", "0001_initial"),
    ]

    operations = [
        migrations.AlterField(
            model_name="icloudrun",
            name="outcome",
            field=models.CharField(
                choices=[
                    ("running", "running, or cut off"),
                    ("done", "done"),
                    ("some_pending", "some photos are pending"),
                    ("stopped", "stopped"),
                    ("no_server", "Immich could not be reached"),
                    ("refused", "Immich refused"),
                    ("broken_off", "broken off by an error"),
                ],
                default="running",
                max_length=12,
            ),
        ),
    ]
