import { z } from "zod";
import type { ServiceContext } from "../service.ts";
import { CognitoError } from "./cognito-error.ts";
import type { People } from "./people.ts";
import type { SignInDialogue } from "./sign-in.ts";
import type { OpenPool, Tokens } from "./tokens.ts";
import type { PoolClient } from "./user-pool.ts";
import type { UserRecord } from "./user-record.ts";
import type { UserStore } from "./user-store.ts";

/** What every operation works with. */
export interface Cognito {
  context: ServiceContext;
  pools: ReadonlyMap<string, OpenPool>;
  clients: ReadonlyMap<string, PoolClient>;
  store: UserStore;
  people: People;
  tokens: Tokens;
  dialogue: SignInDialogue;
}

/**
 * `admin`: signed, needs cognito-idp:<name> on the pool. `public`: anyone with a client id. `token`: whoever holds the access token.
 * The last two come unsigned.
 */
export interface Operation {
  access: "admin" | "public" | "token";
  run(cognito: Cognito, input: unknown): Promise<object>;
}

/** Validates the input, then runs; what the schema refuses is InvalidParameterException. */
export function operation<S extends z.ZodType>(
  access: Operation["access"],
  schema: S,
  run: (cognito: Cognito, input: z.output<S>) => object | Promise<object>,
): Operation {
  return {
    access,
    run: async (cognito, input) => {
      const parsed = schema.safeParse(input);
      if (!parsed.success) {
        const { path, message } = parsed.error.issues[0]!;
        throw new CognitoError("InvalidParameterException", `Value at '${path.join(".")}' failed to satisfy constraint: ${message}`);
      }
      return run(cognito, parsed.data);
    },
  };
}

export const username = z.string().min(1).max(128);
export const password = z.string().min(1).max(256);
export const parameters = z.record(z.string(), z.string()).default({});
export const attributeList = z.array(z.object({ Name: z.string().min(1).max(32), Value: z.string().max(2_048).default("") })).max(50);
export const inPool = z.object({ UserPoolId: z.string() });
export const onUser = inPool.extend({ Username: username });
export const withToken = z.object({ AccessToken: z.string().min(1).max(16_384) });

export function poolOf({ pools }: Cognito, id: string): OpenPool {
  const open = pools.get(id);
  if (!open) throw new CognitoError("ResourceNotFoundException", `User pool ${id} does not exist.`);
  return open;
}

export function clientOf(cognito: Cognito, id: string): { client: PoolClient; open: OpenPool } {
  const client = cognito.clients.get(id);
  if (!client) throw new CognitoError("ResourceNotFoundException", `User pool client ${id} does not exist.`);
  return { client, open: poolOf(cognito, client.poolId) };
}

/** The person behind an access token, still enabled and signed in. */
export function bearerOf(cognito: Cognito, token: string): { open: OpenPool; client: PoolClient; user: UserRecord } {
  const poolId = issuerPool(token);
  const open = poolId === null ? undefined : cognito.pools.get(poolId);
  if (!open) throw new CognitoError("NotAuthorizedException", "Invalid Access Token");
  const read = cognito.tokens.readAccess(open, token);
  const client = cognito.clients.get(read.clientId);
  const user = cognito.people.find(open.pool, read.username);
  if (!client) throw new CognitoError("NotAuthorizedException", "Invalid Access Token");
  if (!user) throw new CognitoError("UserNotFoundException", "User does not exist.");
  if (!user.enabled) throw new CognitoError("NotAuthorizedException", "User is disabled.");
  return { open, client, user };
}

/** Read before the signature is checked: only to know whose keys to check it with. */
function issuerPool(token: string): string | null {
  try {
    const claims = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8")) as { iss?: unknown };
    return String(claims.iss).split("/").at(-1) ?? null;
  } catch {
    return null;
  }
}

export const seconds = (ms: number): number => ms / 1000;

export const attributesOf = (user: UserRecord) =>
  Object.entries({ sub: user.sub, ...user.attributes }).map(([Name, Value]) => ({ Name, Value }));

export const mfaOf = (user: UserRecord) =>
  user.totp?.enabled
    ? { UserMFASettingList: ["SOFTWARE_TOKEN_MFA"], ...(user.totp.preferred ? { PreferredMfaSetting: "SOFTWARE_TOKEN_MFA" } : {}) }
    : {};

/** Checks names and mutability against the pool's schema. */
export function toAttributes(
  open: OpenPool,
  list: z.output<typeof attributeList>,
  current: Record<string, string> | null,
): Record<string, string> {
  const given: Record<string, string> = {};
  for (const { Name, Value } of list) {
    const known = open.pool.attributes.get(Name);
    if (!known || Name === "sub")
      throw new CognitoError(
        "InvalidParameterException",
        `Attributes did not conform to the schema: Type for attribute {${Name}} could not be determined`,
      );
    if (current && !known.mutable && current[Name] !== undefined) {
      throw new CognitoError("InvalidParameterException", `user.${Name}: Attribute cannot be updated.`);
    }
    if (Name === "email" && !/^[^\s@]+@[^\s@]+$/.test(Value))
      throw new CognitoError("InvalidParameterException", "Invalid email address format.");
    given[Name] = Value;
  }
  return given;
}
