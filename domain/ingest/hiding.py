"""What comes in, without its secrets, before any of it is stored; what it is identified by stays its own."""

import hashlib
from dataclasses import dataclass, field, replace

from domain.ingest.normalise import Report
from domain.ingest.payload import Change
from domain.masking import is_secret_name, mask_text
from domain.secret_kinds import MASK


@dataclass(slots=True)
class Hiding:
    """One batch's. Texts repeat from alert to alert, so each is looked through once."""

    texts: dict[str, str] = field(default_factory=dict[str, str])
    names: dict[str, bool] = field(default_factory=dict[str, bool])

    def report(self, report: Report) -> Report:
        return replace(
            report,
            fingerprint=self.identity(report.fingerprint),
            name=self.text(report.name),
            service=self.text(report.service),
            environment=self.text(report.environment),
            team=self.text(report.team),
            instance=self.text(report.instance),
            job=self.text(report.job),
            summary=self.text(report.summary),
            labels=self.labels(report.labels),
            annotations=self.labels(report.annotations),
            generator_url=self.text(report.generator_url),
        )

    def text(self, text: str) -> str:
        if text not in self.texts:
            self.texts[text] = mask_text(text)
        return self.texts[text]

    def identity(self, text: str) -> str:
        """The same for the same, and telling nothing when it was a secret."""
        return text if self.text(text) == text else hashlib.sha256(text.encode()).hexdigest()[:32]

    def labels(self, labels: dict[str, str]) -> dict[str, str]:
        """Secret by what the value is, or by what its name says it is."""
        return {
            self.text(name): MASK if value and self.is_secret(name) else self.text(value)
            for name, value in labels.items()
        }

    def is_secret(self, name: str) -> bool:
        if name not in self.names:
            self.names[name] = is_secret_name(name)
        return self.names[name]


def change(told: Change) -> Change:
    """The change without its secrets; its id is made beforehand."""
    texts = ("service", "environment", "summary", "author", "version", "url")
    return told.model_copy(update={name: mask_text(getattr(told, name)) for name in texts})
