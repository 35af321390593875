/**
 * Authentication-Results (RFC 8601) of our own receiver. SES writes its fields above all that the sender wrote, its Received field
 * among them, so only the first Authentication-Results field counts, and only when it stands in that block and names SES.
 * Any other is the sender's own claim: RFC 8601 §5 has it ignored.
 */
import { type HeaderField, rawValue } from "../mime/header-fields.ts";
import { unfold } from "../mime/unfold.ts";

const AUTHORITY = "amazonses.com";

/** Fields of the block that SES puts on top: everything before the second Received field. */
const receiverBlock = (fields: readonly HeaderField[]): readonly HeaderField[] => {
  const received = fields.flatMap(({ name }, index) => (name.toLowerCase() === "received" ? [index] : []));
  return received.length > 1 ? fields.slice(0, received[1]) : fields;
};

const isResults = ({ name }: HeaderField): boolean => name.toLowerCase() === "authentication-results";

/** The field to believe, or null. */
export const trustedResults = (octets: Buffer, fields: readonly HeaderField[]): string | null => {
  const field = receiverBlock(fields).find(isResults);
  const value = field ? unfold(rawValue(octets, field)).trim() : "";
  return value.split(";")[0]?.trim().split(/\s/)[0]?.toLowerCase() === AUTHORITY ? value : null;
};

/** The domain that DMARC was evaluated for (header.from), null when the receiver did not say. */
export const authenticatedFromDomain = (octets: Buffer, fields: readonly HeaderField[]): string | null => {
  const results = trustedResults(octets, fields);
  const match = results ? /;\s*dmarc=[a-z]+[^;]{0,500}?\bheader\.from=([^\s;()]{1,255})/i.exec(results) : null;
  return match ? match[1]!.toLowerCase().replace(/\.$/, "") : null;
};
