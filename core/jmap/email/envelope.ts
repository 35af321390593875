/** The envelope of a submission (RFC 8621 §7): checked, or made from the message; with the delay that FUTURERELEASE asks for. */
import { limits } from "../../limits.ts";
import type { EmailAddress, ParsedMessage } from "../../mail/email-item.ts";
import { isObject } from "../engine/kinds.ts";
import { invalidProperties, type Outcome, ok, refuse, type SetError, setError } from "../errors.ts";
import type { SubmissionAddress } from "../records.ts";

export interface Envelope {
  readonly mailFrom: SubmissionAddress;
  readonly rcptTo: readonly SubmissionAddress[];
}

/**
 * The envelope as the RFC names its parts. The library of aerc (go-jmap, up to 0.5.3 at least) writes `mailfrom`: without this, aerc could
 * read here but never send.
 */
export const asEnvelope = (sent: unknown): unknown => {
  if (!isObject(sent) || !Object.hasOwn(sent, "mailfrom") || Object.hasOwn(sent, "mailFrom")) return sent;
  const { mailfrom: mailFrom, ...others } = sent;
  return { mailFrom, ...others };
};

/** RFC 5321 §4.1.2 Mailbox with RFC 6531 letters; no address literals: nothing here could deliver to one. */
const ATEXT = "[\\p{L}\\p{N}\\p{M}!#$%&'*+\\/=?^_`{|}~-]+";
const MAILBOX = new RegExp(
  `^(?:${ATEXT}(?:\\.${ATEXT})*|"(?:[\\x20\\x21\\x23-\\x5b\\x5d-\\x7e]|\\\\[\\x20-\\x7e])*")@(?:[\\p{L}\\p{N}](?:[\\p{L}\\p{N}\\p{M}-]{0,61}[\\p{L}\\p{N}\\p{M}])?\\.)+[\\p{L}\\p{N}][\\p{L}\\p{N}\\p{M}-]{0,61}[\\p{L}\\p{N}\\p{M}]$`,
  "u",
);

export const isDeliverableAddress = (email: string): boolean =>
  email.length <= 320 && email.indexOf("@") > 0 && email.lastIndexOf("@") <= (email.startsWith('"') ? 66 : 64) && MAILBOX.test(email);

/** RFC 8621 §7: "envelope" null or omitted. */
export const envelopeOf = (
  message: ParsedMessage,
  identityEmail: string,
  maySend: (email: string) => boolean,
): Outcome<Envelope, SetError> => {
  const author = message.sender ?? message.from ?? [];
  if (author.length > 1 && message.sender === null) return refuse({ type: "invalidEmail", properties: ["sender"] });
  const first = author[0]?.email;
  const mailFrom = first !== undefined && maySend(first) ? first : identityEmail;
  const recipients = new Map<string, string>();
  for (const { email } of [...addresses(message.to), ...addresses(message.cc), ...addresses(message.bcc)]) {
    const key = email.toLowerCase();
    if (!recipients.has(key)) recipients.set(key, email);
  }
  return ok({
    mailFrom: { email: mailFrom, parameters: null },
    rcptTo: [...recipients.values()].map((email) => ({ email, parameters: null })),
  });
};

const addresses = (list: readonly EmailAddress[] | null): readonly EmailAddress[] => list ?? [];

/** RFC 8621 §7.5 noRecipients, tooManyRecipients and invalidRecipients. */
export const recipientFault = ({ rcptTo }: Envelope): SetError | null => {
  if (rcptTo.length === 0) return setError("noRecipients");
  const most = limits.parse.recipients;
  if (rcptTo.length > most) return { type: "tooManyRecipients", maxRecipients: most };
  const invalid = rcptTo.map(({ email }) => email).filter((email) => !isDeliverableAddress(email));
  return invalid.length > 0 ? { type: "invalidRecipients", invalidRecipients: invalid } : null;
};

const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i;

/** RFC 4865: instant of release, or null when no delay is asked for. Parameters of extensions that are not advertised are refused. */
export const releaseAt = (envelope: Envelope, now: number): Outcome<number | null, SetError> => {
  const fault = (description: string) => refuse(invalidProperties(["envelope"], description));
  if (envelope.rcptTo.some(({ parameters }) => Object.keys(parameters ?? {}).length > 0))
    return fault("No recipient parameter is supported.");
  let at: number | null = null;
  for (const [name, value] of Object.entries(envelope.mailFrom.parameters ?? {})) {
    if (at !== null) return fault("HOLDFOR and HOLDUNTIL exclude each other.");
    if (name.toUpperCase() === "HOLDFOR" && value !== null && /^\d{1,9}$/.test(value)) at = now + Number(value) * 1000;
    else if (name.toUpperCase() === "HOLDUNTIL" && value !== null && RFC3339.test(value)) at = Date.parse(value);
    else return fault(`The parameter "${name.slice(0, 40)}" is not supported, or its value is malformed.`);
  }
  if (at === null) return ok(null);
  if (Number.isNaN(at)) return fault("HOLDUNTIL is no date.");
  if (at > now + limits.jmap.maxDelayedSendSeconds * 1000)
    return fault(`A message can be held for ${limits.jmap.maxDelayedSendSeconds} seconds.`);
  return ok(Math.max(at, now));
};
