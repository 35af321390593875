/** How a recipient that cannot be served ends, and what the sender reads. RFC 3463 codes, RFC 5321 §6.1 on notifications. */
import type { ReceiptRecord } from "../ports/receipt-store.ts";
import type { UndeliveredReason } from "./jobs.ts";

interface Explanation {
  readonly status: string;
  readonly smtpReply: string;
  readonly sentence: string;
}

export const explanations: Readonly<Record<UndeliveredReason, Explanation>> = {
  unknownRecipient: {
    status: "5.1.1",
    smtpReply: "550 5.1.1 No such address here",
    sentence: "There is no such address. Check the spelling.",
  },
  outsideMember: {
    status: "5.7.1",
    smtpReply: "550 5.7.1 This list member is outside the service",
    sentence: "A member of the list is outside the service and was not reached.",
  },
  emptyList: { status: "5.1.1", smtpReply: "550 5.1.1 The list has no members", sentence: "The list has no members." },
  listTooLarge: {
    status: "5.3.4",
    smtpReply: "550 5.3.4 The list is too large",
    sentence: "The list has more members than may be written to at once.",
  },
  loop: {
    status: "5.4.6",
    smtpReply: "554 5.4.6 Lists are nested too deeply",
    sentence: "The lists behind this address are nested too deeply.",
  },
  mailboxFull: { status: "5.2.2", smtpReply: "552 5.2.2 Mailbox full", sentence: "The recipient's mailbox is full." },
  noMailbox: { status: "5.2.1", smtpReply: "550 5.2.1 Mailbox unavailable", sentence: "The recipient's mailbox is closed." },
  policy: { status: "5.7.1", smtpReply: "550 5.7.1 Refused by policy", sentence: "The service does not accept this message." },
};

export type Ending = { ending: "tellAccount" } | { ending: "bounceOutside" } | { ending: "drop"; reason: string };

/**
 * RFC 3464 §4.1: a bounce goes only where it cannot strike a bystander: to our own account, or to an outside reverse path that SPF proved.
 * Never for a null reverse path, and never back to one of our domains from outside, which someone else wrote there.
 */
export const chooseEnding = (
  receipt: Pick<ReceiptRecord, "origin" | "reversePath" | "verdicts" | "submission">,
  reasons: readonly UndeliveredReason[],
  policy: { readonly unknownRecipient: "drop" | "bounce"; readonly ownDomains: readonly string[] },
): Ending => {
  if (receipt.origin === "service" || receipt.reversePath === "") return { ending: "drop", reason: "nullReversePath" };
  if (receipt.origin === "account" && !receipt.submission) return { ending: "drop", reason: "automaticAnswer" };
  if (receipt.origin === "account") return { ending: "tellAccount" };
  const domain = receipt.reversePath.slice(receipt.reversePath.lastIndexOf("@") + 1).toLowerCase();
  if (policy.ownDomains.includes(domain)) return { ending: "drop", reason: "senderNotProven" };
  if (receipt.verdicts?.spf !== "PASS") return { ending: "drop", reason: "senderNotProven" };
  if (policy.unknownRecipient === "drop" && reasons.every((reason) => reason === "unknownRecipient")) {
    return { ending: "drop", reason: "unknownRecipientPolicy" };
  }
  return { ending: "bounceOutside" };
};
