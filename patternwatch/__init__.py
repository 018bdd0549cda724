"""patternwatch finds the few metrics that tell why a service went down."""

__version__ = "0.2.0"
