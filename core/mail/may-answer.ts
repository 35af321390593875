/**
 * Whether a message may be answered by a machine (RFC 3834 §2, RFC 5230 §4.5 and §4.6). Order: what the envelope says, what the
 * header says of its sender being a machine or a list, and last whether it was addressed to the account at all.
 */
import { splitPlusAddress } from "../directory/address.ts";
import type { Verdicts } from "../flows/jobs.ts";
import type { MessageHeader } from "./sieve-message.ts";

const MACHINES =
  /^(?:mailer-daemon|postmaster|listserv|majordomo|(?:no|do-?not)[-_.]?reply|owner-.*|.*-(?:owner|request|bounces?))(?:[+=].*)?$/i;

const ADDRESSED = ["to", "cc", "bcc", "resent-to", "resent-cc", "resent-bcc"];

/** Without +detail, in lower case. */
const plain = (address: string): string => {
  const lower = address.toLowerCase();
  return splitPlusAddress(lower)?.base ?? lower;
};

export interface Answerable {
  readonly origin: "outside" | "account" | "service";
  readonly verdicts: Verdicts | null;
  readonly reversePath: string;
  readonly header: MessageHeader;
  /** Every address that stands for the account. */
  readonly own: readonly string[];
  readonly ownDomains: readonly string[];
}

/** Null: it may; else why not. */
export const whyNotAnswered = ({ origin, verdicts, reversePath, header, own, ownDomains }: Answerable): string | null => {
  const at = reversePath.lastIndexOf("@");
  const mine = new Set(own.map(plain));
  if (origin === "service" || at <= 0) return "nullReversePath";
  if (mine.has(plain(reversePath))) return "ownAddress";
  if (MACHINES.test(reversePath.slice(0, at))) return "machineSender";
  // An answer to an address that someone else wrote there would strike a bystander.
  const domain = reversePath.slice(at + 1).toLowerCase();
  if (origin === "outside" && (verdicts?.spf !== "PASS" || ownDomains.includes(domain))) return "senderNotProven";
  if (header.texts("auto-submitted").some((value) => !/^no\b/i.test(value))) return "autoSubmitted";
  if (header.hasPrefix("list-")) return "list";
  if (header.texts("precedence").some((value) => /^(?:bulk|list|junk)\b/i.test(value))) return "bulk";
  if (header.texts("x-auto-response-suppress").some((value) => /\b(?:all|oof|autoreply)\b/i.test(value))) return "suppressed";
  const addressed = ADDRESSED.some((name) => header.addresses(name).some((address) => mine.has(plain(address))));
  return addressed ? null : "notAddressed";
};
