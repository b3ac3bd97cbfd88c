"""SQLite for nbgrader's gradebook, at less cost.

nbgrader opens its database ten times for each submission, with a new engine each time. SQLAlchemy would compile every
statement again for each, and look whether each of 13 tables is there. nbgrader also commits thirty times, and would
wait for the disk several times at each.
"""

import os

from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

COMPILED = {}  # what SQLAlchemy keeps: {(dialect, statement, …): compiled statement}
TABLES = set()  # that were seen: (the file, the table)
SCHEME = "sqlite+kept"


class KeptStatements(SQLiteDialect_pysqlite):
    """All of these dialects are alike, so that one finds what another has compiled."""

    driver = "kept"
    supports_statement_cache = True

    @classmethod
    def engine_created(cls, engine):
        engine.update_execution_options(compiled_cache=COMPILED)

    def on_connect(self):
        begin = super().on_connect()

        def begin_sooner_done(connection):
            begin(connection)
            connection.execute("PRAGMA synchronous = NORMAL")  # a commit waits for the disk once, and is still whole

        return begin_sooner_done

    def has_table(self, connection, table_name, schema=None, **options):
        file = os.stat(connection.engine.url.database)
        table = (file.st_dev, file.st_ino, schema, table_name)
        if table not in TABLES and super().has_table(connection, table_name, schema, **options):
            TABLES.add(table)
        return table in TABLES

    def __eq__(self, other):
        return type(self) is type(other)

    def __hash__(self):
        return hash(type(self))


registry.register(SCHEME.replace("+", "."), __name__, KeptStatements.__name__)
