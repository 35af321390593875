/** Makes the mailboxes of a path that are not there yet (RFC 5490 §3.2, `fileinto :create`). */
import { createHash } from "node:crypto";
import type { AccountId, MailboxId } from "../ids.ts";
import { limits } from "../limits.ts";
import type { AccountLog, AccountState, Plan } from "../log/api.ts";
import { idFromOctets } from "../log/id-words.ts";
import type { MailboxRecord } from "../mail/standard-mailboxes.ts";

const childNamed = (state: AccountState, parentId: MailboxId | null, name: string): MailboxId | null => {
  for (const [id, stored] of state.records("Mailbox")) {
    const mailbox = stored as MailboxRecord;
    if (mailbox.parentId === parentId && mailbox.name === name) return id as MailboxId;
  }
  return null;
};

const isName = (name: string): boolean =>
  name.trim() !== "" && Buffer.byteLength(name) <= limits.jmap.maxSizeMailboxName && !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(name);

/** The id of the mailbox at the path; null for a path that no mailbox can have. Safe to do twice. */
export const ensureMailbox = async (log: AccountLog, accountId: AccountId, path: string): Promise<MailboxId | null> => {
  const names = path.normalize("NFC").split("/");
  if (names.length > limits.jmap.maxMailboxDepth || !names.every(isName)) return null;
  const { result } = await log.commit(accountId, (state) => {
    const created: Record<string, MailboxRecord> = {};
    let parentId: MailboxId | null = null;
    for (const name of names) {
      const there: MailboxId | null = Object.hasOwn(created, parentId ?? "") ? null : childNamed(state, parentId, name);
      const seed = createHash("sha256").update(JSON.stringify([accountId, parentId, name, state.position.epoch, state.position.seq]));
      const id: MailboxId = there ?? (idFromOctets("M", seed.digest().subarray(0, 12)) as MailboxId);
      if (!there) created[id] = { name, parentId, role: null, sortOrder: 0, isSubscribed: true };
      parentId = id;
    }
    const plan: Plan = { actor: "system:file", records: [{ type: "Mailbox", created }] };
    return { plan: Object.keys(created).length > 0 ? plan : null, result: parentId };
  });
  return result;
};
