/**
 * Whose access token a request carries (RFC 8620 §8.2). API Gateway's authoriser has checked signature, issuer, client and expiry; what can be checked
 * again without a key is, so that a route that lost its authoriser lets nobody in and an ID token is never taken for an access token.
 */
import * as z from "zod";
import { limits } from "../../core/limits.ts";

const claimsSchema = z.object({
  sub: z.string().min(1),
  token_use: z.literal("access"),
  iss: z.string(),
  client_id: z.string(),
  /** One a sign-in, kept when its tokens are refreshed. */
  origin_jti: z.string().max(200).optional(),
  /** API Gateway hands numbers on as text. */
  exp: z.coerce.number(),
});

export interface Caller {
  readonly subject: string;
  /** The sign-in that the token came from. */
  readonly signIn: string;
  /** ms since 1970 UTC. */
  readonly tokenExpiresAt: number;
}

export const callerOf = (
  claims: unknown,
  expected: { readonly issuer: string; readonly clientIds: readonly string[]; readonly now: number },
): Caller | null => {
  const read = claimsSchema.safeParse(claims);
  if (!read.success) return null;
  const { sub, iss, client_id, origin_jti = client_id, exp } = read.data;
  if (iss !== expected.issuer) return null;
  if (!expected.clientIds.includes(client_id) || exp * 1000 <= expected.now) return null;
  if (exp * 1000 > expected.now + (limits.edge.tokenSeconds + limits.edge.clockSkewSeconds) * 1000) return null;
  return { subject: sub, signIn: origin_jti, tokenExpiresAt: exp * 1000 };
};
