"""What a user can set, in one place: flags over the environment over ``structurer.toml``."""

from __future__ import annotations

import hashlib
import json
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, AliasChoices, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from structurer.calibration import load
from structurer.documents import MAX_BYTES, canonical_encoding
from structurer.errors import SettingsError

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails


def _known_encoding(name: str | None) -> str | None:
    return None if name is None else canonical_encoding(name)


def _web_address(url: str | None) -> str | None:
    if url is not None and (urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname):
        raise ValueError("give it as http://host:port/v1 or https://host/v1")
    return url


def _known_as(name: str) -> AliasChoices:
    """Let a setting also be given by the variable that other programs take it from."""
    return AliasChoices(name, f"STRUCTURER_{name.upper()}", f"OPENAI_{name.upper()}")


Share = Annotated[int, Field(ge=1)]


class Settings(BaseSettings):
    """Settings of a run. Each is also an environment variable, ``STRUCTURER_WORKERS`` and so on."""

    model_config = SettingsConfigDict(
        env_prefix="STRUCTURER_",
        toml_file="structurer.toml",
        extra="forbid",
        frozen=True,
        populate_by_name=True,
        hide_input_in_errors=True,
    )

    engine: Literal["layout", "model", "hybrid"] | None = None
    """What reads a chunk; when not set, ``hybrid`` where a model is named and ``layout`` otherwise."""
    encoding: Annotated[str | None, AfterValidator(_known_encoding)] = None
    """The encoding of every file; found for each file when not set."""
    encoding_errors: Literal["strict", "replace"] = "strict"
    """What to do about bytes that the encoding does not know: fail, or put U+FFFD in their place."""
    max_bytes: Annotated[int, Field(gt=0)] = MAX_BYTES
    """Larger files are refused."""
    workers: Share | None = None
    """How many processes read filings; one for each core when not set. A model is asked from one more."""
    time_limit: Annotated[float, Field(gt=0)] = 600.0
    """Seconds that one filing may take to be read by its layout; then it is given up."""
    memory_limit: Annotated[int, Field(ge=128)] = 2048
    """MiB of memory that a process may take to read a filing."""
    store: str = "sqlite:///structurer.db"
    """Where runs, their records, and a model's answers are kept: a database URL."""
    lease: Annotated[float, Field(ge=1)] = 60.0
    """Seconds without a sign of life after which others take over what a process had in hand."""

    calibration: Path | None = None
    """A file that says what confidences are worth; ``structurer eval calibrate`` makes it."""
    target_error: Annotated[float, Field(gt=0, lt=1)] | None = None
    """The share of the values without a flag that may be wrong; the others are flagged."""
    flag_below: Annotated[float, Field(ge=0, le=1)] | None = None
    """The calibrated confidence below which they are; a run finds it in the calibration's evaluation."""

    model: str | None = None
    """The model to ask, by the name that its server knows it by."""
    base_url: Annotated[
        str | None, AfterValidator(_web_address), Field(validation_alias=_known_as("base_url"))
    ] = None
    """The server that speaks the OpenAI protocol; OpenAI's own when not set."""
    api_key: Annotated[SecretStr | None, Field(validation_alias=_known_as("api_key"))] = None
    """The key that the server asks for."""
    answers: Literal["point", "transcribe"] = "point"
    """How the model answers: by the numbers of segments, or (weak models) by writing values out."""
    mode: Literal["auto", "tools", "json_schema", "json", "md_json"] = "auto"
    """How the answer's schema is enforced; ``auto`` finds out what the server can do."""
    temperature: Annotated[float, Field(ge=0, le=2)] = 0.0
    """The sampling temperature; left out where the server does not take one."""
    thinking: Annotated[int, Field(ge=0)] = 0
    """Output tokens that a model may spend on thinking, beyond those of its answer."""
    budget: Annotated[Decimal, Field(ge=0)] | None = None
    """What a run may spend in all, in US dollars, over all its restarts."""
    price_input: Annotated[Decimal, Field(ge=0)] | None = None
    """Dollars for a million input tokens; known for well-known models when not set."""
    price_output: Annotated[Decimal, Field(ge=0)] | None = None
    """Dollars for a million output tokens."""
    concurrency: Share = 16
    """The most requests in flight."""
    requests_per_minute: Share | None = None
    """The most requests a minute."""
    tokens_per_minute: Share | None = None
    """The most input and output tokens a minute."""
    timeout: Annotated[float, Field(gt=0)] = 180.0
    """Seconds that one request may take."""
    deadline: Annotated[float, Field(gt=0)] = 900.0
    """Seconds after which a question is given up, all attempts together."""

    @model_validator(mode="after")
    def _belongs_together(self) -> Settings:
        if self.engine in ("model", "hybrid") and self.model is None:
            raise ValueError(f"the engine {self.engine} needs a model; name one with --model")
        if (self.price_input is None) != (self.price_output is None):
            raise ValueError("price_input and price_output are given together, or neither")
        if self.target_error is not None and self.calibration is None:
            raise ValueError(
                "target_error needs a calibration; make one with structurer eval calibrate, "
                "and give it with --calibration"
            )
        if self.flag_below is not None and self.target_error is None:
            raise ValueError("flag_below needs the target_error that it was found for")
        return self

    @property
    def chosen_engine(self) -> Literal["layout", "model", "hybrid"]:
        """The engine that is used."""
        return self.engine or ("layout" if self.model is None else "hybrid")

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

    def uncalibrated(self) -> Settings:
        """Return the settings without calibration: confidences and flags as the program itself makes them."""
        return self.model_copy(update={"calibration": None, "target_error": None, "flag_below": None})

    def results_settings(self) -> dict[str, Any]:
        """Return the settings that can change a result; where and how fast it is made cannot.

        A calibration counts by its content. Raises ``CalibrationError`` where it cannot be read.
        """
        settings: dict[str, Any] = {"engine": self.chosen_engine}
        settings |= self.model_dump(mode="json", include={"encoding", "encoding_errors"})
        if self.chosen_engine != "layout":
            settings |= self.model_dump(
                mode="json", include={"model", "answers", "mode", "temperature", "thinking"}
            )
        if self.calibration is not None:
            settings["calibration"] = load(self.calibration).digest
        if self.flag_below is not None:
            settings |= {"flag_below": self.flag_below, "target_error": self.target_error}
        return settings

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
        problems = "; ".join(_said(problem) for problem in error.errors())
        raise SettingsError(
            f"settings: {problems} (look at the flags, STRUCTURER_… in the environment, structurer.toml)"
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"structurer.toml: not valid TOML: {error}") from error


def _said(problem: ErrorDetails) -> str:
    """Return what is wrong, after the setting's name; what is wrong with several names them itself."""
    # Pydantic puts this before what a validator of ours says, which is a sentence already.
    words = problem["msg"].removeprefix("Value error, ")
    return ": ".join(part for part in (".".join(map(str, problem["loc"])), words) if part)
