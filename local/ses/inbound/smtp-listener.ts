/** The SMTP port (RFC 5321) with STARTTLS (RFC 3207), SIZE (RFC 1870), 8BITMIME (RFC 6152), SMTPUTF8 (RFC 6531), PIPELINING (RFC 2920). */
import type { AddressInfo } from "node:net";
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from "smtp-server";
import type { Log } from "../../service.ts";
import type { Certificate } from "./certificate.ts";
import { smugglesEndOfData } from "./end-of-data.ts";
import type { Incoming } from "./receive.ts";

/** SES receives at most 40 MB, header included. */
const MESSAGE_OCTETS = 40 * 1024 * 1024;
const BOUNDS = { clients: 100, recipients: 100, idleMillis: 60_000, errors: 20 };

export interface ListenerOptions {
  readonly port: number;
  readonly region: string;
  readonly certificate: Certificate;
  readonly log: Log;
  admits(address: string, secure: boolean): "yes" | "no" | "needsTls";
  /** Resolves when the message is in safe hands; null when no rule takes it any more. */
  receive(incoming: Incoming): Promise<{ messageId: string } | null>;
}

export interface SmtpListener {
  readonly port: number;
  /** Stops accepting, lets transactions end within a few seconds. */
  close(): Promise<void>;
}

const refusal = (responseCode: number, message: string): Error => Object.assign(new Error(message), { responseCode });

export const listenSmtp = async (options: ListenerOptions): Promise<SmtpListener> => {
  const server = new SMTPServer({
    name: `inbound-smtp.${options.region}.amazonaws.com`,
    banner: "Penfold laptop",
    key: options.certificate.key,
    cert: options.certificate.cert,
    size: MESSAGE_OCTETS,
    rejectOversized: true,
    maxClients: BOUNDS.clients,
    maxRecipients: BOUNDS.recipients,
    socketTimeout: BOUNDS.idleMillis,
    closeTimeout: 3_000,
    maxAllowedUnauthenticatedCommands: false,
    disabledCommands: ["AUTH"],
    hideENHANCEDSTATUSCODES: false,
    hideDSN: true,
    hideREQUIRETLS: true,
    disableReverseLookup: true,
    // A test may say from which address it would come: the port listens on loopback only.
    useXClient: true,
    logger: false,
    onRcptTo: (address, session, callback) => callback(recipientRefusal(options, address.address, session)),
    onData: (stream, session, callback) => {
      takeMessage(options, stream, session).then(
        (answer) => callback(null, answer),
        (error: Error) => callback(error),
      );
    },
  });
  // Peers that vanish or fail TLS are their own affair.
  server.on("error", (error) =>
    options.log.info("SMTP connection ended with an error.", { code: (error as NodeJS.ErrnoException).code ?? error.name }),
  );
  await new Promise<void>((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException): void =>
      reject(
        error.code === "EADDRINUSE"
          ? new Error(`The SMTP port ${options.port} is taken by another program: stop it, or choose another port.`, { cause: error })
          : error,
      );
    server.server.once("error", onError);
    server.listen(options.port, "127.0.0.1", () => {
      server.server.removeListener("error", onError);
      resolve();
    });
  });
  return {
    port: (server.server.address() as AddressInfo).port,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
};

const recipientRefusal = (options: ListenerOptions, address: string, session: SMTPServerSession): Error | null => {
  switch (options.admits(address, session.secure)) {
    case "yes":
      return null;
    case "no":
      return refusal(550, "Requested action not taken: mailbox unavailable");
    case "needsTls":
      return refusal(530, "Must issue a STARTTLS command first");
  }
};

const takeMessage = async (options: ListenerOptions, stream: SMTPServerDataStream, session: SMTPServerSession): Promise<string> => {
  const { mailFrom, rcptTo } = session.envelope;
  const reversePath = mailFrom ? mailFrom.address : "";
  const recipients = rcptTo.map(({ address }) => address);
  const octets = await collect(stream);
  if (octets === null) throw refusal(552, `Message exceeds the maximum size of ${MESSAGE_OCTETS} octets`);
  if (smugglesEndOfData(octets)) throw refusal(554, "Message holds a dot between bare line ends");
  let taken: { messageId: string } | null;
  try {
    taken = await options.receive({
      reversePath,
      recipients,
      octets,
      remoteAddress: session.remoteAddress,
      helo: typeof session.hostNameAppearsAs === "string" ? session.hostNameAppearsAs : "",
      secure: session.secure,
    });
  } catch (error) {
    options.log.error("A received message could not be handed on; its sender was told to try again.", {
      error: error instanceof Error ? error.message : String(error),
    });
    throw refusal(451, "Temporary service failure, try again later");
  }
  if (taken === null) throw refusal(550, "Requested action not taken: mailbox unavailable");
  return `OK ${taken.messageId}`;
};

/** All octets, or null past the limit (the rest is read and dropped). */
const collect = async (stream: SMTPServerDataStream): Promise<Buffer | null> => {
  const chunks: Buffer[] = [];
  let octets = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    octets += chunk.length;
    if (octets <= MESSAGE_OCTETS) chunks.push(chunk);
    else chunks.length = 0;
  }
  return octets > MESSAGE_OCTETS ? null : Buffer.concat(chunks, octets);
};
