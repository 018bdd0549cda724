"""A job of which one instance alone hurts is told by that instance, where that says more than the job.

A job that is named as its software may tell of things that live for themselves: a broker of its queues, a
server of its databases. Where the trouble follows one of them, in all metrics that show it, the job is told
by that one: what hurts is `rabbitmq/invoices`, and not the broker where the queue lies.

So is a database of which each of several servers has one by that name. One exporter may ask several servers,
and name each by a label (`name` of Elasticsearch's nodes): it is the one that the trouble follows.

Where its members miss one of them it is that one (`missed_members`).

`postgres` is what runs; which of its servers is down, its instance says. A job that is named as an
application stays the entity with its replica as a part, as a workload does with its pods, unless hosts bear
names.
"""

import ipaddress
import re
from collections.abc import Iterable, Mapping, Sequence

from patternwatch.analysis.identity.exporter_table import ExporterTable
from patternwatch.analysis.identity.knowledge import host_of
from patternwatch.analysis.identity.label_names import COVERED, INSTANCE
from patternwatch.analysis.identity.part_labels import KIND_OF_PART
from patternwatch.analysis.report.missed_members import missed_member
from patternwatch.analysis.verdict.lead import lead_of
from patternwatch.contracts.entity_ranks import EntityRank
from patternwatch.contracts.findings import Finding
from patternwatch.contracts.lives import LifeEvent

KIND = "instance"
STRONG = 0.5
"""Part of the strongest finding's score from which one shows the trouble; as `identity/explanations`."""
_TABLE = ExporterTable()
_WORD = re.compile(r"[a-z]+")
_GENERATED = re.compile(r"[0-9a-f-]{8,}")
"""Identifiers that somebody else's software made up (UUIDs, container ids): no name of a host."""


def lone_instances(entities: Iterable[EntityRank], findings: Sequence[Finding]) -> dict[str, str]:
    """What those are called of which one instance alone hurts: `job/host`, by the name of the job.

    What an exporter beside one server names, a database say, is called so too: there are several of it.

    findings  those that the report shows, strongest first

    >>> lone_instances([], [])
    {}
    """
    found = {}
    for entity in entities:
        lead = lead_of(entity, findings)
        if lead is None or lead.entity != entity.entity:
            continue
        theirs = [f for f in findings if f.entity == entity.entity]
        own = [f.labels.get("__name__", "") for f in theirs]
        member = missed_member(_strong(theirs)) if entity.label == "job" else ""
        if is_host_name(member):
            found[entity.entity] = f"{entity.entity}/{member}"
            continue
        host = _host(entity, lead) or _only_host(entity, theirs)
        if entity.label == "job":
            says_more = is_host_name(host) or any(is_software(entity.entity, metric) for metric in own)
            thing = _thing(entity, theirs)
            if thing and any(is_software(entity.entity, metric) for metric in own):
                found[entity.entity] = f"{entity.entity}/{thing}"
                continue
        else:
            says_more = entity.kind == "target" and any(map(_is_of_one_server, own))
        if host and says_more:
            found[entity.entity] = f"{entity.entity}/{host}"
    return found


def named_by_instance(
    names: Mapping[str, str],
    entities: Iterable[EntityRank],
    findings: Iterable[Finding],
    events: Iterable[LifeEvent],
) -> tuple[list[EntityRank], list[Finding], list[LifeEvent]]:
    """The same under these names.

    names  of some entities -> what `lone_instances` calls them

    >>> nginx = EntityRank(rank=1, entity="nginx", label="job", score=5.2, series=3, top_findings=[])
    >>> [entity], _, _ = named_by_instance({"nginx": "nginx/web-3"}, [nginx], [], [])
    >>> entity.entity, entity.kind
    ('nginx/web-3', 'instance')
    """
    return (
        [_renamed(entity, names) for entity in entities],
        [f.model_copy(update={"entity": names.get(f.entity, f.entity)}) for f in findings],
        [e.model_copy(update={"entity": names.get(e.entity, e.entity)}) for e in events],
    )


