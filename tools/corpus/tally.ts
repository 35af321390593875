/** Counts agreements and differences by category. */
export class Tally {
  readonly agreed = new Map<string, number>();
  readonly differences: { category: string; where: string; expected: unknown; actual: unknown }[] = [];

  compare(category: string, where: string, expected: unknown, actual: unknown): void {
    if (JSON.stringify(expected) === JSON.stringify(actual)) this.agreed.set(category, (this.agreed.get(category) ?? 0) + 1);
    else this.differences.push({ category, where, expected, actual });
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
  }
}
