import { randomUUID } from "node:crypto";
import type { ServiceContext } from "../service.ts";
import { CognitoError } from "./cognito-error.ts";
import type { PoolKeys } from "./pool-keys.ts";
import { type ClaimsChange, changeClaims, type TokenReason } from "./pre-token-generation.ts";
import type { Sealer } from "./sealed.ts";
import type { PoolClient, UserPool } from "./user-pool.ts";
import type { SignIn, UserRecord } from "./user-record.ts";
import type { UserStore } from "./user-store.ts";

const API_SCOPE = "aws.cognito.signin.user.admin";

/** A pool with what signs and seals for it. */
export interface OpenPool {
  pool: UserPool;
  keys: PoolKeys;
  sealer: Sealer;
  groups: Set<string>;
}

export interface AuthenticationResult {
  AccessToken: string;
  IdToken: string;
  RefreshToken?: string;
  ExpiresIn: number;
  TokenType: "Bearer";
}

interface RefreshContent {
  signInId: string;
  generation: number;
}

/** Issues, refreshes, revokes and reads tokens (developer guide, "Understanding user pool JSON web tokens"). */
export class Tokens {
  readonly #store: UserStore;
  readonly #context: ServiceContext;

  constructor(store: UserStore, context: ServiceContext) {
    this.#store = store;
    this.#context = context;
  }

