import numpy as np
import onnx
import onnxruntime as ort
import pytest

from tintype.contract import COLOR_OUTPUTS, SEGMENT_OUTPUTS
from tintype.engine.core.network import find_model
from tintype.engine.core.onnx_bytes import only_for_outputs, without_outputs


def test_an_output_goes_with_all_that_it_alone_needs_and_the_others_stay_the_same():
    whole = find_model("default").read_bytes()
    pruned = without_outputs(whole, SEGMENT_OUTPUTS)
    model = onnx.load_from_string(pruned)
    onnx.checker.check_model(model)
    used = {name for node in model.graph.node for name in node.input}
    made = {name for node in model.graph.node for name in node.output}
    assert {tensor.name for tensor in model.graph.initializer} <= used
    assert made <= used | {entry.name for entry in model.graph.output}
    assert [entry.name for entry in model.graph.output] == list(COLOR_OUTPUTS)
    assert model.metadata_props == onnx.load_from_string(whole).metadata_props
    assert 0.9 * len(whole) < len(pruned) < len(whole) - 500_000

    lightness = np.random.default_rng(0).uniform(0, 100, (1, 1, 64, 96)).astype(np.float32)
    feed = {
        "lightness": lightness,
        "hint": np.zeros((1, 3, 64, 96), np.float32),
        "region": np.ones_like(lightness),
        "palette": np.zeros((1, 78), np.float32),
    }
    for expected, found in zip(
        *(ort.InferenceSession(m).run(list(COLOR_OUTPUTS), feed) for m in (whole, pruned)),
        strict=True,
    ):
        np.testing.assert_array_equal(found, expected)


def test_both_parts_of_a_file_together_are_the_whole():
    whole = find_model("default").read_bytes()
    rest = only_for_outputs(whole, SEGMENT_OUTPUTS)
    assert 300_000 < len(rest) < 1_000_000
    merged = without_outputs(whole, SEGMENT_OUTPUTS) + rest
    session = ort.InferenceSession(merged)
    lightness = np.random.default_rng(0).uniform(0, 100, (1, 1, 64, 96)).astype(np.float32)
    outputs = list(COLOR_OUTPUTS + SEGMENT_OUTPUTS)
    for expected, found in zip(
        *(
            each.run(outputs, {"lightness": lightness})
            for each in (ort.InferenceSession(whole), session)
        ),
        strict=True,
    ):
        np.testing.assert_array_equal(found, expected)


def test_a_file_that_is_no_network_is_refused():
    for damaged in (b"", b"no network", find_model("default").read_bytes()[:1000]):
        with pytest.raises(ValueError, match=r"."):
            without_outputs(damaged, SEGMENT_OUTPUTS)
