import type { ReactNode } from "react";

function icon(drawing: ReactNode) {
  return function Icon({ size = 16 }: { size?: number }) {
    return (
      <svg
        width={size}
        height={size}
        viewBox="0 0 16 16"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.4"
        strokeLinecap="round"
        strokeLinejoin="round"
        aria-hidden="true"
        style={{ flex: "none" }}
      >
        {drawing}
      </svg>
    );
  };
}

export const IconSun = icon(
  <>
    <circle cx="8" cy="8" r="2.8" />
    <path d="M8 1.5v1.3M8 13.2v1.3M1.5 8h1.3M13.2 8h1.3M3.4 3.4l.9.9M11.7 11.7l.9.9M12.6 3.4l-.9.9M4.3 11.7l-.9.9" />
  </>,
);
export const IconMoon = icon(<path d="M13.2 9.6A5.6 5.6 0 0 1 6.4 2.8a5.6 5.6 0 1 0 6.8 6.8Z" />);
export const IconAuto = icon(
  <>
    <circle cx="8" cy="8" r="5.7" />
    <path d="M8 2.3v11.4A5.7 5.7 0 0 0 8 2.3Z" fill="currentColor" />
  </>,
);
export const IconTrash = icon(<path d="M2.5 4.2h11M6.2 4V2.5h3.6V4M4 4.2l.6 9.3h6.8l.6-9.3M6.6 6.8v4M9.4 6.8v4" />);
export const IconCopy = icon(
  <>
    <rect x="5.5" y="5.5" width="8" height="8" rx="1.5" />
    <path d="M3.5 10.5h-.5a1 1 0 0 1-1-1V3.5a1 1 0 0 1 1-1h6a1 1 0 0 1 1 1v.3" />
  </>,
);
export const IconCheck = icon(<path d="M3 8.5 6.5 12 13 4.5" />);
export const IconClose = icon(<path d="m4 4 8 8M12 4l-8 8" />);
export const IconWarn = icon(<path d="M8 2 14.5 13.5H1.5L8 2ZM8 6.5v3M8 11.6v.1" />);
export const IconArrow = icon(<path d="M3 8h10M9 4l4 4-4 4" />);
export const IconBack = icon(<path d="M13 8H3M7 4 3 8l4 4" />);
export const IconPulse = icon(<path d="M1.5 9h3L6.5 3l3 10 2-4h3" />);
