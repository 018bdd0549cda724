import { useEffect } from "react";

/** Name the browser tab, so that one among twenty is found again. */
export function usePageTitle(title: string) {
  useEffect(() => {
    document.title = title === "" ? "patternwatch" : `${title} · patternwatch`;
  }, [title]);
}
