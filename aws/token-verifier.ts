/**
 * Verifies Cognito access tokens: signature, issuer, client, use and expiry (aws-jwt-verify). The issuer is always AWS's; with an endpoint
 * override only the place that the keys are fetched from changes.
 */
import { CognitoJwtVerifier } from "aws-jwt-verify";
import { FetchError, JwtBaseError } from "aws-jwt-verify/error";
import { SimpleFetcher } from "aws-jwt-verify/https";
import { SimpleJwksCache } from "aws-jwt-verify/jwk";
import { TransientError } from "../core/errors.ts";

export interface VerifiedToken {
  readonly subject: string;
  /** ms since 1970 UTC. */
  readonly expiresAt: number;
}

export interface TokenVerifier {
  /** Null for a token that is not to be trusted, for whatever reason. */
  verify(token: string): Promise<VerifiedToken | null>;
}

const fetchTimeoutMilliseconds = 5_000;

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
  readonly userPoolId: string;
  readonly clientIds: readonly string[];
  /** AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER or AWS_ENDPOINT_URL. */
  readonly endpoint?: string;
}): TokenVerifier => {
  const verifier = CognitoJwtVerifier.create(
    { userPoolId: options.userPoolId, tokenUse: "access", clientId: [...options.clientIds] },
    { jwksCache: new SimpleJwksCache({ fetcher: fetcherFor(options.endpoint) }) },
  );
  return {
    verify: async (token) => {
      try {
        const { sub, exp } = await verifier.verify(token);
        return { subject: sub, expiresAt: exp * 1000 };
      } catch (error) {
        if (error instanceof JwtBaseError && !(error instanceof FetchError)) return null;
        throw new TransientError("the token could not be checked", { cause: error });
      }
    },
  };
};
