/** What Amazon SES publishes about mail it sends for us (its documentation: "Contents of event data that Amazon SES publishes"). */
import * as z from "zod";

const mail = z.object({
  messageId: z.string(),
  source: z.string(),
  timestamp: z.iso.datetime(),
  destination: z.array(z.string()).default([]),
  tags: z.record(z.string(), z.array(z.string())).default({}),
});
const person = z.object({ emailAddress: z.string(), status: z.string().optional(), diagnosticCode: z.string().optional() });

export const sesEventSchema = z.discriminatedUnion("eventType", [
  z.object({ eventType: z.literal("Send"), mail }),
  z.object({
    eventType: z.literal("Delivery"),
    mail,
    delivery: z.object({ timestamp: z.string(), recipients: z.array(z.string()), smtpResponse: z.string().default("250 2.0.0 OK") }),
  }),
  z.object({
    eventType: z.literal("Bounce"),
    mail,
    bounce: z.object({ timestamp: z.string(), bounceType: z.string(), bouncedRecipients: z.array(person) }),
  }),
  z.object({
    eventType: z.literal("Complaint"),
    mail,
    complaint: z.object({ timestamp: z.string(), complainedRecipients: z.array(person) }),
  }),
  z.object({ eventType: z.literal("Reject"), mail, reject: z.object({ reason: z.string() }) }),
  z.object({
    eventType: z.literal("DeliveryDelay"),
    mail,
    deliveryDelay: z.object({ timestamp: z.string(), delayedRecipients: z.array(person) }),
  }),
]);
export type SesEvent = z.infer<typeof sesEventSchema>;

/** The submission that a message was sent for: `<accountId>_<submissionId>`; null for mail that is no submission (a bounce of ours). */
export const submissionOf = (event: SesEvent): { accountId: string; submissionId: string } | null => {
  const key = event.mail.tags.submissionKey?.[0] ?? "";
  const split = key.indexOf("_");
  return split > 0 ? { accountId: key.slice(0, split), submissionId: key.slice(split + 1) } : null;
};
