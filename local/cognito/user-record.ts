import type { SrpVerifier } from "./srp.ts";

export type UserStatus = "CONFIRMED" | "FORCE_CHANGE_PASSWORD" | "RESET_REQUIRED" | "UNCONFIRMED";

export interface UserRecord {
  poolId: string;
  /** As given when created (or the sub). */
  username: string;
  sub: string;
  attributes: Record<string, string>;
  enabled: boolean;
  status: UserStatus;
  createdMs: number;
  modifiedMs: number;
  /** Null until a password was set. */
  password: SrpVerifier | null;
  temporaryUntilMs: number | null;
  /** Earlier passwords' verifiers, newest first. */
  history: SrpVerifier[];
  totp: { secret: string; verified: boolean; enabled: boolean; preferred: boolean; lastStep: number } | null;
  /** Associated but not yet verified. */
  totpPending: string | null;
  failures: number;
  lockedUntilMs: number;
  code: { hash: string; untilMs: number; attempts: number } | null;
  groups: string[];
}

/** One sign-in: its refresh token and the tokens descended from it. */
export interface SignIn {
  /** `origin_jti`. */
  id: string;
  poolId: string;
  clientId: string;
  username: string;
  authTimeSeconds: number;
  untilMs: number;
  revoked: boolean;
  /** With rotation: which refresh token is the current one, and until when the one before still works. */
  generation: number;
  graceUntilMs: number;
}
