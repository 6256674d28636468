"""The tables of the ledger of runs, and a database that has them."""

from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Engine,
    Float,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    create_engine,
    event,
    false,
    inspect,
    text,
)
from sqlalchemy.schema import CreateColumn

MOST_NAME = 40  # characters

_METADATA = MetaData()
RUNS = Table(
    "runs",
    _METADATA,
    Column("number", Integer, primary_key=True),  # the order of submission
    Column("id", String(16), unique=True, nullable=False),
    Column("title", String(80), nullable=False),
    Column("recipe", Text, nullable=False),
    Column("state", String(8), nullable=False, index=True),
    Column("reason", Text),
    Column("owner", String(MOST_NAME), nullable=False, server_default=""),
    Column("attempt", Integer, nullable=False, default=0),
    Column("deaths", Integer, nullable=False, server_default="0"),
    Column("first", Boolean, nullable=False, server_default=false()),  # before everybody else: its trainer was lost
    Column("made_way", Float),
    Column("control", Text, nullable=False, server_default="{}"),
    Column("start", String(80)),
    Column("uploaded", Boolean, nullable=False, server_default=false()),
    Column("probe", Text),
    Column("created", Float, nullable=False),
    Column("started", Float),
    Column("ended", Float),
    Column("model", String(80)),
    Column("test_accuracy", Float),
    Column("test_loss", Float),
)
EVENTS = Table(
    "events",
    _METADATA,
    Column("seq", Integer, primary_key=True),
    Column("run_id", ForeignKey("runs.id"), nullable=False, index=True),
    Column("attempt", Integer, nullable=False),
    Column("images", Integer, nullable=False, server_default="0"),  # trained on by then
    Column("event", Text, nullable=False),
    sqlite_autoincrement=True,  # a number that was rewound is not given again
)
OWNERS = Table(
    "owners",
    _METADATA,
    Column("id", String(MOST_NAME), primary_key=True),
    Column("name", String(MOST_NAME), nullable=False),
)


def opened(url: str) -> Engine:
    """Connect to a database; its tables are made when missing, and those of an earlier version brought up to date."""
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
    _METADATA.create_all(engine)
    with engine.begin() as db:
        for table in _METADATA.sorted_tables:
            there = {column["name"] for column in inspect(db).get_columns(table.name)}
            for column in table.columns:
                if column.name not in there:
                    definition = CreateColumn(column).compile(dialect=engine.dialect)
                    db.execute(text(f"ALTER TABLE {table.name} ADD COLUMN {definition}"))
            if table is RUNS and "stop_requested" in there:  # of the first version, which said it must not be empty
                db.execute(text("ALTER TABLE runs DROP COLUMN stop_requested"))
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=5000", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")
