/** Our own marks and line icons, drawn for a 24 by 24 grid; decoration only, the words beside them speak. */
const paths = {
  inbox: "M3 13h5l1.5 3h5L16 13h5M3 13v6h18v-6L18 5H6z",
  drafts: "M4 20h4L19 9l-4-4L4 16zM13 7l4 4",
  sent: "M3 11 21 3l-7 18-3-8z",
  archive: "M3 5h18v4H3zM5 9v11h14V9M10 13h4",
  junk: "M12 3 2 20h20zM12 10v4M12 17v.5",
  trash: "M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v6M14 11v6",
  folder: "M3 6h6l2 2h10v11H3z",
  search: "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13M15.5 15.5 21 21",
  clip: "M20 11l-8.5 8.5a5 5 0 0 1-7-7L13 4a3.5 3.5 0 0 1 5 5l-8.5 8.5a1.8 1.8 0 0 1-2.500-2.500L15 7",
  flag: "M6 21V4h12l-3 4 3 4H6",
  reply: "M9 5 3 11l6 6M3 11h10a8 8 0 0 1 8 8",
  replyAll: "M7 6 2 11l5 5M12 5 6 11l6 6M6 11h8a7 7 0 0 1 7 8",
  forward: "M15 5l6 6-6 6M21 11H11a8 8 0 0 0-8 8",
  move: "M3 6h6l2 2h10v11H3zM9 14h6M12.500 11.500 15 14l-2.500 2.500",
  back: "M14 5l-7 7 7 7M7 12h14",
  close: "M5 5l14 14M19 5 5 19",
  menu: "M3 6h18M3 12h18M3 18h18",
  plus: "M12 4v16M4 12h16",
  person: "M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8M4 21c0-4 3.500-6.500 8-6.500s8 2.500 8 6.500",
  help: "M9 9a3 3 0 1 1 4 2.800c-.8.4-1 1-1 2.200M12 17.500v.5",
  unread: "M3 6h18v12H3zM3 7l9 6 9-6",
  read: "M3 10l9-6 9 6v10H3zM3 11l9 5 9-5",
  minimise: "M5 18h14",
  expand: "M5 5h14v14H5z",
  download: "M12 4v11M7 11l5 5 5-5M4 20h16",
  warning: "M12 3 2 20h20zM12 10v4M12 17v.5",
  picture: "M3 5h18v14H3zM3 16l5-5 4 4 3-3 6 5M15.500 8.500h.5",
  down: "M6 9l6 6 6-6",
  shared:
    "M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6M16.500 6.500a2.500 2.500 0 1 0 0 5M2 19c0-3.500 2.500-5.500 6-5.500s6 2 6 5.500M16 14c3.500 0 6 1.500 6 5",
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name, size = 20 }: { readonly name: IconName; readonly size?: number }) {
  return (
    <svg className="pf-icon" width={size} height={size} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={paths[name]} fill="none" stroke="currentColor" strokeWidth="2" strokeLinecap="round" strokeLinejoin="round" />
    </svg>
  );
}

/** The hexagonal pillar box. */
export function Mark({ size = 32 }: { readonly size?: number }) {
  return (
    <svg className="pf-mark" width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <path fill="#fff" d="M16 0 29 7.500v17L16 32 3 24.500v-17z" />
      <path fill="#c8102e" d="M16 2 27.300 8.500v15L16 30 4.700 23.500v-15z" />
      <path fill="#fff" d="M9 10.500h14v4H9zM9 17.200h14V19H9zM9 21h14v1.800H9z" />
      <path fill="#212b32" d="M10.200 11.600h11.600v1.800H10.200z" />
    </svg>
  );
}
