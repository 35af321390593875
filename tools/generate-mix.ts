/**
 * The message mix that benches use, the same each time: 60 % of 5 to 20 KB, 30 % of 50 to 200 KB with an attachment, 10 % of 1 to 3 MB.
 * `node tools/run.mjs tools/generate-mix.ts COUNT FOLDER` writes files; `generateMix` gives them one by one.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { quotedPrintable } from "./seed/compose.ts";
import { Random } from "./seed/random.ts";

export interface MixedMessage {
  readonly kind: "small" | "medium" | "large";
  readonly octets: Buffer;
}

export interface MixOptions {
  readonly seed?: string;
  readonly from?: string;
  readonly to?: string;
  /** Date of the first message, ms since 1970 UTC; each later one is a minute on. */
  readonly startsAt?: number;
}

const KB = 1024;
const SIZES = { small: [5 * KB, 20 * KB], medium: [50 * KB, 200 * KB], large: [1024 * KB, 3072 * KB] } as const;
/** Ten messages in which every share is exact, spread so that any run of ten has it. */
const PATTERN: readonly MixedMessage["kind"][] = [
  "small",
  "medium",
  "small",
  "small",
  "medium",
  "small",
  "large",
  "small",
  "medium",
  "small",
];

const WORDS =
  "ward clinic review patient letter result scan morning evening please thank record bed list team plan follow update urgent routine bloods meeting notes agreed wait call fine – naïve café über £5 therapy discharge transport booked".split(
    " ",
  );

export function* generateMix(count: number, options: MixOptions = {}): Generator<MixedMessage> {
  const {
    seed = "mix",
    from = "Mix Sender <mix@outside.example>",
    to = "victim@northvale.health.example",
    startsAt = Date.UTC(2026, 0, 5, 8),
  } = options;
  const random = new Random(seed);
  for (let index = 0; index < count; index++) {
    const kind = PATTERN[index % PATTERN.length]!;
    const [low, high] = SIZES[kind];
    const sizeOctets = random.between(low, high);
    const header = [
      `From: ${from}`,
      `To: ${to}`,
      `Subject: ${random.some(WORDS.slice(0, 20), 5).join(" ")}`,
      `Date: ${new Date(startsAt + index * 60_000).toUTCString().replace("GMT", "+0000")}`,
      `Message-ID: <${seed}.${index}@outside.example>`,
      "MIME-Version: 1.0",
    ].join("\r\n");
    yield { kind, octets: kind === "small" ? small(random, header, index, sizeOctets) : withAttachment(random, header, index, sizeOctets) };
  }
}

const prose = (random: Random, octets: number): string => {
  let text = "";
  while (text.length < octets) text += `${random.some(WORDS, random.between(6, 14)).join(" ")}.${random.chance(0.2) ? "\n\n" : " "}`;
  return text;
};

/** Plain text and HTML of the same words. */
const alternative = (random: Random, boundary: string, octets: number): string => {
  const text = prose(random, Math.max(200, Math.floor(octets / 2.3)));
  const html = `<html><body>${text
    .split("\n\n")
    .map((paragraph) => `<p>${paragraph}</p>`)
    .join("\n")}</body></html>`;
  const part = (type: string, body: string): string =>
    `--${boundary}\r\nContent-Type: ${type}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n${quotedPrintable(body)}\r\n`;
  return `Content-Type: multipart/alternative; boundary="${boundary}"\r\n\r\n${part("text/plain", text)}${part("text/html", html)}--${boundary}--\r\n`;
};

const small = (random: Random, header: string, index: number, octets: number): Buffer =>
  Buffer.from(`${header}\r\n${alternative(random, `a${index}`, octets - 700)}`);

const withAttachment = (random: Random, header: string, index: number, octets: number): Buffer => {
  const words = alternative(random, `a${index}`, random.between(3 * KB, 8 * KB));
  const file = random.octets(Math.floor((Math.max(KB, octets - words.length - 900) * 76 * 3) / (78 * 4)));
  // A picture's first octets: by chance alone some would begin as programs do, and policy looks.
  file.set([0xff, 0xd8, 0xff, 0xe0]);
  const lines = file
    .toString("base64")
    .match(/.{1,76}/g)!
    .join("\r\n");
  return Buffer.from(
    `${header}\r\nContent-Type: multipart/mixed; boundary="m${index}"\r\n\r\n--m${index}\r\n${words}` +
      `--m${index}\r\nContent-Type: image/jpeg; name="scan-${index}.jpg"\r\nContent-Disposition: attachment; filename="scan-${index}.jpg"\r\n` +
      `Content-Transfer-Encoding: base64\r\n\r\n${lines}\r\n--m${index}--\r\n`,
  );
};

if (import.meta.main) {
  const [count, folder] = process.argv.slice(2);
  if (!count || !/^\d{1,6}$/.test(count) || folder === undefined) {
    console.error("Say how many, and where to: node tools/run.mjs tools/generate-mix.ts COUNT FOLDER");
    process.exit(2);
  }
  mkdirSync(resolve(folder), { recursive: true });
  let index = 0;
  for (const { kind, octets } of generateMix(Number(count)))
    writeFileSync(join(resolve(folder), `${String(index++).padStart(5, "0")}-${kind}.eml`), octets);
  console.log(`${index} messages are in ${resolve(folder)}.`);
}