def is_host_name(host: str) -> bool:
    """Whether people name a host so: it is no address or number, and nothing that software made up.

    >>> [is_host_name(host) for host in ("db-3.example", "10.0.3.4", "fd00::4", "8f37e9a66cf0", "2")]
    [True, False, False, False, False]
    """
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return any(map(str.isalpha, host)) and not _GENERATED.fullmatch(host)
    return False


def is_software(job: str, metric: str) -> bool:
    """Whether a job is named as the software that makes this metric, and so not as what that is for.

    >>> is_software("alertmanager-main", "alertmanager_alerts"), is_software("cart", "http_requests_total")
    (True, False)
    >>> is_software("orders-db", "pg_locks_count")  # by the table of exporters: a server's
    True
    """
    begin = _WORD.match(metric)
    return _is_of_one_server(metric) or (begin is not None and begin[0] in _WORD.findall(job.lower()))


def _is_of_one_server(metric: str) -> bool:
    exporter = _TABLE.exporter_of(metric)
    return exporter is not None and exporter.own


def _thing(entity: EntityRank, findings: Sequence[Finding]) -> str:
    """What lives for itself and all strong findings of an entity tell of, in several metrics; empty without.

    findings  those of the entity that the report shows
    """
    strong = _strong(findings)
    for share in entity.explained_by:
        if share.label in COVERED and not share.unchanged:
            told = {f.labels.get(share.label) for f in strong}
            if told == {share.value} and len({f.labels.get("__name__") for f in strong}) > 1:
                return share.value
    return ""


def _strong(findings: Sequence[Finding]) -> list[Finding]:
    best = max((f.score for f in findings), default=0.0)
    return [f for f in findings if f.score >= STRONG * best]


def _host(entity: EntityRank, lead: Finding) -> str:
    """The host that the trouble of an entity follows; empty where it follows none.

    lead  its strongest finding. The host need not be that one's: where a broker is down, each of the others
          misses its replicas.
    """
    label, value = _followed(entity)
    if label not in lead.labels:
        return ""
    if label in INSTANCE:
        return host_of(value)
    exporter = _TABLE.exporter_of(lead.labels.get("__name__", ""))
    return value if exporter is not None and ("server", label) in exporter.told else ""


def _only_host(entity: EntityRank, findings: Sequence[Finding]) -> str:
    """The host of all that changed of an entity whose trouble follows a part that names a deployment as well.

    Helm's `release` of two systems of one job, say, which tells them apart as well as `instance` does.

    findings  those of the entity that the report shows
    """
    shares = entity.explained_by
    if len(shares) != 1 or shares[0].unchanged or shares[0].label not in KIND_OF_PART:
        return ""
    told = {next((f.labels[label] for label in INSTANCE if f.labels.get(label)), "") for f in findings}
    return host_of(told.pop()) if len(told) == 1 and len(findings) == entity.series else ""


def _followed(entity: EntityRank) -> tuple[str, str]:
    """The label and its value that the trouble of an entity follows; empty where it is none, or several."""
    if entity.part is not None:
        return entity.part.label, entity.part.value
    shares = entity.explained_by
    return (shares[0].label, shares[0].value) if len(shares) == 1 else ("", "")


def _named_by(entity: EntityRank, name: str) -> tuple[str, str]:
    """The kind of what an entity is called by, and the label that names it.

    name  what the entity is called
    """
    for share in entity.explained_by:
        if share.label in COVERED and name == f"{entity.entity}/{share.value}":
            return "target", share.label
    label, _ = _followed(entity)
    return KIND, KIND if label in KIND_OF_PART and label not in INSTANCE else label


def _renamed(entity: EntityRank, names: Mapping[str, str]) -> EntityRank:
    def named(own: Iterable[str]) -> list[str]:
        return [names.get(name, name) for name in own]

    own = names.get(entity.entity)
    kind, label = _named_by(entity, own) if own else (entity.kind, entity.label)
    return entity.model_copy(
        update={
            "callers": named(entity.callers),
            "callees": named(entity.callees),
            "through": named(entity.through),
            "passed_on": {category: names.get(to, to) for category, to in entity.passed_on.items()},
            **({"entity": own, "kind": kind, "label": label} if own else {}),
        }
    )
