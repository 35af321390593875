/** Email/set (RFC 8621 §4.6). */
import type { SetDefinition } from "../engine/definition.ts";
import { ok, setError } from "../errors.ts";
import { type StagedEmails, stageCreates } from "./create.ts";
import { createStaged } from "./staging.ts";
import { type PresentValues, presentValues, updateEmail } from "./update.ts";

interface Prepared {
  readonly present: PresentValues;
  readonly staged: StagedEmails;
}

export const emailSet: SetDefinition<Prepared> = {
  prepare: async (call) => ok({ present: await presentValues(call), staged: await stageCreates(call) }),
  // Checked whole when it was staged.
  complete: (sent) => ok(sent),
  exists: (tx, id) => tx.rowOf(id) >= 0,
  create: (tx, _call, { creationId }, { staged }) => {
    const one = staged.get(creationId)!;
    return one.ok ? createStaged(tx, one.value.item, one.value) : one;
  },
  update: (tx, call, change, { present }) => updateEmail(tx, call, change, present),
  destroy: (tx, _call, id) => {
    const row = tx.rowOf(id);
    if (!tx.state.emails.mailboxIds(row).every((mailboxId) => tx.may("mayRemoveItems", mailboxId)))
      return setError("forbidden", "The rights on a Mailbox of the Email do not include removing mail from it.");
    tx.destroyEmail(row);
    return null;
  },
  committed: async (call, _result, _prepared, tx) => {
    const gone = tx.destroyedEmails();
    if (gone.length > 0) await call.context.ports.store.deleteEmails(call.account.accountId, gone);
  },
};
