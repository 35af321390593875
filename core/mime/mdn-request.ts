/** What a message's header says of the notification that its sender asks for (RFC 8098 §2). */
import { parseAddresses } from "./address-list.ts";
import { withoutComments } from "./comments.ts";
import { asBuffer, fieldsNamed, headerText, lastField, readHeaderBlock } from "./header-fields.ts";
import { unfold } from "./unfold.ts";
import type { WrittenAddress } from "./writing/header-line.ts";

export interface MdnRequest {
  /** Disposition-Notification-To; null when there is none, empty when it names nobody. */
  readonly to: readonly WrittenAddress[] | null;
  /** RFC 8098 §2.3, "type; address", as the host that delivered the message wrote it. */
  readonly originalRecipient: string | null;
  /** RFC 8098 §2.2: an option that only who understands it may answer. There is none that this service knows. */
  readonly requiresOption: boolean;
  /** Where the last host says that the message came from; null when none or several say it. */
  readonly returnPath: string | null;
}

const ORIGINAL_RECIPIENT = /^[A-Za-z0-9-]{1,40}\s*;\s*[\x21-\x7e]{1,900}$/;

export const readMdnRequest = (header: Uint8Array): MdnRequest => {
  const octets = asBuffer(header);
  const { fields } = readHeaderBlock(octets, 0, octets.length);
  const text = (name: string): string | null => {
    const field = lastField(fields, name);
    return field ? headerText(octets, field) : null;
  };
  const to = text("disposition-notification-to");
  const originalRecipient = unfold(text("original-recipient") ?? "").trim();
  const returnPaths = fieldsNamed(fields, "return-path").flatMap((field) => parseAddresses(headerText(octets, field)));
  return {
    to: to === null ? null : parseAddresses(to),
    originalRecipient: ORIGINAL_RECIPIENT.test(originalRecipient) ? originalRecipient : null,
    requiresOption: /=\s*required\b/i.test(withoutComments(unfold(text("disposition-notification-options") ?? ""))),
    returnPath: returnPaths.length === 1 ? returnPaths[0]!.email : null,
  };
};
