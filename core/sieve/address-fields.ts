/** RFC 5228 §5.1: the fields that the address test reads, those whose body is a list of addresses. */
const FIELDS: ReadonlySet<string> = new Set([
  "apparently-to",
  "bcc",
  "cc",
  "delivered-to",
  "disposition-notification-to",
  "envelope-to",
  "errors-to",
  "from",
  "mail-followup-to",
  "mail-reply-to",
  "reply-to",
  "resent-bcc",
  "resent-cc",
  "resent-from",
  "resent-reply-to",
  "resent-sender",
  "resent-to",
  "return-path",
  "return-receipt-to",
  "sender",
  "to",
  "x-envelope-to",
  "x-original-to",
]);

export const holdsAddresses = (field: string): boolean => FIELDS.has(field.toLowerCase());
