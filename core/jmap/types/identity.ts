/** Identity (RFC 8621 §6, §6.1, §6.2). */
import { SUBMISSION } from "../capabilities.ts";
import type { Property, SetCall, SetDefinition, TypeDefinition, Wire } from "../engine/definition.ts";
import { pick } from "../engine/get.ts";
import { boolean, listOf, nullable, objectOf, string, stringOf } from "../engine/kinds.ts";
import { ok, refuse, setError } from "../errors.ts";
import type { StoredIdentity } from "../records.ts";
import { applyRulesOf } from "./delivery-rules.ts";

/** RFC 8621 §4.1.2.3 EmailAddress. */
const emailAddress = objectOf({ name: nullable(string), email: string }, ["name"]);

const SIGNATURE = stringOf({ maxOctets: 100_000 });

const properties: Readonly<Record<string, Property>> = {
  name: { kind: stringOf({ maxOctets: 1_000 }), setter: "client", default: "" },
  email: { kind: stringOf({ minOctets: 3, maxOctets: 320 }), setter: "create" },
  replyTo: { kind: nullable(listOf(emailAddress)), setter: "client", default: null },
  bcc: { kind: nullable(listOf(emailAddress)), setter: "client", default: null },
  textSignature: { kind: SIGNATURE, setter: "client", default: "" },
  htmlSignature: { kind: SIGNATURE, setter: "client", default: "" },
  mayDelete: { kind: boolean, setter: "server" },
};

const wireOf = (stored: StoredIdentity): Wire => ({ ...stored });

const storedOf = (wire: Wire): StoredIdentity => ({
  name: wire.name as string,
  email: wire.email as string,
  replyTo: wire.replyTo as StoredIdentity["replyTo"],
  bcc: wire.bcc as StoredIdentity["bcc"],
  textSignature: wire.textSignature as string,
  htmlSignature: wire.htmlSignature as string,
  mayDelete: wire.mayDelete as boolean,
});

/** True when the account may send as the address (RFC 8621 §9.6): one of its own, or `*@domain` of one. */
export const maySendAs = (email: string, sendingAddresses: readonly string[]): boolean => {
  const wanted = email.toLowerCase();
  return sendingAddresses.some((address) => {
    const own = address.toLowerCase();
    return own === wanted || (own.startsWith("*@") && wanted.endsWith(own.slice(1)));
  });
};

interface Prepared {
  readonly sendingAddresses: readonly string[];
}

/** RFC 8621 §6.3. */
const identitySet: SetDefinition<Prepared> = {
  prepare: async (call: SetCall) =>
    ok({ sendingAddresses: call.create.size > 0 ? await call.context.ports.directory.sendingAddresses(call.account.accountId) : [] }),
  exists: (tx, id) => tx.record("Identity", id) !== undefined,
  wire: (tx, id) => wireOf(tx.record<StoredIdentity>("Identity", id)!),
  create: (tx, _call, { id, wire, sent }, { sendingAddresses }) => {
    const identity = storedOf({ ...wire, mayDelete: true });
    if (!maySendAs(identity.email, sendingAddresses))
      return refuse(setError("forbiddenFrom", "The account may not send from that address."));
    tx.putRecord("Identity", id, identity);
    const added = wireOf(identity);
    for (const name of Object.keys(sent)) delete added[name];
    return ok(added);
  },
  update: (tx, _call, { id, after }) => {
    tx.putRecord("Identity", id, storedOf(after));
    return ok(null);
  },
  destroy: (tx, _call, id) => {
    if (!tx.record<StoredIdentity>("Identity", id)!.mayDelete) return setError("forbidden", "The account's own identity must stay.");
    tx.removeRecord("Identity", id);
    return null;
  },
  // Who answers, and what counts as addressed to the account, is in the rules.
  committed: async (call, _result, _prepared, tx) => {
    if (tx.state.totals.hasRules) await applyRulesOf(call);
  },
};

export const identity: TypeDefinition = {
  name: "Identity",
  capability: SUBMISSION,
  properties,
  get: {
    allIds: ({ account }) => [...account.state.records("Identity").keys()],
    read: async ({ account }, ids, wanted) => {
      const records = account.state.records("Identity");
      const found = new Map<string, Wire>();
      for (const id of ids) {
        const stored = records.get(id);
        if (stored) found.set(id, pick(wireOf(stored as StoredIdentity), wanted));
      }
      return found;
    },
  },
  changes: {},
  set: identitySet,
};
