/** What the reader is told about a sender. The words come from the service's verdicts; a sender's own headers are never believed. */
import type { EmailContent } from "../jmap/types.ts";

export interface Mark {
  readonly tone: "caution" | "danger";
  readonly title: string;
  readonly text: string;
}

const domainOf = (email: string) => email.slice(email.lastIndexOf("@") + 1).toLowerCase();

const isOwn = (domain: string, ownDomains: ReadonlySet<string>) =>
  [...ownDomains].some((own) => domain === own || domain.endsWith(`.${own}`));

export function marksOf(content: EmailContent, ownDomains: ReadonlySet<string>): readonly Mark[] {
  const from = content.from?.[0];
  const domain = from ? domainOf(from.email) : "";
  const said = new Set(content.marks ?? []);
  const has = (...names: string[]) => names.some((name) => said.has(name));
  const marks: Mark[] = [];
  if (has("spoof", "dmarc-fail", "authentication-failed", "unauthenticated", "spf-fail", "dkim-fail")) {
    marks.push({
      tone: "danger",
      title: "This may not be from who it says",
      text: `The checks on the sender${domain ? ` (${domain})` : ""} failed. Do not open links or attachments, or reply, until you have checked by phone.`,
    });
  }
  if (has("outside") || (content.marks === undefined && domain !== "" && !isOwn(domain, ownDomains))) {
    marks.push({
      tone: "caution",
      title: "From outside your organisation",
      text: `Sent from ${domain || "an outside address"}. Take care with links, attachments and patient details.`,
    });
  }
  if (has("suspicious-attachment", "encrypted-attachment")) {
    marks.push({
      tone: "caution",
      title: "An attachment could not be checked",
      text: "It is locked or of a kind that cannot be scanned. Open it only if you expected it.",
    });
  }
  return marks;
}
