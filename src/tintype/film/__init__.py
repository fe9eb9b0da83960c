"""Films in, films in color out: steady colors, the sound and every time stamp kept."""

from tintype.film.film import Progress, Report, Settings, color_film
from tintype.film.keys import Wish

__all__ = ["Progress", "Report", "Settings", "Wish", "color_film"]
