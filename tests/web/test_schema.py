"""The description of the service against the service: Schemathesis sends what it allows and what it
does not."""

import contextlib
import io
import re
import threading

import httpx
import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from PIL import Image
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from tests.pictures import EXAMPLES
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
    """A small photograph."""
    whole = io.BytesIO()
    Image.open(EXAMPLES / "cat.jpg").convert("L").resize((80, 60)).save(whole, "png")
    return whole.getvalue()


UNSAID = re.compile(
    "(reference|mask|region).*(PNG|picture)|the palette holds only grays"
    "|this Idempotency-Key came with another request"
)
"""What a request may be refused for though its JSON is well formed."""


def beyond(response) -> bool:
    """Whether a request was refused for what no schema says: which bytes are a picture, and what
    can be asked of it."""
    refusals = ("unsupported-file", "unreadable-photo", "unreadable-film", "network-cannot")
    if response.status_code not in (415, 422):
        return False
    problem = response.json()
    return problem["code"] in refusals or UNSAID.search(problem["detail"]) is not None


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
                if not {"x", "y"} <= set(case.query):  # they belong together
                    for name in {"x", "y"} & set(case.query):
                        del case.query[name]
                if "variations" in case.path:
                    case.query["count"] = min(
                        2, case.query.get("count", 2)
                    )  # each costs a coloring
            response = case.call()
            case.validate_response(
                response, excluded_checks=[positive_data_acceptance] if beyond(response) else []
            )

        with contextlib.suppress(Unsatisfiable):  # nothing can be wrong where nothing is given
            check()
