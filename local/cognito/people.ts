import { createHash, createHmac, randomInt, randomUUID, timingSafeEqual } from "node:crypto";
import { CognitoError } from "./cognito-error.ts";
import { checkPassword } from "./password-policy.ts";
import { createVerifier, passwordMatches } from "./srp.ts";
import type { PoolClient, UserPool } from "./user-pool.ts";
import type { UserRecord, UserStatus } from "./user-record.ts";
import type { UserStore } from "./user-store.ts";

const DAY_MS = 86_400_000;
const CODE_VALID_MS = 3_600_000;
const CODE_ATTEMPTS = 5;
/** Developer guide, "Lockout behavior": after five failures one second, doubled by each further one, up to about fifteen minutes. */
const FREE_FAILURES = 5;
const LOCK_BASE_MS = 1_000;
const LOCK_MAXIMUM_MS = 900_000;

/** Where codes and invitations go instead of an SMS or a mail. */
export type CodeSender = (message: { poolId: string; username: string; kind: string; text: string }) => void;

/** The users of the pools: finding, making, passwords, lockout, recovery codes. */
export class People {
  readonly #store: UserStore;
  readonly #now: () => number;
  readonly #send: CodeSender;

  constructor(store: UserStore, now: () => number, send: CodeSender) {
    this.#store = store;
    this.#now = now;
    this.#send = send;
  }

  keyOf(pool: UserPool, username: string): string {
    return pool.caseSensitive ? username : username.toLowerCase();
  }

  find(pool: UserPool, username: string): UserRecord | null {
    return this.#store.find(pool.id, this.keyOf(pool, username));
  }

  require(pool: UserPool, username: string): UserRecord {
    const user = this.find(pool, username);
    if (!user) throw new CognitoError("UserNotFoundException", "User does not exist.");
    return user;
  }

  create(pool: UserPool, username: string, attributes: Record<string, string>): UserRecord {
    const sub = randomUUID();
    const now = this.#now();
    const user: UserRecord = {
      poolId: pool.id,
      username: pool.usernameIsAlias ? sub : username,
      sub,
      attributes: pool.usernameIsAlias && attributes.email === undefined ? { ...attributes, email: username } : attributes,
      enabled: true,
      status: "FORCE_CHANGE_PASSWORD",
      createdMs: now,
      modifiedMs: now,
      password: null,
      temporaryUntilMs: null,
      history: [],
      totp: null,
      totpPending: null,
      failures: 0,
      lockedUntilMs: 0,
      code: null,
      groups: [],
    };
    return user;
  }

  insert(pool: UserPool, user: UserRecord): void {
    if (this.#store.insert(this.keyOf(pool, user.username), user, this.#aliasesOf(pool, user))) return;
    throw new CognitoError("UsernameExistsException", "User account already exists");
  }

  save(pool: UserPool, user: UserRecord): void {
    user.modifiedMs = this.#now();
    this.#write(pool, user);
  }

  remove(pool: UserPool, user: UserRecord): void {
    this.#store.remove(this.keyOf(pool, user.username), user);
  }

  #write(pool: UserPool, user: UserRecord): void {
    if (this.#store.update(this.keyOf(pool, user.username), user, this.#aliasesOf(pool, user))) return;
    throw new CognitoError("InvalidParameterException", "An account with the given email already exists.");
  }

  #aliasesOf(pool: UserPool, user: UserRecord): string[] {
    return pool.aliases
      .filter((name) => pool.usernameIsAlias || user.attributes[`${name}_verified`] === "true" || name === "preferred_username")
      .flatMap((name) => (user.attributes[name] === undefined ? [] : [this.keyOf(pool, user.attributes[name])]));
  }

