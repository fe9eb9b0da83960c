"""Films in, films in color out: steady colors, the sound and every time stamp kept."""

from tintype.film.film import Report, color_film
from tintype.film.follow import Wish
from tintype.film.settings import Settings
from tintype.film.work import Progress

__all__ = ["Progress", "Report", "Settings", "Wish", "color_film"]
