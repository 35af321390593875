/** SearchSnippet/get (RFC 8621 §5): where the words of a search stand in a message. */
import type { EmailId } from "../../ids.ts";
import { limits } from "../../limits.ts";
import type { EmailItem } from "../../mail/email-item.ts";
import { messageTexts, textParts } from "../../search/message-texts.ts";
import type { WordPattern } from "../../search/text-query.ts";
import { MAIL } from "../capabilities.ts";
import { itemReaderOf } from "../email/item-reader.ts";
import { readRanges } from "../email/octet-ranges.ts";
import { emailQuery } from "../email/query.ts";
import { highlighted, wordsOfFilter } from "../email/snippet.ts";
import { type Arguments, accountIdArgument, checkArguments } from "../engine/arguments.ts";
import { eachBounded } from "../engine/bounded.ts";
import type { Method, RequestContext } from "../engine/context.ts";
import { anything, listOf, string } from "../engine/kinds.ts";
import { readFilter } from "../engine/query-arguments.ts";
import { methodError, ok } from "../errors.ts";

const READS_AT_ONCE = 16;
/** RFC 8621 §5: a preview has at most 255 octets as transmitted. */
const PREVIEW_OCTETS = 255;

const snippetArguments: Arguments = {
  ...accountIdArgument,
  filter: { kind: anything },
  emailIds: { kind: listOf(string), required: true },
};

interface Snippet {
  readonly emailId: string;
  readonly subject: string | null;
  readonly preview: string | null;
}

/** RFC 8621 §5.1. */
const searchSnippetGet: Method = async ({ context, args }) => {
  const checked = checkArguments(args, snippetArguments);
  if (!checked.ok) return checked;
  const filter = readFilter(args.filter, emailQuery);
  if (!filter.ok) return filter;
  const emailIds = [...new Set(args.emailIds as string[])];
  if (emailIds.length > limits.jmap.maxObjectsInGet) return methodError("requestTooLarge");
  const loaded = await context.account(args.accountId as string, "read", MAIL);
  if (!loaded.ok) return loaded;
  const { accountId, state } = loaded.value;
  const known = emailIds.filter((id) => state.emails.rowOf(id as EmailId) >= 0) as EmailId[];
  const words = wordsOfFilter(filter.value);
  const items = await itemReaderOf(context.ports.store).get(accountId, known);
  const snippets = new Map<string, Snippet>();
  await eachBounded(known, READS_AT_ONCE, async (emailId) => {
    const item = items.get(emailId);
    if (!item) return;
    const { subject } = item.message;
    snippets.set(emailId, {
      emailId,
      subject: subject === null ? null : highlighted(subject, words.subject, null),
      preview: words.body.length > 0 ? await previewOf(context, item, words.body) : null,
    });
  });
  const notFound = emailIds.filter((id) => !snippets.has(id));
  const list = emailIds.flatMap((id) => snippets.get(id) ?? []);
  return ok([["SearchSnippet/get", { accountId, list, notFound: notFound.length > 0 ? notFound : null }]]);
};

const previewOf = async (context: RequestContext, item: EmailItem, words: readonly WordPattern[]): Promise<string | null> => {
  const ranges = textParts(item).map((part) => part.body);
  const octets = await readRanges(context.ports.blobs, item.rawKey, item.message.sizeOctets, ranges);
  if (!octets) return null;
  const { body = [], attachment = [] } = messageTexts(item, (part) => octets.slice(part.body));
  return highlighted([...body, ...attachment].join("\n").replaceAll(/\s+/g, " ").trim(), words, PREVIEW_OCTETS);
};

export const searchSnippetMethods: Readonly<Record<string, Method>> = { "SearchSnippet/get": searchSnippetGet };
