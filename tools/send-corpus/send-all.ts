/** Sends every message over a few connections; each is sent again while the port says "later", as a mail host would. */
import type { MessageFile } from "./message-files.ts";
import { type SendOutcome, SmtpSession } from "./smtp-session.ts";

export interface Sent {
  readonly name: string;
  readonly outcome: SendOutcome;
  /** From MAIL to the last reply. */
  readonly millis: number;
}

interface SendTarget {
  readonly host: string;
  readonly port: number;
  readonly reversePath: string;
  readonly recipient: string;
}

const TRIES = 10;
const pause = (millis: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, millis));

export const sendAll = async (files: readonly MessageFile[], target: SendTarget, width = 4): Promise<Sent[]> => {
  const sent: Sent[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    let session: SmtpSession | null = null;
    for (let file = files[next++]; file; file = files[next++]) {
      session ??= await SmtpSession.open(target.host, target.port);
      const octets = file.read();
      const begun = performance.now();
      let outcome = await session.send({ reversePath: target.reversePath, recipients: [target.recipient] }, octets);
      for (let tries = 1; tries < TRIES && outcome.outcome === "refused" && outcome.reply.startsWith("4"); tries++) {
        await pause(200 * tries);
        outcome = await session.send({ reversePath: target.reversePath, recipients: [target.recipient] }, octets);
      }
      sent.push({ name: file.name, outcome, millis: performance.now() - begun });
    }
    session?.close();
  };
  await Promise.all(Array.from({ length: Math.min(width, files.length) }, worker));
  return sent;
};
