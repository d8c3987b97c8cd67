"""The page's content security policy, and what browsers report of it."""

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from tools.masking import mask_text
from web.desk import Desk

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; report-uri /api/v1/csp-reports"
)
LARGEST_REPORT = 16 * 1024
LOGGED = 1000
log = structlog.get_logger("ai_ops")


async def take_report(desk: Desk, request: Request) -> Response:
    """Counted and logged; whoever sends it, nothing else comes of it. Raises HTTPException 413."""
    report = bytearray()
    async for chunk in request.stream():
        report += chunk
        if len(report) > LARGEST_REPORT:
            raise HTTPException(413, f"A report has at most {LARGEST_REPORT // 1024} KB.")
    desk.meters.csp_reported()
    log.warning("content security policy", report=mask_text(report.decode(errors="replace")[:LOGGED]))
    return Response(status_code=204)
