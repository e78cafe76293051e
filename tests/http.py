"""The type of the HTTP client that Home Assistant's test plugin provides."""

from aiohttp.test_utils import TestClient
from aiohttp.web import Application, Request

type HttpClient = TestClient[Request, Application]
