"""Door: the seam to another engine, by the Django Tasks API. The rows stay the truth: an engine that loses or
repeats a task loses and repeats nothing."""

try:
    from django.tasks import task
except ImportError:  # Django before 6.0
    from django_tasks import task  # type: ignore[no-redef]

from . import worker


@task()
def run_row(kind: str, pk: int) -> bool:
    """Execute one due row, `callback` or `outgoing`."""
    return worker.run(kind, pk)
