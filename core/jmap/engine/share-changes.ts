/** Who has other rights on a Mailbox after a change of it (RFC 9670 §3, §6.2): the log keeps it for the audit and for telling them. */
import type { RecordChange, ShareChange } from "../../log/entry.ts";
import { heldLetters, namesOfLetters, sharedLetters } from "../mailbox-rights.ts";
import type { StoredMailbox } from "../records.ts";

export const shareChanges = (before: ReadonlyMap<string, StoredMailbox>, change: RecordChange): ShareChange[] => {
  const changes: ShareChange[] = [];
  const compare = (mailboxId: string, name: string, old: StoredMailbox | undefined, now: StoredMailbox | undefined): void => {
    const held = (stored: StoredMailbox | undefined, principalId: string): string =>
      stored ? heldLetters(stored, sharedLetters(stored, principalId)) : "";
    for (const principalId of new Set([...Object.keys(old?.shareWith ?? {}), ...Object.keys(now?.shareWith ?? {})])) {
      const [oldLetters, newLetters] = [held(old, principalId), held(now, principalId)];
      if (oldLetters === newLetters) continue;
      changes.push({ mailboxId, name, principalId, oldRights: namesOrNull(oldLetters), newRights: namesOrNull(newLetters) });
    }
  };
  const present = { ...change.created, ...change.updated } as Readonly<Record<string, StoredMailbox>>;
  for (const [id, now] of Object.entries(present)) compare(id, now.name, before.get(id), now);
  for (const id of change.destroyed ?? []) compare(id, before.get(id)?.name ?? "", before.get(id), undefined);
  return changes;
};

const namesOrNull = (letters: string): string[] | null => (letters === "" ? null : namesOfLetters(letters));
