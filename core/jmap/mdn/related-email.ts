/** Which Email of the account an MDN is about (RFC 9007 §2.2 forEmailId): found by the thread that its id leads to, read from no index. */
import type { EmailId } from "../../ids.ts";
import { limits } from "../../limits.ts";
import { parseMessageIds } from "../../mime/message-ids.ts";
import type { ReadMdn } from "../../mime/read-mdn.ts";
import { reportedKeys } from "../../mime/thread-keys.ts";
import type { JmapPorts } from "../api.ts";
import { itemReaderOf } from "../email/item-reader.ts";
import type { LoadedAccount } from "../engine/context.ts";

/** Null when it is not there, when it cannot be found so, or when several Emails have that id. */
export const relatedEmail = async (ports: JmapPorts, { accountId, state }: LoadedAccount, mdn: ReadMdn): Promise<EmailId | null> => {
  const messageId = parseMessageIds(mdn.originalMessageId ?? "")?.[0];
  if (messageId === undefined) return null;
  const threads = await ports.store.getThreads(accountId, reportedKeys(mdn.subject, messageId));
  const ids: EmailId[] = [];
  for (const threadId of new Set(threads.values())) {
    for (const row of state.emails.rowsOfThread(threadId).slice(0, limits.mdn.emailsOfThread)) ids.push(state.emails.id(row));
  }
  const items = await itemReaderOf(ports.store).get(accountId, ids);
  const named = [...items.values()].filter(({ message }) => message.messageId?.[0] === messageId);
  return named.length === 1 ? named[0]!.id : null;
};
