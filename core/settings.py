"""The settings a teacher or an administrator may change, each as an environment variable `DIGITLAB_<NAME>`."""

from functools import cache
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).parent.parent


class Settings(BaseSettings):
    """Where things are kept and how much runs at once."""

    model_config = SettingsConfigDict(env_prefix="DIGITLAB_", frozen=True)

    state: Path = ROOT / "var"  # the ledger's folder
    database: str = ""  # SQLAlchemy URL of the ledger; empty: a SQLite file in `state`
    models: Path = ROOT / "trained_models"
    strokes: Path = ROOT / "data" / "pen_strokes.npz"  # recorded drawings to score on, if there are any
    trainers: int = Field(1, ge=1, le=64)  # runs at once, one process each
    scheduler: str = ""  # address of a Dask scheduler whose workers train; empty: processes on this machine
    ahead: bool = True  # trainers compile the published recipes before anybody asks for one
    trainer_memory: float = Field(6, gt=0)  # GiB; a trainer that needs more ends its run
    patience: float = Field(120, gt=0)  # seconds of silence after which a trainer is taken to hang
    turn: float = Field(5, gt=0)  # minutes of training after which a run makes way for somebody else's
    running_each: int = Field(1, ge=1)  # runs of one visitor that train at the same time
    waiting_each: int = Field(3, ge=0)  # runs of one visitor that wait


@cache
def settings() -> Settings:
    """The settings of this process, read once."""
    return Settings()
