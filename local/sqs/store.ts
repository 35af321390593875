import { randomUUID } from "node:crypto";
import { DatabaseSync, type StatementSync } from "node:sqlite";

export interface StoredMessage {
  readonly id: number;
  readonly messageId: string;
  readonly body: string;
  /** MessageAttributes as JSON, "" for none. */
  readonly attributes: string;
  readonly sender: string;
  readonly sentAt: number;
  readonly receiveCount: number;
  readonly firstReceivedAt: number;
  readonly deadLetterSource: string | null;
  readonly receiptHandle: string;
}

interface Row {
  id: number;
  message_id: string;
  body: string;
  attributes: string;
  sender: string;
  sent_at: number;
  receive_count: number;
  first_received_at: number;
  dead_letter_source: string | null;
}

export interface NewMessage {
  readonly body: string;
  readonly attributes: string;
  readonly sender: string;
  readonly delayMilliseconds: number;
}

export interface ReceiveOptions {
  readonly limit: number;
  readonly hideMilliseconds: number;
  readonly now: number;
  readonly redrive: { readonly queue: string; readonly maxReceives: number } | null;
  /** Who holds the messages: an event source mapping's hold ends with the laptop cloud. */
  readonly holder: "mapping" | "caller";
}

/**
 * Messages of all queues in one SQLite file: what `add` has returned survives kill -9. A received message stays, hidden until
 * its visibility ends; its receipt handle is `<row>:<nonce>` and only the newest one deletes it.
 */
export class MessageStore {
  readonly #database: DatabaseSync;
  readonly #insert: StatementSync;
  readonly #due: StatementSync;
  readonly #take: StatementSync;
  readonly #move: StatementSync;
  readonly #remove: StatementSync;
  readonly #hide: StatementSync;
  readonly #nextDue: StatementSync;
  readonly #counts: StatementSync;

