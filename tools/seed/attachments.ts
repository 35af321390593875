/** Small real files made by code: a chart (PNG), a letter (PDF), a table (CSV), an invitation (iCalendar). */
import { crc32, deflateSync } from "node:zlib";
import type { Random } from "./random.ts";

export interface SeedAttachment {
  readonly name: string;
  readonly type: string;
  readonly octets: Buffer;
}

export type AttachmentKind = "png" | "pdf" | "csv" | "ics";

export const makeAttachment = (kind: AttachmentKind, random: Random, title: string, at: number): SeedAttachment => {
  const stem =
    title
      .replace(/[^A-Za-z0-9]+/g, "-")
      .replace(/^-|-$/g, "")
      .slice(0, 40) || "document";
  switch (kind) {
    case "png":
      return { name: `${stem}.png`, type: "image/png", octets: chart(random) };
    case "pdf":
      return { name: `${stem}.pdf`, type: "application/pdf", octets: letter(title, random) };
    case "csv":
      return { name: `${stem}.csv`, type: "text/csv", octets: Buffer.from(table(random)) };
    case "ics":
      return {
        name: "invite.ics",
        type: "text/calendar; method=REQUEST; charset=utf-8",
        octets: Buffer.from(invitation(title, at, random)),
      };
  }
};

/** PNG (ISO 15948): 8-bit palette, a bar a column. */
const chart = (random: Random): Buffer => {
  const [width, height] = [320, 180];
  const bars = Array.from({ length: 12 }, () => random.between(20, 150));
  const rows = Buffer.alloc((width + 1) * height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const bar = Math.floor((x - 16) / 24);
      const inBar = x >= 16 && bar < bars.length && (x - 16) % 24 < 18;
      if (inBar && height - y - 12 <= bars[bar]! && height - y > 12) rows[y * (width + 1) + 1 + x] = 1 + (bar % 2);
    }
  const chunk = (type: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
    const out = Buffer.alloc(body.length + 8);
    out.writeUInt32BE(data.length);
    body.copy(out, 4);
    out.writeUInt32BE(crc32(body), body.length + 4);
    return out;
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width);
  header.writeUInt32BE(height, 4);
  header.set([8, 3, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
    chunk("IHDR", header),
    chunk("PLTE", Buffer.from([255, 255, 255, 0, 94, 184, 65, 182, 230])),
    chunk("IDAT", deflateSync(rows)),
    chunk("IEND", Buffer.alloc(0)),
  ]);
};

/** PDF 1.4 with one page of Helvetica; the cross-reference table is right, so strict readers open it. */
const letter = (title: string, random: Random): Buffer => {
  const pdfText = (text: string): string => text.replace(/[^\x20-\x7e]/g, "?").replace(/[\\()]/g, "\\$&");
  const lines = [
    title,
    "",
    ...Array.from(
      { length: random.between(8, 22) },
      (_, index) => `${index + 1}. Item for discussion, reference ${random.between(1000, 9999)}.`,
    ),
  ];
  const content = `BT /F1 12 Tf 16 TL 60 780 Td ${lines.map((line) => `(${pdfText(line)}) Tj T*`).join(" ")} ET`;
  const objects = [
    "<< /Type /Catalog /Pages 2 0 R >>",
    "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
    `<< /Length ${content.length} >>\nstream\n${content}\nendstream`,
    "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
  ];
  let text = "%PDF-1.4\n";
  const offsets = objects.map((object, index) => {
    const offset = text.length;
    text += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return offset;
  });
  const start = text.length;
  const rows = offsets.map((offset) => `${String(offset).padStart(10, "0")} 00000 n \n`).join("");
  text += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${rows}trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${start}\n%%EOF\n`;
  return Buffer.from(text, "latin1");
};

const table = (random: Random): string => {
  const rows = Array.from(
    { length: random.between(10, 60) },
    (_, index) => `${index + 1},Bay ${random.between(1, 6)},${random.between(0, 30)},${random.between(0, 100)}%`,
  );
  return ["Week,Area,Count,Filled", ...rows, ""].join("\r\n");
};

const basic = (at: number): string => `${new Date(at).toISOString().replace(/[-:]/g, "").slice(0, 15)}Z`;

const invitation = (title: string, at: number, random: Random): string => {
  const start = at + random.between(2, 9) * 86_400_000;
  const lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Penfold//Sample data//EN", "METHOD:REQUEST", "BEGIN:VEVENT"];
  lines.push(
    `UID:${random.octets(8).toString("hex")}@calendar.example`,
    `DTSTAMP:${basic(at)}`,
    `DTSTART:${basic(start)}`,
    `DTEND:${basic(start + 3_600_000)}`,
  );
  lines.push(`SUMMARY:${title.replace(/[\\,;]/g, "\\$&")}`, "END:VEVENT", "END:VCALENDAR", "");
  return lines.join("\r\n");
};
