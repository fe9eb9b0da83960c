"""The description of the service against the service: Schemathesis sends what it allows and what it
does not."""

import contextlib
import io
import json
import threading

import httpx
import numpy as np
import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from PIL import Image
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from tintype.web import create_app
from tintype.web.limits import Limits
from tintype.web.server import listen

BOUNDED = settings(
    max_examples=5,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def picture() -> bytes:
    """A file of random pixels."""
    whole = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (60, 80), np.uint8)).save(
        whole, "png"
    )
    return whole.getvalue()


@pytest.fixture(scope="module")
def address():
    listener = listen("127.0.0.1", 0)
    server = uvicorn.Server(
        uvicorn.Config(create_app(limits=Limits(pixels=100_000)), log_level="error", ws="none")
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/api/v1"
    server.should_exit = True
    thread.join(10)


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_the_service_is_as_it_says(address, mode):
    """All checks of Schemathesis. What is well formed is asked of a photograph that is open and of
    networks that are there."""
    described = schemathesis.openapi.from_url(f"{address}/openapi.json", wait_for_schema=10)
    opened = httpx.post(f"{address}/photos", content=picture()).json()["id"]
    for operation in (result.ok() for result in described.get_all_operations()):

        @BOUNDED
        @given(case=operation.as_strategy(generation_mode=mode))
        def check(case):
            if mode is GenerationMode.POSITIVE and case.method != "DELETE":
                if "/photos/{id}" in case.path:
                    case.path_parameters["id"] = opened
                case.query = {
                    name: value
                    for name, value in case.query.items()
                    if name not in ("model", "page")
                }
                if "variations" in case.path:
                    case.query["count"] = min(
                        2, case.query.get("count", 2)
                    )  # each costs a coloring
            # no schema says which bytes are a picture
            takes_files = "multipart/form-data" in json.dumps(case.operation.definition.raw)
            passed_over = [positive_data_acceptance] if takes_files else []
            case.call_and_validate(excluded_checks=passed_over)

        with contextlib.suppress(Unsatisfiable):  # nothing can be wrong where nothing is given
            check()
