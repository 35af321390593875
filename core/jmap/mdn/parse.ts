/** MDN/parse (RFC 9007 §2.2). */
import { limits } from "../../limits.ts";
import { asBuffer } from "../../mime/header-fields.ts";
import { readMdn } from "../../mime/read-mdn.ts";
import { readMessage } from "../../mime/read-message.ts";
import { findBlob } from "../blobs.ts";
import { MDN } from "../capabilities.ts";
import { type Arguments, accountIdArgument, checkArguments } from "../engine/arguments.ts";
import { eachBounded } from "../engine/bounded.ts";
import type { LoadedAccount, Method, RequestContext } from "../engine/context.ts";
import type { Wire } from "../engine/definition.ts";
import { listOf, string } from "../engine/kinds.ts";
import { invalidArguments, methodError, ok } from "../errors.ts";
import { relatedEmail } from "./related-email.ts";

/** Whole messages in memory at the same time. */
const MESSAGES_AT_ONCE = 2;

const parseArguments: Arguments = { ...accountIdArgument, blobIds: { kind: listOf(string), required: true } };

type Parsed = Wire | "notFound" | "notParsable";

export const mdnParse: Method = async ({ context, args }) => {
  const checked = checkArguments(args, parseArguments);
  if (!checked.ok) return checked;
  const blobIds = [...new Set(args.blobIds as string[])];
  if (blobIds.length > limits.jmap.maxObjectsInGet) return methodError("requestTooLarge");
  const loaded = await context.account(args.accountId as string, "read", MDN);
  if (!loaded.ok) return loaded.error.type === "accountNotFound" ? invalidArguments("There is no such account.", ["accountId"]) : loaded;
  const outcomes = new Map<string, Parsed>();
  let octets = 0;
  await eachBounded(blobIds, MESSAGES_AT_ONCE, async (blobId) => {
    if (octets > limits.jmap.bodyValueOctets) return;
    const outcome = await parseBlob(context, loaded.value, blobId);
    outcomes.set(blobId, outcome);
    if (typeof outcome === "object") octets += Buffer.byteLength(JSON.stringify(outcome));
  });
  if (octets > limits.jmap.bodyValueOctets) return methodError("requestTooLarge", "The MDNs are too large together: name fewer blobs.");
  const parsed = blobIds.filter((blobId) => typeof outcomes.get(blobId) === "object");
  const listed = (wanted: Parsed): readonly string[] | null => {
    const ids = blobIds.filter((blobId) => outcomes.get(blobId) === wanted);
    return ids.length > 0 ? ids : null;
  };
  return ok([
    [
      "MDN/parse",
      {
        accountId: loaded.value.accountId,
        parsed: parsed.length > 0 ? Object.fromEntries(parsed.map((blobId) => [blobId, outcomes.get(blobId)])) : null,
        notParsable: listed("notParsable"),
        notFound: listed("notFound"),
      },
    ],
  ]);
};

const parseBlob = async (context: RequestContext, account: LoadedAccount, blobId: string): Promise<Parsed> => {
  const id = context.resolveId(blobId);
  const blob = id === null ? null : await findBlob(context.ports, account.state, id, context.ports.now());
  if (!blob) return "notFound";
  if (blob.sizeOctets > limits.parse.messageOctets) return "notParsable";
  const octets = await blob.read();
  if (!octets) return "notFound";
  const outcome = readMessage(octets);
  const mdn = outcome.outcome === "parsed" ? readMdn(asBuffer(octets), outcome.message) : null;
  if (!mdn) return "notParsable";
  return { forEmailId: await relatedEmail(context.ports, account, mdn), ...mdn };
};
