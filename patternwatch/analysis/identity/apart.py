"""By what series of one entity, as their labels name it, may turn out to belong to others.

A pod whose name tells no workload is read as its service or job, until series of another shard say who owns
it. A program is read as itself, until all of its series together say that it is an exporter, or several
programs. So what a scan counts by entity is kept apart by pod, or by what the program may tell of, and is put
in its place later.
"""

from typing import TypeAlias

from patternwatch.analysis.identity.label_names import COVERED, EXPORTED, INSTANCE, MACHINES, SERVICE, TAGS
from patternwatch.analysis.identity.named import first_of
from patternwatch.contracts.series import Labels
from patternwatch.contracts.subject import Subject

Apart: TypeAlias = tuple[str, str]
"""A label and its value; both empty for what stays where its labels name it."""
NOT_APART: Apart = ("", "")
POD = "pod"
"""In place of the label: the pod that a series tells of, whichever label names it."""
NO_WORKLOAD = ("job", "service", "pod", "instance", "namespace", "cluster")
"""Kinds that a pod whose name tells nothing is read as, by its other labels."""
PROGRAM = ("job", "service", "instance")
"""Kinds that a scraped program is read as, where no table and no pod says more."""
_OF_PROGRAM = frozenset(("job", *SERVICE, *EXPORTED, *INSTANCE))
"""Labels that name a program; others name what an exporter of the table tells of, which tells of nobody."""


def apart_of(labels: Labels, subject: Subject) -> Apart:
    """By what a series may belong to another entity than its labels name.

    subject  what it tells of by its labels

    >>> apart_of({"job": "pods"}, Subject("job", "job", "pods", pod="blue"))
    ('pod', 'blue')
    >>> apart_of({"job": "db-metrics", "database": "orders"}, Subject("job", "job", "db-metrics"))
    ('database', 'orders')
    >>> apart_of({}, Subject("deployment", "pod", "cart", pod="cart-5f6585d649-fnmft"))
    ('', '')
    """
    if subject.pod:
        return (POD, subject.pod) if subject.kind in NO_WORKLOAD else NOT_APART
    return first_of(labels, (*TAGS, *COVERED, *MACHINES)) if is_program(subject) else NOT_APART


def is_program(subject: Subject) -> bool:
    """Whether it is a scraped program, which may tell of others.

    >>> is_program(Subject("job", "job", "db-metrics")), is_program(Subject("node", "instance", "n4"))
    (True, False)
    >>> is_program(Subject("service", "proxy", "orders"))  # HAProxy's name for it
    False
    """
    return subject.kind in PROGRAM and subject.label in _OF_PROGRAM and not subject.pod
