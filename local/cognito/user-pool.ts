/** What the template says about a user pool and its clients. */
export interface UserPool {
  id: string;
  /** The part of the id after the underscore: what SRP hashes. */
  name: string;
  arn: string;
  issuer: string;
  caseSensitive: boolean;
  /** Attributes that may stand in for the username when signing in. */
  aliases: string[];
  /** UsernameAttributes: the username given is an address, the real one is the sub. */
  usernameIsAlias: boolean;
  passwordPolicy: PasswordPolicy;
  mfa: "OFF" | "OPTIONAL" | "ON";
  softwareTokens: boolean;
  /** `admin_only` leaves it out: nobody recovers a password alone. */
  recoversByEmail: boolean;
  attributes: Map<string, { mutable: boolean; required: boolean }>;
  preTokenGeneration: { functionArn: string; version: "V1_0" | "V2_0" | "V3_0" } | null;
}

export interface PasswordPolicy {
  minimumLength: number;
  lowercase: boolean;
  uppercase: boolean;
  numbers: boolean;
  symbols: boolean;
  temporaryDays: number;
  historySize: number;
}

export interface PoolClient {
  id: string;
  poolId: string;
  name: string;
  secret: string | null;
  flows: ReadonlySet<string>;
  hidesExistence: boolean;
  revocable: boolean;
  /** Null: all attributes. */
  readable: ReadonlySet<string> | null;
  writable: ReadonlySet<string> | null;
  accessSeconds: number;
  idSeconds: number;
  refreshSeconds: number;
  sessionMinutes: number;
  rotation: { graceSeconds: number } | null;
}

/** OpenID Connect standard claims (Cognito developer guide, "Working with user attributes"). */
export const standardAttributes = [
  "address",
  "birthdate",
  "email",
  "email_verified",
  "family_name",
  "gender",
  "given_name",
  "locale",
  "middle_name",
  "name",
  "nickname",
  "phone_number",
  "phone_number_verified",
  "picture",
  "preferred_username",
  "profile",
  "sub",
  "updated_at",
  "website",
  "zoneinfo",
] as const;
