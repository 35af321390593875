/** Hands a message to a real SMTP host (PENFOLD_SMTP_RELAY). Each recipient gets its own answer (RFC 5321 §3.3). */
import SMTPConnection from "nodemailer/lib/smtp-connection";

export type RelayOutcome = { readonly outcome: "delivered" | "refused" | "later"; readonly response: string };

export interface RelayMessage {
  readonly reversePath: string;
  readonly recipients: readonly string[];
  readonly octets: Buffer;
  readonly tlsRequired: boolean;
}

const fromReply = (code: number | undefined, response: string): RelayOutcome => ({
  outcome: code !== undefined && code >= 500 ? "refused" : "later",
  response,
});

export const relay = async (host: { host: string; port: number }, message: RelayMessage): Promise<Map<string, RelayOutcome>> => {
  const connection = new SMTPConnection({
    ...host,
    secure: false,
    requireTLS: message.tlsRequired,
    // Opportunistic TLS, as between mail hosts: a certificate proves nothing without DANE or MTA-STS.
    tls: { rejectUnauthorized: false },
    connectionTimeout: 10_000,
    greetingTimeout: 10_000,
    socketTimeout: 60_000,
  });
  const all = (outcome: RelayOutcome): Map<string, RelayOutcome> => new Map(message.recipients.map((address) => [address, outcome]));
  try {
    await new Promise<void>((resolve, reject) => {
      connection.once("error", reject);
      connection.connect(() => resolve());
    });
    const info = await new Promise<{
      response: string;
      rejectedErrors: readonly { recipient?: string; responseCode?: number; response?: string }[];
    }>((resolve, reject) => {
      connection.send({ from: message.reversePath || false, to: [...message.recipients] }, message.octets, (error, sent) => {
        if (error) reject(error);
        else resolve({ response: sent.response ?? "250", rejectedErrors: (sent.rejectedErrors ?? []) as never });
      });
    });
    const outcomes = all({ outcome: "delivered", response: info.response });
    for (const { recipient, responseCode, response } of info.rejectedErrors)
      if (recipient !== undefined) outcomes.set(recipient, fromReply(responseCode, response ?? ""));
    return outcomes;
  } catch (error) {
    const {
      responseCode,
      response,
      message: text,
      code,
      rejectedErrors,
    } = error as Error & {
      responseCode?: number;
      response?: string;
      code?: string;
      rejectedErrors?: readonly { recipient?: string; responseCode?: number; response?: string }[];
    };
    const outcomes = all(
      message.tlsRequired && code === "ETLS"
        ? { outcome: "refused", response: "TLS is required and not offered" }
        : fromReply(responseCode, response ?? text),
    );
    for (const each of rejectedErrors ?? [])
      if (each.recipient !== undefined) outcomes.set(each.recipient, fromReply(each.responseCode, each.response ?? ""));
    return outcomes;
  } finally {
    connection.close();
  }
};
