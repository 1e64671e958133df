"""The subcommands of `resnet-studio`; tyro makes flags and help of their signatures.

A module of its own, because tyro and rich need not be imported to open the window.
"""

from __future__ import annotations

import json as json_format
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro

from resnet_studio.errors import StudioError
from resnet_studio.recipe_flags import Flag, RecipeFlags, changes
from resnet_studio.training.recipe_choices import DeviceChoice

Json = Annotated[bool, tyro.conf.arg(name="json", help="Print JSON instead of text.")]
PROGRAM = "resnet-studio"


def dispatch(words: list[str]) -> int:
    """Parses the words, runs the subcommand and returns its exit code.

    Raises:
        StudioError: What went wrong, in a person's words.
    """
    run: Callable[..., Any] = tyro.extras.subcommand_cli_from_dict
    code: int = run(
        {
            "summary": summary,
            "compare": compare,
            "inspect": inspect,
            "train": train,
            "runs": runs,
            "classify": classify,
            "evaluate": evaluate,
            "export": export,
            "download": download,
            "tour": tour,
        },
        args=words,
        prog=PROGRAM,
        description=(
            "See why residual networks work: draw them, look inside them, train them. Without a "
            "subcommand the window opens; a file or folder instead of one is opened in it."
        ),
        config=(
            tyro.conf.OmitArgPrefixes,
            tyro.conf.FlagCreatePairsOff,
            tyro.conf.EnumChoicesFromValues,
        ),
    )
    return code


def summary(
    spec: tyro.conf.Positional[str],
    /,
    *,
    input_size: int | None = None,
    layers: bool = False,
    json_: Json = False,
) -> int:
    """Count a network: shapes, parameters, multiply-accumulates, receptive fields.

    Args:
        spec: A catalogue id such as resnet50 or cifar_resnet20, or a .toml or .json spec file.
        input_size: Height and width of the picture in pixels; the spec's own if left out.
        layers: List every layer, not only stem, stages and head.
        json_: Print JSON instead of text.
    """
    from resnet_studio.architecture.catalog import resolve
    from resnet_studio.architecture.graph import build_graph
    from resnet_studio.architecture.summary import Detail, format_text
    from resnet_studio.architecture.summary import summary as summarise

    graph = build_graph(resolve(spec), input_size=input_size)
    if json_:
        _print_json(summarise(graph))
    else:
        print(format_text(graph, detail=Detail.LAYERS if layers else Detail.SECTIONS))
    return 0


def compare(
    before: tyro.conf.Positional[str],
    after: tyro.conf.Positional[str],
    /,
    *,
    input_size: int | None = None,
    all_: Annotated[bool, tyro.conf.arg(name="all")] = False,
    json_: Json = False,
) -> int:
    """Set two networks side by side: fields, totals, and every layer that changes.

    Args:
        before: A catalogue id, a .toml or .json spec file, or a file of weights.
        after: The network to set beside it, named alike.
        input_size: Height and width of the picture in pixels; each network's own if left out.
        all_: List every section, block and layer by itself, also those that are alike.
        json_: Print everything as JSON instead of text.
    """
    from resnet_studio.comparison import is_checkpoint, told

    if is_checkpoint(before) or is_checkpoint(after):
        _check_torch()
    print(told(before, after, input_size=input_size, everything=all_, as_json=json_))
    return 0


def inspect(file: tyro.conf.Positional[Path], /, *, json_: Json = False) -> int:
    """Tell which network a file of weights is of, and what it leaves open.

    Args:
        file: A .safetensors, .pth or .pt file of this program, torchvision, timm or others.
        json_: Print JSON instead of text.
    """
    _check_torch()
    from resnet_studio.inspecting import told

    print(told(file, as_json=json_))
    return 0


def classify(
    images: tyro.conf.Positional[tuple[Path, ...]],
    /,
    *,
    weights: str = "",
    network: str | None = None,
    top: int = 5,
    crop: Literal["pipeline", "letterbox", "centre", "ten"] = "pipeline",
    csv: Flag[Path | None] = None,
    download: bool = False,
    json_: Json = False,
) -> int:
    """Name the most probable classes of pictures.

    Args:
        images: Picture files, or folders of pictures. Where a folder has the name of a class, the
            share of its pictures that were named rightly is told.
        weights: A .safetensors or .pth file, the folder of a run, "last-run", "cifar10_resnet20"
            or "digits_resnet20" (they come with the program), the name of torchvision's weights
            of the network (IMAGENET1K_V1, IMAGENET1K_V2, or DEFAULT for the best), or "random".
            Left out, they are those that come with the program for the network, or random ones,
            of which the output warns.
        network: Catalogue id or spec file, for weights that do not say what network they are of;
            cifar_resnet20 if left out.
        top: How many classes to print for each picture.
        crop: Which part of each picture the network sees: as its preprocessing says, the whole
            picture with borders (letterbox), the largest square in the middle (centre), or ten
            crops, of which the probabilities are averaged (ten).
        csv: Write the table to this file, too.
        download: Fetch torchvision's weights if they are not on this computer; says how large
            they are and asks. Nothing is ever downloaded without this.
        json_: Print JSON instead of text.
    """
    _check_torch()
    from resnet_studio.terminal import classify_pictures

    return classify_pictures(
        images,
        weights=weights,
        network=network,
        top=top,
        crop=crop,
        csv=csv,
        fetch=download,
        as_json=json_,
    )