  constructor(file: string) {
    this.#database = new DatabaseSync(file);
    this.#database.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = NORMAL;
      CREATE TABLE IF NOT EXISTS message (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        queue TEXT NOT NULL,
        message_id TEXT NOT NULL,
        body TEXT NOT NULL,
        attributes TEXT NOT NULL,
        sender TEXT NOT NULL,
        sent_at INTEGER NOT NULL,
        visible_at INTEGER NOT NULL,
        receive_count INTEGER NOT NULL DEFAULT 0,
        first_received_at INTEGER NOT NULL DEFAULT 0,
        nonce TEXT NOT NULL DEFAULT '',
        dead_letter_source TEXT
      );
      CREATE INDEX IF NOT EXISTS message_due ON message(queue, visible_at, id);
    `);
    const prepare = (sql: string) => this.#database.prepare(sql);
    this.#insert = prepare(
      "INSERT INTO message(queue, message_id, body, attributes, sender, sent_at, visible_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
    );
    this.#due = prepare("SELECT * FROM message WHERE queue = ? AND visible_at <= ? ORDER BY visible_at, id LIMIT ?");
    this.#take = prepare(
      "UPDATE message SET visible_at = ?, receive_count = receive_count + 1, nonce = ?, first_received_at = CASE first_received_at WHEN 0 THEN ? ELSE first_received_at END WHERE id = ?",
    );
    this.#move = prepare(
      "UPDATE message SET queue = ?, visible_at = ?, receive_count = ?, first_received_at = 0, nonce = '', dead_letter_source = ? WHERE id = ?",
    );
    this.#remove = prepare("DELETE FROM message WHERE id = ? AND queue = ? AND nonce = ?");
    this.#hide = prepare("UPDATE message SET visible_at = ? WHERE id = ? AND queue = ? AND nonce = ? AND visible_at > ?");
    this.#nextDue = prepare("SELECT MIN(visible_at) AS due FROM message WHERE queue = ? AND visible_at > ?");
    this.#counts = prepare(
      "SELECT SUM(visible_at <= ?2) AS visible, SUM(visible_at > ?2 AND nonce <> '') AS inFlight, SUM(visible_at > ?2 AND nonce = '') AS delayed FROM message WHERE queue = ?1",
    );
  }

  /** Keeps messages, all or none; gives their ids. */
  add(queue: string, messages: readonly NewMessage[], now: number): string[] {
    return this.#together(() =>
      messages.map((message) => {
        const messageId = randomUUID();
        this.#insert.run(queue, messageId, message.body, message.attributes, message.sender, now, now + message.delayMilliseconds);
        return messageId;
      }),
    );
  }

  /** Takes up to `limit` due messages; those received often enough go to the dead-letter queue instead. */
  receive(queue: string, options: ReceiveOptions): { taken: StoredMessage[]; moved: number } {
    const { limit, hideMilliseconds, now, redrive } = options;
    return this.#together(() => {
      const taken: StoredMessage[] = [];
      let moved = 0;
      for (;;) {
        const rows = this.#due.all(queue, now, limit - taken.length) as unknown as Row[];
        for (const row of rows) {
          if (redrive && row.receive_count >= redrive.maxReceives)
            moved += Number(this.#move.run(redrive.queue, now, row.receive_count, queue, row.id).changes);
          else taken.push(this.#hand(row, options));
        }
        if (rows.length === 0 || taken.length === limit || hideMilliseconds === 0) return { taken, moved };
      }
    });
  }

  #hand(row: Row, { now, hideMilliseconds, holder }: ReceiveOptions): StoredMessage {
    const nonce = `${holder}-${randomUUID()}`;
    this.#take.run(now + hideMilliseconds, nonce, now, row.id);
    return {
      id: row.id,
      messageId: row.message_id,
      body: row.body,
      attributes: row.attributes,
      sender: row.sender,
      sentAt: row.sent_at,
      receiveCount: row.receive_count + 1,
      firstReceivedAt: row.first_received_at || now,
      deadLetterSource: row.dead_letter_source,
      receiptHandle: Buffer.from(`${row.id}:${nonce}`).toString("base64"),
    };
  }

  /** Removes; a handle that is no longer the newest is passed over, as SQS does. False when it is no handle at all. */
  remove(queue: string, receiptHandle: string): boolean {
    const handle = parseHandle(receiptHandle);
    if (handle) this.#remove.run(handle.id, queue, handle.nonce);
    return handle !== null;
  }

  removeAll(queue: string, receiptHandles: readonly string[]): void {
    this.#together(() => receiptHandles.map((handle) => this.remove(queue, handle)));
  }

  hide(queue: string, receiptHandle: string, milliseconds: number, now: number): "changed" | "notInFlight" | "noHandle" {
    const handle = parseHandle(receiptHandle);
    if (!handle) return "noHandle";
    return this.#hide.run(now + milliseconds, handle.id, queue, handle.nonce, now).changes > 0 ? "changed" : "notInFlight";
  }

  /** When the next hidden or delayed message of the queue comes due. */
  nextDue(queue: string, now: number): number | null {
    return (this.#nextDue.get(queue, now) as { due: number | null }).due;
  }

  counts(queue: string, now: number): { visible: number; inFlight: number; delayed: number } {
    const row = this.#counts.get(queue, now) as { visible: number | null; inFlight: number | null; delayed: number | null };
    return { visible: row.visible ?? 0, inFlight: row.inFlight ?? 0, delayed: row.delayed ?? 0 };
  }

  purge(queue: string): void {
    this.#database.prepare("DELETE FROM message WHERE queue = ?").run(queue);
  }

  dropOlderThan(queue: string, time: number): void {
    this.#database.prepare("DELETE FROM message WHERE queue = ? AND sent_at < ?").run(queue, time);
  }

  /** Moves everything visible in a dead-letter queue to `destination`, or each message to where it came from. */
  redrive(deadLetterQueue: string, destination: string | null, now: number): number {
    return Number(
      this.#database
        .prepare(
          `UPDATE message SET queue = COALESCE(?, dead_letter_source), visible_at = ?, receive_count = 0, first_received_at = 0, nonce = '', dead_letter_source = NULL
           WHERE queue = ? AND visible_at <= ? AND (? IS NOT NULL OR dead_letter_source IS NOT NULL)`,
        )
        .run(destination, now, deadLetterQueue, now, destination).changes,
    );
  }

  /** What event source mappings held when the laptop cloud was killed is held by nobody: visible at once. */
  releaseHeld(now: number): void {
    this.#database.prepare("UPDATE message SET visible_at = ? WHERE visible_at > ? AND nonce LIKE 'mapping-%'").run(now, now);
  }

  close(): void {
    this.#database.close();
  }

  #together<T>(work: () => T): T {
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      const result = work();
      this.#database.exec("COMMIT");
      return result;
    } catch (error) {
      this.#database.exec("ROLLBACK");
      throw error;
    }
  }
}

function parseHandle(receiptHandle: string): { id: number; nonce: string } | null {
  const match = /^(\d+):((?:mapping|caller)-[0-9a-f-]{36})$/.exec(Buffer.from(receiptHandle, "base64").toString("latin1"));
  return match ? { id: Number(match[1]), nonce: match[2]! } : null;
}
