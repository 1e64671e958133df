"""Which run is meant by the flags and files of `resnet-studio train`.

Three layers, each over the one before: what is usual for the data, a file (`--config`) with the
tables of a `run.toml`, and the flags.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from resnet_studio.architecture.catalog import resolve
from resnet_studio.architecture.spec import NetworkSpec, parse_spec
from resnet_studio.architecture.textforms import MAX_CHARACTERS, read_mapping
from resnet_studio.data.augment import AugmentSpec, pipelines_for
from resnet_studio.data.published import PUBLISHED
from resnet_studio.data.sources import ClassEdits, DataConfig, ScanProgress, load_dataset
from resnet_studio.data.stored_sets import recognised
from resnet_studio.errors import DataError, RunError, SpecError, StudioError
from resnet_studio.training.config import RunConfig, default_config
from resnet_studio.training.launching import rank
from resnet_studio.training.presets import DEFAULT_RECIPES, RECIPES
from resnet_studio.training.recipe import Recipe, parse_recipe, validation_message
from resnet_studio.training.runs import read_tables

USUAL_NETWORK = "cifar_resnet20"
USUAL_DATA = "digits"
_PARTS = tuple(RunConfig.model_fields)
_NAMEABLE = ("network", "data", "recipe")
# What a run.toml says besides: a run may be repeated from it.
_PASSED_OVER = ("run", "versions", "hardware")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a person asked for; None and nothing where they did not.

    Attributes:
        spec: Catalogue id or spec file.
        data: A published data set by its name, perhaps with its place; a folder or an archive.
        recipe: A preset or a file with a recipe.
        file: A file with the tables of a `run.toml`, or some of them.
        validation_fraction: Share of the pictures held out.
        split_seed: Decides which pictures those are.
        changes: Fields of the recipe.
    """

    spec: str | None = None
    data: str | None = None
    recipe: str | None = None
    file: Path | None = None
    validation_fraction: float | None = None
    split_seed: int | None = None
    changes: Mapping[str, Any] = field(default_factory=dict)

    def flags(self) -> tuple[str, ...]:
        """Returns the flags, besides those of the recipe, that were given."""
        given = {
            "--spec": self.spec,
            "--data": self.data,
            "--recipe": self.recipe,
            "--config": self.file,
            "--validation-fraction": self.validation_fraction,
            "--split-seed": self.split_seed,
        }
        return tuple(flag for flag, value in given.items() if value is not None)


def configured(
    asked: Asked, *, progress: Callable[[ScanProgress], None] = lambda _: None
) -> RunConfig:
    """Returns the run that is asked for.

    Args:
        asked: Flags and files.
        progress: Told how far it has come where the pictures must be looked at, to know how many
            classes they have.

    Raises:
        StudioError: If a file or value cannot be used; names it and the remedy.
    """
    tables = {} if asked.file is None else _tables(asked.file)
    data = _data(asked, tables.get("data"))
    spec = _network(asked, tables.get("network"))
    if asked.spec is None and asked.data is None and isinstance(tables.get("network"), Mapping):
        config = _as_stated(spec, data)
    else:
        counted = data.source not in PUBLISHED or PUBLISHED[data.source].folders or data.edits
        classes = len(load_dataset(data, progress).classes) if counted else None
        config = default_config(spec, data, classes=classes)
    augment: dict[str, Any] = {
        part: _augment(asked, part, tables[part])
        for part in ("train_augment", "validation_augment")
        if part in tables
    }
    recipe = _recipe(asked, tables.get("recipe"), usual=config.recipe)
    return config.model_copy(update={**augment, "recipe": recipe})


def _as_stated(spec: NetworkSpec, data: DataConfig) -> RunConfig:
    """Returns the usual run of a network whose every field is stated, so that nothing is fitted."""
    train, validation = pipelines_for(spec.input_size, kind=data.source)
    return RunConfig(
        network=spec,
        data=data,
        train_augment=train,
        validation_augment=validation,
        recipe=DEFAULT_RECIPES[data.source].recipe,
    )


def _tables(path: Path) -> dict[str, Any]:
    """Reads the parts of a run from a file; each is a table or, but for augmentation, a name.

    Raises:
        StudioError: If it cannot be read, or has something else.
    """
    values = read_tables(path) if _is_of_a_run(path) else read_mapping(path)
    for name, value in values.items():
        if name not in _PARTS and name not in _PASSED_OVER:
            raise RunError(
                f"{path}: there is no table {name}.", remedy=f"Tables: {', '.join(_PARTS)}."
            )
        if not (isinstance(value, str) and name in _NAMEABLE):
            _check_table(path, name, value)
    return {name: values[name] for name in _PARTS if name in values}


def _is_of_a_run(path: Path) -> bool:
    """Tells whether a file is longer than a spec: a run's may hold mean pictures and many names."""
    try:
        return path.suffix.lower() == ".toml" and path.stat().st_size > MAX_CHARACTERS
    except (OSError, ValueError):
        return False  # whoever reads it says what is wrong


def _check_table(path: Path, name: str, value: object) -> None:
    if not isinstance(value, Mapping):
        raise RunError(
            f"{path}: {name} is {value!r:.60}; it must be a table of fields.",
            remedy=f'Write the fields below a line "[{name}]".',
        )


