"""A recording, moved in time so that its trouble began 60 steps ago, and the alert about it."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from patternwatch.cli.times import timestamp
from patternwatch.contracts.errors import BundleError
from patternwatch.contracts.ids import alert_fingerprint
from patternwatch.contracts.series import CURRENT_ROWS
from patternwatch.cortex.bundle import Incident, read_bundle


@dataclass(frozen=True, slots=True)
class Replay:
    """A recording, moved so that its trouble began 60 steps ago."""

    path: Path
    incident: Incident
    cluster: str
    end_ms: int
    at_ms: int

    @classmethod
    def of(cls, path: Path, now_ms: int) -> "Replay":
        """Read the recording; raises BundleError where it ends less than 60 steps after its alert."""
        incident, series = read_bundle(path)
        after_ms = incident.end_ms - incident.at_ms
        ago_ms = CURRENT_ROWS * incident.step_ms
        if after_ms < ago_ms:
            raise BundleError(
                f"{path} ends {after_ms // incident.step_ms} points after its alert",
                f"Replay a recording with at least {CURRENT_ROWS} points from its alert on",
            )
        at_ms = now_ms - ago_ms
        at_ms -= at_ms % incident.step_ms
        clusters = Counter(labels.get("cluster", "") for labels in series.labels)
        return cls(path, incident, clusters.most_common(1)[0][0], at_ms + after_ms, at_ms)

    def settings(self) -> dict[str, str]:
        """What the processes are told, without the prefix PATTERNWATCH_."""
        return {
            "SOURCE__URL": f"bundle://{self.path}",
            "SOURCE__REPLAY_END_MS": str(self.end_ms),
            "ANALYSIS__STEP_MS": str(self.incident.step_ms),
        }

    def webhook(self) -> dict[str, Any]:
        """The body that Alertmanager would post: symptoms only, no word of the cause."""
        labels = {"alertname": "ShopSlowOrFailing", "severity": "page"}
        if self.cluster:
            labels["cluster"] = self.cluster
        annotations = {"summary": "The shop answers slowly or with errors"}
        alert = {
            "status": "firing",
            "labels": labels,
            "annotations": annotations,
            "startsAt": timestamp(self.at_ms),
            "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "",
            "fingerprint": alert_fingerprint(labels),
        }
        return {
            "version": "4",
            "groupKey": '{}:{alertname="ShopSlowOrFailing"}',
            "truncatedAlerts": 0,
            "status": "firing",
            "receiver": "patternwatch",
            "groupLabels": {"alertname": labels["alertname"]},
            "commonLabels": labels,
            "commonAnnotations": annotations,
            "externalURL": "",
            "alerts": [alert],
        }
