/** What SES refuses at the door. Both APIs refuse the same; they name it differently. */
import { ServiceError } from "../../service.ts";
import { bareAddresses, firstValue, type HeaderBlock } from "../header-fields.ts";
import type { Identity, SesModel } from "../model.ts";
import { RECIPIENTS, type SendRequest } from "./send-request.ts";

/** Fields that may appear once (SES Developer Guide, "Amazon SES header fields"). */
const SINGLE = new Set(
  (
    "accept-language acceptlanguage archived-at auto-submitted bounces-to comments content-alternative content-base content-class " +
    "content-description content-disposition content-duration content-id content-language content-length content-location content-md5 " +
    "content-transfer-encoding content-type date delivered-to disposition-notification-options disposition-notification-to dkim-signature " +
    "domainkey-signature errors-to from importance in-reply-to keywords list-archive list-help list-id list-owner list-post list-subscribe " +
    "list-unsubscribe list-unsubscribe-post message-context message-id mime-version organization original-from original-message-id " +
    "original-recipient original-subject precedence priority references reply-to return-path return-receipt-to sender solicitation " +
    "sensitivity subject thread-index thread-topic user-agent vbr-info"
  ).split(" "),
);

export type Refusal = (kind: "invalid" | "rejected" | "paused" | "noSet" | "throttled", message: string) => ServiceError;

/** Codes of each API. */
export const refusalOf = (api: "v1" | "v2"): Refusal => {
  const codes = {
    v1: {
      invalid: "InvalidParameterValue",
      rejected: "MessageRejected",
      paused: "ConfigurationSetSendingPausedException",
      noSet: "ConfigurationSetDoesNotExist",
      throttled: "Throttling",
    },
    v2: {
      invalid: "BadRequestException",
      rejected: "MessageRejected",
      paused: "SendingPausedException",
      noSet: "NotFoundException",
      throttled: "TooManyRequestsException",
    },
  }[api];
  const statuses = { invalid: 400, rejected: 400, paused: 400, noSet: api === "v1" ? 400 : 404, throttled: api === "v1" ? 400 : 429 };
  return (kind, message) => new ServiceError(statuses[kind], codes[kind], message);
};

export interface Checked {
  readonly from: string;
  readonly recipients: readonly string[];
  readonly identity: Identity;
}

const ADDRESS = /^[\x21-\x3b\x3d\x3f\x41-\x7e]{1,64}@(?=.{1,253}$)(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z0-9-]{2,63}$/;

/** The From address and the envelope recipients of a request, before anything is checked: IAM asks about them. */
export const parties = (request: SendRequest, header: HeaderBlock): { from: string; recipients: readonly string[] } => {
  const ofField = (name: string): string[] => bareAddresses(firstValue(header.fields, name));
  const from = (request.from !== undefined ? bareAddresses(request.from)[0] : undefined) ?? ofField("from")[0] ?? "";
  const recipients = request.recipients.flatMap((address) => bareAddresses(address)[0] ?? [address]);
  return { from, recipients: recipients.length > 0 ? recipients : ["to", "cc", "bcc"].flatMap(ofField) };
};

export const checkSend = (model: SesModel, request: SendRequest, header: HeaderBlock, region: string, refuse: Refusal): Checked => {
  const { from, recipients } = parties(request, header);
  if (request.octets.length > request.limitOctets)
    throw refuse("invalid", `Message length is more than ${request.limitOctets} bytes long: '${request.octets.length}'.`);
  if (header.cut) throw refuse("invalid", "The header section is too long.");
  const seen = new Set<string>();
  for (const { name } of header.fields) {
    const lower = name.toLowerCase();
    if (seen.has(lower) && SINGLE.has(lower)) throw refuse("invalid", `Duplicate header '${name}'.`);
    seen.add(lower);
  }
  if (!seen.has("from") && request.from === undefined) throw refuse("invalid", "Missing required header 'From'.");
  if (recipients.length === 0) throw refuse("invalid", "No recipients specified.");
  if (recipients.length > RECIPIENTS) throw refuse("invalid", `Recipient count exceeds ${RECIPIENTS}.`);
  for (const address of [from, ...recipients]) if (!ADDRESS.test(address)) throw refuse("invalid", "Illegal address");
  for (const tag of request.tags)
    if (!/^[A-Za-z0-9_-]{1,256}$/.test(tag.name) || !/^[A-Za-z0-9_.@-]{1,256}$/.test(tag.value))
      throw refuse("invalid", "Tag names and values hold letters, digits, '_', '-' (values also '.', '@'), at most 256.");
  const senders = new Set([from, ...["from", "sender", "return-path"].flatMap((name) => bareAddresses(firstValue(header.fields, name)))]);
  const unverified = [...senders].filter((address) => !model.identityOf(address));
  if (unverified.length > 0)
    throw refuse(
      "rejected",
      `Email address is not verified. The following identities failed the check in region ${region.toUpperCase()}: ${unverified.join(", ")}`,
    );
  return { from, recipients: [...new Set(recipients)], identity: model.identityOf(from)! };
};
