from django.db import models
from django.utils import timezone


class UsualCallback(models.Model):
    """What most projects keep of a callback."""

    event = models.CharField(max_length=64)
    userid = models.CharField(max_length=64)
    task_id = models.CharField(max_length=128, db_index=True)
    message = models.TextField()
    received_at = models.DateTimeField(default=timezone.now)

    class Meta:
        app_label = "bench"

    def __str__(self) -> str:
        return f"#{self.pk} {self.event}"


class LeastCallback(models.Model):
    """What is left of a callback where nothing is kept but its message, sealed."""

    message = models.TextField()

    class Meta:
        app_label = "bench"

    def __str__(self) -> str:
        return f"#{self.pk}"
