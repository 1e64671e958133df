"""What is known of data sets that many people use, before a single picture is here.

Names of the classes, counts, sizes, who made them, and the mean and standard deviation that
programs commonly normalise with. A table of plain values: it imports nothing that takes time.
Where the files come from and how they are read: `stored_sets.py`, `cifar.py`, `digits.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal, TypeAlias, get_args

from resnet_studio.settings import data_dir

SourceKind: TypeAlias = Literal[
    "digits",
    "folder",
    "cifar10",
    "cifar100",
    "mnist",
    "fashion_mnist",
    "imagenette",
    "imagenet",
]
SOURCES: Final[tuple[SourceKind, ...]] = get_args(SourceKind)
Triple: TypeAlias = tuple[float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedSet:
    """One data set as its authors describe it.

    Attributes:
        title: Its proper name.
        about: What is in it, in a sentence.
        class_names: The classes in the order of the labels; empty for the 1,000 of ImageNet, which
            torchvision knows.
        classes: How many there are.
        train: Pictures to learn from.
        validation: Those that come set aside for validation; 0 where training sets some aside.
        test: Those that come set aside for testing.
        side: Side of the square pictures in pixels, or of their shorter side; 0 if they vary.
        grey: Whether they have no colour.
        mirrored: Whether a mirrored picture is as good a picture of its class.
        folders: Whether they lie in folders of classes, of which a person may have a part.
        mean: Mean of red, green and blue over the training pictures, 0 to 1.
        std: Standard deviation of the same, over all pixels.
        statistics_source: Where these six numbers come from.
        statistics_checked: Whether this project has measured the same from the pictures.
        url: Where it is downloaded from; empty if it is not.
        download_bytes: Size of that download.
        disk_bytes: What it takes on disk, as it is kept.
        citation: Authors and year, and the title of what they wrote.
        home: Address of the page about it.
        remedy: How a person gets it, where this program cannot download it.
    """

    title: str
    about: str
    class_names: tuple[str, ...]
    classes: int
    train: int
    validation: int = 0
    test: int = 0
    side: int
    grey: bool = False
    mirrored: bool = True
    folders: bool = False
    mean: Triple
    std: Triple
    statistics_source: str
    statistics_checked: bool = False
    url: str = ""
    download_bytes: int = 0
    disk_bytes: int = 0
    citation: str
    home: str
    remedy: str = ""


_DIGITS: Final = tuple("0123456789")
_CIFAR100: Final = (
    *("apple", "aquarium fish", "baby", "bear", "beaver", "bed", "bee", "beetle", "bicycle"),
    *("bottle", "bowl", "boy", "bridge", "bus", "butterfly", "camel", "can", "castle"),
    *("caterpillar", "cattle", "chair", "chimpanzee", "clock", "cloud", "cockroach", "couch"),
    *("crab", "crocodile", "cup", "dinosaur", "dolphin", "elephant", "flatfish", "forest"),
    *("fox", "girl", "hamster", "house", "kangaroo", "keyboard", "lamp", "lawn mower"),
    *("leopard", "lion", "lizard", "lobster", "man", "maple tree", "motorcycle", "mountain"),
    *("mouse", "mushroom", "oak tree", "orange", "orchid", "otter", "palm tree", "pear"),
    *("pickup truck", "pine tree", "plain", "plate", "poppy", "porcupine", "possum"),
    *("rabbit", "raccoon", "ray", "road", "rocket", "rose", "sea", "seal", "shark", "shrew"),
    *("skunk", "skyscraper", "snail", "snake", "spider", "squirrel", "streetcar"),
    *("sunflower", "sweet pepper", "table", "tank", "telephone", "television", "tiger"),
    *("tractor", "train", "trout", "tulip", "turtle", "wardrobe", "whale", "willow tree"),
    *("wolf", "woman", "worm"),
)
IMAGENETTE_IDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "n01440764": "tench",
        "n02102040": "English springer",
        "n02979186": "cassette player",
        "n03000684": "chain saw",
        "n03028079": "church",
        "n03394916": "French horn",
        "n03417042": "garbage truck",
        "n03425413": "gas pump",
        "n03445777": "golf ball",
        "n03888257": "parachute",
    }
)
"""The classes of Imagenette by the WordNet ids that name their folders."""

_IMAGENET_MEAN: Final = (0.485, 0.456, 0.406)
_IMAGENET_STD: Final = (0.229, 0.224, 0.225)

PUBLISHED: Final[Mapping[str, PublishedSet]] = MappingProxyType(
    {
        "digits": PublishedSet(
            title="Digits",
            about="Handwritten digits of 8 × 8 pixels, enlarged to 32 × 32; part of scikit-learn.",
            class_names=_DIGITS,
            classes=10,
            train=1_797,
            side=32,
            grey=True,
            mirrored=False,
            mean=(0.3053, 0.3053, 0.3053),
            std=(0.3760, 0.3760, 0.3760),
            statistics_source="measured over all 1,797 digits before they are enlarged",
            statistics_checked=True,
            citation="Alpaydin and Kaynak 1998, Optical Recognition of Handwritten Digits",
            home="https://doi.org/10.24432/C50P49",
        ),
        "cifar10": PublishedSet(
            title="CIFAR-10",
            about="Photographs of animals and vehicles of 32 × 32 pixels.",
            class_names=(
                *("airplane", "automobile", "bird", "cat", "deer"),
                *("dog", "frog", "horse", "ship", "truck"),
            ),
            classes=10,
            train=50_000,
            test=10_000,
            side=32,
            mean=(0.4914, 0.4822, 0.4465),
            std=(0.2470, 0.2435, 0.2616),
            statistics_source="as in github.com/kuangliu/pytorch-cifar, issue 19",
            url="https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
            download_bytes=170_052_171,
            disk_bytes=170_052_171,
            citation="Krizhevsky 2009, Learning Multiple Layers of Features from Tiny Images",
            home="https://www.cs.toronto.edu/~kriz/cifar.html",
        ),
        "cifar100": PublishedSet(
            title="CIFAR-100",
            about="Photographs of a hundred kinds of things, of 32 × 32 pixels.",
            class_names=_CIFAR100,
            classes=100,
            train=50_000,
            test=10_000,
            side=32,
            mean=(0.5071, 0.4867, 0.4408),
            std=(0.2675, 0.2565, 0.2761),
            statistics_source="as in github.com/weiaicunzai/pytorch-cifar100",
            url="https://www.cs.toronto.edu/~kriz/cifar-100-python.tar.gz",
            download_bytes=169_001_437,
            disk_bytes=169_001_437,
            citation="Krizhevsky 2009, Learning Multiple Layers of Features from Tiny Images",
            home="https://www.cs.toronto.edu/~kriz/cifar.html",
        ),
        "mnist": PublishedSet(
            title="MNIST",
            about="Handwritten digits, light on black, of 28 × 28 pixels.",
            class_names=_DIGITS,
            classes=10,
            train=60_000,
            test=10_000,
            side=28,
            grey=True,
            mirrored=False,
            mean=(0.1307, 0.1307, 0.1307),
            std=(0.3081, 0.3081, 0.3081),
            statistics_source="as in github.com/pytorch/examples, mnist/main.py",
            url="https://ossci-datasets.s3.amazonaws.com/mnist/",
            download_bytes=11_594_722,
            disk_bytes=11_594_722,
            citation=(
                "LeCun, Bottou, Bengio and Haffner 1998, Gradient-based learning applied to "
                "document recognition"
            ),
            home="https://doi.org/10.1109/5.726791",
        ),
        "fashion_mnist": PublishedSet(
            title="Fashion-MNIST",
            about="Pieces of clothing, light on black, of 28 × 28 pixels.",
            class_names=(
                *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
                *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
            ),
            classes=10,
            train=60_000,
            test=10_000,
            side=28,
            grey=True,
            mean=(0.2860, 0.2860, 0.2860),
            std=(0.3530, 0.3530, 0.3530),
            statistics_source="widely used with torchvision; who measured it first is not known",
            url="http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
            download_bytes=30_878_645,
            disk_bytes=30_878_645,
            citation="Xiao, Rasul and Vollgraf 2017, arXiv:1708.07747",
            home="https://github.com/zalandoresearch/fashion-mnist",
        ),
        "imagenette": PublishedSet(
            title="Imagenette",
            about="Ten classes of ImageNet that are easily told apart, shorter side 160 pixels.",
            class_names=tuple(IMAGENETTE_IDS.values()),
            classes=10,
            train=9_469,
            validation=3_925,
            side=160,
            folders=True,
            mean=_IMAGENET_MEAN,
            std=_IMAGENET_STD,
            statistics_source="those of ImageNet, of which it is a part",
            url="https://s3.amazonaws.com/fast-ai-imageclas/imagenette2-160.tgz",
            download_bytes=99_003_388,
            disk_bytes=125_000_000,
            citation="Howard 2019, Imagenette",
            home="https://github.com/fastai/imagenette",
        ),
        "imagenet": PublishedSet(
            title="ImageNet",
            about="Photographs of a thousand kinds of things (ILSVRC 2012), in all sizes.",
            class_names=(),
            classes=1_000,
            train=1_281_167,
            validation=50_000,
            side=0,
            folders=True,
            mean=_IMAGENET_MEAN,
            std=_IMAGENET_STD,
            statistics_source=(
                "as in github.com/pytorch/examples and torchvision; measured on a part of it that "
                "was not noted"
            ),
            disk_bytes=155_000_000_000,
            citation="Russakovsky et al. 2015, arXiv:1409.0575",
            home="https://image-net.org/download.php",
            remedy=(
                "Its owners give it, 155 GB, only to those who sign in at "
                "https://image-net.org/download.php. Unpack it into folders train and val with a "
                "folder for each class, as torchvision.datasets.ImageNet does, and name the folder "
                "around them."
            ),
        ),
    }
)
"""The data sets by the name of their source; a folder is what its person made it."""


def home_of(source: str) -> Path:
    """Returns the folder in which this program keeps its own copy of a data set."""
    return data_dir() / source
