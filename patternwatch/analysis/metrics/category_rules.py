"""What metrics measure, by names, derivations and labels: the table; the first rule that fits wins."""

from dataclasses import dataclass

from patternwatch.analysis.metrics.outcome_labels import FAILED_OUTCOMES, FINE_OUTCOMES
from patternwatch.analysis.metrics.time_left import TIME_LEFT
from patternwatch.contracts.metric_categories import MetricCategoryName
from patternwatch.contracts.present_states import PRESENT_STATES
from patternwatch.contracts.series import AGES


@dataclass(frozen=True, slots=True)
class Rule:
    """A metric is of this category if `name` is found in its name and everything else that is given fits.

    category    what the metric measures
    name        regular expression, searched in the name in snake case (`CpuUsage` is `cpu_usage`,
                `jvm.memory.used` is `jvm_memory_used`)
    derivation  values of SeriesBatch.derivation that fit, or empty for any
    labels      labels, each with the regular expression that its whole value must match
    """

    category: MetricCategoryName
    name: str = ""
    derivation: tuple[str, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()


COUNTED = ("rate", "count_rate")
"""Derivations of what is counted one by one."""

_BAD = (
    r"unavailab|un_?healthy|unsuccess|unreachable|unready|not_?ready|unschedulab|misscheduled"
    r"|unassigned|under_?replicated|offline|degraded|unsynced|crash|dead_?letter|halted"
    r"|(^|_)(alarms?|read_?only)(_|$)"
)
"""Counts of what is not as it should be, most in words that hold the one for what is: their rise is trouble.

Seen in kube-state-metrics, node_exporter, CloudWatch, Azure, Envoy, Elasticsearch, Kafka, RabbitMQ, Thanos.
"""
_WELL = (
    "Ready|Available|Progressing|Initialized|ContainersReady|PodScheduled|Established|ScalingActive"
    "|AbleToScale"
)
_ILL = (
    ".*Pressure|.*Unavailable|.*Fail(ed|ure).*|Degraded|Stalled|DisruptionTarget|.*Problem|.*Deadlock"
    "|ScalingLimited"
)
"""Conditions of Kubernetes (kubernetes.io, "Node Status", "Pod Lifecycle"; node-problem-detector)."""
_CONDITION = r"^kube_\w+_status_condition$"
"""kube-state-metrics tells each as three series, by `status`, of which one is 1."""
_NOT_TRUE = "(?i)false|unknown"

_PER_PERIOD = r"(requests?|calls|responses|quer(y|ies))(_total|_count|_sum)?$|_(total|count)$"
"""Counts of each period, told as levels: of cloud exporters, and OpenTelemetry's deltas, passed on."""
_CACHE_EVICTS = r"cache_(\w+_)?evict|evict\w*_cache|(^|_)arc_evict|read_ahead_evict|not_counted_for_evict"
"""A full cache makes room for what is new (Caffeine, WiredTiger, ZFS, InnoDB); Redis' buffers."""
_LIMIT_REACHED = r"(?<!cache_)overflow|exceeded|tripped|(^|_)missed(_|$)"
"""What did not fit, or came too late (of Linux' queues, Envoy, Elasticsearch, Prometheus)."""
_CUT_OFF = r"(packet|ping)s?_?loss|circuit_?breakers?_(\w+_)?open"
"""What no longer gets through, or is not tried (ping_exporter, Envoy, Hystrix)."""
_COLLECTOR = r"(^|_)gc_(\w+_)?(duration|paus|collection|time|seconds)"
"""Garbage collection: what memory costs a program, and nothing that is asked of it."""
_PROCESSOR = r"cpu|(^|_)(hr_)?processor_?(load|time|util|usage|perf|info)"
"""Of a machine; what a program calls its own processor (of payments, of spans) is none."""

_FRAME_BUFFER = r"(^|_)fb_(used|free|reserved)"
_GRAPHICS = (
    r"(^|_)gpu_(\w+_)?(util|temp|power|clock|usage|active)|(utili[sz]ation|temperature)_gpu"
    r"|^dcgm_fi_(dev|prof)_(\w+_)?(util|temp|power|clock|active)|^nvidia_smi_(clocks|power|fan)"
)
"""How busy a graphics processor is, and what that takes (dcgm-exporter, nvidia_gpu_exporter)."""

_WORK_AT_HAND = r"(messages?|jobs?|tasks?|items?)_ready"
"""Work that is ready to be taken: the backlog of RabbitMQ's queues, of beanstalkd and of Celery."""
WAITS = r"throttl|pressure|saturat|exhaust|queue|pending|waiting|back_?log|_lag|(^|_)behind(_|$)"
"""Names of what waits or is held back; others of saturation tell how much is in use."""
_RESOURCE_LEFT = r"(^|_)({of})_(\w+_)?avail"
"""What is left of a resource, other than in bytes, such as Telegraf's `mem_available_percent`."""

_TIME = r"_(seconds|ms|milliseconds|us)$"
_TIME_OF_ANSWERS = (
    r"(^|_)(quer(y|ies)|search(es)?|fetch|get|requests?|statements?|commands?|transactions?)_(\w+_)?time"
    r"(_(in_)?(seconds|ms|millis|milliseconds|us|micros|microseconds))?(_total)?$"
)
"""Time that was spent on answers, counted: it grows faster where each takes longer (of Elasticsearch's
indices, Tomcat's connectors, Solr's cores). That there are more, their number tells (`verdict/symptoms`)."""

_TIMED = r"(latenc|duration|delay|elapsed|time|seconds|_ms)(_\w+)?_count$"
"""How many were timed: of summaries and histograms that nobody declared."""

_TOLD_STATE = r"(^|_)(state|status)$"
_ON = r"(?i)active|running|passing|ok|up|healthy|online|green"
_OFF = r"(?i)failed|failure|error|critical|stopped|down|dead|unhealthy|offline|faulted|degraded|red"
"""States that are told as one series each, of which one is 1: of systemd's units (node_exporter), services of
Windows (windows_exporter), checks of Consul, colours of Elasticsearch. What is inactive may rest."""

_POWERED = r"^(vmware_(host|vm)_power_state|vmware_host_connection_state|ipmi_chassis_power_state)$"
"""1 of a machine that is on, or that its vCenter reaches (vmware_exporter, ipmi_exporter)."""

STATE = r"(^|_)(status|state|robustness)$"
"""Names of states told as numbers: ifOperStatus 2 is down, not twice as much as up (RFC 2863); a volume of
Longhorn with robustness 2 is degraded."""
FACT = r"_info$|_created$|timestamp|start_time|boot_time|uptime|scrape_"
"""Names of facts about a process, not of how it behaves. Other moments are told by their values, as ages."""

RULES: tuple[Rule, ...] = (
    # how late something is that happens again and again
    Rule("saturation", "", AGES),
    # states that are told by which series is there
    *(Rule("error", rf"^{name}$", ("",), (state,)) for name, state in PRESENT_STATES.items()),
    # facts about a process, not its behaviour
    Rule("other", FACT),
    # names that hold a word for failures, and tell of none
    Rule("disk", r"disk_discard"),  # node_exporter: blocks that a disk is told not to keep
    Rule("memory", r"^container_memory_failures"),  # cAdvisor: page faults
    Rule("saturation", r"^container_memory_failcnt"),  # cAdvisor: how often a limit was reached
    Rule("health", r"(^|_)sync_status$", ("",)),  # node_timex: 1 once the clock follows its source
    Rule("other", r"^(node_timex|node_entropy|chrony|ntp)_"),  # how far a clock may be off, what is random
    Rule("other", TIME_LEFT, ("",)),  # the time of no request
    Rule("memory", _CACHE_EVICTS),
    # labels that single out what failed
    *(Rule("error", "", COUNTED, (outcome,)) for outcome in FAILED_OUTCOMES),
    *(Rule("error", _PER_PERIOD, ("",), (outcome,)) for outcome in FAILED_OUTCOMES),
    # histograms and summaries
    Rule("memory", _COLLECTOR),
    Rule("cpu", r"(^|_)go_sched_latenc"),  # how long goroutines wait for a processor
    Rule("latency", r"second|duration|latenc|time|delay|_ms$", ("mean", "p50", "p99")),
    Rule("traffic", "", ("count_rate",)),
    # states that Kubernetes tells as 0 or 1 (kube-state-metrics, docs/metrics)
    Rule("health", _CONDITION, (), (("condition", _WELL), ("status", "(?i)true"))),
    Rule("health", _CONDITION, (), (("condition", _ILL), ("status", "(?i)false"))),
    Rule("error", _CONDITION, (), (("condition", _WELL), ("status", _NOT_TRUE))),
    Rule("error", _CONDITION, (), (("condition", _ILL), ("status", "(?i)true|unknown"))),
    Rule("error", r"^kube_pod_status_(ready|scheduled)$", (), (("condition", _NOT_TRUE),)),
    Rule("error", r"^kube_pod_status_phase$", (), (("phase", "Pending|Failed|Unknown"),)),
    Rule("error", r"^kube_pod_status_reason$"),
    # a container that is being made waits too
    Rule(
        "saturation", r"^kube_pod_\w+_waiting_reason$", (), (("reason", "ContainerCreating|PodInitializing"),)
    ),
    Rule("error", r"^kube_pod_\w+_waiting_reason$"),
    Rule("other", r"^kube_pod_\w+_terminated_reason$", (), (("reason", "Completed"),)),
    Rule("error", r"^kube_pod_\w+_terminated_reason$"),
    Rule("error", r"^kube_\w+_status_pending|^kube_job_status_failed"),
    *(Rule("health", _TOLD_STATE, ("",), ((label, _ON),)) for label in ("state", "status", "color")),
    *(Rule("error", _TOLD_STATE, ("",), ((label, _OFF),)) for label in ("state", "status", "color")),
    Rule("health", r"^network_ups_tools_ups_status$", (), (("flag", "OL"),)),  # on line; else on battery
    Rule("error", r"^network_ups_tools_ups_status$", (), (("flag", "OB|LB|RB|OVER|ALARM|FSD"),)),
    Rule("health", _POWERED),
    # clear words
    Rule("error", _BAD),
    Rule("error", r"(^|_)expired$", ("",)),  # of a certificate, as x509-certificate-exporter tells it
    Rule("health", r"(slave|replica)_(io|sql)_running$"),  # MySQL's threads of a replica
    Rule("availability", r"error_?budget\w*_(remaining|left|balance)|(remaining|left)_error_?budget"),
    Rule("saturation", _WORK_AT_HAND),
    Rule("cpu", r"cpu_ready"),  # VMware: the time that a machine waits for a processor
    Rule("memory", _RESOURCE_LEFT.format(of="mem|memory|swap|heap")),
    Rule("disk", _RESOURCE_LEFT.format(of="disk|fs|filesystem|storage|inodes?")),
    Rule("traffic", r"success", COUNTED),  # how many went well: fewer of fewer are no outage
    Rule("availability", r"success|availab(le|ility)(?!_bytes)"),
    Rule("error", r"(^|_)md_disks$", (), (("state", "failed"),)),  # of an array, as node_exporter tells them
    Rule("health", r"(^|_)md_disks$", (), (("state", "active|"),)),
    Rule("health", r"^up$|_up$|healthy|_ready|(?<!keep)(?<!keep_)alive|unsealed"),  # of Vault the last
    Rule("error", r"error|fail|exception|abort|eject|denied|refused|drop|timeout|retr(y|ies|ans)|panic|lost"),
    Rule(
        "error", r"restart|(^|_)oom|(?<!s)kill|deadlock|conflict|rollback|evict(?!able)|discard|(_|http)5_?xx"
    ),
    Rule("error", _CUT_OFF),
    Rule("error", _LIMIT_REACHED, COUNTED),
    Rule("error", r"(^|_)slow(_|$)", COUNTED),  # queries of MySQL, consumers of NATS
    Rule("traffic", r"messages?_(publish|deliver|ack|consum|receiv|sent|rout|confirm)", COUNTED),
    Rule("traffic", _TIMED, COUNTED),
    Rule("saturation", WAITS),
    Rule("disk", "cpu", COUNTED, (("mode", "iowait"),)),  # it has nothing to do until a disk answers
    Rule("memory", _FRAME_BUFFER),
    Rule("cpu", rf"{_PROCESSOR}|{_GRAPHICS}"),
    Rule("memory", r"(^|_)mem(ory|_|$)|heap|(^|_)rss|resident|swap"),
    Rule("latency", _TIME_OF_ANSWERS, COUNTED),
    Rule("latency", r"latenc|(^|_)lat_|duration|response_time|delay|(^|_)rtt|elapsed"),
    # what is idle waits for work: more of it is no sign of a limit, less of it is
    Rule("other", r"(^|_)idle(_|$)"),
    Rule("other", r"connection|pool|session|thread|worker|process|activity", ("",), (("state", "idle"),)),
    Rule("other", r"last_session_seconds"),  # HAProxy: how long ago the last one began
    # words that mean more than one thing, the clearest first
    Rule("saturation", r"pool|in_use|in_?flight|in_progress|active|idle|busy|blocked|locks|wait"),
    Rule("saturation", r"numbackends|cnpg_backends|pg_stat_activity_count"),  # connections of PostgreSQL
    Rule(
        "saturation", r"connection|connected|clients|sessions|threads|goroutines|_fds|filefd|load\d*$|procs"
    ),
    Rule("disk", r"disk|(^|_)fs_|filesystem|_io_|iops|blks|blk_|block|(^|_)wal|checkpoint|syscall|fsync"),
    Rule(
        "network",
        r"network(?!_ups_tools)|(^|_)net_|netstat|tcp|udp|packets|receive|transmit|_tx|_rx|_net(_|$)",
    ),
    Rule("latency", _TIME, ("",)),  # how long requests take, told as a level
    Rule("traffic", r"request|qps|rps|(^|_)ops|calls|messages|throughput|workload|commands|queries|lod$"),
    Rule("traffic", r"xact|commit|tup(les)?_|processed|handled|accepted|hits|misses|orders|transactions"),
    Rule("network", r"bytes_(in|out|sent|received)|octets|pkts"),
    Rule("memory", r"gc_|alloc|buffers|cached|_bytes$"),
    Rule("latency", _TIME),
    # whatever it is, it went well so often
    *(Rule("traffic", "", COUNTED, (outcome,)) for outcome in FINE_OUTCOMES),
)
OUTCOME_LABELS = tuple(sorted({label for rule in RULES for label, _ in rule.labels}))
"""Labels that say which outcomes a series counts: a status code, a result, a condition."""
