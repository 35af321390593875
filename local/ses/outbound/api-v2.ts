/** The SES API v2 (REST and JSON) as far as the service uses it: SendEmail with raw or simple content. */
import MailComposer from "nodemailer/lib/mail-composer";
import { z } from "zod";
import { ServiceError } from "../../service.ts";
import type { SendRequest } from "./send-request.ts";

const LIMIT_OCTETS = 40 * 1024 * 1024;
const addresses = z.array(z.string().max(2_000)).max(1_000).default([]);
const text = z.object({ Data: z.string(), Charset: z.string().optional() });

const sendEmailBody = z.object({
  FromEmailAddress: z.string().max(2_000).optional(),
  Destination: z.object({ ToAddresses: addresses, CcAddresses: addresses, BccAddresses: addresses }).optional(),
  ReplyToAddresses: addresses,
  ConfigurationSetName: z.string().optional(),
  EmailTags: z.array(z.object({ Name: z.string(), Value: z.string() })).default([]),
  Content: z.object({
    Raw: z.object({ Data: z.string() }).optional(),
    Simple: z
      .object({
        Subject: text,
        Body: z.object({ Text: text.optional(), Html: text.optional() }),
        Headers: z.array(z.object({ Name: z.string(), Value: z.string() })).default([]),
        Attachments: z
          .array(
            z.object({
              RawContent: z.string(),
              FileName: z.string(),
              ContentType: z.string().optional(),
              ContentDisposition: z.enum(["ATTACHMENT", "INLINE"]).optional(),
              ContentId: z.string().optional(),
            }),
          )
          .default([]),
      })
      .optional(),
  }),
});
type SendEmailBody = z.infer<typeof sendEmailBody>;

export const isV2Path = (path: string): boolean => path.startsWith("/v2/email/");

export const readV2 = async (call: { method: string; path: string; body: Buffer }): Promise<SendRequest> => {
  if (call.method !== "POST" || call.path !== "/v2/email/outbound-emails")
    throw new ServiceError(404, "NotFoundException", `${call.method} ${call.path} is not served on the laptop.`);
  let json: unknown;
  try {
    json = JSON.parse(call.body.toString("utf8"));
  } catch (cause) {
    throw Object.assign(new ServiceError(400, "BadRequestException", "The body is not JSON."), { cause });
  }
  const outcome = sendEmailBody.safeParse(json);
  if (!outcome.success) {
    const issue = outcome.error.issues[0]!;
    throw new ServiceError(400, "BadRequestException", `${issue.path.join(".") || "body"}: ${issue.message}`);
  }
  const body = outcome.data;
  const { ToAddresses: to = [], CcAddresses: cc = [], BccAddresses: bcc = [] } = body.Destination ?? {};
  return {
    operation: body.Content.Raw ? "SendRawEmail" : "SendEmail",
    from: body.FromEmailAddress,
    recipients: [...to, ...cc, ...bcc],
    octets: body.Content.Raw ? Buffer.from(body.Content.Raw.Data, "base64") : await compose(body),
    limitOctets: LIMIT_OCTETS,
    configurationSet: body.ConfigurationSetName,
    tags: body.EmailTags.map(({ Name, Value }) => ({ name: Name, value: Value })),
  };
};

const compose = async ({
  FromEmailAddress,
  Destination,
  ReplyToAddresses,
  Content: { Simple: simple },
}: SendEmailBody): Promise<Buffer> => {
  if (!simple) throw new ServiceError(400, "BadRequestException", "Content must be Raw or Simple on the laptop.");
  if (!FromEmailAddress) throw new ServiceError(400, "BadRequestException", "FromEmailAddress is missing.");
  return new MailComposer({
    from: FromEmailAddress,
    to: Destination?.ToAddresses,
    cc: Destination?.CcAddresses,
    replyTo: ReplyToAddresses,
    subject: simple.Subject.Data,
    text: simple.Body.Text?.Data,
    html: simple.Body.Html?.Data,
    headers: simple.Headers.map(({ Name, Value }) => ({ key: Name, value: Value })),
    attachments: simple.Attachments.map((attachment) => ({
      filename: attachment.FileName,
      content: Buffer.from(attachment.RawContent, "base64"),
      contentType: attachment.ContentType,
      contentDisposition: attachment.ContentDisposition === "INLINE" ? ("inline" as const) : ("attachment" as const),
      cid: attachment.ContentId,
    })),
  })
    .compile()
    .build();
};
