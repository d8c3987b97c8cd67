"""What the HTTP entrance is given of the house."""

from config import VERSION
from trivium import probes
from trivium.service import Service
from web.desk import WebParts


def web_parts(service: Service) -> WebParts:
    return WebParts(
        pool=service.pool,
        runner=service.runner,
        approvals=service.approvals,
        door=service.door,
        identity=service.identity,
        directory=service.directory,
        labels=service.labels,
        zone=service.settings.zone,
        version=VERSION,
        clock=service.now,
        resources=service.resources,
        sources=service.sources,
        remote=service.remote,
        queried=service.queried,
        models=service.models,
        probes=probes.of(service),
        key=service.key,
        counts=service.door.counts,
        anchor=service.settings.anchor_file,
    )
