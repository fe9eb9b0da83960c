"""The well-known networks: where their authors publish them, under what license, and how they see a
photograph."""

from dataclasses import dataclass
from typing import Literal

HUB = "https://huggingface.co"
HUB_FILES = ("model.safetensors", "pytorch_model.bin", "pytorch_model.pt")
"""Under which names a repository of the hub may hold the weights, the most wanted first."""


@dataclass(frozen=True)
class Sight:
    """How a network sees a photograph. size: of its shorter or only side, in pixels. system: its
    name among the systems."""

    system: str
    size: int
    shape: Literal["photograph", "square"] = "square"


SIGHTS: dict[str, Sight] = {
    "ddcolor-tiny": Sight("ddcolor", 512),
    "ddcolor-large": Sight("ddcolor", 512),
    "deoldify-artistic": Sight("deoldify", 560),
    "deoldify-stable": Sight("deoldify", 560),
    "zhang16": Sight("colorful", 256),
    "zhang17": Sight("zhang17", 256),
}
"""By architecture (`tintype.lab.nets.published.PUBLISHED`). DeOldify's 560 is its render factor of
35."""


@dataclass(frozen=True)
class KnownNetwork:
    """A published network. source: a URL, or the repository of the hub as hub:OWNER/NAME. sha256:
    how the file's hash begins."""

    summary: str
    source: str
    license: str
    page: str
    sha256: str = ""

    @property
    def by_hand(self) -> str:
        """Where a person finds the file."""
        return (
            f"{HUB}/{self.source.removeprefix('hub:')}"
            if self.source.startswith("hub:")
            else self.source
        )


DDCOLOR, DEOLDIFY, ZHANG = (
    (license, f"https://github.com/{name}")
    for name, license in (
        ("piddnad/DDColor", "Apache-2.0"),
        ("jantic/DeOldify", "MIT"),
        ("richzhang/colorization", "BSD-2-Clause"),
    )
)
"""License and page of each."""
DEEPAI = "https://data.deepai.org/deoldify"
S3 = "https://colorizers.s3.us-east-2.amazonaws.com"
KNOWN: dict[str, KnownNetwork] = {
    "ddcolor": KnownNetwork(
        "DDColor, large; its authors' default for photographs",
        "hub:piddnad/ddcolor_modelscope",
        *DDCOLOR,
    ),
    "ddcolor-paper": KnownNetwork(
        "DDColor, large; the weights of the paper", "hub:piddnad/ddcolor_paper", *DDCOLOR
    ),
    "ddcolor-artistic": KnownNetwork(
        "DDColor, large; trained on art too, fewer artifacts",
        "hub:piddnad/ddcolor_artistic",
        *DDCOLOR,
    ),
    "ddcolor-tiny": KnownNetwork(
        "DDColor, small and fast", "hub:piddnad/ddcolor_paper_tiny", *DDCOLOR
    ),
    "deoldify-artistic": KnownNetwork(
        "DeOldify, vivid", f"{DEEPAI}/ColorizeArtistic_gen.pth", *DEOLDIFY
    ),
    "deoldify-stable": KnownNetwork(
        "DeOldify, for landscapes and portraits",
        "https://www.dropbox.com/s/axsd2g85uyixaho/ColorizeStable_gen.pth?dl=1",
        *DEOLDIFY,
    ),
    "deoldify-video": KnownNetwork(
        "DeOldify, steady in films", f"{DEEPAI}/ColorizeVideo_gen.pth", *DEOLDIFY
    ),
    "zhang16": KnownNetwork(
        "Colorful Image Colorization",
        f"{S3}/colorization_release_v2-9b330a0b.pth",
        *ZHANG,
        "9b330a0b",
    ),
    "zhang17": KnownNetwork(
        "user-guided colorization, takes hints", f"{S3}/siggraph17-df00044c.pth", *ZHANG, "df00044c"
    ),
}
"""By the name under which `tintype models get` installs them."""
