"""What hosts and targets can show beside traffic: full disks, targets that are down, certificates that run out."""

from collections.abc import Generator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from domain.database import Pool
from tests.tools import metrics_world
from tests.tools.estate import Estate, open_estate
from tests.tools.incident_history import BAD, BEGINS, SERVER, told, wavering
from tests.tools.metrics_world import NOW, Plain, Told, constant, during
from tools.impact import ANALYZE_IMPACT
from tools.resources import Resources

pytestmark = pytest.mark.slow
DAYS = 86400.0
EXPIRES = (NOW + timedelta(days=3)).timestamp()
ON_SERVER = "update trivium.alerts set instance = 'server-01:9100' where id = %(id)s returning id"


def history() -> list[Told]:
    """The disk of server-01 fills, one of two targets of checkout goes down, its certificate has three days."""
    free = during(*BAD, 3.0, 40.0, NOW)
    volume = f'{{{SERVER},mountpoint="/data",fstype="ext4"}}'
    memory = f'{{{SERVER},mountpoint="/run",fstype="tmpfs"}}'
    return [
        told(f"node_filesystem_avail_bytes{volume}", wavering(lambda at: free(at) * 1e9, 0.01)),
        told(f"node_filesystem_size_bytes{volume}", constant(100e9)),
        told(f"node_filesystem_avail_bytes{memory}", constant(1e9)),
        told(f"node_filesystem_size_bytes{memory}", constant(1e9)),
        told('up{job="checkout",instance="web-1:80"}', constant(1.0)),
        told('up{job="checkout",instance="web-2:80"}', during(*BAD, 0.0, 1.0, NOW)),
        told(f'up{{job="node",{SERVER}}}', constant(1.0)),
        told('probe_ssl_earliest_cert_expiry{service="checkout",instance="https://shop.local"}', constant(EXPIRES)),
        told(
            'probe_ssl_earliest_cert_expiry{service="checkout",instance="https://www.local"}', constant(EXPIRES + DAYS)
        ),
    ]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    with metrics_world.prometheus(history(), tmp_path_factory.mktemp("targets")) as started:
        yield started


@pytest.fixture
async def estate(pool: Pool) -> Estate:
    return await open_estate(pool)


async def measured(estate: Estate, url: str, service: str) -> dict[str, Any]:
    """The effects of an alert on server-01 from 10:15 on, by measure."""
    alert = await estate.alert(BEGINS, service=service)
    await estate.write(ON_SERVER, {"id": alert})
    context = replace(estate.context, resources=Resources(metrics=Plain(url)))
    result = await ANALYZE_IMPACT.handler(context, ANALYZE_IMPACT.args.model_validate({"alert_id": alert}))
    found = [*result.data["changed"], *result.data["unchanged"]]
    return {item["measure"]: item for item in found} | {"changed": {one["measure"] for one in result.data["changed"]}}


async def test_a_full_disk_and_a_target_that_is_down_are_effects_and_a_certificate_has_its_days(
    estate: Estate, url: str
) -> None:
    """HD-07: disk usage of the host by mount point, the worst target and the first certificate of the service."""
    found = await measured(estate, url, "checkout")
    assert found["changed"] == {"disk usage", "replicas", "up"}
    disk = found["disk usage"]
    assert (disk["before"]["median"], disk["after"]["median"]) == pytest.approx((0.6, 0.97), abs=0.01)
    assert "/data" in disk["series"]
    up = found["up"]
    assert (up["before"]["median"], up["after"]["median"], up["verdict"]) == (1, 0, "lower")
    certificate = found["certificate"]
    assert certificate["unit"] == "d"
    assert certificate["after"]["median"] == pytest.approx(3 + 1.75 / 24, abs=0.02)


async def test_a_service_without_targets_of_its_own_is_as_up_as_its_host(estate: Estate, url: str) -> None:
    found = await measured(estate, url, "batch")
    assert (found["up"]["after"]["median"], found["up"]["verdict"]) == (1, "same")
    assert "server-01" in found["up"]["query"]
    assert "certificate" not in found
