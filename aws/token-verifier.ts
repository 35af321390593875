/**
 * Verifies Cognito access tokens: signature, issuer, client, use and expiry (aws-jwt-verify). The issuer is always AWS's; with an endpoint
 * override only the place that the keys are fetched from changes. The issuer is told, not derived: a pool with a replica in another region
 * states one issuer in both.
 */
import { JwtRsaVerifier } from "aws-jwt-verify";
import { FetchError, JwtBaseError } from "aws-jwt-verify/error";
import { SimpleFetcher } from "aws-jwt-verify/https";
import { SimpleJwksCache } from "aws-jwt-verify/jwk";
import { TransientError } from "../core/errors.ts";
import { limits } from "../core/limits.ts";

export interface VerifiedToken {
  readonly subject: string;
  /** ms since 1970 UTC. */
  readonly expiresAt: number;
}

export interface TokenVerifier {
  /** Null for a token that is not to be trusted, for whatever reason. */
  verify(token: string): Promise<VerifiedToken | null>;
}

class NotForUs extends JwtBaseError {}

const fetchTimeoutMilliseconds = 5_000;

/** As API Gateway has it for HTTP: not issued in the future. And Cognito's access tokens live a day at most. */
const isOfThisTime = (iat: unknown, exp: unknown): boolean => {
  const { tokenSeconds, clockSkewSeconds } = limits.edge;
  const now = Date.now() / 1000;
  const isIssued = iat === undefined || (typeof iat === "number" && iat <= now + clockSkewSeconds);
  return isIssued && typeof exp === "number" && exp <= now + tokenSeconds + clockSkewSeconds;
};

/** aws-jwt-verify fetches by https only: with an override its keys come from that endpoint under the same path. */
const fetcherFor = (endpoint: string | undefined) => {
  if (!endpoint) return new SimpleFetcher();
  return {
    fetch: async (uri: string): Promise<ArrayBuffer> => {
      const answer = await fetch(new URL(new URL(uri).pathname, endpoint), { signal: AbortSignal.timeout(fetchTimeoutMilliseconds) });
      if (!answer.ok) throw new TransientError(`the key set was answered with ${answer.status}`);
      return answer.arrayBuffer();
    },
  };
};

export const createTokenVerifier = (options: {
  /** `iss` of the pool's tokens, e.g. https://cognito-idp.eu-west-2.amazonaws.com/eu-west-2_Ab12Cd34E. */
  readonly issuer: string;
  readonly clientIds: readonly string[];
  /** AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER or AWS_ENDPOINT_URL. */
  readonly endpoint?: string;
}): TokenVerifier => {
  const verifier = JwtRsaVerifier.create(
    {
      issuer: options.issuer,
      audience: null,
      jwksUri: `${options.issuer}/.well-known/jwks.json`,
      customJwtCheck: ({ payload }) => {
        if (!isOfThisTime(payload.iat, payload.exp)) throw new NotForUs("a token of another time");
        if (payload.token_use !== "access") throw new NotForUs("not an access token");
        if (!options.clientIds.includes(String(payload.client_id))) throw new NotForUs("a token of another client");
      },
    },
    { jwksCache: new SimpleJwksCache({ fetcher: fetcherFor(options.endpoint) }) },
  );
  return {
    verify: async (token) => {
      try {
        const { sub, exp } = await verifier.verify(token);
        return typeof sub === "string" && typeof exp === "number" ? { subject: sub, expiresAt: exp * 1000 } : null;
      } catch (error) {
        if (error instanceof JwtBaseError && !(error instanceof FetchError)) return null;
        throw new TransientError("the token could not be checked", { cause: error });
      }
    },
  };
};
