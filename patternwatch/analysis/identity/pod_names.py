"""From the name of a pod to the workload that made it, by the rules that Kubernetes generates names by.

Deployment   name-<hash of the template>-<5>   (its ReplicaSet is name-<hash>)
StatefulSet  name-<ordinal>
DaemonSet    name-<5>, as a Job has and a bare ReplicaSet
CronJob      name-<minutes since 1970>-<5>     (its Job is name-<minutes>; before 1.21 seconds)
static pod   name-<node>

<5> and <hash> are of the letters that spell no words (k8s.io/apimachinery, util/rand). Other
controllers have other letters, so that a part which mixes letters and digits counts as generated too.
Source: Kubernetes documentation, "Deployments", "StatefulSets", "Object Names and IDs"; SafeEncodeString.
"""

import re
from dataclasses import dataclass

_SAFE = "[bcdfghjklmnpqrstvwxz2456789]"
_SUFFIX = re.compile(rf"{_SAFE}{{5}}")
_MIXED = re.compile(r"(?=.*[0-9])(?=.*[a-z])(?![a-z]+[0-9]+$)[a-z0-9]{3,10}")
"""A suffix of other letters; a word with a number behind it (`db1`, `v2`) is a name that people give."""
_HASH = re.compile(rf"{_SAFE}{{8,10}}|(?=.*[0-9])[0-9a-f]{{4,10}}|[0-9]{{8,10}}")
_AFTER_HASH = re.compile(r"[0-9a-f]{5}|(?=.*[0-9])[a-z0-9]{3,10}")
"""A suffix behind a hash may be of any letters: those of Kubernetes before 1.8 had vowels."""
_HEX_HASH = re.compile(r"[0-9a-f]{4,10}")
_ORDINAL = re.compile(r"0|[1-9][0-9]{0,4}")
_SCHEDULED = re.compile(r"[0-9]{8,10}")
_DEPLOYER = re.compile(r"[1-9][0-9]{0,2}")
"""Number of an OpenShift deployment or of an indexed Job's pod: name-<number>-<5>."""


@dataclass(frozen=True, slots=True)
class Owner:
    """What made a pod.

    kind   of the workload: `deployment`, `statefulset`, `cronjob`, or `workload` where names do not tell
    name   of the workload
    maker  what made the pod itself, which may be made by the workload: a ReplicaSet, a Job; else the workload
    """

    kind: str
    name: str
    maker: str


def owner_of_pod(pod: str, node: str = "", hints: tuple[str, ...] = ()) -> Owner | None:
    """The workload that made a pod, by the pod's name; None where it does not look generated.

    node   where it runs, for static pods
    hints  names that it may have by other labels (app, container, service): one of them that the name
           begins with says where the generated part begins

    >>> owner_of_pod("cart-5f6585d649-fnmft").name, owner_of_pod("postgres-0").kind
    ('cart', 'statefulset')
    >>> owner_of_pod("backup-28711240-x2x4z")
    Owner(kind='cronjob', name='backup', maker='backup-28711240')
    >>> owner_of_pod("etcd-ip-10-0-1-4", node="ip-10-0-1-4").name, owner_of_pod("front-end") is None
    ('etcd', True)
    """
    if node and pod.endswith(f"-{node}") and len(pod) > len(node) + 1:
        return Owner("workload", pod[: -len(node) - 1], pod[: -len(node) - 1])
    parts = pod.split("-")
    return (_hinted(pod, hints) or _generated(parts)) if len(parts) > 1 else None


def owner_of_maker(maker: str) -> Owner | None:
    """The Deployment of a ReplicaSet, or the CronJob of a Job, by its name; None where it has none by that.

    >>> owner_of_maker("cart-5f6585d649").name, owner_of_maker("backup-28711240").kind
    ('cart', 'cronjob')
    >>> owner_of_maker("migrate-schema") is None
    True
    """
    name, _, last = maker.rpartition("-")
    if not name:
        return None
    if _SCHEDULED.fullmatch(last):
        return Owner("cronjob", name, maker)
    return Owner("deployment", name, maker) if _HASH.fullmatch(last) else None


def owner_of_run(run: str) -> Owner | None:
    """What a run was made of whose name ends with a generated suffix, name-<5>; None where it has none.

    >>> owner_of_run("mail-digest-x7k2p"), owner_of_run("mail-digest")
    (Owner(kind='workload', name='mail-digest', maker='mail-digest'), None)
    """
    name, _, last = run.rpartition("-")
    return Owner("workload", name, name) if name and _SUFFIX.fullmatch(last) else None


def _generated(parts: list[str]) -> Owner | None:
    *front, last = parts
    before = front[-1] if len(front) > 1 else ""
    name = "-".join(front)
    hashed = _HASH.fullmatch(before) is not None
    if _is_suffix(last, after_hash=hashed):
        if _SCHEDULED.fullmatch(before):
            # A ReplicaSet's hash was a number too before 1.8: both lose it.
            return Owner("cronjob", "-".join(front[:-1]), name)
        if hashed:
            return Owner("deployment", "-".join(front[:-1]), name)
        if _DEPLOYER.fullmatch(before) and _SUFFIX.fullmatch(last):
            return Owner("workload", "-".join(front[:-1]), name)
        return Owner("workload", name, name)
    if _ORDINAL.fullmatch(last):
        return Owner("statefulset", name, name)
    return None


def _hinted(pod: str, hints: tuple[str, ...]) -> Owner | None:
    """The hint that the pod's name begins with, where a hash and a suffix follow, if of letters."""
    for hint in hints:  # no more than one fits: both that follow are without a hyphen
        rest = pod[len(hint) + 1 :].split("-")
        generated = len(rest) == 2 and _HEX_HASH.fullmatch(rest[0]) and _is_suffix(rest[1], after_hash=True)
        if hint and pod.startswith(f"{hint}-") and generated:
            kind = "cronjob" if _SCHEDULED.fullmatch(rest[0]) else "deployment"
            return Owner(kind, hint, f"{hint}-{rest[0]}")
    return None


def _is_suffix(part: str, after_hash: bool) -> bool:
    forms = (_SUFFIX, _AFTER_HASH) if after_hash else (_SUFFIX, _MIXED)
    return any(form.fullmatch(part) for form in forms)
