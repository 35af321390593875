/** SES in memory, and an ordinary letter to send. */
import type { BounceRequest, MailTransport } from "../../core/ports/mail-transport.ts";

type Sent = Parameters<MailTransport["send"]>[0];

export class MemoryTransport implements MailTransport {
  readonly sent: Sent[] = [];
  readonly bounces: BounceRequest[] = [];
  refuse: string | null = null;

  async send(message: Sent): ReturnType<MailTransport["send"]> {
    if (this.refuse !== null) return { outcome: "refused", reason: this.refuse };
    this.sent.push(message);
    return { outcome: "sent", transportId: `ses-${this.sent.length}` };
  }

  async bounce(request: BounceRequest): ReturnType<MailTransport["bounce"]> {
    this.bounces.push(request);
    return { outcome: "sent" };
  }
}

export const rawMessage = (id: string, from: string, text: string): Uint8Array =>
  Buffer.from(
    [
      `From: Ann Other <${from}>`,
      "To: someone@care.example",
      `Message-ID: <${id}@outside.example>`,
      `Subject: Ward round ${id}`,
      "Date: Sun, 22 Nov 2026 17:00:00 +0000",
      "",
      text,
      "",
    ].join("\r\n"),
  );
