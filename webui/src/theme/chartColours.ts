/** Colours of the chart. A canvas takes no CSS variables, so the tokens are resolved for it. */
export interface ChartColours {
  text: string;
  grid: string;
  series: string;
  current: string;
  currentGround: string;
  band: string;
  onset: string;
  split: string;
  gap: string;
}

const TOKENS: Record<keyof ChartColours, string> = {
  text: "--pw-text-soft",
  grid: "--pw-grid",
  series: "--pw-series",
  current: "--pw-current",
  currentGround: "--pw-current-ground",
  band: "--pw-band",
  onset: "--pw-onset",
  split: "--pw-split",
  gap: "--pw-grid",
};

/** The tokens as the browser resolves them at this element under its colour scheme. */
export function chartColours(element: Element): ChartColours {
  const style = getComputedStyle(element);
  const entries = Object.entries(TOKENS).map(([name, token]) => [name, style.getPropertyValue(token).trim()]);
  return Object.fromEntries(entries) as ChartColours;
}
