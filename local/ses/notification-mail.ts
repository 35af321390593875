/** The `mail` object that SES puts in its notifications, for mail received and mail sent alike. */
import { bareAddresses, decodedText, firstValue, type HeaderField, printedAddresses } from "./header-fields.ts";

/** SES states that headers are cut at 10 KB in a notification by SNS. */
const HEADER_OCTETS = 10 * 1024;

export interface NotificationHeaders {
  readonly headersTruncated: boolean;
  readonly headers: readonly { readonly name: string; readonly value: string }[];
  readonly commonHeaders: Readonly<Record<string, string | readonly string[]>>;
}

export const notificationHeaders = (fields: readonly HeaderField[], returnPath?: string): NotificationHeaders => {
  const headers: { name: string; value: string }[] = [];
  let octets = 0;
  for (const { name, value } of fields) {
    octets += name.length + Buffer.byteLength(value);
    if (octets > HEADER_OCTETS) return { headersTruncated: true, headers, commonHeaders: commonHeaders(fields, returnPath) };
    headers.push({ name, value });
  }
  return { headersTruncated: false, headers, commonHeaders: commonHeaders(fields, returnPath) };
};

const commonHeaders = (fields: readonly HeaderField[], returnPath?: string): Record<string, string | readonly string[]> => {
  const lists = { from: "from", sender: "sender", replyTo: "reply-to", to: "to", cc: "cc", bcc: "bcc" };
  const common: Record<string, string | readonly string[]> = {};
  if (returnPath !== undefined) common.returnPath = returnPath;
  for (const [key, name] of Object.entries(lists)) {
    const addresses = printedAddresses(firstValue(fields, name), 100)?.map((address) => address.slice(0, 400));
    if (addresses) common[key] = addresses;
  }
  for (const [key, name] of Object.entries({ date: "date", messageId: "message-id", subject: "subject" })) {
    const value = decodedText(firstValue(fields, name)?.slice(0, 4_000));
    if (value !== undefined) common[key] = value;
  }
  return common;
};

/** Recipients that the header names (To, Cc): SES's `mail.destination`, which is not the envelope. */
export const headerRecipients = (fields: readonly HeaderField[]): string[] =>
  [...bareAddresses(firstValue(fields, "to"), 100), ...bareAddresses(firstValue(fields, "cc"), 100)].slice(0, 100);
