/** The tests of RFC 5228 §5.1 to §5.10 and the extensions, on one message. */
import { parseDateTime } from "../mime/date-time.ts";
import { holdsAddresses } from "./address-fields.ts";
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

/** `:index` among the fields of a name (RFC 5260 §6). */
const indexed = <Value>(values: readonly Value[], bound: Bound): readonly Value[] => {
  const index = bound.number("index");
  if (index === undefined) return values;
  const value = index < 1 ? undefined : bound.has("last") ? values.at(-index) : values[index - 1];
  return value === undefined ? [] : [value];
};

/**
 * RFC 5228 §2.7.4, RFC 5233 §4: the part of an address that a test asks for; null when it has no such part. The null reverse path is the
 * empty string whatever is asked for (RFC 5228 §5.4).
 */
const partOf = (address: string, bound: Bound): string | null => {
  if (address === "") return "";
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
          textsAt(bound, 0, variables)
            .filter(holdsAddresses)
            .flatMap((name) => indexed(message.addresses(name), bound).flat()),
          bound,
        ),
      );
    case "envelope":
      return matching(
        partsOf(
          // RFC 5231 §4.2: a null reverse path counts as none.
          textsAt(bound, 0, variables)
            .map((part) => message.envelope[part.toLowerCase() as "from" | "to"])
            .filter((address) => address !== "" || !bound.has("count")),
          bound,
        ),
      );
    // RFC 5229 §5.
    case "string":
      return matching(textsAt(bound, 0, variables).filter((text) => text !== "" || !bound.has("count")));
    // RFC 5232 §4.
    case "hasflag":
      return matching(
        bound.positional.length === 2 ? textsAt(bound, 0, variables).flatMap((name) => flagsIn(variables.get(name))) : context.flags(),
      );
    case "body":
      // RFC 5173 §6: sets no match variables.
      return matchesAny(bodyOf(message, bound, variables), textsAt(bound, -1, variables), matchOf(bound), () => undefined);
    case "date":
    case "currentdate":
      return matching(dateValues(test.name, bound, context));
    case "duplicate":
      return isDuplicate(bound, context);
    // RFC 5490 §3.1.
    case "mailboxexists":
      return textsAt(bound, 0, variables).every((name) => message.mailboxExists(name));
    default:
      throw new TypeError(`test ${test.name} has no meaning`);
  }
};

const partsOf = (addresses: readonly string[], bound: Bound): string[] => addresses.flatMap((address) => partOf(address, bound) ?? []);

export const flagsIn = (text: string): string[] => text.split(/\s+/).filter(Boolean);

/** RFC 5173 §5, §5.1, §5.2, §5.3: without a transform, the text parts. */
const bodyOf = (message: SieveMessage, bound: Bound, variables: Variables): readonly string[] => {
  if (bound.has("raw")) return [message.rawBody()];
  return message.bodyContent((bound.texts("content") ?? ["text"]).map((type) => variables.expand(type)));
};

/** RFC 5260 §4, §5: the first field of the name unless `:index` says otherwise; what is no date gives nothing. */
const dateValues = (name: "date" | "currentdate", bound: Bound, { message, variables }: TestContext): string[] => {
  const part = textsAt(bound, -2, variables)[0]!;
  const asked = bound.text("zone");
  const zone = asked === undefined ? message.zoneMinutes : (zoneMinutesOf(variables.expand(asked)) ?? message.zoneMinutes);
  if (name === "currentdate") return listOf(datePart(part, message.now, zone));
  const fields = message.header(textsAt(bound, 0, variables)[0]!);
  return (bound.has("index") ? indexed(fields, bound) : fields.slice(0, 1)).flatMap((value) => {
    const date = parseDateTime(value.slice(value.lastIndexOf(";") + 1));
    return date ? listOf(datePart(part, date.at, bound.has("originalzone") ? date.offsetMinutes : zone)) : [];
  });
};

const listOf = (value: string | null): string[] => (value === null ? [] : [value]);

/**
 * RFC 7352 §3, §3.1, §3.2, §3.3: true when this id was seen before; remembered only when the script runs to its end. The id is the value alone,
 * whatever it was taken from.
 */
const isDuplicate = (bound: Bound, { message, variables, remember }: TestContext): boolean => {
  const field = bound.text("header");
  const own = bound.text("uniqueid");
  const value = own !== undefined ? variables.expand(own) : message.header(variables.expand(field ?? "message-id"))[0];
  if (!value) return false;
  const id = JSON.stringify([variables.expand(bound.text("handle") ?? ""), value]);
  const seconds = bound.number("seconds") ?? DUPLICATE_SECONDS;
  const seen = message.wasSeen(id, seconds);
  if (!seen || bound.has("last")) remember(id, seconds);
  return seen;
};
