import { Button, createTheme, Tooltip, type CSSVariablesResolver, type MantineColorsTuple } from "@mantine/core";

const lagoon: MantineColorsTuple = [
  "#e0f2f0",
  "#c2e6e2",
  "#93d8d0",
  "#5ad1c3",
  "#35b3a7",
  "#1c958c",
  "#10857e",
  "#0b7a75",
  "#0a655f",
  "#0a504c",
];

/** System fonts; the page loads none. */
export const FONT_FAMILY =
  '-apple-system, Inter, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", system-ui, sans-serif';

export const theme = createTheme({
  primaryColor: "lagoon",
  primaryShade: { light: 7, dark: 3 },
  colors: { lagoon },
  defaultRadius: "md",
  fontFamily: FONT_FAMILY,
  components: {
    Button: Button.extend({
      vars: (_theme, { color, variant }) => ({
        root:
          color === undefined && (variant ?? "filled") === "filled"
            ? { "--button-bg": "var(--pw-accent)", "--button-color": "var(--pw-on-accent)", "--button-hover": "var(--pw-accent-hover)" }
            : {},
      }),
    }),
    Tooltip: Tooltip.extend({ defaultProps: { withArrow: true, openDelay: 200, multiline: true, maw: 360 } }),
  },
});

const shared = {
  "--mantine-color-body": "var(--pw-surface)",
  "--mantine-color-text": "var(--pw-text)",
  "--mantine-color-dimmed": "var(--pw-text-soft)",
  "--mantine-color-default": "var(--pw-surface)",
  "--mantine-color-default-hover": "var(--pw-hover)",
  "--mantine-color-default-color": "var(--pw-text)",
  "--mantine-color-default-border": "var(--pw-line-strong)",
  "--mantine-color-placeholder": "var(--pw-text-soft)",
  "--mantine-color-error": "var(--pw-firing)",
};

/** Sets Mantine's CSS variables to the tokens of the page. */
export const cssVariables: CSSVariablesResolver = () => ({ variables: {}, light: shared, dark: shared });
