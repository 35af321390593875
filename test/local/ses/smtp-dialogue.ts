/** A raw SMTP client: says exactly what it is told, octet for octet. */
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";

export class SmtpDialogue {
  #socket: Socket;
  #text = "";
  #waiting: (() => void) | null = null;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.#listen();
  }

  static async open(port: number): Promise<SmtpDialogue> {
    const dialogue = new SmtpDialogue(connect(port, "127.0.0.1"));
    await dialogue.reply();
    return dialogue;
  }

  #listen(): void {
    this.#socket.on("data", (chunk: Buffer) => {
      this.#text += chunk.toString("latin1");
      this.#waiting?.();
    });
    this.#socket.on("error", () => this.#waiting?.());
    this.#socket.on("close", () => this.#waiting?.());
  }

  write(octets: string | Buffer): void {
    this.#socket.write(octets);
  }

  /** Writes and waits until what was written has left. */
  async flush(octets: Buffer): Promise<void> {
    if (!this.#socket.write(octets)) await new Promise((resolve) => this.#socket.once("drain", resolve));
  }

  /** One whole reply, e.g. "250-first\r\n250 last". */
  async reply(): Promise<string> {
    for (;;) {
      const match = /^(?:\d{3}-[^\r\n]*\r\n)*\d{3} [^\r\n]*\r\n/.exec(this.#text);
      if (match) {
        this.#text = this.#text.slice(match[0].length);
        return match[0].trimEnd();
      }
      if (this.#socket.destroyed) throw new Error(`The server closed the connection: ${this.#text}`);
      await new Promise<void>((resolve) => {
        this.#waiting = resolve;
      });
    }
  }

  async say(line: string): Promise<string> {
    this.write(`${line}\r\n`);
    return this.reply();
  }

  async startTls(): Promise<void> {
    await this.say("STARTTLS");
    this.#socket.removeAllListeners();
    const plain = this.#socket;
    this.#socket = await new Promise((resolve, reject) => {
      const secured = connectTls({ socket: plain, rejectUnauthorized: false }, () => resolve(secured));
      secured.once("error", reject);
    });
    this.#listen();
  }

  close(): void {
    this.#socket.destroy();
  }
}

/** Sends one message whole; returns the reply to the data, or the first refusal. */
export const sendSmtp = async (
  port: number,
  message: { from: string; to: readonly string[]; data: string | Buffer; xclient?: string; helo?: string },
): Promise<string> => {
  const dialogue = await SmtpDialogue.open(port);
  try {
    if (message.xclient) await dialogue.say(`XCLIENT ADDR=${message.xclient}`);
    const lines = [
      `EHLO ${message.helo ?? "client.example"}`,
      `MAIL FROM:<${message.from}>`,
      ...message.to.map((to) => `RCPT TO:<${to}>`),
      "DATA",
    ];
    for (const line of lines) {
      const reply = await dialogue.say(line);
      if (!/^[23]/.test(reply)) return reply;
    }
    dialogue.write(message.data);
    return await dialogue.say("\r\n.");
  } finally {
    dialogue.close();
  }
};
