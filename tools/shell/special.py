"""Programs whose arguments are a language of their own, each with the reader that knows it."""

from collections.abc import Mapping

from tools.shell import databases, network, platforms, runners, texts
from tools.shell.told import Reader

READERS: Mapping[str, Reader] = {
    "ansible": platforms.ansible, "assigning": texts.assigning, "awk": texts.awk, "cloud": platforms.cloud,
    "curl": network.curl, "dd": texts.dd, "docker": runners.docker, "find": runners.find, "git": platforms.git,
    "holding": runners.holding, "interpreter": runners.interpreter, "ip": network.ip, "jcmd": platforms.jcmd,
    "joined": runners.joined, "kill": texts.kill, "kubectl": runners.kubectl, "mongo": databases.mongo,
    "mv": texts.mv, "nft": network.nft, "printf": texts.printf, "read": runners.read, "redis": databases.redis,
    "sed": texts.sed, "service": platforms.service, "shell": runners.shell, "sql_client": databases.sql_client,
    "sqlite": databases.sqlite, "ssh": runners.ssh, "su": runners.su, "tar": texts.tar, "tee": runners.tee,
    "wget": network.wget,
}  # fmt: skip
