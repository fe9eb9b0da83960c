"""The laboratory needs PyTorch: without it every file of these tests is skipped as a whole."""

import pytest

pytest.importorskip("torch", reason="PyTorch is not installed: the extra `train`")
