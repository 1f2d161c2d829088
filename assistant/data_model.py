"""docs/data-model-visits.md: the tables of visits and conversations, their diagram, and what holds for them."""

from pathlib import Path

from django.db import models

from assistant.models import Citation, Conversation, Message, ToolCall
from core.database.diagram import diagram
from visits.models import PlanStop, Task, Visit, VisitorToken

PLACE = Path("docs/data-model-visits.md")
MODELS: tuple[type[models.Model], ...] = (
    *(Task, Visit, PlanStop, VisitorToken),
    *(Conversation, Message, ToolCall, Citation),
)
TEXT = """# Data model of visits and conversations

Drawn from the models by `manage.py visits_data_model --write`; a test compares. Each column, unit and index is in the
[data dictionary](data-dictionary.md). `manage.py validation_report` checks the configured database and prints what it
measured.

```mermaid
{diagram}
```

* **Ids** of tasks, visits, conversations and messages are random UUIDs: nobody guesses another's. They are the type
  `uuid` on MariaDB from 10.7 on, and `char(32)` on MySQL, SQLite and older MariaDB. A server that was upgraded in
  between keeps the old columns; the check `ridewatch.E009` finds them, [operations](operations.md) says how to convert
  them.
* **Everything belongs to a visitor** (`auth_user`): a user without a usable password, made by the first save. Deleting
  the visitor deletes it all, with a number of statements that does not depend on how much there is.
* **Messages are append-only**, hence without `updated_at`, and are read in the order of (`created_at`, `id`). An
  answer is stamped after its question even where the clock stands still.
* **A conversation** goes with its messages, tool calls and citations in four statements. The foreign keys restrict
  ([ADR 7](adr/0007-deletion-is-done-by-the-models.md)): a `DELETE` that would leave an orphan is refused.
* **A stop** is a task that names a ride of a visit; ticking the task ticks the stop. A visit that is deleted takes the
  tasks of its stops along. A task outlives its ride.
* **Roles, kinds and paces** are enumerations that the database enforces: `ENUM` on MariaDB and MySQL, and a check on
  every database.
* **Timestamps** are filled by Django, and by a default of the database for whoever inserts past it.
"""


def text() -> str:
    return TEXT.format(diagram=diagram(MODELS))
