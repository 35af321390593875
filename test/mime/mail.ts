/** Builds raw messages for tests: lines joined by CRLF. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { type ReadOutcome, readMessage } from "../../core/mime/read-message.ts";

export const mail = (...lines: string[]): Buffer => Buffer.from(lines.join("\r\n"), "utf8");

export const parsed = (octets: Uint8Array): Extract<ReadOutcome, { outcome: "parsed" }> => {
  const outcome = readMessage(octets);
  if (outcome.outcome !== "parsed") throw new Error(`unreadable: ${outcome.reason}`);
  return outcome;
};

const root = path.join(import.meta.dirname, "../fixtures/mime");

/** Every vendored message. */
export const fixtures = (): { name: string; octets: Buffer }[] =>
  ["stalwart/messages", "mikel", "python", "nodemailer", "postal"].flatMap((folder) =>
    readdirSync(path.join(root, folder)).map((name) => ({
      name: `${folder}/${name}`,
      octets: readFileSync(path.join(root, folder, name)),
    })),
  );
