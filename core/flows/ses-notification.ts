/**
 * What Amazon SES says of a received message (its documentation: "Contents of notifications for Amazon SES email receiving").
 * The recipients to file to are `receipt.recipients`, the envelope of the matching rule; To and Cc are never looked at.
 */
import * as z from "zod";
import type { ReceiptId } from "../ids.ts";
import { limits } from "../limits.ts";
import type { Arrival } from "./arrival.ts";
import { type Verdicts, verdictsSchema } from "./jobs.ts";

const verdict = z.object({ status: z.string() });

export const sesNotificationSchema = z.object({
  notificationType: z.literal("Received"),
  mail: z.object({
    messageId: z
      .string()
      .min(1)
      .max(200)
      .regex(/^[A-Za-z0-9._-]+$/),
    /** The envelope's MAIL FROM; empty or `<>` for the null reverse path. */
    source: z.string().max(1000),
  }),
  receipt: z.object({
    timestamp: z.iso.datetime(),
    recipients: z.array(z.string().max(1000)).min(1).max(limits.parse.recipients),
    spamVerdict: verdict.optional(),
    virusVerdict: verdict.optional(),
    spfVerdict: verdict.optional(),
    dkimVerdict: verdict.optional(),
    dmarcVerdict: verdict.optional(),
    dmarcPolicy: z.string().optional(),
    action: z.object({ type: z.literal("S3"), objectKey: z.string().min(1).max(1024) }),
  }),
});
export type SesNotification = z.infer<typeof sesNotificationSchema>;

const knownVerdicts = verdictsSchema.shape;
const statusOf = (given: { status: string } | undefined) => knownVerdicts.spam.catch("UNKNOWN").parse(given?.status);

const verdictsOf = (receipt: SesNotification["receipt"]): Verdicts => ({
  spam: statusOf(receipt.spamVerdict),
  virus: statusOf(receipt.virusVerdict),
  spf: statusOf(receipt.spfVerdict),
  dkim: statusOf(receipt.dkimVerdict),
  dmarc: statusOf(receipt.dmarcVerdict),
  dmarcPolicy: knownVerdicts.dmarcPolicy.catch(undefined).parse(receipt.dmarcPolicy?.toLowerCase()),
});

export const arrivalOfNotification = ({ mail, receipt }: SesNotification): Arrival => ({
  mailId: mail.messageId as ReceiptId,
  origin: "outside",
  rawKey: receipt.action.objectKey,
  at: Date.parse(receipt.timestamp),
  reversePath: mail.source.replace(/^<(.*)>$/, "$1"),
  recipients: receipt.recipients,
  verdicts: verdictsOf(receipt),
  submission: null,
});
