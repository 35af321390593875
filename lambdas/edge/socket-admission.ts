/**
 * Who may open a WebSocket (RFC 8620 §8.2, RFC 8887 §4.1): the bearer of an access token, or of a ticket minted with one a moment ago (browsers cannot set a header on a
 * WebSocket). A refusal is API Gateway's plain 401, the same for every cause.
 */
import type { APIGatewayAuthorizerResult, APIGatewayRequestAuthorizerEvent } from "aws-lambda";
import type { TokenVerifier } from "../../aws/token-verifier.ts";
import type { DirectoryStore } from "../../core/ports/directory-store.ts";
import type { ConnectionStore } from "../../core/ports/push-channel.ts";
import { Refused } from "./observe.ts";

export interface AdmissionPorts {
  readonly tickets: Pick<ConnectionStore, "takeTicket">;
  readonly tokens: TokenVerifier;
  readonly directory: Pick<DirectoryStore, "principalOf">;
  readonly now: () => number;
}

interface Admitted {
  readonly subject: string;
  readonly expiresAt: number;
}

export const admitSocket = async (ports: AdmissionPorts, event: APIGatewayRequestAuthorizerEvent): Promise<APIGatewayAuthorizerResult> => {
  const admitted = await identify(ports, event);
  const known = admitted && (await ports.directory.principalOf(admitted.subject));
  // API Gateway answers 401 to exactly this text.
  if (!admitted || !known) throw new Refused("Unauthorized");
  return {
    principalId: admitted.subject,
    policyDocument: { Version: "2012-10-17", Statement: [{ Action: "execute-api:Invoke", Effect: "Allow", Resource: event.methodArn }] },
    context: { subject: admitted.subject, expiresAt: String(admitted.expiresAt) },
  };
};

const identify = async (ports: AdmissionPorts, event: APIGatewayRequestAuthorizerEvent): Promise<Admitted | null> => {
  const header = Object.entries(event.headers ?? {}).find(([name]) => name.toLowerCase() === "authorization")?.[1];
  const bearer = /^Bearer ([A-Za-z0-9._~+/-]{1,8192}=*)$/i.exec(header ?? "")?.[1];
  if (bearer !== undefined) return ports.tokens.verify(bearer);
  const ticket = event.queryStringParameters?.ticket;
  if (!ticket || !/^[A-Za-z0-9_-]{20,200}$/.test(ticket)) return null;
  const taken = await ports.tickets.takeTicket(ticket, ports.now());
  return taken && { subject: taken.subject, expiresAt: taken.tokenExpiresAt };
};
