/** Remembers received messages for a day: SendBounce answers one of them by its id, within 24 hours (SES API, SendBounce). */
import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { firstValue, type HeaderField } from "../header-fields.ts";

export interface ReceivedMessage {
  readonly messageId: string;
  readonly at: number;
  readonly reversePath: string;
  readonly subject?: string;
  readonly messageIdHeader?: string;
}

const DAY_MILLIS = 24 * 3600 * 1000;
/** Lines after which the file is written anew without what is older than a day. */
const REWRITE_EVERY = 20_000;

export class ReceivedJournal {
  readonly #path: string;
  readonly #now: () => number;
  #messages = new Map<string, ReceivedMessage>();
  #lines = 0;

  constructor(folder: string, now: () => number) {
    mkdirSync(folder, { recursive: true });
    this.#path = join(folder, "received.jsonl");
    this.#now = now;
    if (existsSync(this.#path)) this.#load();
  }

  remember(received: { messageId: string; at: number; reversePath: string; fields: readonly HeaderField[] }): void {
    const { messageId, at, reversePath, fields } = received;
    const subject = firstValue(fields, "subject")?.slice(0, 500);
    const messageIdHeader = firstValue(fields, "message-id")?.slice(0, 500);
    const message: ReceivedMessage = { messageId, at, reversePath, subject, messageIdHeader };
    this.#messages.set(messageId, message);
    appendFileSync(this.#path, `${JSON.stringify(message)}\n`, { mode: 0o600 });
    if (++this.#lines >= REWRITE_EVERY) this.#rewrite();
  }

  find(messageId: string): ReceivedMessage | null {
    const message = this.#messages.get(messageId);
    return message && message.at > this.#now() - DAY_MILLIS ? message : null;
  }

  #load(): void {
    for (const line of readFileSync(this.#path, "utf8").split("\n")) {
      try {
        const message = JSON.parse(line) as ReceivedMessage;
        this.#messages.set(message.messageId, message);
      } catch {
        // The last line of a killed run may be half written.
      }
    }
    this.#rewrite();
  }

  #rewrite(): void {
    const oldest = this.#now() - DAY_MILLIS;
    this.#messages = new Map([...this.#messages].filter(([, { at }]) => at > oldest));
    writeFileSync(`${this.#path}.tmp`, [...this.#messages.values()].map((message) => `${JSON.stringify(message)}\n`).join(""), {
      mode: 0o600,
    });
    renameSync(`${this.#path}.tmp`, this.#path);
    this.#lines = 0;
  }
}
