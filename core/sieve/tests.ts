/** The tests of RFC 5228 §5 and the extensions, on one message. */
import type { CompiledTest } from "./compile.ts";
import { datePart, zoneMinutesOf } from "./date-parts.ts";
import type { Bound } from "./grammar.ts";
import { type Comparator, type Match, matchesAny } from "./matching.ts";
import type { SieveMessage } from "./message.ts";
import type { Variables } from "./variables.ts";

export interface TestContext {
  readonly message: SieveMessage;
  readonly variables: Variables;
  readonly flags: () => readonly string[];
  readonly remember: (id: string, seconds: number) => void;
}

const DUPLICATE_SECONDS = 7 * 24 * 3600;

const matchOf = (bound: Bound): Match => {
  const comparator = (bound.text("comparator") ?? "i;ascii-casemap") as Comparator;
  for (const kind of ["count", "value"] as const) {
    const relation = bound.text(kind);
    if (relation !== undefined) return { type: { kind, relation: relation.toLowerCase() }, comparator };
  }
  const kind = (["contains", "matches"] as const).find((one) => bound.has(one)) ?? "is";
  return { type: { kind }, comparator };
};

const textsAt = (bound: Bound, place: number, variables: Variables): string[] =>
  ((bound.positional.at(place) ?? []) as readonly string[]).map((text) => variables.expand(text));

/** `:index` of an ordered list (RFC 5260 §6). */
const indexed = <Value>(values: readonly Value[], bound: Bound): readonly Value[] => {
  const index = bound.number("index");
  if (index === undefined) return values;
  const value = index < 1 ? undefined : bound.has("last") ? values.at(-index) : values[index - 1];
  return value === undefined ? [] : [value];
};

/** RFC 5228 §2.7.4, RFC 5233: the part of an address that a test asks for; null when it has no such part. */
const partOf = (address: string, bound: Bound): string | null => {
  const at = address.lastIndexOf("@");
  const local = at < 0 ? address : address.slice(0, at);
  const plus = local.indexOf("+");
  if (bound.has("localpart")) return local;
  if (bound.has("domain")) return at < 0 ? "" : address.slice(at + 1);
  if (bound.has("user")) return plus < 0 ? local : local.slice(0, plus);
  if (bound.has("detail")) return plus < 0 ? null : local.slice(plus + 1);
  return address;
};

export const runTest = (test: CompiledTest, context: TestContext): boolean => {
  const { bound } = test;
  const { message, variables } = context;
  const matching = (values: readonly string[], keys = textsAt(bound, -1, variables)): boolean =>
    matchesAny(values, keys, matchOf(bound), (taken) => variables.capture(taken));
  switch (test.name) {
    case "true":
      return true;
    case "false":
      return false;
    case "not":
      return !runTest(test.tests[0]!, context);
    case "allof":
      return test.tests.every((inner) => runTest(inner, context));
    case "anyof":
      return test.tests.some((inner) => runTest(inner, context));
    case "exists":
      return textsAt(bound, 0, variables).every((name) => message.header(name).length > 0);
    case "size":
      return bound.has("over")
        ? message.sizeOctets > (bound.positional[0] as number)
        : message.sizeOctets < (bound.positional[0] as number);
    case "header":
      return matching(textsAt(bound, 0, variables).flatMap((name) => indexed(message.header(name), bound)));
    case "address":
      return matching(
        partsOf(
          textsAt(bound, 0, variables).flatMap((name) => indexed(message.addresses(name), bound)),
          bound,
        ),
      );
    case "envelope":
      return matching(
        partsOf(
          textsAt(bound, 0, variables).map((part) => message.envelope[part.toLowerCase() as "from" | "to"]),
          bound,
        ),
      );
    case "string":
      return matching(textsAt(bound, 0, variables).filter((text) => text !== "" || !bound.has("count")));
    case "hasflag":
      return matching(
        bound.positional.length === 2 ? textsAt(bound, 0, variables).flatMap((name) => flagsIn(variables.get(name))) : context.flags(),
      );
    case "body":
      return matching(bodyOf(message, bound));
    case "date":
    case "currentdate":
      return matching(dateValues(test.name, bound, context));
    case "duplicate":
      return isDuplicate(bound, context);
    case "mailboxexists":
      return textsAt(bound, 0, variables).every((name) => message.mailboxExists(name));
    default:
      throw new TypeError(`test ${test.name} has no meaning`);
  }
};

const partsOf = (addresses: readonly string[], bound: Bound): string[] => addresses.flatMap((address) => partOf(address, bound) ?? []);

export const flagsIn = (text: string): string[] => text.split(/\s+/).filter(Boolean);

/** RFC 5173: without a transform, the text parts. */
const bodyOf = (message: SieveMessage, bound: Bound): readonly string[] => {
  if (bound.has("raw")) return [message.rawBody()];
  return message.bodyContent(bound.texts("content") ?? ["text"]);
};

const dateValues = (name: "date" | "currentdate", bound: Bound, { message, variables }: TestContext): string[] => {
  const part = textsAt(bound, -2, variables)[0]!;
  const asked = bound.text("zone");
  const zone = asked === undefined ? message.zoneMinutes : (zoneMinutesOf(asked) ?? message.zoneMinutes);
  if (name === "currentdate") return listOf(datePart(part, message.now, zone));
  return indexed(message.header(textsAt(bound, 0, variables)[0]!), bound).flatMap((value) => {
    const text = value.includes(";") ? value.slice(value.lastIndexOf(";") + 1) : value;
    const instant = Date.parse(text.replace(/\([^()]*\)/g, "").trim());
    if (Number.isNaN(instant)) return [];
    const own = /([+-]\d{4})\s*(?:\(|$)/.exec(text)?.[1];
    return listOf(datePart(part, instant, bound.has("originalzone") && own ? zoneMinutesOf(own)! : zone));
  });
};

const listOf = (value: string | null): string[] => (value === null ? [] : [value]);

/** RFC 7352: true when this id was seen before; remembered only when the script runs to its end. */
const isDuplicate = (bound: Bound, { message, variables, remember }: TestContext): boolean => {
  const field = bound.text("header");
  const own = bound.text("uniqueid");
  const value = own !== undefined ? variables.expand(own) : message.header(field ?? "message-id")[0];
  if (!value) return false;
  const id = JSON.stringify([
    variables.expand(bound.text("handle") ?? ""),
    own !== undefined ? "" : (field ?? "message-id").toLowerCase(),
    value,
  ]);
  const seconds = bound.number("seconds") ?? DUPLICATE_SECONDS;
  const seen = message.wasSeen(id, seconds);
  if (!seen || bound.has("last")) remember(id, seconds);
  return seen;
};
