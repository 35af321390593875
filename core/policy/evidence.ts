/** What policy needs to know of a message's octets: small, written by the parse stage, read by the scan stage. */
import * as z from "zod";

/** Findings a message keeps at most; more of them change no decision. */
const MAX_FINDINGS = 20;

const fromProblems = ["fromMissing", "fromRepeated", "fromSeveral", "fromMalformed"] as const;

const attachmentCodes = [
  "executableAttachment",
  "disguisedAttachment",
  "macroAttachment",
  "containerAttachment",
  "scriptedPageAttachment",
  "archiveBomb",
  "archiveTooDeep",
  "brokenArchive",
  "fragmentedMessage",
] as const;
export type AttachmentCode = (typeof attachmentCodes)[number];

const attachmentMarks = ["encryptedAttachment", "uninspectedAttachment", "webPageAttachment"] as const;
export type AttachmentMark = (typeof attachmentMarks)[number];

const nameMarks = ["nameLooksLikeAddress", "nameUsesOwnDomain", "suspiciousName", "mixedScripts"] as const;
export type NameMark = (typeof nameMarks)[number];

export const evidenceSchema = z.object({
  /** Problem of the From field, or null: then `fromDomain` is the one author's domain. */
  fromProblem: z.enum(fromProblems).nullable(),
  /** ASCII form. */
  fromDomain: z.string().max(255).nullable(),
  nameMarks: z.array(z.enum(nameMarks)),
  receivedHops: z.number(),
  /** The author's domain that our own receiver evaluated DMARC for, null when it did not say. */
  authenticatedFromDomain: z.string().max(255).nullable(),
  attachments: z.number(),
  /** Deduplicated. */
  attachmentCodes: z.array(z.enum(attachmentCodes)).max(MAX_FINDINGS),
  attachmentMarks: z.array(z.enum(attachmentMarks)).max(MAX_FINDINGS),
});
export type Evidence = z.infer<typeof evidenceSchema>;
