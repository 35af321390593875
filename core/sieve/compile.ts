/** Checks a script against the grammar and turns it into steps. What compiles, runs. */
import { limits } from "../limits.ts";
import { holdsAddresses } from "./address-fields.ts";
import { isDatePart, zoneMinutesOf } from "./date-parts.ts";
import { extensions as supported } from "./extensions.ts";
import { type Bound, bind, commands, tests } from "./grammar.ts";
import { SieveSyntaxError } from "./lexer.ts";
import { isRelation } from "./matching.ts";
import { type Command, type Node, parse } from "./parser.ts";

export interface CompiledTest {
  readonly name: string;
  readonly bound: Bound;
  readonly tests: readonly CompiledTest[];
}

export interface Step {
  readonly name: string;
  readonly bound: Bound;
  /** For `if`: its branches in order, `else` with a null test. */
  readonly branches: readonly { readonly test: CompiledTest | null; readonly steps: readonly Step[] }[];
}

export interface CompiledScript {
  readonly extensions: ReadonlySet<string>;
  readonly steps: readonly Step[];
}

export type Compilation = { ok: true; script: CompiledScript } | { ok: false; line: number; description: string };

/** Compiles; a complaint names the line and what is accepted. */
export const compile = (text: string): Compilation => {
  try {
    const nodes = parse(text);
    const extensions = new Set<string>();
    let at = 0;
    for (; nodes[at]?.name === "require"; at++) require(nodes[at]!, extensions);
    return { ok: true, script: { extensions, steps: stepsOf(nodes.slice(at), extensions) } };
  } catch (error) {
    if (!(error instanceof SieveSyntaxError)) throw error;
    return { ok: false, line: error.line, description: error.message };
  }
};

/** RFC 5228 §2.10.5, §3.2. */
const require = (node: Command, extensions: Set<string>): void => {
  const { positional } = bind(node, commands.require!, extensions);
  for (const name of positional[0] as readonly string[]) {
    if (!supported.includes(name))
      throw new SieveSyntaxError(node.line, `require: "${name}" is not supported here; supported are ${supported.join(", ")}`);
    extensions.add(name);
  }
};

/** RFC 5228 §3.1: a chain of branches is one step. */
const stepsOf = (nodes: readonly Command[], extensions: ReadonlySet<string>): Step[] => {
  const steps: Step[] = [];
  for (const node of nodes) {
    const signature = Object.hasOwn(commands, node.name) ? commands[node.name]! : null;
    if (!signature)
      throw new SieveSyntaxError(node.line, `there is no command "${node.name}"; known are ${Object.keys(commands).join(", ")}`);
    if (node.name === "require") throw new SieveSyntaxError(node.line, "require stands before every other command");
    const bound = bind(node, signature, extensions);
    if (signature.block ? !node.block : node.block)
      throw new SieveSyntaxError(node.line, `${node.name} ${signature.block ? "needs" : "takes no"} block`);
    checkCommand(node, bound, extensions);
    if (node.name === "if") {
      steps.push({ name: "if", bound, branches: [{ test: testOf(node.tests[0]!, extensions), steps: stepsOf(node.block!, extensions) }] });
    } else if (node.name === "elsif" || node.name === "else") {
      const chain = steps.at(-1);
      if (chain?.name !== "if" || chain.branches.at(-1)!.test === null)
        throw new SieveSyntaxError(node.line, `${node.name} does not follow an if`);
      const test = node.name === "elsif" ? testOf(node.tests[0]!, extensions) : null;
      steps[steps.length - 1] = { ...chain, branches: [...chain.branches, { test, steps: stepsOf(node.block!, extensions) }] };
    } else {
      steps.push({ name: node.name, bound, branches: [] });
    }
  }
  return steps;
};