@contextmanager
def _in_file(path: Path | None) -> Iterator[None]:
    """Puts the file's name before what is said of its values."""
    try:
        yield
    except StudioError as error:
        raise RunError(f"{path}: {error.message}", remedy=error.remedy) from None


# -- network ------------------------------------------------------------------------------------


def _network(asked: Asked, stated: Mapping[str, Any] | str | None) -> NetworkSpec:
    if asked.spec is not None:
        return resolve(asked.spec)
    if stated is None or isinstance(stated, str):
        return resolve(stated or USUAL_NETWORK)
    with _in_file(asked.file):
        return parse_spec(stated)


# -- data ---------------------------------------------------------------------------------------


def _data(asked: Asked, stated: Mapping[str, Any] | str | None) -> DataConfig:
    """Returns which pictures are meant; a flag changes that one thing of the file's table."""
    if isinstance(stated, Mapping):
        with _in_file(asked.file):
            config = _parsed_data(stated)
    else:
        config = _parsed_data(named_data(stated or USUAL_DATA))
    changes: dict[str, Any] = {}
    if asked.data is not None:
        changes |= {"path": None, "edits": ClassEdits(), **named_data(asked.data)}
    if asked.validation_fraction is not None:
        changes["validation_fraction"] = _checked_fraction(asked.validation_fraction)
    if asked.split_seed is not None:
        changes["split_seed"] = asked.split_seed
    # What nobody has said stays unsaid: it depends on the data set.
    return _parsed_data({**config.model_dump(exclude_unset=True), **changes})


def named_data(name: str) -> dict[str, Any]:
    """Returns source and path of what a person names: `mnist`, `imagenet:FOLDER` or a folder."""
    if name in PUBLISHED:
        return {"source": name}
    source, colon, place = name.partition(":")
    if colon and place and source in PUBLISHED and source != "digits":
        return {"source": source, "path": str(Path(place).resolve())}
    if found := recognised(Path(name)):
        return {"source": found, "path": str(Path(name).resolve())}
    # An empty name would become the current folder.
    return {"source": "folder", "path": str(Path(name).resolve()) if name else None}


def _parsed_data(values: Mapping[str, Any]) -> DataConfig:
    try:
        return DataConfig.model_validate(dict(values))
    except ValidationError as error:
        message = f"The data cannot be used: {validation_message(error)}"
        raise DataError(message, remedy="Correct this value.") from None


def _checked_fraction(fraction: float) -> float:
    if not 0.0 < fraction < 1.0:
        raise DataError(
            f"validation-fraction is {fraction}; it must lie between 0 and 1.",
            remedy="0.2 keeps a fifth of the pictures for validation.",
        )
    return fraction


# -- augmentation and recipe --------------------------------------------------------------------


def _augment(asked: Asked, part: str, stated: Mapping[str, Any]) -> AugmentSpec:
    with _in_file(asked.file):
        try:
            return AugmentSpec.from_dict(stated)
        except SpecError as error:
            raise SpecError(f"{part}: {error.message}", remedy=error.remedy) from None


def _recipe(asked: Asked, stated: Mapping[str, Any] | str | None, *, usual: Recipe) -> Recipe:
    base = usual
    if asked.recipe is not None:
        base = _named_recipe(asked.recipe)
    elif isinstance(stated, str):
        base = _named_recipe(stated)
    elif stated is not None:
        with _in_file(asked.file):
            base = parse_recipe(stated)
    return _changed(base, asked.changes)


def _changed(base: Recipe, changes: Mapping[str, Any]) -> Recipe:
    """Returns the recipe with what the flags say.

    Raises:
        RunError: Naming the flag to correct.
    """
    epochs = changes.get("epochs", 0)
    if "warmup_epochs" not in changes and 0 < epochs < base.warmup_epochs:
        changes = {**changes, "warmup_epochs": base.warmup_epochs * epochs / base.epochs}
        if not rank():  # of several processes the first tells
            print(
                f"The recipe's warm-up of {base.warmup_epochs:g} epochs is longer than the run and "
                f"shortened with it to {changes['warmup_epochs']:.2g} of an epoch; "
                "--warmup-epochs sets another.",
                file=sys.stderr,
            )
    try:
        return base.replace(**changes)
    except RunError as error:
        found = re.search(r": (\w+)", error.message)
        wrong = found[1] if found else ""
        if wrong not in changes:
            raise
        flag = f"--{wrong.replace('_', '-')}"
        raise RunError(
            error.message, remedy=f"Give {flag} another value, or leave it out."
        ) from None


def _named_recipe(name: str) -> Recipe:
    """Returns a preset, or the recipe in a file; what the file leaves out has its default."""
    if name in RECIPES:
        return RECIPES[name].recipe
    path = Path(name)
    if not os.path.exists(path):  # noqa: PTH110 - never raises
        raise RunError(
            f"There is no recipe {name!r}.",
            remedy=f"Presets: {', '.join(RECIPES)}; or name a .toml file.",
        )
    values = read_mapping(path)
    recipe = values.get("recipe", values)
    _check_table(path, "recipe", recipe)
    with _in_file(path):
        return parse_recipe(recipe)
