"""What can be checked of a page without eyes: names, headings, contrast, and that nothing sticks
out at the side.
"""

from __future__ import annotations

from typing import Any, Literal

from playwright.sync_api import Page

_FAULTS = r"""
() => {
  const faults = [];
  const visible = { checkOpacity: true, checkVisibilityCSS: true };
  const seen = (e) => e.checkVisibility(visible) && !e.closest(".hidden-text, .skip");
  const shown = (e) =>
    `<${e.tagName.toLowerCase()} class="${e.className}"> ${e.textContent.trim().slice(0, 60)}`;
  const tell = (e, what) => faults.push(`${what}: ${shown(e)}`);

  // Everything that can be operated has a name.
  for (const e of document.querySelectorAll("a[href], button, summary")) {
    if (!e.textContent.trim() && !e.getAttribute("aria-label")) tell(e, "has no name");
  }
  for (const e of document.querySelectorAll(
      "input:not([type=hidden]), select, textarea, meter, progress")) {
    const labels = [...(e.labels ?? [])].map((one) => one.textContent.trim());
    const names = [...labels, e.getAttribute("aria-label"), e.getAttribute("aria-labelledby")];
    if (!names.some(Boolean)) tell(e, `has no label (${e.name || e.id})`);
  }
  for (const e of document.querySelectorAll("[aria-labelledby], [aria-describedby]")) {
    const ids = ["aria-labelledby", "aria-describedby"]
      .map((name) => e.getAttribute(name) ?? "").join(" ");
    for (const id of ids.split(/\s+/).filter(Boolean)) {
      if (!document.getElementById(id)) tell(e, `refers to #${id}, which is not there`);
    }
  }
  for (const e of document.querySelectorAll("svg")) {
    const described = e.getAttribute("role") === "img" && e.getAttribute("aria-label");
    if (e.getAttribute("aria-hidden") !== "true" && !described) tell(e, "has no text");
  }

  // One h1, and no level left out.
  const headings = [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")]
    .map((e) => Number(e.tagName[1]));
  if (headings.filter((level) => level === 1).length !== 1) faults.push(`h1: ${headings}`);
  headings.forEach((level, n) =>
    level > (headings[n - 1] ?? 0) + 1 && faults.push(`a heading level is left out: ${headings}`));

  const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
  for (const id of ids)
    if (ids.indexOf(id) !== ids.lastIndexOf(id)) faults.push(`#${id} is there more than once`);
  for (const e of document.querySelectorAll("thead th, tbody th"))
    if (!e.scope) tell(e, "has no scope");

  // Contrast of text to what is behind it (WCAG 2.1, 1.4.3).
  const rgba = (text) => {
    const n = text.match(/[\d.]+/g).map(Number);
    return [n[0], n[1], n[2], n[3] ?? 1]; };
  const over = ([r, g, b, a], [R, G, B]) =>
    [r * a + R * (1 - a), g * a + G * (1 - a), b * a + B * (1 - a)];
  const ground = (e) => {
    const layers = [];
    for (let one = e; one; one = one.parentElement) {
      const colour = rgba(getComputedStyle(one).backgroundColor);
      layers.push(colour);
      if (colour[3] === 1) break;
    }
    return layers.reverse().reduce((below, colour) => over(colour, below), [255, 255, 255]);
  };
  const light = (c) => c.map((v) => v / 255)
    .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, n) => sum + v * [0.2126, 0.7152, 0.0722][n], 0);
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const e = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !seen(e)
        || e.closest("svg, meter, progress, :disabled")) continue;
    const below = ground(e), style = getComputedStyle(e);
    const [a, b] = [light(over(rgba(style.color), below)), light(below)];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < 4.5) tell(e, `contrast ${contrast.toFixed(2)}`);
  }

  const sticksOut = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  if (sticksOut > 0) faults.push(`${sticksOut} px stick out at the side`);
  return [...new Set(faults)];
}
"""


_SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


def faults(page: Page) -> list[str]:
    """All that was found wrong with the page as it stands, in light and in dark."""
    found: list[str] = []
    for scheme in _SCHEMES:
        page.emulate_media(color_scheme=scheme)
        told: Any = page.evaluate(_FAULTS)
        found += [f"{scheme}: {one}" for one in told]
    return found
