/** Reads the AWS query protocol: `Destinations.member.1=…`. */
export class FormBody {
  readonly #values: URLSearchParams;

  constructor(body: Buffer) {
    this.#values = new URLSearchParams(body.toString("latin1"));
  }

  text(name: string): string | undefined {
    return this.#values.get(name) ?? undefined;
  }

  /** Members in order; stops at the first that is missing. */
  texts(name: string, bound = 1_000): string[] {
    const members: string[] = [];
    for (let index = 1; index <= bound; index++) {
      const value = this.text(`${name}.member.${index}`);
      if (value === undefined) break;
      members.push(value);
    }
    return members;
  }

  /** Structures in order, each by the prefix of its members. */
  structures<Shape>(name: string, read: (at: (member: string) => string | undefined) => Shape | undefined, bound = 1_000): Shape[] {
    const members: Shape[] = [];
    for (let index = 1; index <= bound; index++) {
      const shape = read((member) => this.text(`${name}.member.${index}.${member}`));
      if (shape === undefined) break;
      members.push(shape);
    }
    return members;
  }
}
