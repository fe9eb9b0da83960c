"""The service and the page: photographs come in over HTTP, are colored as asked, and go out
again."""

from tintype.web.app import create_app

__all__ = ["create_app"]
