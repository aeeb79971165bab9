"""What a user can set, in one place: flags over the environment over ``structurer.toml``."""

from __future__ import annotations

import hashlib
import json
import tomllib
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from structurer.documents import MAX_BYTES, canonical_encoding
from structurer.errors import SettingsError


def _known_encoding(name: str | None) -> str | None:
    return None if name is None else canonical_encoding(name)


class Settings(BaseSettings):
    """Settings of a run. Each is also an environment variable, ``STRUCTURER_WORKERS`` and so on."""

    model_config = SettingsConfigDict(
        env_prefix="STRUCTURER_", toml_file="structurer.toml", extra="forbid", frozen=True
    )

    engine: Literal["layout"] = "layout"
    """What reads a chunk."""
    encoding: Annotated[str | None, AfterValidator(_known_encoding)] = None
    """The encoding of every file; found for each file when not set."""
    encoding_errors: Literal["strict", "replace"] = "strict"
    """What to do about bytes that the encoding does not know: fail, or put U+FFFD in their place."""
    max_bytes: Annotated[int, Field(gt=0)] = MAX_BYTES
    """Larger files are refused."""
    workers: Annotated[int, Field(ge=1)] | None = None
    """How many processes; one for each core when not set."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read flags first, then the environment, then the file; no dotenv, no secrets folder."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)

    def results_settings(self) -> dict[str, Any]:
        """Return the settings that can change a result; where and how fast it is made cannot."""
        return self.model_dump(mode="json", include={"engine", "encoding", "encoding_errors"})

    def config_hash(self) -> str:
        """Return ``sha256:…`` over the settings that can change a result."""
        canonical = json.dumps(self.results_settings(), sort_keys=True, separators=(",", ":"))
        return f"sha256:{hashlib.sha256(canonical.encode()).hexdigest()}"


def load_settings(**flags: object) -> Settings:
    """Return the settings; a flag that is ``None`` was not given.

    Raises ``SettingsError`` in one line that names every setting that has no meaning.
    """
    try:
        return Settings(**{name: value for name, value in flags.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(str(part) for part in problem['loc'])}: {problem['msg']}"
            for problem in error.errors()
        )
        raise SettingsError(
            f"settings: {problems} (look at the flags, STRUCTURER_… in the environment, structurer.toml)"
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"structurer.toml: not valid TOML: {error}") from error
