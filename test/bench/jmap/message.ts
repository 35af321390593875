/** Message n of the bench as RFC 5322 octets: the headers that mail systems write, text, and in six of ten the same text in HTML beside it. */
import { Random } from "../../../tools/seed/random.ts";
import { type MailText, referenceOf } from "./mail-text.ts";

const PEOPLE = 400;
const HTML_SHARE = 0.6;
const LINE = 76;
const CRLF = "\r\n";

const person = (number: number): { name: string; mail: string } => {
  const random = new Random(`person ${number}`);
  const name = () => `${random.pick(["Mar", "Jo", "An", "Li", "Ed", "Ro"])}${random.pick(["ia", "han", "na", "sel", "win", "bert"])}`;
  const [given, family] = [name(), `${name()}${random.pick(["son", "ley", "ton", "ford"])}`];
  return { name: `${given} ${family}`, mail: `${given}.${family}.${number}@northvale.health.example`.toLowerCase() };
};

const wrapped = (paragraph: string): string => {
  let text = "";
  let column = 0;
  for (const word of paragraph.split(" ")) {
    if (column > 0 && column + word.length >= LINE) {
      text += CRLF;
      column = 0;
    }
    text += column > 0 ? ` ${word}` : word;
    column += word.length + 1;
  }
  return text;
};

const traces = (random: Random, at: number): string[] => [
  ...Array.from(
    { length: 3 },
    (_, hop) =>
      `Received: from smtp-out-${random.between(1, 40)}.mail.example (smtp-out.mail.example [192.0.2.${random.between(1, 250)}])${CRLF} by mx${hop}.northvale.health.example with ESMTPS id ${random.octets(15).toString("hex")}${CRLF} for <ward@northvale.health.example>; ${rfcDate(at - hop * 1000)}`,
  ),
  `Authentication-Results: amazonses.com; spf=pass smtp.mailfrom=northvale.health.example;${CRLF} dkim=pass header.i=@northvale.health.example; dmarc=pass header.from=northvale.health.example;`,
  `DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=northvale.health.example;${CRLF} s=selector1; h=from:to:subject:date:message-id; bh=${random.octets(32).toString("base64")};${CRLF} b=${random.octets(128).toString("base64")}${CRLF} ${random.octets(60).toString("base64")}`,
  `X-Report-Abuse: Please report abuse here: https://abuse.mail.example/${random.octets(20).toString("hex")}`,
  `X-Message-Info: ${random.octets(150).toString("base64url")}`,
];

const rfcDate = (at: number): string => new Date(at).toUTCString().replace("GMT", "+0000");

const STYLE = Array.from(
  { length: 12 },
  (_, index) => `p.Mso${index}, li.Mso${index}, div.Mso${index} {margin:0cm; font-size:11.0pt; font-family:"Calibri",sans-serif;}`,
).join(CRLF);

const htmlOf = (paragraphs: readonly string[]): string =>
  [
    `<html><head><meta charset="us-ascii"><style><!--${CRLF}${STYLE}${CRLF}--></style></head><body lang="EN-GB">`,
    ...paragraphs.map((text) => `<p class="Mso1"><span style="font-size:11.0pt;color:black">${wrapped(text)}</span></p>`),
    "</body></html>",
  ].join(CRLF);

/** `uid` is that of the newest copy: it names the message. Replies come in threes. */
export const messageOf = (text: MailText, number: number, uid: number, at: number): Buffer => {
  const random = new Random(`message ${number}`);
  const { subject, body } = text.of(number, uid);
  const from = person(random.between(1, PEOPLE));
  const to = Array.from({ length: random.between(1, 4) }, () => person(random.between(1, PEOPLE)));
  const header = [
    ...traces(random, at),
    `From: "${from.name}" <${from.mail}>`,
    `To: ${to.map(({ name, mail }) => `"${name}" <${mail}>`).join(`,${CRLF} `)}`,
    `Subject: ${subject}`,
    `Date: ${rfcDate(at)}`,
    `Message-ID: <${referenceOf(uid)}.${random.octets(8).toString("hex")}@mail.northvale.health.example>`,
    "MIME-Version: 1.0",
  ];
  const plain = body.map(wrapped).join(CRLF + CRLF);
  if (!random.chance(HTML_SHARE)) return Buffer.from([...header, "Content-Type: text/plain; charset=us-ascii", "", plain, ""].join(CRLF));
  const part = (type: string, content: string) => ["--=_alt", `Content-Type: text/${type}; charset=us-ascii`, "", content];
  const parts = [...part("plain", plain), ...part("html", htmlOf(body)), "--=_alt--", ""];
  return Buffer.from([...header, 'Content-Type: multipart/alternative; boundary="=_alt"', "", ...parts].join(CRLF));
};
