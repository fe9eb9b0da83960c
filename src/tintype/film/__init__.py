"""Films in, films in color out: steady colors, with the sound and every time stamp kept."""

from tintype.film.film import FilmReport, color_film
from tintype.film.follow import TimedGuidance
from tintype.film.pipeline import FilmProgress
from tintype.film.settings import FilmSettings

__all__ = ["FilmProgress", "FilmReport", "FilmSettings", "TimedGuidance", "color_film"]
