/** A plain SMTP client that sends octets exactly as they are: a mail library would mend what is to be tried. */
import { connect, type Socket } from "node:net";
import { asSmtpLines, dotStuffed } from "./message-files.ts";

export type SendOutcome =
  | { readonly outcome: "accepted"; readonly receiptId: string }
  | { readonly outcome: "refused"; readonly reply: string };

const REPLY = /^(?:\d{3}-[^\r\n]*\r\n)*(\d{3}) ([^\r\n]*)\r\n/;
const PATIENCE_MILLIS = 120_000;

export class SmtpSession {
  readonly #socket: Socket;
  #text = "";
  #wake: () => void = () => {};

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.setTimeout(PATIENCE_MILLIS, () => socket.destroy(new Error("The SMTP server does not answer.")));
    socket.on("data", (chunk) => {
      this.#text += chunk.toString("latin1");
      this.#wake();
    });
    for (const event of ["error", "close"]) socket.on(event, () => this.#wake());
  }

  static async open(host: string, port: number): Promise<SmtpSession> {
    const session = new SmtpSession(connect(port, host));
    await session.#expect(await session.#reply(), /^2/);
    await session.#expect(await session.#say("EHLO corpus.outside.example"), /^2/);
    return session;
  }

  /** A refusal leaves the session usable. */
  async send(envelope: { reversePath: string; recipients: readonly string[] }, octets: Buffer): Promise<SendOutcome> {
    const commands = [`MAIL FROM:<${envelope.reversePath}>`, ...envelope.recipients.map((to) => `RCPT TO:<${to}>`), "DATA"];
    for (const command of commands) {
      const reply = await this.#say(command);
      if (/^[23]/.test(reply)) continue;
      await this.#say("RSET");
      return { outcome: "refused", reply };
    }
    this.#socket.write(dotStuffed(asSmtpLines(octets)));
    const reply = await this.#say(".");
    const receiptId = /^250 (?:\d\.\d\.\d )?OK ([0-9a-z]+)$/.exec(reply)?.[1];
    return receiptId === undefined ? { outcome: "refused", reply } : { outcome: "accepted", receiptId };
  }

  close(): void {
    this.#socket.end("QUIT\r\n");
  }

  #say(line: string): Promise<string> {
    this.#socket.write(`${line}\r\n`);
    return this.#reply();
  }

  async #reply(): Promise<string> {
    for (;;) {
      const match = REPLY.exec(this.#text);
      if (match) {
        this.#text = this.#text.slice(match[0].length);
        return `${match[1]} ${match[2]}`;
      }
      if (this.#socket.destroyed || this.#socket.readableEnded) throw new Error("The SMTP server closed the connection.");
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #expect(reply: string, wanted: RegExp): void {
    if (!wanted.test(reply)) throw new Error(`The SMTP server said: ${reply}`);
  }
}
