/** Sets of strings (mailboxes or keywords of an Email) as small numbers: few distinct sets exist among many messages. */
export class SetDictionary {
  private readonly sets: (readonly string[])[];
  private readonly members: Set<string>[];
  private readonly byKey = new Map<string, number>();

  constructor(sets: readonly (readonly string[])[] = [[]]) {
    this.sets = [...sets];
    this.members = sets.map((set) => new Set(set));
    sets.forEach((set, index) => {
      this.byKey.set(set.join(" "), index);
    });
  }

  /** The number of a set; order and repeats of `values` do not matter. */
  indexOf(values: Iterable<string>): number {
    const sorted = [...new Set(values)].sort();
    const key = sorted.join(" ");
    const known = this.byKey.get(key);
    if (known !== undefined) return known;
    const index = this.sets.push(Object.freeze(sorted)) - 1;
    this.members.push(new Set(sorted));
    this.byKey.set(key, index);
    return index;
  }

  /** A change of sets by their numbers: `change` is asked once for each set that there is. */
  changing(change: (set: readonly string[]) => Iterable<string>): (index: number) => number {
    const known = new Map<number, number>();
    return (index) => {
      let changed = known.get(index);
      if (changed === undefined) known.set(index, (changed = this.indexOf(change(this.sets[index]!))));
      return changed;
    };
  }

  at(index: number): readonly string[] {
    return this.sets[index]!;
  }

  has(index: number, value: string): boolean {
    return this.members[index]!.has(value);
  }

  toJSON(): readonly (readonly string[])[] {
    return this.sets;
  }
}
