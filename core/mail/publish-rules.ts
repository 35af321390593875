/**
 * Brings the rules item, which delivery reads, in line with the account's log, and then the log's mark that there are rules. The item is
 * there before the mark tells delivery to read it; of two publishers the one who saw more of the log wins. May be done again at any time.
 */
import { TransientError } from "../errors.ts";
import type { AccountId } from "../ids.ts";
import type { AccountLog, AccountState } from "../log/api.ts";
import type { AccountLogStore } from "../ports/account-log-store.ts";
import type { BlobStore } from "../ports/blob-store.ts";
import { accountRules, activeScriptOf, decidesAtDelivery } from "./account-rules.ts";
import { rulesSchema } from "./rules.ts";

export interface PublishPorts {
  readonly log: AccountLog;
  readonly store: Pick<AccountLogStore, "getRules" | "putRules">;
  readonly blobs: Pick<BlobStore, "get">;
}

/** `leavingOut`: mailboxes about to be destroyed, into which nothing may be filed any more. Gives the state after it. */
export const publishRules = async (
  ports: PublishPorts,
  accountId: AccountId,
  leavingOut: readonly string[] = [],
): Promise<AccountState | null> => {
  const state = await ports.log.load(accountId);
  if (!state) return null;
  const { position } = state;
  const active = activeScriptOf(state);
  const drawn = accountRules(state, null, []);
  const [stored, octets] = await Promise.all([ports.store.getRules(accountId), active ? ports.blobs.get(active.contentKey) : null]);
  // It was stored before the log named it.
  if (active && !octets) throw new TransientError("the script is not in the bucket");
  const { blockedSenders } = rulesSchema.parse(stored ?? {});
  const script = octets ? Buffer.from(octets).toString("utf8") : null;
  const mailboxes = Object.fromEntries(Object.entries(drawn.mailboxes).filter(([, id]) => !leavingOut.includes(id)));
  await ports.store.putRules(accountId, { ...drawn, blockedSenders, script, mailboxes }, position);
  const committed = await ports.log.commit(accountId, (present) => {
    const hasRules = blockedSenders.length > 0 || decidesAtDelivery(present);
    return { plan: present.totals.hasRules === hasRules ? null : { actor: "system:rules", hasRules }, result: null };
  });
  return committed.state;
};
