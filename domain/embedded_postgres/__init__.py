"""A PostgreSQL server of our own for a machine that has none, shared by every process that names the same home.

The programs come from the wheel of the `embedded` extra; the supervision is ours and rests on kernel locks, because a
kernel lock goes when its process goes, also on `kill -9`. Under `home`:

- `handle.lock`: each user holds it shared for as long as it needs the server: a reference count that cannot leak;
- `start.lock`: whoever creates, starts or stops the server holds it meanwhile;
- `supervisor.lock`: held from birth to death by the one detached process that is the parent of postgres;
- `postgres.lock`: inherited by every process of the server: free means that none is left.

Standard library only: the supervisor must start quickly, stay small and need no virtual environment.
"""

from domain.embedded_postgres.error import EmbeddedPostgresError
from domain.embedded_postgres.sharing import running

__all__ = ["EmbeddedPostgresError", "running"]
