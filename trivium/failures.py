"""What may go wrong that is not a bug: each says in one line what to do."""

from domain.database import DatabaseUnavailable, MigrationError
from domain.embedded_postgres import EmbeddedPostgresError
from domain.errors import Refused, SourceError
from domain.tokens import Unauthenticated
from trivium.service import ConfigurationError

KNOWN = (
    ConfigurationError,
    DatabaseUnavailable,
    EmbeddedPostgresError,
    MigrationError,
    Refused,
    SourceError,
    Unauthenticated,
)
