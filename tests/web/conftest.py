import pytest
from fastapi.testclient import TestClient

from tintype.web import create_app


@pytest.fixture(scope="module")
def service():
    with TestClient(create_app(hosts=["testserver"])) as client:
        yield client
