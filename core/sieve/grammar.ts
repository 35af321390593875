/** What each command and test takes (RFC 5228 §2.6.1 to §2.6.3, §4, §5 and the extensions), and the binding of arguments to it. */
import { SieveSyntaxError } from "./lexer.ts";
import type { Argument, Node } from "./parser.ts";
import { stringFault } from "./strings.ts";

type Takes = "nothing" | "string" | "strings" | "number";

interface Tag {
  readonly takes: Takes;
  /** At most one tag of a group may be given. */
  readonly group?: string;
  readonly extension?: string;
}

export interface Signature {
  readonly extension?: string;
  readonly tags?: Readonly<Record<string, Tag>>;
  readonly positional: readonly ("string" | "strings" | "number")[];
  /** How many positional arguments may be left out, from the first. */
  readonly optional?: number;
  readonly tests?: "none" | "one" | "many";
  readonly block?: boolean;
}

const match: Readonly<Record<string, Tag>> = {
  is: { takes: "nothing", group: "match" },
  contains: { takes: "nothing", group: "match" },
  matches: { takes: "nothing", group: "match" },
  count: { takes: "string", group: "match", extension: "relational" },
  value: { takes: "string", group: "match", extension: "relational" },
  comparator: { takes: "string" },
};
const addressPart: Readonly<Record<string, Tag>> = {
  all: { takes: "nothing", group: "part" },
  localpart: { takes: "nothing", group: "part" },
  domain: { takes: "nothing", group: "part" },
  user: { takes: "nothing", group: "part", extension: "subaddress" },
  detail: { takes: "nothing", group: "part", extension: "subaddress" },
};
const index: Readonly<Record<string, Tag>> = {
  index: { takes: "number", extension: "index" },
  last: { takes: "nothing", extension: "index" },
};
const flags: Tag = { takes: "strings", extension: "imap4flags" };
const zone: Readonly<Record<string, Tag>> = { zone: { takes: "string", group: "zone" }, originalzone: { takes: "nothing", group: "zone" } };
const copy: Tag = { takes: "nothing", extension: "copy" };
const create: Tag = { takes: "nothing", extension: "mailbox" };
const modifiers = Object.fromEntries(
  [
    ["lower", "40"],
    ["upper", "40"],
    ["lowerfirst", "30"],
    ["upperfirst", "30"],
    ["quotewildcard", "20"],
    ["length", "10"],
  ].map(([name, precedence]) => [name, { takes: "nothing", group: `modifier${precedence}` } satisfies Tag]),
);

export const commands: Readonly<Record<string, Signature>> = {
  require: { positional: ["strings"] },
  if: { positional: [], tests: "one", block: true },
  elsif: { positional: [], tests: "one", block: true },
  else: { positional: [], block: true },
  stop: { positional: [] },
  keep: { positional: [], tags: { flags } },
  discard: { positional: [] },
  fileinto: { extension: "fileinto", positional: ["string"], tags: { flags, copy, create } },
  redirect: { positional: ["string"], tags: { copy } },
  set: { extension: "variables", positional: ["string", "string"], tags: modifiers },
  setflag: { extension: "imap4flags", positional: ["string", "strings"], optional: 1 },
  addflag: { extension: "imap4flags", positional: ["string", "strings"], optional: 1 },
  removeflag: { extension: "imap4flags", positional: ["string", "strings"], optional: 1 },
  vacation: {
    extension: "vacation",
    positional: ["string"],
    tags: {
      days: { takes: "number" },
      subject: { takes: "string" },
      from: { takes: "string" },
      addresses: { takes: "strings" },
      mime: { takes: "nothing" },
      handle: { takes: "string" },
    },
  },
};

export const tests: Readonly<Record<string, Signature>> = {
  true: { positional: [] },
  false: { positional: [] },
  not: { positional: [], tests: "one" },
  allof: { positional: [], tests: "many" },
  anyof: { positional: [], tests: "many" },
  address: { positional: ["strings", "strings"], tags: { ...match, ...addressPart, ...index } },
  envelope: { extension: "envelope", positional: ["strings", "strings"], tags: { ...match, ...addressPart } },
  exists: { positional: ["strings"] },
  header: { positional: ["strings", "strings"], tags: { ...match, ...index } },
  size: { positional: ["number"], tags: { over: { takes: "nothing", group: "size" }, under: { takes: "nothing", group: "size" } } },
  string: { extension: "variables", positional: ["strings", "strings"], tags: match },
  hasflag: { extension: "imap4flags", positional: ["strings", "strings"], optional: 1, tags: match },
  body: {
    extension: "body",
    positional: ["strings"],
    tags: {
      ...match,
      raw: { takes: "nothing", group: "transform" },
      content: { takes: "strings", group: "transform" },
      text: { takes: "nothing", group: "transform" },
    },
  },
  date: { extension: "date", positional: ["string", "string", "strings"], tags: { ...match, ...zone, ...index } },
  currentdate: { extension: "date", positional: ["string", "strings"], tags: { ...match, zone: zone.zone! } },
  duplicate: {
    extension: "duplicate",
    positional: [],
    tags: {
      handle: { takes: "string" },
      header: { takes: "string", group: "id" },
      uniqueid: { takes: "string", group: "id" },
      seconds: { takes: "number" },
      last: { takes: "nothing" },
    },
  },
  mailboxexists: { extension: "mailbox", positional: ["strings"] },
};

