/** Who may open an account as a whole, and that their open connections and push subscriptions hear of it, or no more. An administrator's act. */
import type { AccountId } from "../ids.ts";
import type { AccessibleAccount, DirectoryEntry, DirectoryStore } from "../ports/directory-store.ts";
import { type HearingPorts, setHearing } from "./hearing.ts";

export interface AccessPorts extends HearingPorts {
  readonly directory: Pick<DirectoryStore, "grantAccess" | "revokeAccess">;
}

/** What is open now hears of mail at once, and of the rest of the account once it is opened anew. */
export const giveAccess = async (ports: AccessPorts, holder: DirectoryEntry, account: AccessibleAccount): Promise<void> => {
  await ports.directory.grantAccess(holder.entryId, account);
  await setHearing(ports, holder, account.accountId, true);
};

export const endAccess = async (
  ports: HearingPorts & { readonly directory: Pick<DirectoryStore, "revokeAccess"> },
  holder: DirectoryEntry,
  accountId: AccountId,
): Promise<void> => {
  const silence = () => setHearing(ports, holder, accountId, false);
  // First, since whoever tries again may not find the account once the right is gone; and for what was opened meanwhile.
  await silence();
  await ports.directory.revokeAccess(holder.entryId, accountId);
  await silence();
};
