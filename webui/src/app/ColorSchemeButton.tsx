import { ActionIcon, Tooltip, useMantineColorScheme, type MantineColorScheme } from "@mantine/core";
import { IconAuto, IconMoon, IconSun } from "../ui/icons";

const NEXT: Record<MantineColorScheme, MantineColorScheme> = { auto: "dark", dark: "light", light: "auto" };
const LABELS: Record<MantineColorScheme, string> = { auto: "as the system", dark: "dark", light: "light" };
const ICONS: Record<MantineColorScheme, typeof IconSun> = { auto: IconAuto, dark: IconMoon, light: IconSun };

/** Cycles through the colour schemes: system, dark, light. */
export function ColorSchemeButton() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const Icon = ICONS[colorScheme];
  const label = `Colours: ${LABELS[colorScheme]}. Change to ${LABELS[NEXT[colorScheme]]}`;
  return (
    <Tooltip label={label}>
      <ActionIcon variant="subtle" color="gray" size="lg" aria-label={label} onClick={() => setColorScheme(NEXT[colorScheme])}>
        <Icon size={18} />
      </ActionIcon>
    </Tooltip>
  );
}
