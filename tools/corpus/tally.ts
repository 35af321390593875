import { corpusArguments } from "./arguments.ts";

/** Counts agreements and differences by category. */
export class Tally {
  readonly agreed = new Map<string, number>();
  readonly differences: { category: string; where: string; expected: unknown; actual: unknown }[] = [];

  compare(category: string, where: string, expected: unknown, actual: unknown): void {
    if (JSON.stringify(expected) === JSON.stringify(actual)) this.agreed.set(category, (this.agreed.get(category) ?? 0) + 1);
    else this.differences.push({ category, where, expected, actual });
  }

  /** Differences that no argument explains. */
  unexplained(): { category: string; where: string }[] {
    return this.differences.filter(({ category, where }) => !corpusArguments.some(({ explains }) => explains.test(`${category} ${where}`)));
  }

  /** The table of docs/mime-differences.md. */
  printMarkdown(): void {
    const left = new Set(this.differences);
    for (const { title, reason, explains } of corpusArguments) {
      const cases = [...left].filter(({ category, where }) => explains.test(`${category} ${where}`));
      for (const difference of cases) left.delete(difference);
      const places = [...new Set(cases.map(({ where }) => (where.startsWith('"') ? where : where.replace(/[#> ].*$/, ""))))];
      const shown = places.map((place) => `\`${place.replaceAll("|", "\\|").replaceAll("`", "'").slice(0, 60)}\``).join(", ");
      if (cases.length > 0) console.log(`| ${title} | ${reason} | ${cases.length} | ${shown} |`);
    }
  }

  print(show?: string): void {
    const categories = [...new Set([...this.agreed.keys(), ...this.differences.map(({ category }) => category)])].sort();
    for (const { category, where, expected, actual } of this.differences) {
      if (show !== undefined && category !== show) continue;
      const text = (value: unknown) => (JSON.stringify(value) ?? "absent").slice(0, 300);
      console.log(`${category} ${where}\n  expected ${text(expected)}\n  actual   ${text(actual)}`);
    }
    for (const category of categories) {
      const differs = this.differences.filter((difference) => difference.category === category).length;
      const agrees = this.agreed.get(category) ?? 0;
      console.log(`${category.padEnd(24)} ${String(agrees).padStart(5)} agree of ${agrees + differs}`);
    }
    console.log(`${this.differences.length} differences, ${this.unexplained().length} of them without an argument`);
  }
}
