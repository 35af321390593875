/** CPU of reading a message, ours and postal-mime's: `node test/bench/mime.ts`. Medians of batches; one message of each size of the mix. */
import { createHash } from "node:crypto";
import PostalMime from "postal-mime";
import { type ReadOutcome, readMessage } from "../../core/mime/read-message.ts";
import { gatherEvidence } from "../../core/policy/gather-evidence.ts";

const header = [
  ...Array.from(
    { length: 3 },
    (_, hop) =>
      `Received: from mx${hop}.example.org (mx${hop}.example.org [192.0.2.${hop}])\r\n by inbound.example.net with ESMTPS id ${"x".repeat(30)}\r\n for <a@b.test>; Tue, 01 Jul 2025 10:00:00 +0000 (UTC)`,
  ),
  `DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.org;\r\n h=from:to:subject; s=s; bh=${"A".repeat(44)};\r\n b=${"B".repeat(300)}`,
  'From: "Dr. Jürgen Test" <j@example.org>',
  'To: A <a@b.test>, B <b@b.test>, "C, D" <c@b.test>',
  "Cc: =?utf-8?Q?J=C3=BCrgen?= <x@y.test>",
  "Subject: =?utf-8?B?w5xiZXJnYWJlIFN0YXRpb24gNA==?= and more",
  "Date: Tue, 01 Jul 2025 10:00:00 +0100",
  "Message-ID: <abc@example.org>",
  "In-Reply-To: <a3@x.test>",
  "References: <a1@x.test> <a2@x.test> <a3@x.test>",
  "MIME-Version: 1.0",
];

const line = "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor.\r\n";
const bodies = (octets: number): string[] => {
  const text = line.repeat(Math.floor(octets / 3 / line.length));
  const html = `<html><style>${"p{color:red}".repeat(20)}</style>${`<p style=3D"x">${line.trim()}</p>\r\n`.repeat(Math.floor((octets * 2) / 3 / 100))}</html>`;
  const part = (type: string, content: string) => [
    "--alt",
    `Content-Type: text/${type}; charset=utf-8`,
    "Content-Transfer-Encoding: quoted-printable",
    "",
    content,
  ];
  return ["Content-Type: multipart/alternative; boundary=alt", "", ...part("plain", text), ...part("html", html), "--alt--"];
};

/** Octets that do not compress and are the same each time. */
const noise = (octets: number): Buffer =>
  Buffer.concat(Array.from({ length: Math.ceil(octets / 32) }, (_, index) => createHash("sha256").update(`${index}`).digest()));

const build = (textOctets: number, attachedOctets: number): Buffer => {
  if (attachedOctets === 0) return Buffer.from([...header, ...bodies(textOctets), ""].join("\r\n"));
  const lines =
    noise(attachedOctets)
      .toString("base64")
      .match(/.{1,76}/g) ?? [];
  const pdf = [
    'Content-Type: application/pdf; name="r.pdf"',
    "Content-Transfer-Encoding: base64",
    'Content-Disposition: attachment; filename="r.pdf"',
    "",
    ...lines,
  ];
  return Buffer.from(
    [...header, "Content-Type: multipart/mixed; boundary=mix", "", "--mix", ...bodies(textOctets), "--mix", ...pdf, "--mix--", ""].join(
      "\r\n",
    ),
  );
};

const cpuMs = async (runs: number, run: () => unknown): Promise<number> => {
  const batches: number[] = [];
  for (let batch = 0; batch < 7; batch += 1) {
    const started = process.cpuUsage();
    for (let index = 0; index < runs; index += 1) await run();
    const { user, system } = process.cpuUsage(started);
    batches.push((user + system) / 1000 / runs);
  }
  return batches.toSorted((one, other) => one - other)[3]!;
};

const messages = [
  ["5–20 KB", build(12_000, 0), 300],
  ["50–200 KB", build(20_000, 75_000), 100],
  ["1–3 MB", build(20_000, 1_500_000), 10],
] as const;

console.log("CPU ms a message              size      read   + evidence   postal-mime");
for (const [name, octets, runs] of messages) {
  const read = () => readMessage(octets) as Extract<ReadOutcome, { outcome: "parsed" }>;
  const evidence = () => {
    const { message, headers } = read();
    return gatherEvidence(octets, message, headers, ["own.test"]);
  };
  const figures = [await cpuMs(runs, read), await cpuMs(runs, evidence), await cpuMs(runs, () => PostalMime.parse(octets))];
  console.log(name.padEnd(22), String(octets.length).padStart(10), ...figures.map((ms) => ms.toFixed(3).padStart(11)));
}
