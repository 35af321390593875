/** Email/set (RFC 8621 §4.6). */
import type { SetDefinition } from "../engine/definition.ts";
import { ok, refuse, setError } from "../errors.ts";
import { type PresentValues, presentValues, updateEmail } from "./update.ts";

interface Prepared {
  readonly present: PresentValues;
}

export const emailSet: SetDefinition<Prepared> = {
  prepare: async (call) => ok({ present: await presentValues(call) }),
  complete: (sent) => ok(sent),
  exists: (tx, id) => tx.rowOf(id) >= 0,
  create: () => refuse(setError("forbidden")),
  update: (tx, call, change, { present }) => updateEmail(tx, call, change, present),
  destroy: (tx, _call, id) => {
    tx.destroyEmail(tx.rowOf(id));
    return null;
  },
  committed: async (call, _result, _prepared, tx) => {
    const gone = tx.destroyedEmails();
    if (gone.length > 0) await call.context.ports.store.deleteEmails(call.account.accountId, gone);
  },
};