def evaluate(
    *,
    checkpoint: str,
    data: Flag[str | None] = None,
    split: Flag[Literal["test", "validation", "all"] | None] = None,
    classes: str = "",
    mean: str = "",
    std: str = "",
    size: Flag[int | None] = None,
    ten_crop: bool = False,
    assume: tuple[str, ...] = (),
    batch: Flag[int | None] = None,
    device: DeviceChoice = DeviceChoice.AUTO,
    json_: Json = False,
) -> int:
    """Count how many pictures of a folder the network of a file of weights names rightly.

    Args:
        checkpoint: A .safetensors or .pth file of this or another program, the folder of a run, or
            "last-run". Which network it is of is told by the file.
        data: A folder or .zip with one folder of pictures for each class, or a published data set
            by its name, as for train. May be left out for a run, which is then evaluated on its
            own data.
        split: Which pictures of a data set that is divided. Left out: of a run's own data those
            for validation, of data that are named those for testing where there are some.
        classes: Names of the classes divided by commas, in the order of the network's outputs;
            those in the file if left out, else the names of the folders in alphabetical order.
        mean: What is subtracted from red, green and blue in 0 to 1, divided by commas.
        std: What they are then divided by.
        size: Height and width of the network's input in pixels. Pictures of another size are
            resized as in validation: the shorter side to it (above 64 to 256/224 of it), and the
            centre cut out.
        ten_crop: Average the probabilities (after the softmax) of ten crops of each resized
            picture: its four corners and centre, and these mirrored.
        assume: What neither the file nor its shapes tell of the network, as field=value: for
            example zero_padding=end.
        batch: How many pictures at once; changes no result.
        device: Where to compute.
        json_: Print JSON instead of text.
    """
    _check_torch()
    from resnet_studio.terminal_evaluate import Manner, evaluate_checkpoint, parse_answers

    answers = parse_answers(classes=classes, mean=mean, std=std, size=size, fields=assume)
    manner = Manner(part=split, ten_crop=ten_crop, batch_size=batch, device=device)
    return evaluate_checkpoint(checkpoint, data, answers=answers, manner=manner, as_json=json_)


def train(
    recipe_flags: Annotated[RecipeFlags, tyro.conf.arg(name="recipe"), tyro.conf.FlagConversionOff],
    *,
    spec: Flag[str | None] = None,
    data: Flag[str | None] = None,
    recipe: Flag[str | None] = None,
    config: Flag[Path | None] = None,
    # torchrun takes «--run» for an abbreviation of a flag of its own.
    run: Annotated[
        Path | None, tyro.conf.arg(aliases=("--run-dir",), help_behavior_hint="")
    ] = None,
    resume: Flag[Path | None] = None,
    validation_fraction: Flag[float | None] = None,
    split_seed: Flag[int | None] = None,
    processes: Flag[int | None] = None,
    test: bool = False,
    find_rate: bool = False,
    json_: Annotated[bool, tyro.conf.arg(name="json")] = False,
) -> int:
    """Train a network; the same loop as in the window.

    Ctrl+C (or SIGTERM, SIGHUP) saves and stops, a second one interrupts at once. The exit code is
    0 if the run finished or was stopped, 1 if it failed or cannot begin, 2 if a flag cannot be
    read, 130 if it was interrupted.

    Args:
        recipe_flags: Every field of the recipe.
        spec: Catalogue id or spec file; cifar_resnet20 if left out.
        data: "digits" (built in, and the usual one), a folder or .zip with one folder of pictures
            for each class, or a published data set that is on this computer: cifar10, cifar100,
            mnist, fashion_mnist, imagenette or imagenet, or imagenet:FOLDER if it lies elsewhere
            than «resnet-studio download» puts it.
        recipe: Preset of the recipe (digits, he2015_cifar, ...) or a .toml file; the data's
            usual one if left out. The flags below change single fields of it.
        config: A .toml file with the tables of a run.toml (network, data, train_augment,
            validation_augment, recipe), or some of them; flags go before it.
        run: Folder of the run; a new one among the studio's runs if left out.
        resume: Folder of a stopped run to go on with; everything else is taken from it.
        validation_fraction: Share of the pictures held out, 0 to 1.
        split_seed: Decides which pictures those are.
        processes: Programs on this computer that share the run, for example one for each GPU;
            several computers are joined by torchrun.
        test: Once the run has finished, evaluate its best weights on the pictures that the data
            set keeps for testing; they are looked at for nothing else.
        find_rate: Do not train, but try rising learning rates and tell which one to take.
        json_: Print every event as a line of JSON, and nothing else to stdout.
    """
    _check_torch()
    from resnet_studio.terminal_config import Asked
    from resnet_studio.terminal_train import Manner, configuration, train_network

    asked = Asked(
        spec=spec,
        data=data,
        recipe=recipe,
        file=config,
        validation_fraction=validation_fraction,
        split_seed=split_seed,
        changes=changes(recipe_flags),
    )
    if find_rate:
        from resnet_studio.terminal_rate import find_rate as look

        return look(configuration(asked, run=run, resume=resume), resume=resume, as_json=json_)
    manner = Manner(processes=processes, test=test, as_json=json_)
    return train_network(asked, run=run, resume=resume, manner=manner)


