/**
 * Notes on an EmailSubmission that a report about it has come (RFC 8621 §7 mdnBlobIds, dsnBlobIds, DeliveryStatus `displayed`). Only
 * reports load the account. A report is taken for one about a submission when it was filed in the submission's thread and names the
 * Message-ID of its Email, which none but those who got the message know. Safe to do twice.
 */
import type { AccountId, EmailId, ThreadId } from "../ids.ts";
import { messageBlobId } from "../jmap/blob-ids.ts";
import type { DeliveryStatus, StoredSubmission } from "../jmap/records.ts";
import { limits } from "../limits.ts";
import type { AccountLog, AccountState } from "../log/api.ts";
import type { ParsedMessage } from "../mail/email-item.ts";
import { leafParts } from "../mime/body-structure.ts";
import { asBuffer } from "../mime/header-fields.ts";
import { parseMessageIds } from "../mime/message-ids.ts";
import { type ReadReport, readReport, reportPartOf } from "../mime/read-mdn.ts";
import type { AccountLogStore } from "../ports/account-log-store.ts";
import type { BlobStore } from "../ports/blob-store.ts";
import { submissionType } from "./submission.ts";

export interface LinkPorts {
  readonly log: AccountLog;
  readonly store: Pick<AccountLogStore, "getEmails">;
  readonly blobs: Pick<BlobStore, "get">;
}

export interface FiledMessage {
  readonly accountId: AccountId;
  readonly emailId: EmailId;
  readonly threadId: ThreadId;
  readonly rawKey: string;
  readonly message: ParsedMessage;
}

export const isReport = ({ bodyStructure }: ParsedMessage): boolean => bodyStructure.type === "multipart/report";

export const linkReport = async (ports: LinkPorts, filed: FiledMessage): Promise<void> => {
  const { message } = filed;
  const isDsn = leafParts(message.bodyStructure).some(({ type }) => /^message\/(?:global-)?delivery-status$/.test(type));
  const mdn = isDsn ? null : await dispositionOf(ports, filed);
  if (!isDsn && !mdn) return;
  // What left has an id of the transport's; its own is among the references that a report may take over (core/mime/own-reference.ts).
  const reported = parseMessageIds(mdn?.originalMessageId ?? "") ?? [];
  const named = new Set([...reported, ...(message.inReplyTo ?? []), ...(message.references ?? [])]);
  const state = await ports.log.load(filed.accountId);
  const submissionId = state && (await submissionNaming(ports, state, filed, named));
  if (!submissionId) return;
  const property = isDsn ? "dsnBlobIds" : "mdnBlobIds";
  const blobId = messageBlobId(filed.emailId);
  await ports.log.commit(filed.accountId, (present) => {
    const record = present.records(submissionType).get(submissionId) as StoredSubmission | undefined;
    if (!record || record[property].includes(blobId) || record[property].length >= limits.mdn.reportsKept)
      return { plan: null, result: null };
    const linked = { ...record, [property]: [...record[property], blobId], deliveryStatus: displayedBy(record.deliveryStatus, mdn) };
    return { plan: { actor: "system:file", records: [{ type: submissionType, updated: { [submissionId]: linked } }] }, result: null };
  });
};

/** The part for programs alone is read. */
const dispositionOf = async ({ blobs }: LinkPorts, { rawKey, message }: FiledMessage): Promise<ReadReport | null> => {
  const part = reportPartOf(message);
  if (!part || part.body[1] === 0) return null;
  const octets = await blobs.get(rawKey, { offset: part.body[0], length: Math.min(part.body[1], limits.mdn.reportOctets) });
  return octets && readReport(asBuffer(octets), part);
};

/** The submission of an Email of the thread that has one of the ids; the latest when it was sent more than once. */
const submissionNaming = async (
  { store }: LinkPorts,
  state: AccountState,
  { accountId, threadId }: FiledMessage,
  named: ReadonlySet<string>,
): Promise<string | null> => {
  const sent = ([...state.records(submissionType)] as [string, StoredSubmission][])
    .filter(([, submission]) => submission.threadId === threadId && submission.mdnFor === undefined && submission.undoStatus !== "canceled")
    .sort(([, left], [, right]) => right.createdAt - left.createdAt)
    .slice(0, limits.mdn.emailsOfThread);
  if (sent.length === 0) return null;
  const items = await store.getEmails(accountId, [...new Set(sent.map(([, { emailId }]) => emailId))]);
  const meant = new Set(items.filter(({ message }) => message.messageId?.some((id) => named.has(id))).map(({ id }) => id));
  return sent.find(([, { emailId }]) => meant.has(emailId))?.[0] ?? null;
};

/** RFC 8621 §7: only a recipient's own word that the message was displayed moves it, and nothing moves it back. */
const displayedBy = (statuses: StoredSubmission["deliveryStatus"], mdn: ReadReport | null): StoredSubmission["deliveryStatus"] => {
  if (mdn?.disposition.type !== "displayed" || !statuses) return statuses;
  const recipient = mdn.finalRecipient?.replace(/^[^;]*;\s*/, "").toLowerCase();
  const moved = ([email, status]: [string, DeliveryStatus]): [string, DeliveryStatus] =>
    email.toLowerCase() === recipient ? [email, { ...status, displayed: "yes" }] : [email, status];
  return Object.fromEntries(Object.entries(statuses).map(moved));
};
