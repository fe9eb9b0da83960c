"""A black-and-white photograph in, the same photograph in color out."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from tintype.arrays import Array
from tintype.engine.assist.line_art import fill_page, is_drawn
from tintype.engine.assist.negative import NEGATIVE, is_negative
from tintype.engine.assist.pages import prepare_page
from tintype.engine.assist.people import missing_parts
from tintype.engine.assist.unused import find_unused, unused_hints
from tintype.engine.coloring import check_palette, conditioned_ab, guided_ab, new_color_share
from tintype.engine.core.network import Network, network_title
from tintype.engine.core.own_color import keep_own_color
from tintype.engine.core.prepare import Prepared, prepare_lightness
from tintype.engine.core.render import render
from tintype.engine.core.sizes import shrink_hint
from tintype.engine.label import label_for
from tintype.errors import UsageError
from tintype.guidance import Guidance
from tintype.photo import ColoredImage, Photo, Picture, as_photo
from tintype.threads import in_threads


class Colorizer:
    """Colors photographs with one network, loaded once; threads may share it.

    model: the name of a network that comes with the package, or an ONNX file; `a+b` mixes the
    automatic colors of two, each where it is certain. device: "auto",
    "cpu", "cuda", "coreml", "directml" or "openvino". size: inference resolution, about size×size
    pixels in the photograph's own shape; None: the network's own, plus a second, higher-resolution
    pass for foreground objects where the network asks for it. threads: cores for the network; 0
    leaves it to ONNX Runtime. Raises ModelError for an unknown network, UsageError for an unknown
    device or size.
    """

    as_published = False

    def __init__(
        self,
        model: str | Path = "default",
        device: str = "auto",
        size: int | None = None,
        threads: int = 0,
    ) -> None:
        if size is not None and not 64 <= size <= 2048:
            raise UsageError(f"size is 64 to 2048, not {size}")
        self.name = network_title(model)
        self.network = Network.load(model, device, threads)
        self.sizes = [size] if size else self.network.sizes

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}, sizes {self.sizes}>"

    def prepare(self, photo: Picture | Photo) -> Prepared:
        """Do once what every coloring of a photograph needs. photo: a `Photo`, or what `colorize`
        takes. Raises PhotoError, UsageError."""
        return prepare_page(self.network, as_photo(photo), self.sizes)

    def ab(self, prepared: Prepared, guidance: Guidance | None = None) -> Array:
        """a* and b* at the size of `prepared.lightness`: H×W×2 float32, CIELAB units. Raises
        UsageError and ModelError."""
        return guided_ab(prepared, guidance or Guidance())

    def color(self, prepared: Prepared, guidance: Guidance | None = None) -> Photo:
        """A prepared photograph in color, its kind of pixels, alpha, format and metadata kept; its
        XMP states that the color was computed. Raises as `ab` does.

        Line art is filled by hints alone, without the network, as a notice of the result says.
        Notices also report a likely black-and-white negative and parts of people that were not
        found.
        """
        guidance = guidance or Guidance()
        photo = prepared.photo
        if is_drawn(prepared) if guidance.line_art is None else guidance.line_art:
            return self._labeled(fill_page(photo, guidance), guidance)
        colored = render(prepared.pixels, self.ab(prepared, guidance), prepared.factor)
        if guidance.keep_color and photo.pixels.ndim == 3:
            colored = keep_own_color(photo, colored, new_color_share(prepared, guidance))
        negative = (NEGATIVE,) if is_negative(prepared) else ()
        notices = (*photo.notices, *negative, *missing_parts(prepared, guidance))
        if guidance.marks:
            notices += tuple(unused_hints(guidance, find_unused(colored, guidance)))
        return self._labeled(replace(photo, notices=notices).with_pixels(colored), guidance)

    def _labeled(self, photo: Photo, guidance: Guidance) -> Photo:
        xmp = label_for([self], [guidance]).into(photo.metadata.xmp)
        return replace(photo, metadata=replace(photo.metadata, xmp=xmp))

    def colorize(self, photo: Picture | Photo, guidance: Guidance | None = None) -> ColoredImage:
        """Color a photograph at its own size and lightness, whatever it is: color photographs are
        recolored, and negatives stay negatives. `tintype.color_files` decides about these.

        photo: a path, a file's bytes, a binary file, a PIL image, or an array or PyTorch tensor as
        `as_photo` takes it.
        Returns an 8-bit RGB image, RGBA where the photograph has alpha; its `save` writes the
        photograph's metadata and a label that states that the color was computed. Raises
        PhotoError, UsageError and ModelError.
        """
        return ColoredImage.of(self.color(self.prepare(photo), guidance))

    def colorize_photo(self, photo: Photo, guidance: Guidance | None = None) -> Photo:
        """As `colorize`, from `Photo` to `Photo`."""
        return self.color(self.prepare(photo), guidance)

    def colorize_many(self, photos: Iterable[Picture], workers: int = 2) -> Iterator[ColoredImage]:
        """Color photographs one after the other, `workers` at once, in their order; memory for
        twice as many is used."""
        return in_threads(self.colorize, photos, workers, ahead=2 * workers)

    def predict(
        self,
        lightness: Array,
        hint: Array | None = None,
        region: Array | None = None,
        palette: Array | None = None,
    ) -> Array:
        """ab of a picture given as L*: network, hints and guided upsampling alone, without tone and
        gamut.

        lightness: H×W float32, 0..100. hint: H×W×3 float32 (a*, b*, confidence), region: H×W
        float32, palette: K float32.
        Returns H×W×2 float32, CIELAB units. Raises UsageError for wrong shapes or values,
        CapabilityError for a palette that is not taken.
        """
        if (
            lightness.ndim != 2
            or not np.isfinite(lightness).all()
            or lightness.min() < -1
            or lightness.max() > 101
        ):
            raise UsageError(f"lightness must be H×W, 0 to 100, but has shape {lightness.shape}")
        for name, value, shape in (
            ("hint", hint, (*lightness.shape, 3)),
            ("region", region, lightness.shape),
        ):
            if value is not None and value.shape != shape:
                raise UsageError(f"{name} must have shape {shape}, but has {value.shape}")
        if palette is not None:
            check_palette(self.network)
        prepared = prepare_lightness(self.network, lightness, self.sizes)
        hint_at = None if hint is None else lambda size: shrink_hint(hint, size)
        ab = conditioned_ab(prepared, hint_at, region, palette)
        return ab if region is None else ab * region[..., None]
