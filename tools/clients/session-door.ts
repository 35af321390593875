/**
 * aerc asks for the session resource by HTTPS only, which the laptop does not serve: this door does, with a certificate made for the run,
 * and sends whoever knocks to the service. All that follows goes to the addresses in the session.
 */
import { writeFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { certificateIn } from "../../local/ses/inbound/certificate.ts";

export interface SessionDoor {
  /** localhost:port */
  readonly host: string;
  readonly certificateFile: string;
  close(): Promise<void>;
}

export const openSessionDoor = async (folder: string, web: string): Promise<SessionDoor> => {
  const certificate = certificateIn(folder, "localhost", Date.now());
  const certificateFile = join(folder, "door.pem");
  writeFileSync(certificateFile, certificate.cert);
  const server = createServer(certificate, (_, response) => response.writeHead(307, { location: `${web}/jmap/session` }).end());
  await new Promise<void>((ready, failed) => server.once("error", failed).listen(0, "127.0.0.1", ready));
  return {
    host: `localhost:${(server.address() as AddressInfo).port}`,
    certificateFile,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
};
