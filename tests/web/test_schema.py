"""The description of the service against the service: Schemathesis sends what it allows and what it does not."""

import contextlib
import threading

import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from tintype.web import create_app
from tintype.web.limits import Limits
from tintype.web.server import listen

BOUNDED = settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def described():
    listener = listen("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(create_app(limits=Limits(pixels=100_000)), log_level="error", ws="none"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    yield schemathesis.openapi.from_url(f"http://127.0.0.1:{listener.getsockname()[1]}/api/v1/openapi.json", wait_for_schema=10)
    server.should_exit = True
    thread.join(10)


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_the_service_is_as_it_says(described, mode):
    """All checks but that every body of a right form is accepted: bytes that are no picture are refused."""
    for operation in (result.ok() for result in described.get_all_operations()):

        @BOUNDED
        @given(case=operation.as_strategy(generation_mode=mode))
        def check(case):
            case.call_and_validate(excluded_checks=[positive_data_acceptance])

        with contextlib.suppress(Unsatisfiable):  # nothing can be wrong where nothing is given
            check()