  /** Keeps only the verifier. A temporary password must be changed at the first sign-in. */
  setPassword(pool: UserPool, user: UserRecord, password: string, kind: "temporary" | "permanent"): void {
    checkPassword(pool.passwordPolicy, password);
    const earlier = [...(user.password ? [user.password] : []), ...user.history].slice(0, pool.passwordPolicy.historySize);
    if (kind === "permanent" && earlier.some((kept) => passwordMatches(pool.name, user.username, password, kept))) {
      throw new CognitoError("PasswordHistoryPolicyViolationException", "Password has previously been used");
    }
    user.history = earlier;
    user.password = createVerifier(pool.name, user.username, password);
    user.temporaryUntilMs = kind === "temporary" ? this.#now() + pool.passwordPolicy.temporaryDays * DAY_MS : null;
    user.status = kind === "temporary" ? "FORCE_CHANGE_PASSWORD" : "CONFIRMED";
    user.failures = 0;
    user.lockedUntilMs = 0;
    user.code = null;
  }

  /** Compares a password that was sent as such, counting failures. */
  checkPassword(pool: UserPool, user: UserRecord, password: string): void {
    this.refuseWhileLocked(user);
    if (user.password && passwordMatches(pool.name, user.username, password, user.password)) {
      this.noteSuccess(pool, user);
      return;
    }
    this.noteFailure(pool, user);
    throw new CognitoError("NotAuthorizedException", "Incorrect username or password.");
  }

  refuseWhileLocked(user: UserRecord): void {
    if (user.lockedUntilMs > this.#now()) throw new CognitoError("NotAuthorizedException", "Password attempts exceeded");
  }

  noteFailure(pool: UserPool, user: UserRecord): void {
    user.failures += 1;
    if (user.failures >= FREE_FAILURES) {
      user.lockedUntilMs = this.#now() + Math.min(LOCK_BASE_MS * 2 ** (user.failures - FREE_FAILURES), LOCK_MAXIMUM_MS);
    }
    this.#write(pool, user);
  }

  noteSuccess(pool: UserPool, user: UserRecord): void {
    if (user.failures === 0) return;
    user.failures = 0;
    user.lockedUntilMs = 0;
    this.#write(pool, user);
  }

  sendCode(pool: UserPool, user: UserRecord): void {
    const code = String(randomInt(1_000_000)).padStart(6, "0");
    user.code = { hash: codeHash(user.sub, code), untilMs: this.#now() + CODE_VALID_MS, attempts: 0 };
    this.#write(pool, user);
    this.#send({ poolId: pool.id, username: user.username, kind: "confirmation code", text: code });
  }

  invite(pool: UserPool, user: UserRecord, password: string): void {
    this.#send({ poolId: pool.id, username: user.username, kind: "temporary password", text: password });
  }

  /** Throws unless the code is the one sent, is fresh, and was not guessed at too often. */
  useCode(pool: UserPool, user: UserRecord, code: string): void {
    const kept = user.code;
    if (!kept || kept.untilMs < this.#now())
      throw new CognitoError("ExpiredCodeException", "Invalid code provided, please request a code again.");
    if (kept.attempts >= CODE_ATTEMPTS)
      throw new CognitoError("LimitExceededException", "Attempt limit exceeded, please try after some time.");
    kept.attempts += 1;
    const right = timingSafeEqual(Buffer.from(codeHash(user.sub, code)), Buffer.from(kept.hash));
    if (right) user.code = null;
    this.#write(pool, user);
    if (!right) throw new CognitoError("CodeMismatchException", "Invalid verification code provided, please try again.");
  }

  setStatus(pool: UserPool, user: UserRecord, status: UserStatus): void {
    user.status = status;
    this.save(pool, user);
  }
}

const codeHash = (sub: string, code: string): string => createHash("sha256").update(`${sub}/${code}`).digest("hex");

/** SECRET_HASH of clients that have a secret. */
export function checkSecretHash(client: PoolClient, username: string, given: string | undefined): void {
  if (client.secret === null) return;
  const expected = createHmac("sha256", client.secret)
    .update(username + client.id)
    .digest();
  const actual = Buffer.from(given ?? "", "base64");
  if (actual.length === expected.length && timingSafeEqual(actual, expected)) return;
  throw new CognitoError("NotAuthorizedException", `Unable to verify secret hash for client ${client.id}`);
}
