"""What a person may ask for: one value for all of it."""

from tintype.guidance.guidance import Color, Guidance, Hint, color_ab, draw_hints

__all__ = ["Color", "Guidance", "Hint", "color_ab", "draw_hints"]
