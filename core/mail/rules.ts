/** What an account has decided about arriving mail, read at delivery only when the log's totals say there are rules. */
import * as z from "zod";
import type { EmailAddress } from "./email-item.ts";

export const rulesSchema = z.object({
  /** Addresses or, as `@domain`, whole domains; lower case. Mail from them goes to Junk. */
  blockedSenders: z.array(z.string().max(320)).max(1_000).default([]),
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
