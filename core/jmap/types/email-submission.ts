/** EmailSubmission (RFC 8621 §7, §7.1, §7.2). */
import { SUBMISSION } from "../capabilities.ts";
import { asEnvelope } from "../email/envelope.ts";
import { compareText } from "../engine/collation.ts";
import type { Property, QueryDefinition, TypeDefinition, Wire } from "../engine/definition.ts";
import { pick } from "../engine/get.ts";
import { anything, id, idOrReference, type Kind, listOf, mapOf, nullable, objectOf, oneOf, string, utcDate } from "../engine/kinds.ts";
import { type Comparisons, type Conditions, comparing, matches } from "../engine/record-query.ts";
import { ok } from "../errors.ts";
import type { StoredSubmission } from "../records.ts";
import { submissionSet } from "./email-submission-set.ts";
import { submissionWire } from "./email-submission-wire.ts";

const parameters = nullable(mapOf(string, nullable(string)));
const address = objectOf({ email: string, parameters }, ["parameters"]);
const envelopeShape = objectOf({ mailFrom: address, rcptTo: listOf(address) });
const envelope: Kind = (value) => envelopeShape(asEnvelope(value));

const properties: Readonly<Record<string, Property>> = {
  identityId: { kind: idOrReference, setter: "create", refersTo: "id" },
  emailId: { kind: idOrReference, setter: "create", refersTo: "id" },
  threadId: { kind: id, setter: "server" },
  envelope: { kind: nullable(envelope), setter: "create", default: null },
  sendAt: { kind: utcDate, setter: "server" },
  undoStatus: { kind: oneOf("pending", "final", "canceled"), setter: "client", default: "pending" },
  deliveryStatus: { kind: anything, setter: "server" },
  dsnBlobIds: { kind: anything, setter: "server" },
  mdnBlobIds: { kind: anything, setter: "server" },
};

interface Row {
  readonly id: string;
  readonly stored: StoredSubmission;
  readonly sendAt: number;
}

const among = (value: string) => (_: Row, wanted: readonly string[]) => wanted.includes(value);

const conditions: Conditions<Row> = {
  identityIds: (row, wanted: readonly string[]) => among(row.stored.identityId)(row, wanted),
  emailIds: (row, wanted: readonly string[]) => among(row.stored.emailId)(row, wanted),
  threadIds: (row, wanted: readonly string[]) => among(row.stored.threadId)(row, wanted),
  undoStatus: ({ stored }, wanted: string) => stored.undoStatus === wanted,
  before: ({ sendAt }, wanted: string) => sendAt < Date.parse(wanted),
  after: ({ sendAt }, wanted: string) => sendAt >= Date.parse(wanted),
};

const bySendAt = (left: Row, right: Row): number => left.sendAt - right.sendAt;

const comparisons: Comparisons<Row> = {
  emailId: (left, right) => compareText(left.stored.emailId, right.stored.emailId),
  threadId: (left, right) => compareText(left.stored.threadId, right.stored.threadId),
  // RFC 8621 §7.3 writes sentAt where the property is sendAt.
  sentAt: bySendAt,
  sendAt: bySendAt,
};

/** RFC 8621 §7.3 and §7.4. */
const submissionQuery: QueryDefinition = {
  filters: { identityIds: listOf(id), emailIds: listOf(id), threadIds: listOf(id), undoStatus: string, before: utcDate, after: utcDate },
  sorts: Object.keys(comparisons),
  run: async ({ account }, { filter, sort }) => {
    const rows: Row[] = [];
    for (const [submissionId, record] of account.state.records("EmailSubmission")) {
      const stored = record as StoredSubmission;
      const row = { id: submissionId, stored, sendAt: stored.isHeld ? stored.sendAt : stored.createdAt };
      if (matches(filter, row, conditions)) rows.push(row);
    }
    rows.sort(comparing(sort, comparisons, (left, right) => compareText(left.id, right.id)));
    return ok({ ids: rows.map((row) => row.id), total: null, mutable: true });
  },
};

export const emailSubmission: TypeDefinition = {
  name: "EmailSubmission",
  capability: SUBMISSION,
  properties,
  get: {
    allIds: ({ account }) => [...account.state.records("EmailSubmission").keys()],
    read: async ({ account }, ids, wanted) => {
      const records = account.state.records("EmailSubmission");
      const found = new Map<string, Wire>();
      for (const submissionId of ids) {
        const stored = records.get(submissionId);
        if (stored) found.set(submissionId, pick(submissionWire(stored as StoredSubmission), wanted));
      }
      return found;
    },
  },
  changes: {},
  set: submissionSet,
  query: submissionQuery,
};
