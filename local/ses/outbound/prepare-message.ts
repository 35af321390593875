/** What SES makes of a message before it leaves: own Message-ID and Date, no Bcc, a DKIM signature (SES Developer Guide, "Header fields"). */
import { dkimSign } from "mailauth";
import { type HeaderField, readHeaderBlock } from "../header-fields.ts";
import type { Identity } from "../model.ts";

/** Fields that SES takes out or writes itself. */
const REPLACED = new Set([
  "message-id",
  "date",
  "bcc",
  "return-path",
  "x-ses-configuration-set",
  "x-ses-message-tags",
  "x-ses-source-arn",
  "x-ses-from-arn",
  "x-ses-return-path-arn",
  "x-ses-outgoing",
  "feedback-id",
]);

export interface Prepared {
  readonly octets: Buffer;
  /** As the sender gave them: for events. */
  readonly givenFields: readonly HeaderField[];
}

export const prepareMessage = async (message: {
  octets: Buffer;
  messageIdField: string;
  region: string;
  now: number;
  identity: Identity;
}): Promise<Prepared> => {
  const { octets, now, identity } = message;
  const { fields, bodyStart } = readHeaderBlock(octets);
  const kept = fields
    .filter(({ name }) => !REPLACED.has(name.toLowerCase()))
    .map(({ start, end }) => withCrLf(octets.subarray(start, end)));
  const date = new Date(now).toUTCString().replace("GMT", "+0000");
  const own = [
    `Message-ID: <${message.messageIdField}>`,
    `Date: ${date}`,
    `Feedback-ID: 1.${message.region}.penfold:AmazonSES`,
    `X-SES-Outgoing: ${new Date(now).toISOString().slice(0, 10).replaceAll("-", ".")}-54.240.8.1`,
  ];
  const whole = Buffer.concat([...kept, Buffer.from(`${own.join("\r\n")}\r\n\r\n`), withCrLf(octets.subarray(bodyStart))]);
  return { octets: identity.dkim ? await signed(whole, identity) : whole, givenFields: fields };
};

const signed = async (octets: Buffer, identity: Identity): Promise<Buffer> => {
  const { signatures, errors } = await dkimSign(octets, {
    canonicalization: "relaxed/simple",
    algorithm: "rsa-sha256",
    signTime: new Date(),
    signatureData: [{ signingDomain: identity.name, selector: identity.dkim!.selectors[0]!, privateKey: identity.dkim!.privateKeyPem }],
  } as Parameters<typeof dkimSign>[1]);
  if (errors?.length) throw new Error("The message could not be signed.", { cause: errors[0] });
  return Buffer.concat([Buffer.from(signatures), octets]);
};

/** Every line end as CRLF. */
const withCrLf = (octets: Buffer): Buffer => {
  let bare = 0;
  for (let at = octets.indexOf(0x0a); at >= 0; at = octets.indexOf(0x0a, at + 1)) if (octets[at - 1] !== 0x0d) bare++;
  if (bare === 0) return octets;
  const out = Buffer.allocUnsafe(octets.length + bare);
  let to = 0;
  for (let from = 0; from < octets.length; from++) {
    if (octets[from] === 0x0a && octets[from - 1] !== 0x0d) out[to++] = 0x0d;
    out[to++] = octets[from]!;
  }
  return out;
};
