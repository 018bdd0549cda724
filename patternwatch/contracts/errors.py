"""The one exception tree.

PatternwatchError
├── InputError                 the caller's mistake: HTTP 4xx, CLI exit code 2
│   ├── SelectorError          not a series selector, or one that selects everything by accident
│   │   └── NoSeriesError          one that selects nothing in the window
│   ├── WindowError            a window that is empty, in the future or too long
│   ├── WebhookError           no group of alerts in a sender's webhook body, or none that is readable
│   ├── BundleError            a file that is not an incident bundle
│   ├── LabelError             a window or a name that cannot be taught
│   ├── WatchError             a watch that cannot be
│   ├── RecordTooLargeError    a message that is larger than Kafka takes
│   ├── UnknownTenantError     a tenant that the settings do not name
│   ├── ConflictError          what is there is not what the caller has seen
│   ├── TooManyAnalysesError   a tenant has asked for more analyses by hand than it may
│   ├── NotFoundError          no such report, alert, analysis or example
│   ├── UnauthenticatedError   no credentials, or none that are valid
│   └── ForbiddenError         a caller that is known and may not do this
├── SourceError                the metrics source (Cortex, Prometheus) did not give a window
│   ├── SourceUnavailableError     unreachable or overloaded: worth another try
│   │   └── SourceSlowError        it did not answer in time
│   ├── SourceRefusedError         it refused this request: no use in trying again
│   ├── SourceLimitError           the answer was over one of its limits: ask for less
│   └── DecodeError                the answer's bytes are not what its format says: names the byte
├── BrokerUnavailableError     Kafka cannot be reached
│   ├── BrokerRefusedError         it is there and refuses: no use in trying again
│   └── BrokerElsewhereError       it is there and sends its clients on to where nobody answers
├── MessageError               a record that is not ours: goes to the dead letters
│   ├── UndecodableError           not JSON, or not the fields of its schema
│   └── SchemaVersionError         a schema_version that this release does not speak
├── AccessUnavailableError     it cannot be known who asks: the issuer or the database of tokens is away
├── ModelError                 a model artifact that must not be served
└── MissingProgramError        a program that this command needs is not installed
"""


class PatternwatchError(Exception):
    """Base of every error of ours.

    problem  what was wrong, with the value
    remedy   what to do about it; empty where nothing helps

    >>> str(PatternwatchError("The broker does not answer", "Start Kafka"))
    'The broker does not answer. Start Kafka'
    """

    def __init__(self, problem: str, remedy: str = "") -> None:
        super().__init__(f"{problem}. {remedy}" if remedy else problem)
        self.problem = problem
        self.remedy = remedy


class InputError(PatternwatchError):
    """The caller's mistake: nothing was started."""


class SelectorError(InputError):
    """A series selector that cannot be read, or that matches everything by accident."""


class NoSeriesError(SelectorError):
    """A selector that selects no series in the window."""


class WindowError(InputError):
    """A time window that is empty, in the future or too long."""


class WebhookError(InputError):
    """A webhook body that holds no group of alerts, or none of whose alerts can be read."""


class BundleError(InputError):
    """A file that is not a readable incident bundle."""


class LabelError(InputError):
    """A window or a name that cannot be taught."""


class WatchError(InputError):
    """A watch that cannot be: an unreadable selector, a name or an interval that is refused."""


class RecordTooLargeError(InputError):
    """A message that is larger than Kafka takes: its source has to be shorter."""


class UnknownTenantError(InputError):
    """A tenant that the settings do not name."""


class ConflictError(InputError):
    """What is there is not what the caller has seen: nothing was done."""


class TooManyAnalysesError(InputError):
    """A tenant has asked for more analyses by hand than it may: nothing was started.

    retry_after_s  when it may ask again, in seconds

    >>> error = TooManyAnalysesError("20 analyses are under way", "Wait for one of them", 5)
    >>> str(error), error.retry_after_s
    ('20 analyses are under way. Wait for one of them', 5)
    """

    def __init__(self, problem: str, remedy: str, retry_after_s: int) -> None:
        super().__init__(problem, remedy)
        self.retry_after_s = retry_after_s


class NotFoundError(InputError):
    """No such report, alert, analysis or example for this tenant."""


class UnauthenticatedError(InputError):
    """No credentials, or none that are valid: it is not known who asks."""


class ForbiddenError(InputError):
    """A caller that is known and may not do this."""


class SourceError(PatternwatchError):
    """The metrics source did not give the window.

    status         the HTTP status of its answer, None where there was no answer
    retry_after_s  the pause that it asked for before another try, None where it named none
    is_unclear     whether its words are not known, so that they may be about the request's size
    is_answer      whether the API itself has read the question and says so, and not a proxy on the way

    >>> SourceRefusedError("The source refuses the query", status=400).status
    400
    """

    def __init__(
        self,
        problem: str,
        remedy: str = "",
        *,
        status: int | None = None,
        retry_after_s: float | None = None,
        is_unclear: bool = False,
    ) -> None:
        super().__init__(problem, remedy)
        self.is_unclear = is_unclear
        self.status = status
        self.retry_after_s = retry_after_s
        self.is_answer = False


class SourceUnavailableError(SourceError):
    """The source is unreachable or overloaded: worth another try."""


class SourceSlowError(SourceUnavailableError):
    """The source did not answer in time: a smaller request may be answered."""


class SourceRefusedError(SourceError):
    """The source refused this request: trying again gives the same answer."""


class SourceLimitError(SourceError):
    """The answer was over one of the source's limits: ask for fewer series."""


class DecodeError(SourceError):
    """The answer's bytes break its format; `at` is the offset of the first byte that shows it.

    >>> DecodeError("A chunk ends too early", at=17).problem
    'A chunk ends too early, at byte 17'
    """

    def __init__(self, problem: str, at: int) -> None:
        super().__init__(f"{problem}, at byte {at}", "Look for a proxy that alters or cuts answers")
        self.at = at


class BrokerUnavailableError(PatternwatchError):
    """Kafka cannot be reached, or lacks what we need from it."""


class BrokerRefusedError(BrokerUnavailableError):
    """Kafka is there and refuses this: it will, until somebody changes a setting or a right."""


class BrokerElsewhereError(BrokerUnavailableError):
    """Kafka is there and names its brokers by addresses at which none can be reached."""


class MessageError(PatternwatchError):
    """A record that is not ours: it goes to the dead letters with its reason."""


class UndecodableError(MessageError):
    """Not JSON, or not the fields of its schema."""


class SchemaVersionError(MessageError):
    """A schema_version that this release does not speak."""


class AccessUnavailableError(PatternwatchError):
    """It cannot be known now who asks: the OpenID issuer or the database of tokens does not answer."""


class ModelError(PatternwatchError):
    """A model artifact that must not be served (wrong hash, taxonomy or inputs)."""


class MissingProgramError(PatternwatchError):
    """A program that a command needs (Java, Maven, Prometheus) is not installed."""


MAX_REASON = 2000
"""Characters of a reason that is published: the record that tells of a failure must never be too large."""


def in_words(what: str, error: Exception) -> str:
    """What went wrong and by which error, for a report: at most `MAX_REASON` characters.

    >>> in_words("Planning failed", KeyError("metric"))
    "Planning failed: KeyError: 'metric'"
    """
    return f"{what}: {type(error).__name__}: {error}"[:MAX_REASON]
