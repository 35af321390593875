/**
 * What an account has decided about arriving mail, read at delivery only when the log's totals say there are rules. But for the
 * blocked senders it is drawn from the account's log (account-rules.ts), so that delivery need not load the account.
 */
import * as z from "zod";
import { limits } from "../limits.ts";
import type { EmailAddress } from "./email-item.ts";

export const rulesSchema = z.object({
  /** Addresses or, as `@domain`, whole domains; lower case. Mail from them goes to Junk. */
  blockedSenders: z.array(z.string().max(320)).max(1_000).default([]),
  /** Text of the active Sieve script. */
  script: z.string().max(limits.sieve.scriptOctets).nullable().default(null),
  /** The VacationResponse (RFC 8621 §8) while it is enabled; instants in ms since 1970 UTC. */
  vacation: z
    .object({
      fromDate: z.number().nullable(),
      toDate: z.number().nullable(),
      subject: z.string().nullable(),
      textBody: z.string().nullable(),
      htmlBody: z.string().nullable(),
    })
    .nullable()
    .default(null),
  /** The account's identities, its own first: who answers, and what counts as addressed to it. */
  identities: z.array(z.object({ name: z.string(), email: z.string() })).default([]),
  /** Mailbox ids by path, names joined with "/". */
  mailboxes: z.record(z.string(), z.string()).default({}),
});
export type Rules = z.infer<typeof rulesSchema>;

/** True when the rules send mail of this author or reverse-path to Junk. */
export const isBlocked = (rules: Rules, from: readonly EmailAddress[] | null, reversePath: string): boolean => {
  const blocked = new Set(rules.blockedSenders);
  const senders = [...(from ?? []).map((address) => address.email), reversePath];
  return senders.some((sender) => {
    const address = sender.toLowerCase();
    return blocked.has(address) || blocked.has(address.slice(address.lastIndexOf("@")));
  });
};