const checkCommand = (node: Node, bound: Bound, extensions: ReadonlySet<string>): void => {
  if (node.name === "set") {
    const name = (bound.positional[0] as readonly string[])[0]!;
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
      throw new SieveSyntaxError(node.line, `set: ${JSON.stringify(name)} is not a variable's name`);
  }
  checkFlagVariable(node, bound, extensions);
  const address = node.name === "redirect" ? (bound.positional[0] as readonly string[])[0]! : null;
  if (address !== null && !address.includes("${") && !/^[^\s@<>]+@[^\s@<>]+$/.test(address)) {
    throw new SieveSyntaxError(node.line, `redirect: ${JSON.stringify(address)} is not an address`);
  }
};

/** RFC 5232 §1: a variable of flags needs the extension for variables, in actions and in hasflag. */
const checkFlagVariable = (node: Node, bound: Bound, extensions: ReadonlySet<string>): void => {
  if (node.name.endsWith("flag") && bound.positional.length === 2 && !extensions.has("variables"))
    throw new SieveSyntaxError(node.line, `${node.name}: a variable needs require "variables"`);
};

const testOf = (node: Node, extensions: ReadonlySet<string>): CompiledTest => {
  const signature = Object.hasOwn(tests, node.name) ? tests[node.name]! : null;
  if (!signature) throw new SieveSyntaxError(node.line, `there is no test "${node.name}"; known are ${Object.keys(tests).join(", ")}`);
  const bound = bind(node, signature, extensions);
  checkTest(node, bound, extensions);
  return { name: node.name, bound, tests: node.tests.map((inner) => testOf(inner, extensions)) };
};

const BUILT_IN_COMPARATORS = ["i;octet", "i;ascii-casemap"];

const checkTest = (node: Node, bound: Bound, extensions: ReadonlySet<string>): void => {
  const fail = (message: string): never => {
    throw new SieveSyntaxError(node.line, `${node.name}: ${message}`);
  };
  checkFlagVariable(node, bound, extensions);
  const comparator = bound.text("comparator");
  if (comparator !== undefined && !BUILT_IN_COMPARATORS.includes(comparator)) {
    if (comparator !== "i;ascii-numeric")
      fail(`comparator "${comparator}" is not known; known are i;octet, i;ascii-casemap, i;ascii-numeric`);
    if (!extensions.has(`comparator-${comparator}`)) fail(`needs require "comparator-${comparator}"`);
    if (bound.has("contains") || bound.has("matches")) fail("i;ascii-numeric compares, it does not look inside");
  }
  for (const tag of ["count", "value"]) {
    const relation = bound.text(tag);
    if (relation !== undefined && !isRelation(relation.toLowerCase())) fail(`:${tag} takes one of gt, ge, lt, le, eq, ne`);
  }
  if (node.name === "size" && !bound.has("over") && !bound.has("under")) fail("takes :over or :under");
  if (node.name === "envelope") {
    for (const part of bound.positional[0] as readonly string[]) {
      if (!["from", "to"].includes(part.toLowerCase())) fail(`envelope part "${part}" is not known; known are from, to`);
    }
  }
  const textsAt = (place: number): readonly string[] => (bound.positional.at(place) ?? []) as readonly string[];
  if (node.name === "address") {
    const other = textsAt(0).find((name) => !name.includes("${") && !holdsAddresses(name));
    if (other !== undefined) fail(`"${other}" is no field of addresses: use header`);
  }
  if (node.name === "date" || node.name === "currentdate") {
    const part = textsAt(-2)[0]!;
    if (!part.includes("${") && !isDatePart(part)) fail(`"${part}" is no part of a date`);
    const zone = bound.text("zone");
    if (zone !== undefined && !zone.includes("${") && zoneMinutesOf(zone) === null) fail(":zone is written +hhmm or -hhmm");
  }
  if (bound.has("last") && node.name !== "duplicate" && !bound.has("index")) fail(":last stands with :index");
  const days = bound.number("days");
  if (days !== undefined && days > limits.sieve.vacationDaysMax * 1_000) fail(":days is too large");
};
