import { createPublicKey, type JsonWebKey, verify } from "node:crypto";
import type { Authorizer } from "./api.ts";
import { type HttpAnswer, message } from "./http-answer.ts";

type JwtAuthorizer = Extract<Authorizer, { kind: "jwt" }>;

export type JwtOutcome = { admitted: true; authorizer: object } | { admitted: false; answer: HttpAnswer };

const MAXIMUM_TOKEN_CHARACTERS = 16_384;

/**
 * Developer guide, "Control access to HTTP APIs with JWT authorizers in API Gateway": kid, iss, aud or client_id, exp, nbf, iat, scope;
 * RSA algorithms only. Signature keys come from the issuer's key set.
 */
export function authorizeJwt(
  authorizer: JwtAuthorizer,
  token: string | undefined,
  scopes: readonly string[],
  keys: readonly object[],
  nowMs: number,
): JwtOutcome {
  if (token === undefined || token.trim() === "") return refused(401, "Unauthorized", "Bearer");
  const claims = readToken(token.replace(/^Bearer\s+/i, "").trim(), keys);
  const reason = typeof claims === "string" ? claims : faultOf(claims, authorizer, Math.floor(nowMs / 1000));
  if (reason !== null || typeof claims === "string")
    return refused(401, "Unauthorized", `Bearer scope="" error="invalid_token" error_description="${reason}"`);
  const granted = typeof claims.scope === "string" ? claims.scope.split(" ") : Array.isArray(claims.scp) ? claims.scp.map(String) : [];
  const matched = scopes.filter((scope) => granted.includes(scope));
  if (scopes.length > 0 && matched.length === 0) {
    return refused(
      403,
      "Forbidden",
      `Bearer scope="${scopes.join(" ")}" error="insufficient_scope" error_description="the token does not have the required scopes"`,
    );
  }
  return { admitted: true, authorizer: { jwt: { claims: asStrings(claims), scopes: scopes.length > 0 ? matched : null } } };
}

const refused = (status: number, text: string, challenge: string): JwtOutcome => ({
  admitted: false,
  answer: message(status, text, { "www-authenticate": challenge }),
});

/** The claims, or what is wrong with the token. */
function readToken(token: string, keys: readonly object[]): Record<string, unknown> | string {
  const parts = token.split(".");
  if (parts.length !== 3 || token.length > MAXIMUM_TOKEN_CHARACTERS) return "the token is malformed";
  const [header, payload, signature] = parts as [string, string, string];
  const head = parsePart(header);
  const claims = parsePart(payload);
  if (!head || !claims) return "the token is malformed";
  const algorithm = { RS256: "sha256", RS384: "sha384", RS512: "sha512" }[String(head.alg)];
  if (!algorithm) return "signing method is not supported";
  const key = (keys as (JsonWebKey & { kid?: string })[]).find((one) => one.kid === head.kid);
  if (!key) return "unable to find the public key";
  const holds = verify(
    algorithm,
    Buffer.from(`${header}.${payload}`),
    createPublicKey({ key, format: "jwk" }),
    Buffer.from(signature, "base64url"),
  );
  return holds ? claims : "the token signature is invalid";
}

function parsePart(part: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

function faultOf(claims: Record<string, unknown>, authorizer: JwtAuthorizer, now: number): string | null {
  if (claims.iss !== authorizer.issuer) return "issuer is invalid";
  const audiences = claims.aud === undefined ? [claims.client_id] : [claims.aud].flat();
  if (!audiences.some((one) => authorizer.audience.includes(String(one)))) return "invalid audience";
  if (typeof claims.exp !== "number" || claims.exp <= now) return "the token has expired";
  if (typeof claims.nbf === "number" && claims.nbf > now) return "the token is not valid yet";
  if (typeof claims.iat === "number" && claims.iat > now) return "the token was issued in the future";
  return null;
}

/** Claims reach the function as strings; lists as `[a b]`. */
const asStrings = (claims: Record<string, unknown>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(claims).map(([name, value]) => {
      if (Array.isArray(value)) return [name, `[${value.join(" ")}]`];
      return [name, typeof value === "object" && value !== null ? JSON.stringify(value) : String(value)];
    }),
  );
