"""The default recipe, small enough for a test."""

SMALL = [
    "network={widths: [8, 16, 16, 24, 32], depths: [1, 1, 1, 1], wish_widths: [8, 8, 16, 16]}",
    "encoder=null",
    "frozen=0",
    "data.size=64",
    "data.batch_size=4",
    "data.short_side=96",
    "save_every=2",
    "size=null",
    "stages=[{name: wide, steps: 4, size: 32}, {name: fine, steps: 2, size: 64}]",
]
"""Overrides that make the default recipe small enough for a test."""
