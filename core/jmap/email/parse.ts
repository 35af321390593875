/** Email/parse (RFC 8621 §4.9). */
import { limits } from "../../limits.ts";
import { readMessage } from "../../mime/read-message.ts";
import { findBlob } from "../blobs.ts";
import { MAIL } from "../capabilities.ts";
import { type Arguments, accountIdArgument, checkArguments } from "../engine/arguments.ts";
import { eachBounded } from "../engine/bounded.ts";
import type { LoadedAccount, Method, RequestContext } from "../engine/context.ts";
import type { Wire } from "../engine/definition.ts";
import { listOf, nullable, string } from "../engine/kinds.ts";
import { invalidArguments, methodError, ok } from "../errors.ts";
import { bodyArguments, bodyOptions, checkBodyArguments } from "./body-arguments.ts";
import { wholeOctets } from "./octet-ranges.ts";
import { defaultParsedProperties, emailProperties, isHeaderProperty } from "./properties.ts";
import { type EmailView, emailView, viewEmail } from "./view.ts";

/** Whole messages in memory at the same time. */
const MESSAGES_AT_ONCE = 2;

const parseArguments: Arguments = {
  ...accountIdArgument,
  ...bodyArguments,
  blobIds: { kind: listOf(string), required: true },
  properties: { kind: nullable(listOf(string)) },
};

/** Metadata that a message outside the mail store does not have. */
const ABSENT: ReadonlySet<string> = new Set(["id", "mailboxIds", "keywords", "receivedAt", "threadId"]);

export const emailParse: Method = async ({ context, args }) => {
  const checked = checkArguments(args, parseArguments);
  if (!checked.ok) return checked;
  const fault = checkBodyArguments(args);
  if (fault) return { ok: false, error: fault };
  const properties = (args.properties as string[] | null | undefined) ?? defaultParsedProperties;
  const unknown = properties.find((name) => name !== "id" && !Object.hasOwn(emailProperties, name) && !isHeaderProperty(name));
  if (unknown !== undefined) return invalidArguments(`"${unknown.slice(0, 100)}" is not a property of Email.`, ["properties"]);
  const blobIds = [...new Set(args.blobIds as string[])];
  if (blobIds.length > limits.jmap.maxObjectsInGet) return methodError("requestTooLarge");
  const loaded = await context.account(args.accountId as string, "read", MAIL);
  if (!loaded.ok) return loaded;
  const view = emailView(new Set(properties), bodyOptions(args));
  const outcomes = new Map<string, Wire | "notFound" | "notParsable">();
  let octets = 0;
  await eachBounded(blobIds, MESSAGES_AT_ONCE, async (blobId) => {
    if (octets > limits.jmap.bodyValueOctets) return;
    const outcome = await parseBlob(context, loaded.value, blobId, view);
    outcomes.set(blobId, outcome);
    if (blobIds.length > 1 && typeof outcome === "object") octets += textOctets(outcome);
  });
  if (octets > limits.jmap.bodyValueOctets) return methodError("requestTooLarge", "The bodies are too large together: name fewer blobs.");
  const parsed = blobIds.filter((blobId) => typeof outcomes.get(blobId) === "object");
  const listed = (wanted: string) => blobIds.filter((blobId) => outcomes.get(blobId) === wanted);
  return ok([
    [
      "Email/parse",
      {
        accountId: loaded.value.accountId,
        parsed: parsed.length > 0 ? Object.fromEntries(parsed.map((blobId) => [blobId, outcomes.get(blobId)])) : null,
        notParsable: orNull(listed("notParsable")),
        notFound: orNull(listed("notFound")),
      },
    ],
  ]);
};

const textOctets = (wire: Wire): number =>
  Object.values((wire.bodyValues as Record<string, { value: string }> | undefined) ?? {}).reduce((sum, { value }) => sum + value.length, 0);

const orNull = (ids: readonly string[]): readonly string[] | null => (ids.length > 0 ? ids : null);

const parseBlob = async (
  context: RequestContext,
  account: LoadedAccount,
  blobId: string,
  view: EmailView,
): Promise<Wire | "notFound" | "notParsable"> => {
  const id = context.resolveId(blobId);
  const blob = id === null ? null : await findBlob(context.ports, account.state, id, context.ports.now());
  if (!blob || id === null) return "notFound";
  if (blob.sizeOctets > limits.parse.messageOctets) return "notParsable";
  const octets = await blob.read();
  if (!octets) return "notFound";
  const outcome = readMessage(octets);
  if (outcome.outcome === "unreadable" || outcome.headers.length === 0) return "notParsable";
  const wire = await viewEmail({ blobId: id, message: outcome.message, read: async () => wholeOctets(octets) }, view);
  const whole: Wire = { ...wire };
  for (const name of view.properties) {
    if (ABSENT.has(name)) whole[name] = null;
    else if (name === "blobId") whole.blobId = id;
    else if (name === "size") whole.size = outcome.message.sizeOctets;
  }
  return whole;
};
