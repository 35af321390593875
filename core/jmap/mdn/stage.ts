/** Composes the MDNs of an MDN/send before its commit (RFC 9007 §2.1): their octets are stored first, then the log sends them. */
import type { EmailId, ThreadId } from "../../ids.ts";
import { limits } from "../../limits.ts";
import type { EmailItem } from "../../mail/email-item.ts";
import { composeMdn } from "../../mime/compose-mdn.ts";
import { type MdnRequest, readMdnRequest } from "../../mime/mdn-request.ts";
import { isWritableId } from "../../mime/message-ids.ts";
import { reportPartOf } from "../../mime/read-mdn.ts";
import type { WrittenAddress } from "../../mime/writing/header-line.ts";
import { isDeliverableAddress } from "../email/envelope.ts";
import { itemReaderOf } from "../email/item-reader.ts";
import { composedKey } from "../email/staging.ts";
import type { SetCall, Wire } from "../engine/definition.ts";
import { invalidProperties, type Outcome, ok, refuse, type SetError, setError } from "../errors.ts";
import type { StoredIdentity } from "../records.ts";
import { maySendAs } from "../types/identity.ts";
import { readWantedMdn, type WantedMdn } from "./properties.ts";
import { defaultSubject, defaultText } from "./words.ts";

/** RFC 9007 §1.2: in lower case only. */
export const MDN_SENT = "$mdnsent";

/** What all MDNs of a call share. */
export interface Sender {
  readonly identityId: string;
  readonly identity: StoredIdentity;
  readonly sendingAddresses: readonly string[];
}

export interface StagedMdn {
  readonly submissionId: string;
  readonly forEmailId: EmailId;
  readonly threadId: ThreadId;
  readonly mailFrom: string;
  readonly recipients: readonly string[];
  readonly rawKey: string;
  readonly sizeOctets: number;
  /** The MDN as it is sent. */
  readonly wire: Wire;
}

/** Who it says that it is from and for. */
interface Author {
  readonly from: WrittenAddress;
  /** "rfc822; address". */
  readonly finalRecipient: string;
}

export const stageMdn = async (call: SetCall, sender: Sender, creationId: string, sent: Wire): Promise<Outcome<StagedMdn, SetError>> => {
  const read = readWantedMdn(sent);
  if (!read.ok) return read;
  const wanted = read.value;
  const author = authorOf(sender, wanted.finalRecipient);
  if (!author.ok) return author;
  const { emails } = call.account.state;
  const emailId = call.resolve(wanted.forEmailId) as EmailId | null;
  const row = emailId === null ? -1 : emails.rowOf(emailId);
  if (emailId === null || row < 0) return refuse(NOT_FOUND);
  if (emails.hasKeyword(row, MDN_SENT)) return refuse(ALREADY_SENT);
  if (emails.hasKeyword(row, "$draft")) return refuse(setError("forbidden", "A draft was not received from anyone."));
  const item = (await itemReaderOf(call.context.ports.store).get(call.account.accountId, [emailId])).get(emailId);
  if (!item) return refuse(NOT_FOUND);
  if (reportPartOf(item.message)) return refuse(setError("forbidden", "A notification is not answered by another."));
  const original = await readOriginal(call, item, wanted.includeOriginalMessage);
  if (!original.ok) return original;
  const request = readMdnRequest(original.value.subarray(0, item.message.headerOctets));
  const to = recipientsOf(request, item, wanted);
  if (!to.ok) return to;
  return compose(call, creationId, { wanted, author: author.value, item, request, to: to.value, original: original.value });
};

export const NOT_FOUND = setError("notFound", "There is no such Email, or its sender did not ask for a notification.");
export const ALREADY_SENT = setError("mdnAlreadySent", `The Email has the keyword ${MDN_SENT}.`);

const FINAL_RECIPIENT = /^(?:([A-Za-z0-9-]{1,40})\s*;\s*)?(\S+@\S+)$/;

/** RFC 9007 §2 finalRecipient, RFC 9007 §5: only an address that the account may send from. RFC 8098 §3: the author is the one it was issued for. */
const authorOf = ({ identity, sendingAddresses }: Sender, finalRecipient: string | null): Outcome<Author, SetError> => {
  if (sendingAddresses.length === 0) return refuse(setError("forbiddenToSend", "The account has no address to send from."));
  if (!maySendAs(identity.email, sendingAddresses))
    return refuse(setError("forbiddenFrom", "The account may no longer send from that identity."));
  const given = finalRecipient === null ? null : FINAL_RECIPIENT.exec(finalRecipient);
  // An identity of a whole domain is no mailbox: which one received the message only the client knows.
  const isWildcard = identity.email.startsWith("*@");
  if ((finalRecipient !== null && !given) || (isWildcard && !given))
    return refuse(invalidProperties(["finalRecipient"], "It must be an address, such as “rfc822; name@domain”."));
  const recipient = given?.[2] ?? identity.email;
  const isOwn = /^(?:rfc822|utf-8)?$/i.test(given?.[1] ?? "") && isDeliverableAddress(recipient) && maySendAs(recipient, sendingAddresses);
  if (!isOwn) return refuse(setError("forbiddenFrom", "The account may not send from that address."));
  const from = { name: identity.name, email: isWildcard ? recipient : identity.email };
  return ok({ from, finalRecipient: given?.[1] === undefined ? `rfc822; ${recipient}` : finalRecipient! });
};