def runs(
    names: tyro.conf.Positional[tuple[str, ...]] = (),
    /,
    *,
    dir_: Annotated[Path | None, tyro.conf.arg(name="dir", help_behavior_hint="")] = None,
    recorded: bool = False,
    csv: Flag[Path | None] = None,
    json_: Json = False,
) -> int:
    """List the runs that were trained, or set some side by side.

    Args:
        names: Runs to compare, by folder or by name: the settings that differ, and the figures of
            each epoch. Left out, all runs are listed.
        dir_: The folder in which the runs are; the studio's own if left out.
        recorded: Take the runs that come with the program; by name they are found anyway.
        csv: Write the list, or the figures of each epoch, to this file, too.
        json_: Print JSON instead of text.
    """
    from resnet_studio.terminal_runs import show_runs

    return show_runs(names, folder=dir_, recorded=recorded, csv=csv, as_json=json_)


def export(
    network: tyro.conf.Positional[str],
    /,
    *,
    to: Path,
    weights: str = "",
    json_: Json = False,
) -> int:
    """Write a network to a file for other programs or people, and compare the file with it.

    Args:
        network: Catalogue id or spec file; or weights, as for --weights.
        to: The file. Its name decides what is written: weights (.safetensors, .pth), the network
            for other runtimes (.onnx), a Python script with its weights beside it (.py), or the
            spec (.toml, .json).
        weights: As for classify. Left out, they are those that the network names, or random.
        json_: Print JSON instead of text.
    """
    _check_torch()
    from resnet_studio.terminal_export import export_network

    return export_network(network, to=to, weights=weights, as_json=json_)


def download(names: tyro.conf.Positional[tuple[str, ...]] = (), /, *, yes: bool = False) -> int:
    """Fetch published data sets that can then be trained on by name, or list those that there are.

    Each is said what it is, from where and how large, and asked for. What is here is not fetched
    again, and what was interrupted goes on.

    Args:
        names: mnist, fashion_mnist, cifar10, cifar100, imagenette. Left out, all are listed.
        yes: Agree beforehand, so that nothing is asked. Without a terminal nothing is downloaded
            unless this is given.
    """
    from resnet_studio.terminal_download import download_sets

    return download_sets(names, agreed=yes)


def tour(*, out: Path, epochs: int | None = None) -> int:
    """Drive the real window through its whole main job without a display, and take pictures.

    Args:
        out: Folder for the pictures and the report; made if it is missing.
        epochs: Epochs of the training on the digits; the recipe's own number if left out.
    """
    import os

    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from resnet_studio.gui.tour import run_tour

    return run_tour(out, epochs=epochs, say=lambda line: print(line, file=sys.stderr))


def _check_torch() -> None:
    """Imports torch by itself, so that its failures can be told from our own.

    Raises:
        ImportError: If it is not installed.
        StudioError: If it is installed and broken.
    """
    try:
        import torch  # noqa: F401
    except ImportError:
        raise
    except Exception as error:  # libraries, numpy, drivers: there is no end of kinds
        from resnet_studio.desktop import torch_advice

        raise StudioError(torch_advice(error)) from error


def _print_json(value: Any) -> None:
    print(json_format.dumps(value, indent=2, ensure_ascii=False))
