"""The service and the page: photographs come in over HTTP, are colored as asked, and go out again; nothing is kept on disk."""

from tintype.web.app import create_app

__all__ = ["create_app"]