/** The whole message if it is to be returned, else its header. */
const readOriginal = async (call: SetCall, item: EmailItem, whole: boolean): Promise<Outcome<Uint8Array, SetError>> => {
  const { sizeOctets, headerOctets } = item.message;
  if (whole && sizeOctets > limits.outbound.messageOctets) return refuse(TOO_LARGE);
  const { blobs } = call.context.ports;
  const octets = whole ? await blobs.get(item.rawKey) : await blobs.get(item.rawKey, { offset: 0, length: Math.max(1, headerOctets) });
  return octets ? ok(octets) : refuse(NOT_FOUND);
};

const TOO_LARGE: SetError = { type: "tooLarge", maxSize: limits.outbound.messageOctets };

/** RFC 8098 §2.1 and §2.2: who is to be notified, and when a request must not be followed. */
const recipientsOf = (request: MdnRequest, { marks }: EmailItem, { disposition }: WantedMdn): Outcome<WrittenAddress[], SetError> => {
  const asked = new Map<string, WrittenAddress>();
  for (const address of request.to ?? []) if (!asked.has(address.email.toLowerCase())) asked.set(address.email.toLowerCase(), address);
  const to = [...asked.values()];
  if (to.length === 0 || !to.every(({ email }) => isDeliverableAddress(email))) return refuse(NOT_FOUND);
  if (to.length > limits.mdn.recipients) return refuse({ type: "tooManyRecipients", maxRecipients: limits.mdn.recipients });
  if (request.requiresOption) return refuse(setError("forbidden", "The sender asks for a kind of notification that is not known here."));
  // Only of mail from outside is the return path what our own receiver wrote; elsewhere the sender may have written it.
  const goesBack = marks.includes("outside") && to.length === 1 && to[0]!.email.toLowerCase() === request.returnPath?.toLowerCase();
  return disposition.sendingMode === "mdn-sent-automatically" && !goesBack
    ? refuse(setError("forbidden", "The notification would go elsewhere than the message came from: the user must confirm it."))
    : ok(to);
};

interface Composing {
  readonly wanted: WantedMdn;
  readonly author: Author;
  readonly item: EmailItem;
  readonly request: MdnRequest;
  readonly to: readonly WrittenAddress[];
  readonly original: Uint8Array;
}

const compose = async (call: SetCall, creationId: string, given: Composing): Promise<Outcome<StagedMdn, SetError>> => {
  const { account, context, now } = call;
  const { wanted, author, item, request, to, original } = given;
  const { message } = item;
  const submissionId = call.newIds.get(creationId)!;
  const inReplyTo = (message.messageId ?? []).slice(0, 1).filter(isWritableId);
  const subject = wanted.subject ?? defaultSubject(wanted.disposition.type, message);
  const textBody = wanted.textBody ?? defaultText(wanted.disposition.type, message, author.finalRecipient.replace(/^.*;\s*/, ""));
  const report = {
    reportingUA: wanted.reportingUA,
    originalRecipient: request.originalRecipient,
    finalRecipient: author.finalRecipient,
    originalMessageId: inReplyTo.length > 0 ? `<${inReplyTo[0]}>` : null,
    disposition: wanted.disposition,
    extensionFields: wanted.extensionFields,
  };
  const octets = composeMdn({
    from: author.from,
    to,
    subject,
    text: textBody,
    messageId: `${submissionId.toLowerCase()}.${now}@${account.account.mail.split("@")[1] ?? "localhost"}`,
    at: now,
    inReplyTo,
    references: [...(message.references ?? message.inReplyTo ?? []).filter(isWritableId), ...inReplyTo].slice(-20),
    report,
    original: wanted.includeOriginalMessage ? original : null,
  });
  if (octets.byteLength > limits.outbound.messageOctets) return refuse(TOO_LARGE);
  const rawKey = composedKey(account.accountId, submissionId);
  await context.ports.blobs.put(rawKey, octets, { contentType: "message/rfc822" });
  return ok({
    submissionId,
    forEmailId: item.id,
    threadId: item.threadId,
    mailFrom: author.from.email,
    recipients: to.map(({ email }) => email),
    rawKey,
    sizeOctets: octets.byteLength,
    wire: { ...report, subject, textBody, includeOriginalMessage: wanted.includeOriginalMessage, mdnGateway: null, error: null },
  });
};
