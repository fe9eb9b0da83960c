"""The networks that the service colors with, by name."""

import threading
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from tintype.engine import Colorizer, describe_models, list_models
from tintype.engine.core.header import Header
from tintype.engine.core.network import find_model
from tintype.guidance import NAMED_AREAS
from tintype.web.forms import ModelForm
from tintype.web.problems import NoNetworkError


class Networks:
    """Each network is loaded when it is first asked for; threads may share it."""

    def __init__(self, models: Sequence[str | Path], device: str) -> None:
        """models: ONNX files besides the networks that come with the package. Raises ModelError for
        a file that cannot be used."""
        self._given: dict[str, Path] = {}
        self._device = device
        self._colorizers: dict[str, Colorizer] = {}
        self._lock = threading.Lock()
        for file in models:
            name = Path(file).stem
            while name in self.files:
                name += "'"
            self._given[name] = find_model(file)
            self.colorizer(name)

    @property
    def files(self) -> dict[str, Path]:
        """The networks by name, those given by the user first; what `tintype models` installs or
        removes is seen at once."""
        return self._given | list_models()

    def check(self, name: str) -> None:
        """Raises NoNetworkError if there is no network of that name."""
        if name not in self.files:
            raise NoNetworkError(
                f"there is no network {name!r} here; available: {', '.join(self.files)}"
            )

    def colorizer(self, name: str) -> Colorizer:
        """The colorizer with the network of that name. Raises NoNetworkError if there is none."""
        self.check(name)
        with self._lock:
            if name not in self._colorizers:
                self._colorizers[name] = Colorizer(self._given.get(name, name), self._device)
            return self._colorizers[name]

    def loader(self, name: str) -> Callable[[], Colorizer]:
        """Makes a colorizer with the network of that name, in another process too. Raises
        NoNetworkError if there is none."""
        self.check(name)
        return partial(Colorizer, self._given.get(name, name), self._device)

    def list(self) -> list[ModelForm]:
        """What is known of each network, those given by the user first, without loading it; damaged
        ones are left out."""
        given = {name: Header.read(path) for name, path in self._given.items()}
        return [
            ModelForm(
                name=name,
                system=header.metadata.system,
                size=header.sizes[0],
                listens_to=sorted(header.inputs - {"lightness"}),
                people=people_of(header.metadata.parts),
            )
            for name, header in (given | describe_models()).items()
            if isinstance(header, Header)
        ]


def people_of(parts: Sequence[str]) -> list[str]:
    """The kinds of region of people that a network finds, by the parts that it separates."""
    return [kind for kind in NAMED_AREAS if kind in parts or (kind == "person" and parts)]
