export interface GeneratedDocument {
  /** Path in docs. */
  readonly file: string;
  /** The whole text, ending in a line break. Deterministic. */
  make(): Promise<string> | string;
  /** What is wrong with that which it is made of, a sentence each. */
  faults?(): readonly string[];
}

/** A Markdown table; cells may hold no line break. */
export const table = (head: readonly string[], rows: readonly (readonly (string | number)[])[]): string =>
  [head, head.map(() => "---"), ...rows]
    .map((cells) => `| ${cells.map((cell) => String(cell).replaceAll("|", "\\|")).join(" | ")} |`)
    .join("\n");
