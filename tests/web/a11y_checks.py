"""What a careful eye checks on a page, as functions over a Playwright page."""

from playwright.sync_api import Page

_NAMELESS = """
() => [...document.querySelectorAll('a, button, input, select, textarea, [role=img], [role=progressbar]')]
  .filter(e => e.checkVisibility())
  .filter(e => !(e.getAttribute('aria-label') || e.textContent.trim() || e.labels?.length
                 || e.getAttribute('aria-labelledby')))
  .map(e => e.outerHTML.slice(0, 120))
"""

# WCAG 2.2, success criterion 1.4.3: relative luminance and contrast of text on its nearest solid ground.
_FAINT = """
(least) => {
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const rgba = colour => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = e => {
    for (; e; e = e.parentElement) {
      const colour = rgba(getComputedStyle(e).backgroundColor);
      if (colour[3] > 250) return colour;
    }
    return [255, 255, 255, 255];
  };
  return [...document.querySelectorAll('body *')]
    .filter(e => e.checkVisibility() && !e.matches(':disabled, :disabled *, .visually-hidden'))
    .filter(e => [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim()))
    .map(e => {
      const [a, b] = [light(rgba(getComputedStyle(e).color)), light(ground(e))];
      return [(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), e.textContent.trim().slice(0, 60)];
    })
    .filter(([ratio]) => ratio < least)
    .map(([ratio, text]) => `${ratio.toFixed(2)}: ${text}`);
}
"""

_CUT = """
() => [...document.querySelectorAll('body *')]
  .filter(e => e.checkVisibility() && e.textContent.trim() && !e.matches('.visually-hidden'))
  .filter(e => ['hidden', 'clip'].includes(getComputedStyle(e).overflowX))
  .filter(e => getComputedStyle(e).textOverflow !== 'ellipsis' && e.scrollWidth > e.clientWidth + 1)
  .map(e => `${e.scrollWidth - e.clientWidth} px: ${e.textContent.trim().slice(0, 60)}`)
"""

_INK = """
(canvas) => {
  const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  const colours = new Set();
  for (let i = 0; i < data.length; i += 4) if (data[i + 3] > 0) colours.add(data.slice(i, i + 3).join());
  return colours.size;
}
"""


def without_name(page: Page) -> list[str]:
    """Visible controls and drawings that a screen reader could not name."""
    found: list[str] = page.evaluate(_NAMELESS)
    return found


def cut_off(page: Page) -> list[str]:
    """Visible texts that end at the edge of their box without a sign that there is more."""
    found: list[str] = page.evaluate(_CUT)
    return found


def too_faint(page: Page, least: float = 4.5) -> list[str]:
    """Visible texts with less contrast to their ground than WCAG AA asks for."""
    found: list[str] = page.evaluate(_FAINT, least)
    return found


def wider_than_screen(page: Page) -> int:
    """By how many pixels the page would scroll sideways."""
    pixels: int = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return pixels


def colours_drawn(page: Page, selector: str) -> int:
    """How many colours a canvas shows; an empty one shows none."""
    number: int = page.locator(selector).evaluate(_INK)
    return number
