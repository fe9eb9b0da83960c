"""Color a clip with VapourSynth and its plugin vs-mlrt (Python 3.12 or newer).

pip install VapourSynth vapoursynth-mlrt-ort
Each frame is colored by itself: `tintype film` is steadier.
"""

import vapoursynth as vs


def color(clip: vs.VideoNode, model: str = "tintype-rgb.onnx") -> vs.VideoNode:
    """clip: of any format; YUV is taken as BT.709. Returns RGBS."""
    matrix = {"matrix_in": vs.MATRIX_BT709} if clip.format.color_family == vs.YUV else {}
    rgb = vs.core.resize.Bicubic(clip, format=vs.RGBS, **matrix)
    return vs.core.ort.Model(rgb, model)
