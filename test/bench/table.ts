/** Markdown tables on the terminal: numbers keep the digits that say something. */
export type Cell = string | number;

const shown = (cell: Cell): string => (typeof cell === "number" ? cell.toLocaleString("en", { maximumFractionDigits: 2 }) : cell);

export const printTable = (title: string, head: readonly string[], rows: readonly (readonly Cell[])[]): void => {
  console.log(`\n${title}\n`);
  const lines = [head, head.map(() => "---"), ...rows.map((row) => row.map(shown))];
  const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  for (const line of lines) console.log(`| ${widths.map((width, column) => (line[column] ?? "").padEnd(width)).join(" | ")} |`);
};

export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** Nearest rank: a value that was measured. */
export const quantile = (values: readonly number[], share: number): number => {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
};
