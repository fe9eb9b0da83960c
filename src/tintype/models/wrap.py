"""A public ONNX file of DDColor or DeOldify (RGB in, ab or RGB out) in, the same network under Tintype's contract out; no PyTorch."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import onnxruntime as ort

from tintype.arrays import Array
from tintype.color import srgb_to_lab
from tintype.errors import ModelError, UsageError

Values = Literal["unit", "byte", "imagenet"]
SCALES: dict[Values, tuple[Array, Array]] = {
    "unit": (np.zeros(3, np.float32), np.ones(3, np.float32)),
    "byte": (np.zeros(3, np.float32), np.full(3, 1 / 255, np.float32)),
    "imagenet": (np.float32([0.485, 0.456, 0.406]), np.float32([0.229, 0.224, 0.225])),
}
"""How files hold RGB: shown = (rgb - offset) / scale."""
PROBE = 256
FARTHEST = 0.15
"""Mean difference of luma, of 1, between what is shown and a colored answer to it."""
LUMA = np.float32([0.299, 0.587, 0.114])
OLDEST_OPSET = 11
SRGB_TO_RELATIVE_XYZ = """0.43395275, 0.37621941, 0.18982783, 0.2126, 0.7152, 0.0722, 0.01775651, 0.10947627, 0.87276722"""

BEFORE = """
tintype_before (float[n,1,h,w] lightness) => (float[n,3,h,w] tintype_shown) <
  float tintype_16 = {16}, float tintype_116 = {116}, float tintype_knee = {0.20689655}, float tintype_kappa = {903.2963},
  float tintype_3 = {3}, float tintype_dark = {0.0031308}, float tintype_12 = {12.92}, float tintype_1055 = {1.055},
  float tintype_055 = {0.055}, float tintype_power = {0.41666667}, float tintype_tiny = {1e-4}, float tintype_0 = {0}, float tintype_1 = {1}
> {
  tintype_l16 = Add (lightness, tintype_16)
  tintype_f = Div (tintype_l16, tintype_116)
  tintype_cube = Pow (tintype_f, tintype_3)
  tintype_line = Div (lightness, tintype_kappa)
  tintype_is_high = Greater (tintype_f, tintype_knee)
  tintype_y = Where (tintype_is_high, tintype_cube, tintype_line)
  tintype_linear = Clip (tintype_y, tintype_0, tintype_1)
  tintype_low = Mul (tintype_linear, tintype_12)
  tintype_positive = Max (tintype_linear, tintype_tiny)
  tintype_root = Pow (tintype_positive, tintype_power)
  tintype_stretched = Mul (tintype_root, tintype_1055)
  tintype_high = Sub (tintype_stretched, tintype_055)
  tintype_is_light = Greater (tintype_linear, tintype_dark)
  tintype_gray = Where (tintype_is_light, tintype_high, tintype_low)
  tintype_shown = Concat <axis=1> (tintype_gray, tintype_gray, tintype_gray)
}
"""
AFTER = """
tintype_after (float[n,3,h,w] tintype_rgb, float[n,1,h,w] tintype_gray) => (float[n,2,h,w] ab) <
  float tintype_0 = {0}, float tintype_1 = {1}, float tintype_116 = {116}, float tintype_kappa = {903.2963}, float tintype_16 = {16},
  float tintype_12 = {12.92}, float tintype_1055 = {1.055}, float tintype_055 = {0.055}, float tintype_tiny = {1e-4},
  float tintype_light = {0.04045}, float tintype_gamma = {2.4}, float tintype_third = {0.33333333}, float tintype_bend = {0.00885645},
  float[1,3,1,1] tintype_luma = {0.299, 0.587, 0.114}, float[3,3,1,1] tintype_xyz = {XYZ},
  float[2,3,1,1] tintype_opponent = {500, -500, 0, 0, 200, -200}
> {
  tintype_own = Conv (tintype_rgb, tintype_luma)
  tintype_shift = Sub (tintype_gray, tintype_own)
  tintype_moved = Add (tintype_rgb, tintype_shift)
  tintype_colored = Clip (tintype_moved, tintype_0, tintype_1)
  tintype_slow = Div (tintype_colored, tintype_12)
  tintype_raised = Add (tintype_colored, tintype_055)
  tintype_scaled = Div (tintype_raised, tintype_1055)
  tintype_fast = Pow (tintype_scaled, tintype_gamma)
  tintype_is_fast = Greater (tintype_colored, tintype_light)
  tintype_lights = Where (tintype_is_fast, tintype_fast, tintype_slow)
  tintype_relative = Conv (tintype_lights, tintype_xyz)
  tintype_some = Max (tintype_relative, tintype_tiny)
  tintype_roots = Pow (tintype_some, tintype_third)
  tintype_times = Mul (tintype_relative, tintype_kappa)
  tintype_plus = Add (tintype_times, tintype_16)
  tintype_straight = Div (tintype_plus, tintype_116)
  tintype_is_bent = Greater (tintype_relative, tintype_bend)
  tintype_fs = Where (tintype_is_bent, tintype_roots, tintype_straight)
  ab = Conv (tintype_fs, tintype_opponent)
}
""".replace("XYZ", SRGB_TO_RELATIVE_XYZ)
