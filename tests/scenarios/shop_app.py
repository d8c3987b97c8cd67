"""A small instrumented HTTP application, run as a program: `python -m tests.scenarios.shop_app PORT`."""

import hashlib
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from prometheus_client import CONTENT_TYPE_LATEST, Counter, Histogram, generate_latest

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0)
ROUNDS = 20_000
REQUESTS = Counter("http_requests_total", "Requests that were answered", ["method", "status"])
SECONDS = Histogram("http_request_duration_seconds", "How long a request took", buckets=BUCKETS)


class Shop(BaseHTTPRequestHandler):
    """`/work` is answered after some computing, `/fail` with 500, `/metrics` as Prometheus reads it."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == "/metrics":
            self.reply(200, generate_latest(), CONTENT_TYPE_LATEST)
            return
        began = time.perf_counter()
        if self.path == "/work":
            hashlib.pbkdf2_hmac("sha256", b"shop", b"salt", ROUNDS)
        status = 500 if self.path == "/fail" else 200
        REQUESTS.labels("GET", str(status)).inc()
        SECONDS.observe(time.perf_counter() - began)
        self.reply(status, b"shop\n", "text/plain")

    def reply(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in the library
        """Requests are counted, not told."""


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Shop).serve_forever()
