/**
 * Every message that SES took to send: `<id>.eml` (octets as they left) and `<id>.json` (envelope, what became of each recipient).
 * `pending/<id>` marks those not finished, so that a start after a kill goes on with them.
 */
import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, readFileSync, renameSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { NotificationHeaders } from "../notification-mail.ts";

type RecipientState = "pending" | "delayed" | "delivered" | "bounced" | "complained" | "rejected";

export interface OutboxRecipient {
  readonly address: string;
  state: RecipientState;
  attempts: number;
  /** Remote answer or reason. */
  detail?: string;
  /** ms since 1970 UTC: not before. */
  notBefore?: number;
}

export interface OutboxRecord {
  readonly messageId: string;
  readonly at: number;
  /** From address as given. */
  readonly source: string;
  readonly sourceArn: string;
  /** MAIL FROM; "" for a bounce. */
  readonly reversePath: string;
  readonly configurationSet: string | null;
  readonly tlsRequired: boolean;
  readonly tags: Readonly<Record<string, readonly string[]>>;
  readonly headers: NotificationHeaders;
  readonly infected: boolean;
  readonly recipients: OutboxRecipient[];
  /** The Send event has been published. */
  announced: boolean;
}

const ID = /^[A-Za-z0-9-]{10,100}$/;

export class Outbox {
  readonly folder: string;
  readonly #pending: string;

  constructor(folder: string) {
    this.folder = folder;
    this.#pending = join(folder, "pending");
    mkdirSync(this.#pending, { recursive: true });
  }

  /** On disk when it returns. */
  accept(record: OutboxRecord, octets: Buffer): void {
    writeDurably(join(this.folder, `${record.messageId}.eml`), octets);
    writeDurably(join(this.#pending, record.messageId), Buffer.alloc(0));
    this.save(record);
  }

  save(record: OutboxRecord): void {
    writeDurably(join(this.folder, `${record.messageId}.json`), Buffer.from(JSON.stringify(record, null, 1)));
  }

  finish(record: OutboxRecord): void {
    this.save(record);
    rmSync(join(this.#pending, record.messageId), { force: true });
  }

  /** Ids of messages that are not finished, oldest first. */
  unfinished(): string[] {
    return readdirSync(this.#pending)
      .filter((id) => ID.test(id))
      .sort();
  }

  /** Newest first (ids begin with their instant). */
  newest(limit: number): OutboxRecord[] {
    const ids = readdirSync(this.folder).flatMap((name) => (name.endsWith(".json") ? [name.slice(0, -5)] : []));
    return ids
      .sort()
      .reverse()
      .slice(0, limit)
      .flatMap((id) => this.record(id) ?? []);
  }

  record(messageId: string): OutboxRecord | null {
    const octets = this.#read(messageId, "json");
    return octets && (JSON.parse(octets.toString("utf8")) as OutboxRecord);
  }

  octets(messageId: string): Buffer | null {
    return this.#read(messageId, "eml");
  }

  #read(messageId: string, ending: string): Buffer | null {
    if (!ID.test(messageId)) return null;
    try {
      return readFileSync(join(this.folder, `${messageId}.${ending}`));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
      throw error;
    }
  }
}

const writeDurably = (path: string, octets: Buffer): void => {
  const file = openSync(`${path}.tmp`, "w", 0o600);
  try {
    for (let written = 0; written < octets.length; ) written += writeSync(file, octets, written);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(`${path}.tmp`, path);
};

/** For readers of the folder who want one text: "delivered", "bounced" … or "mixed". */
export const overallState = (record: OutboxRecord): string => {
  const states = new Set(record.recipients.map(({ state }) => state));
  return states.size === 1 ? [...states][0]! : "mixed";
};
