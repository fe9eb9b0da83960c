"""What a film states about its colors, as photographs do in their label."""

from tintype.engine import Colorizer
from tintype.engine.label import label_for
from tintype.film.settings import FilmSettings
from tintype.photo import Label


def film_label(colorizer: Colorizer, settings: FilmSettings) -> Label:
    """The label of a film and of pictures of it. Guidance of times follows that of the whole."""
    timed = (each.guidance for each in settings.timed_guidance)
    return label_for([colorizer], [settings.guidance, *timed])


def comment_of(label: Label) -> str:
    """The label as a sentence, for a film's comment."""
    return (
        f"colors computed by Tintype {label.version}, network {label.network}"
        f" (SHA-256 {label.sha256}), settings {label.settings}"
    )
