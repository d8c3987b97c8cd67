"""Dangers: commands and requests that destroy, known by their words, so that they stand out before anyone agrees."""

import re

WORD = r"(?:^|[\s;|&(`'\"/])"
DANGERS: tuple[tuple[str, str], ...] = (
    ("deletes files recursively", WORD + r"rm\s+(?:\S+\s+)*?(?:-[a-z]*r[a-z]*\b|--recursive)"),
    ("deletes whole directories", WORD + r"rm\s+(?:-\S+\s+)*['\"]?/(?:\*|['\"]?\s|['\"]?$)"),
    ("deletes what it finds", r"\bfind\b.*\s-delete\b|\bfind\b.*-exec\s+rm\b"),
    ("formats a disk", WORD + r"(?:mkfs(?:\.\w+)?|mke2fs|wipefs|blkdiscard)\b"),
    ("overwrites a disk", WORD + r"dd\s.*\bof=['\"]?/dev/|>\s*/dev/(?:sd|nvme|vd|xvd|disk)"),
    ("changes partitions or volumes", WORD + r"(?:fdisk|parted|sgdisk|lvremove|vgremove|pvremove)\b"),
    ("shreds files", WORD + r"(?:shred|srm|truncate)\s"),
    ("drops data", r"\bdrop\s+(?:database|table|schema|user|role|index|view)\b|\btruncate\s+(?:table\s+)?\w"),
    ("deletes rows", r"\bdelete\s+from\b|\b(?:dropdb|dropuser)\b|\bdropDatabase\b"),
    ("empties a cache or a store", r"\b(?:flushall|flushdb)\b"),
    ("stops or restarts the machine", WORD + r"(?:shutdown|reboot|poweroff|halt|init\s+[06]|kexec)(?![\w.-])"),
    (
        "stops or restarts the machine",
        r"\bsystemctl\s.*\b(?:reboot|poweroff|halt|kexec|rescue)(?![\w.-])",
    ),
    (
        "deletes from a cluster",
        r"\bkubectl\b.*\s(?:delete|drain|replace\s+--force)\b|\bhelm\b.*\s(?:uninstall|delete)\b",
    ),
    ("destroys infrastructure", r"\b(?:terraform|tofu|pulumi|vagrant)\b.*\s(?:destroy|-destroy)\b"),
    ("deletes in a cloud", r"\b(?:aws|gcloud|az|doctl|oc)\b.*\s(?:delete|terminate|rm|rb|destroy|purge)(?:-[\w-]+)?\b"),
    (
        "removes containers or volumes",
        r"\bdocker\b.*\s(?:rm|rmi|prune|kill)\b|\bdocker\b.*\sdown\b.*(?:-v\b|--volumes)",
    ),
    ("discards work", r"\bgit\b.*\s(?:reset\s+--hard|clean\s+-\w*f|push\s+.*(?:--force|-f)\b)"),
    ("removes packages", r"\b(?:apt|apt-get|yum|dnf|zypper|apk|pacman)\b.*\s(?:remove|purge|erase|del|-R\w*)\b"),
    ("removes users", WORD + r"(?:userdel|deluser|groupdel)\b"),
    ("opens or flushes the firewall", WORD + r"(?:iptables|ip6tables|nft)\b.*(?:\s-F\b|\s--flush\b|\bflush\b)"),
    ("kills processes broadly", WORD + r"(?:killall|pkill)\b|\bkill\s+(?:-\S+\s+)*-1\b"),
    ("changes owners or rights recursively", WORD + r"ch(?:mod|own)\s+(?:\S+\s+)*-[a-z]*R"),
    ("runs what it downloads", r"\b(?:curl|wget)\b.*\|\s*(?:sudo\s+)?(?:ba|da|z|k)?sh\b"),
    ("is a fork bomb", r":\(\)\s*\{"),
)
COMPILED = tuple((what, re.compile(pattern, re.IGNORECASE)) for what, pattern in DANGERS)
LONGEST_LINE = 2000


def in_command(command: str) -> list[str]:
    """What is destructive about shell text, each once. Known words only: silence is no promise."""
    lines = [line[:LONGEST_LINE] for line in command.replace("\\\n", " ").split("\n")]
    found = (what for what, pattern in COMPILED if any(pattern.search(line) for line in lines))
    return list(dict.fromkeys(found))


def in_request(method: str) -> list[str]:
    return ["deletes by a DELETE request"] if method == "DELETE" else []
