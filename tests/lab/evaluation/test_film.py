import json
import sys
from fractions import Fraction

import cv2
import numpy as np
import pytest
from skimage import data

pytest.importorskip("av")
from tintype.cli import main
from tintype.film.motion import MotionInput, flow_between
from tintype.lab.evaluation import film


def test_divergence_is_nothing_for_equal_and_ln_2_for_disjoint_histograms():
    one, other = np.eye(4)[0], np.eye(4)[1]
    assert film.divergence(one, one) == 0
    assert film.divergence(one, other) == pytest.approx(np.log(2))


def test_histograms_are_the_share_of_each_value_of_a_channel():
    rgb = np.zeros((2, 4, 3), np.uint8)
    rgb[..., 1] = 255
    rgb[0, 0] = 7, 255, 8
    counted = film.histograms(rgb)
    assert counted.shape == (3, 256)
    assert counted[0, [0, 7]].tolist() == [7 / 8, 1 / 8]
    assert counted[1, 255] == 1
    assert counted[2, 8] == 1 / 8


def test_consistency_compares_no_frames_of_two_shots():
    red, blue = np.eye(4)[:1], np.eye(4)[1:2]
    assert film.color_consistency([[red] * 6, [blue] * 6]) == 0
    assert film.color_consistency([[red, blue] * 3]) > 100


def test_warp_error_follows_what_moves():
    gray = cv2.cvtColor(cv2.resize(data.astronaut(), (160, 160)), cv2.COLOR_RGB2GRAY)
    flow = flow_between(MotionInput.of(gray[:, :120]), MotionInput.of(gray[:, 6:126]))
    ab = np.dstack([gray, gray]).astype(np.float32) / 4
    moved = film.warp_error(ab[:, 6:126], ab[:, :120], flow)
    assert moved < 0.4 * film.warp_error(ab[:, 6:126], ab[:, 30:150], flow)


def test_films_are_measured_and_reported(tmp_path, warm_network, monkeypatch, capsys):
    import av

    (tmp_path / "films").mkdir()
    with av.open(str(tmp_path / "films" / "one.mp4"), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"crf": "12"})
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 25)
        for n in range(8):
            picture = np.ascontiguousarray(cv2.resize(data.coffee(), (120, 64))[:, n : n + 96])
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts = n
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    words = [
        "evaluate",
        "truth",
        "gray",
        str(warm_network),
        "--film",
        "--data",
        str(tmp_path / "films"),
        "-o",
        str(tmp_path / "report"),
    ]
    monkeypatch.setattr(sys, "argv", ["tintype", *words])
    with pytest.raises(SystemExit) as end:
        main()
    assert not end.value.code, capsys.readouterr().err
    rows = json.loads((tmp_path / "report.json").read_text())
    truth, gray, warm = (rows[name][0] for name in ("truth", "gray", str(warm_network)))
    assert truth["psnr"] is None and truth["moving_error"] == 0
    assert gray["colorfulness"] < 1 < warm["colorfulness"]
    assert warm["warp_error"] < truth["warp_error"] + 1 and gray["warp_error"] < 0.1
    assert "one.mp4" in (tmp_path / "report.md").read_text()