/** Arguments by name and place; string lists stay lists. */
export interface Bound {
  readonly has: (tag: string) => boolean;
  readonly text: (tag: string) => string | undefined;
  readonly texts: (tag: string) => readonly string[] | undefined;
  readonly number: (tag: string) => number | undefined;
  readonly positional: readonly (readonly string[] | number)[];
}

/** Throws SieveSyntaxError, naming the argument and what is accepted. */
export const bind = (node: Node, signature: Signature, extensions: ReadonlySet<string>): Bound => {
  const fail = (line: number, message: string): never => {
    throw new SieveSyntaxError(line, `${node.name}: ${message}`);
  };
  if (signature.extension && !extensions.has(signature.extension)) fail(node.line, `needs require "${signature.extension}"`);
  const tags = new Map<string, Argument | null>();
  const groups = new Set<string>();
  const positional: Argument[] = [];
  for (let at = 0; at < node.arguments.length; at++) {
    const given = node.arguments[at]!;
    checkStrings(given, extensions, fail);
    if (given.kind !== "tag") {
      positional.push(given);
      continue;
    }
    const tag = signature.tags && Object.hasOwn(signature.tags, given.name) ? signature.tags[given.name] : undefined;
    if (!tag) return fail(given.line, `does not take :${given.name}`);
    if (tag.extension && !extensions.has(tag.extension)) fail(given.line, `:${given.name} needs require "${tag.extension}"`);
    if (tags.has(given.name) || (tag.group && groups.has(tag.group)))
      fail(given.line, `:${given.name} is given twice, or beside another of its kind`);
    if (tag.group) groups.add(tag.group);
    const value = tag.takes === "nothing" ? null : node.arguments[++at];
    if (value) checkStrings(value, extensions, fail);
    if (value !== null && !fits(value, tag.takes))
      fail(given.line, `:${given.name} takes a ${tag.takes === "strings" ? "list of strings" : tag.takes}`);
    tags.set(given.name, value ?? null);
  }
  checkShape(node, signature, positional, fail);
  const textsOf = (tag: string): readonly string[] | undefined => {
    const value = tags.get(tag);
    return value?.kind === "strings" ? value.values : undefined;
  };
  return {
    has: (tag) => tags.has(tag),
    texts: textsOf,
    text: (tag) => textsOf(tag)?.[0],
    number: (tag) => {
      const value = tags.get(tag);
      return value?.kind === "number" ? value.value : undefined;
    },
    positional: positional.map((argument) =>
      argument.kind === "number" ? argument.value : argument.kind === "strings" ? argument.values : [],
    ),
  };
};

const checkStrings = (argument: Argument, extensions: ReadonlySet<string>, fail: (line: number, message: string) => never): void => {
  if (argument.kind !== "strings") return;
  for (const text of argument.values) {
    const fault = stringFault(text, extensions);
    if (fault) fail(argument.line, fault);
  }
};

const fits = (argument: Argument | undefined, takes: Takes): boolean => {
  if (!argument) return false;
  if (takes === "number") return argument.kind === "number";
  return argument.kind === "strings" && (takes === "strings" || (!argument.isList && argument.values.length === 1));
};

const checkShape = (
  node: Node,
  signature: Signature,
  positional: readonly Argument[],
  fail: (line: number, message: string) => never,
): void => {
  const wanted = signature.positional.slice(positional.length < signature.positional.length ? (signature.optional ?? 0) : 0);
  if (positional.length !== wanted.length)
    fail(node.line, `takes ${signature.positional.length} arguments besides its tags, found ${positional.length}`);
  wanted.forEach((takes, at) => {
    if (!fits(positional[at], takes))
      fail(positional[at]!.line, `argument ${at + 1} is to be a ${takes === "strings" ? "string or list of strings" : takes}`);
  });
  const tests = signature.tests ?? "none";
  if (tests === "none" && node.tests.length > 0) fail(node.line, "takes no test");
  if (tests === "one" && node.tests.length !== 1) fail(node.line, "takes exactly one test");
  if (tests === "many" && node.tests.length === 0) fail(node.line, "takes a list of tests in parentheses");
};