  #now(): number {
    return this.#context.clock.now();
  }

  async issue(open: OpenPool, client: PoolClient, user: UserRecord, reason: TokenReason): Promise<AuthenticationResult> {
    const now = this.#now();
    const signIn: SignIn = {
      id: randomUUID(),
      poolId: open.pool.id,
      clientId: client.id,
      username: user.username,
      authTimeSeconds: Math.floor(now / 1000),
      untilMs: now + client.refreshSeconds * 1000,
      revoked: false,
      generation: 0,
      graceUntilMs: 0,
    };
    this.#store.putSignIn(signIn);
    const pair = await this.#pair(open, client, user, signIn, reason);
    return { ...pair, RefreshToken: this.#refreshToken(open, signIn) };
  }

  /** REFRESH_TOKEN_AUTH, and GetTokensFromRefreshToken when the client rotates. */
  async refresh(
    open: OpenPool,
    client: PoolClient,
    token: string,
    findUser: (username: string) => UserRecord | null,
  ): Promise<AuthenticationResult> {
    const { signIn, generation } = this.#readRefresh(open, client, token);
    const user = findUser(signIn.username);
    if (!user?.enabled) throw new CognitoError("NotAuthorizedException", user ? "User is disabled." : "Invalid Refresh Token");
    if (!client.rotation) return this.#pair(open, client, user, signIn, "TokenGeneration_RefreshTokens");
    if (generation === signIn.generation) {
      signIn.generation += 1;
      signIn.graceUntilMs = this.#now() + client.rotation.graceSeconds * 1000;
      this.#store.putSignIn(signIn);
    } else if (generation !== signIn.generation - 1 || this.#now() > signIn.graceUntilMs) {
      throw new CognitoError("RefreshTokenReuseException", "Refresh token has been invalidated by rotation");
    }
    const pair = await this.#pair(open, client, user, signIn, "TokenGeneration_RefreshTokens");
    return { ...pair, RefreshToken: this.#refreshToken(open, signIn) };
  }

  /** Revokes the refresh token and every access token descended from it; an unknown token is no error (RFC 7009 §2.2). */
  revoke(open: OpenPool, client: PoolClient, token: string): void {
    if (!client.revocable) throw new CognitoError("UnsupportedOperationException", "Token revocation is not enabled for this client.");
    const opened = open.sealer.open<RefreshContent>("refresh", token);
    const signIn = opened ? this.#store.signIn(opened.content.signInId) : null;
    if (!signIn) return;
    if (signIn.clientId !== client.id) throw new CognitoError("NotAuthorizedException", "Refresh Token was issued to another client.");
    this.#store.putSignIn({ ...signIn, revoked: true });
  }

  /** Who an access token speaks for, as far as the user pool API itself honours it. */
  readAccess(open: OpenPool, token: string): { username: string; clientId: string } {
    const claims = open.keys.readAccessToken(token);
    if (claims?.token_use !== "access" || claims.iss !== open.pool.issuer)
      throw new CognitoError("NotAuthorizedException", "Invalid Access Token");
    if (Number(claims.exp) * 1000 <= this.#now()) throw new CognitoError("NotAuthorizedException", "Access Token has expired");
    if (!String(claims.scope).split(" ").includes(API_SCOPE)) {
      throw new CognitoError("NotAuthorizedException", "Access Token does not have required scopes");
    }
    const signIn = this.#store.signIn(String(claims.origin_jti));
    if (!signIn || signIn.revoked) throw new CognitoError("NotAuthorizedException", "Access Token has been revoked");
    return { username: String(claims.username), clientId: String(claims.client_id) };
  }

  #refreshToken(open: OpenPool, signIn: SignIn): string {
    const content: RefreshContent = { signInId: signIn.id, generation: signIn.generation };
    return open.sealer.seal("refresh", content, signIn.untilMs - this.#now());
  }

  #readRefresh(open: OpenPool, client: PoolClient, token: string): { signIn: SignIn; generation: number } {
    const opened = open.sealer.open<RefreshContent>("refresh", token);
    if (!opened) throw new CognitoError("NotAuthorizedException", "Invalid Refresh Token");
    const signIn = this.#store.signIn(opened.content.signInId);
    if (!signIn || signIn.clientId !== client.id) throw new CognitoError("NotAuthorizedException", "Invalid Refresh Token");
    if (signIn.revoked) throw new CognitoError("NotAuthorizedException", "Refresh Token has been revoked");
    if (signIn.untilMs < this.#now()) throw new CognitoError("NotAuthorizedException", "Refresh Token has expired");
    return { signIn, generation: opened.content.generation };
  }

  async #pair(open: OpenPool, client: PoolClient, user: UserRecord, signIn: SignIn, reason: TokenReason): Promise<AuthenticationResult> {
    const change = await changeClaims(this.#context, open.pool, client, user, reason);
    const common = {
      sub: user.sub,
      iss: open.pool.issuer,
      origin_jti: signIn.id,
      event_id: randomUUID(),
      auth_time: signIn.authTimeSeconds,
      iat: Math.floor(this.#now() / 1000),
      ...(change.groups.length > 0 ? { "cognito:groups": change.groups } : {}),
    };
    const access = {
      ...common,
      client_id: client.id,
      token_use: "access",
      scope: change.access.scopes(API_SCOPE),
      exp: common.iat + client.accessSeconds,
      jti: randomUUID(),
      username: user.username,
    };
    const id = {
      ...common,
      ...readableClaims(client, user),
      "cognito:username": user.username,
      aud: client.id,
      token_use: "id",
      exp: common.iat + client.idSeconds,
      jti: randomUUID(),
    };
    return {
      AccessToken: open.keys.signToken("access", applyChange(access, change.access)),
      IdToken: open.keys.signToken("id", applyChange(id, change.id)),
      ExpiresIn: client.accessSeconds,
      TokenType: "Bearer",
    };
  }
}

const reserved = new Set([
  "sub",
  "iss",
  "aud",
  "client_id",
  "origin_jti",
  "token_use",
  "auth_time",
  "exp",
  "iat",
  "jti",
  "username",
  "cognito:username",
]);

function applyChange(claims: Record<string, unknown>, change: Pick<ClaimsChange["id"], "add" | "suppress">): Record<string, unknown> {
  const kept = Object.entries(claims).filter(([name]) => reserved.has(name) || !change.suppress.includes(name));
  const added = Object.entries(change.add).filter(([name]) => !reserved.has(name));
  return Object.fromEntries([...kept, ...added]);
}

/** The ID token tells what the client may read; `*_verified` are booleans there. */
function readableClaims(client: PoolClient, user: UserRecord): Record<string, unknown> {
  const entries = Object.entries(user.attributes).filter(([name]) => client.readable === null || client.readable.has(name));
  if (client.readable?.has("email") && user.attributes.email_verified !== undefined)
    entries.push(["email_verified", user.attributes.email_verified]);
  return Object.fromEntries(entries.map(([name, value]) => [name, name.endsWith("_verified") ? value === "true" : value]));
}
