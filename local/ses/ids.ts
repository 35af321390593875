import { randomBytes, randomUUID } from "node:crypto";

const BASE32HEX = "0123456789abcdefghijklmnopqrstuv";

/** SES names a received message by 40 characters of base32hex in lower case. */
export const inboundMessageId = (): string => Array.from(randomBytes(40), (octet) => BASE32HEX[octet & 31]).join("");

/** The region's number in an SES message id; other regions than these share the first. */
const REGION_NUMBERS: Readonly<Record<string, string>> = {
  "us-east-1": "0100",
  "us-west-2": "0101",
  "eu-west-1": "0102",
  "eu-central-1": "0107",
  "eu-west-2": "010b",
};

/** SES names a sent message by region, instant, a UUID and a sequence: it becomes the Message-ID's left side. */
export const outboundMessageId = (region: string, now: number): string =>
  `${REGION_NUMBERS[region] ?? "0100"}${now.toString(16).padStart(12, "0")}-${randomUUID()}-000000`;

/** Host part of the Message-ID that SES gives. */
export const messageIdHost = (region: string): string => (region === "us-east-1" ? "email.amazonses.com" : `${region}.amazonses.com`);
