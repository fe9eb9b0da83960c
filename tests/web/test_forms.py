"""What forms of the service take as JSON."""

import pytest
from pydantic import ValidationError

from tintype.errors import UsageError
from tintype.web.forms import HandoverForm, PagesForm


@pytest.mark.parametrize("value", ["true", 1, 0.0, None])
def test_flags_are_true_or_false(value):
    for form, fields in (
        (PagesForm, {"pages": [{"tintype": 1, "left_out": value}]}),
        (HandoverForm, {"recolor": value}),
    ):
        with pytest.raises((ValidationError, UsageError)):
            form.model_validate(fields)


@pytest.mark.parametrize(
    ("value", "is_taken"), [(3, True), (3.0, True), (3.5, False), ("3", False)]
)
def test_a_page_is_a_whole_number(value, is_taken):
    if is_taken:
        assert HandoverForm.model_validate({"page": value}).page == 3
    else:
        with pytest.raises((ValidationError, UsageError)):
            HandoverForm.model_validate({"page": value})
