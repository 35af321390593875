/**
 * What the reader is told about a sender, in plain words. From the verdicts that the service kept with the message; where the service
 * does not give them, from the topmost Authentication-Results, which is the receiving server's own (RFC 8601 §5). That can only ever
 * add a warning: what a sender wrote about itself never takes one away.
 */
import type { EmailContent } from "../jmap/types.ts";

export interface Mark {
  readonly tone: "caution" | "danger";
  readonly title: string;
  readonly text: string;
}

/** The server whose results stand at the top: Amazon SES. */
const receivingServer = /^\s*amazonses\.com\s*;/i;

type Sentence = (domain: string) => Mark;
const danger = (title: string, text: string): Mark => ({ tone: "danger", title, text });
const caution = (title: string, text: string): Mark => ({ tone: "caution", title, text });
const beSure = "Do not open links or attachments, or reply, until you have checked by phone.";

const failed: Sentence = (domain) =>
  danger("This may not be from who it says", `The checks on the sender${domain ? ` (${domain})` : ""} failed. ${beSure}`);

/** Most serious first. Of the first group one is enough. */
const aboutSender: readonly (readonly [string, Sentence])[] = [
  ["dmarcFailed", failed],
  ["nameUsesOwnDomain", (domain) => danger("The sender’s name looks like one of ours", `It comes from ${domain || "outside"}. ${beSure}`)],
  [
    "nameLooksLikeAddress",
    (domain) => danger("The sender’s name is a different address", `The message really comes from ${domain || "elsewhere"}. ${beSure}`),
  ],
  ["mixedScripts", () => danger("The sender’s address uses look-alike letters", beSure)],
  ["suspiciousName", () => danger("The sender’s name held hidden characters", beSure)],
  [
    "unauthenticated",
    (domain) => caution("The sender could not be checked", `Nothing proves that this came from ${domain || "the address it gives"}.`),
  ],
  ["possibleSpam", () => caution("This may be spam", "Take care with its links and attachments.")],
];

const aboutContent: readonly (readonly [string, Sentence])[] = [
  ["unscanned", () => caution("Not checked for viruses", "Open attachments only if you expected them.")],
  ["encryptedAttachment", () => caution("A locked attachment", "It could not be checked. Open it only if you expected it.")],
  ["uninspectedAttachment", () => caution("An attachment could not be checked", "Open it only if you expected it.")],
  ["webPageAttachment", () => caution("An attachment is a web page", "Do not type a password into it.")],
];

const domainOf = (email: string) => email.slice(email.lastIndexOf("@") + 1).toLowerCase();

const isOwn = (domain: string, ownDomains: ReadonlySet<string>) =>
  [...ownDomains].some((own) => domain === own || domain.endsWith(`.${own}`));

function fromHeader(content: EmailContent, domain: string, ownDomains: ReadonlySet<string>): ReadonlySet<string> {
  const found = new Set<string>();
  if (domain !== "" && !isOwn(domain, ownDomains)) found.add("outside");
  const top = content["header:Authentication-Results:asText:all"]?.[0] ?? "";
  if (receivingServer.test(top)) {
    if (/\bdmarc=fail\b/i.test(top) || (/\bspf=fail\b/i.test(top) && !/\bdkim=pass\b/i.test(top))) found.add("dmarcFailed");
  }
  return found;
}

export function marksOf(content: EmailContent, ownDomains: ReadonlySet<string>): readonly Mark[] {
  const from = content.from?.[0];
  const domain = from ? domainOf(from.email) : "";
  const said = content.marks ? new Set(content.marks) : fromHeader(content, domain, ownDomains);
  const marks: Mark[] = [];
  const worst = aboutSender.find(([name]) => said.has(name));
  if (worst) marks.push(worst[1](domain));
  if (said.has("outside")) {
    marks.push(
      caution(
        "From outside your organisation",
        `Sent from ${domain || "an outside address"}. Take care with links, attachments and patient details.`,
      ),
    );
  }
  for (const [name, sentence] of aboutContent) if (said.has(name)) marks.push(sentence(domain));
  return marks;
}
