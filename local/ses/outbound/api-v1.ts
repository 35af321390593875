/** The SES API v1 (2010-12-01, query protocol) as far as the service uses it: SendRawEmail, SendBounce. */
import { ServiceError } from "../../service.ts";
import { FormBody } from "./form-body.ts";
import type { SendRequest } from "./send-request.ts";

const LIMIT_OCTETS = 10 * 1024 * 1024;

export interface BounceRequest {
  readonly originalMessageId: string;
  readonly bounceSender: string;
  readonly explanation?: string;
  readonly reportingMta?: string;
  readonly recipients: readonly BouncedRecipient[];
}

export interface BouncedRecipient {
  readonly recipient: string;
  readonly action: string;
  readonly status: string;
  readonly diagnosticCode?: string;
}

export type V1Call =
  | { readonly action: "SendRawEmail"; readonly request: SendRequest }
  | { readonly action: "SendBounce"; readonly bounce: BounceRequest };

export const readV1 = (body: Buffer): V1Call => {
  const form = new FormBody(body);
  const action = form.text("Action");
  switch (action) {
    case "SendRawEmail":
      return { action, request: readSendRawEmail(form) };
    case "SendBounce":
      return { action, bounce: readSendBounce(form) };
    default:
      throw new ServiceError(400, "InvalidAction", `The action ${action ?? "(none)"} is not served on the laptop.`);
  }
};

const required = (form: FormBody, name: string): string => {
  const value = form.text(name);
  if (!value) throw new ServiceError(400, "ValidationError", `Value at '${name}' failed to satisfy constraint: Member must not be null`);
  return value;
};

const readSendRawEmail = (form: FormBody): SendRequest => ({
  operation: "SendRawEmail",
  from: form.text("Source"),
  recipients: form.texts("Destinations"),
  octets: Buffer.from(required(form, "RawMessage.Data"), "base64"),
  limitOctets: LIMIT_OCTETS,
  configurationSet: form.text("ConfigurationSetName"),
  tags: form.structures("Tags", (at) => {
    const [name, value] = [at("Name"), at("Value")];
    return name === undefined || value === undefined ? undefined : { name, value };
  }),
});

/** Status code of each BounceType (SES API, BouncedRecipientInfo). */
const BOUNCE_STATUS: Readonly<Record<string, string>> = {
  DoesNotExist: "5.1.1",
  MessageTooLarge: "5.3.4",
  ExceededQuota: "5.2.2",
  ContentRejected: "5.6.1",
  Undefined: "5.0.0",
  TemporaryFailure: "4.0.0",
};

const readSendBounce = (form: FormBody): BounceRequest => ({
  originalMessageId: required(form, "OriginalMessageId"),
  bounceSender: required(form, "BounceSender"),
  explanation: form.text("Explanation"),
  reportingMta: form.text("MessageDsn.ReportingMta"),
  recipients: form.structures("BouncedRecipientInfoList", (at) => {
    const recipient = at("Recipient");
    if (recipient === undefined) return undefined;
    const type = at("BounceType") ?? "Undefined";
    const status = at("RecipientDsnFields.Status") ?? BOUNCE_STATUS[type];
    if (status === undefined) throw new ServiceError(400, "InvalidParameterValue", `Invalid bounce type: ${type}`);
    const action = at("RecipientDsnFields.Action") ?? (type === "TemporaryFailure" ? "delayed" : "failed");
    return { recipient, action, status, diagnosticCode: at("RecipientDsnFields.DiagnosticCode") };
  }),
});

export const v1Answer = (action: string, messageId: string, requestId: string): string =>
  `<${action}Response xmlns="http://ses.amazonaws.com/doc/2010-12-01/"><${action}Result><MessageId>${messageId}</MessageId></${action}Result>` +
  `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata></${action}Response>`;
