"""The reliability diagram of `benchmarks.confidence`: how often reports of a chance are right, as SVG."""

from collections.abc import Sequence

_SIDE, _EDGE = 300, 46
_MAX_RADIUS = 16.0


def picture(bins: Sequence[tuple[float, float, int]], error: float) -> str:
    """The diagram as an SVG document.

    bins   mean chance, share that is right, number of reports
    error  expected calibration error

    >>> picture([(0.5, 0.4, 10)], 0.1).startswith("<svg")
    True
    """
    most = max((n for _, _, n in bins), default=1)
    whole = _SIDE + 2 * _EDGE
    marks = []
    for chance, share, n in bins:
        radius = max(_MAX_RADIUS * (n / most) ** 0.5, 3.0)
        marks.append(
            f'<circle cx="{_x(chance):.1f}" cy="{_y(share):.1f}" r="{radius:.1f}" fill="#2b6cb0" '
            f'fill-opacity="0.55"><title>{chance:.0%} said, {share:.0%} right, {n} reports</title></circle>'
        )
    ticks = []
    for t in (0.0, 0.25, 0.5, 0.75, 1.0):
        ticks.append(f'<text x="{_x(t):.1f}" y="{_y(0) + 18}" text-anchor="middle">{t:.0%}</text>')
        ticks.append(f'<text x="{_x(0) - 8}" y="{_y(t) + 4:.1f}" text-anchor="end">{t:.0%}</text>')
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {whole} {whole}" width="{whole}" '
        'font-family="sans-serif" font-size="11" fill="#4a5568" role="img">'
    )
    ideal = f'<line x1="{_x(0)}" y1="{_y(0)}" x2="{_x(1)}" y2="{_y(1)}" stroke="#8a8f98"/>'
    turned = f'text-anchor="middle" transform="rotate(-90 14 {_y(0.5)})"'
    return "\n".join(
        [
            head,
            f"<title>Reliability: chance said, and share that is right; ece {error:.3f}</title>",
            f'<rect width="{whole}" height="{whole}" fill="#ffffff"/>',
            f'<rect x="{_x(0)}" y="{_y(1)}" width="{_SIDE}" height="{_SIDE}" fill="none" stroke="#cbd5e0"/>',
            ideal,
            *ticks,
            *marks,
            f'<text x="{_x(0.5)}" y="{whole - 8}" text-anchor="middle">chance that the report says</text>',
            f'<text x="14" y="{_y(0.5)}" {turned}>share that is right, held out</text>',
            f'<text x="{_x(0) + 8}" y="{_y(1) + 18}">ece {error:.3f}</text>',
            "</svg>",
            "",
        ]
    )


def _x(share: float) -> float:
    return _EDGE + share * _SIDE


def _y(share: float) -> float:
    return _EDGE + (1.0 - share) * _SIDE
