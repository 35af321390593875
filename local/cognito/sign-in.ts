import { CognitoError } from "./cognito-error.ts";
import { checkSecretHash, type People } from "./people.ts";
import { claimProves, decoyVerifier, serverChallenge } from "./srp.ts";
import type { AuthenticationResult, OpenPool, Tokens } from "./tokens.ts";
import { matchTotp } from "./totp.ts";
import type { PoolClient } from "./user-pool.ts";
import type { UserRecord } from "./user-record.ts";

/** A challenge or tokens: what InitiateAuth and RespondToAuthChallenge answer. */
export interface SignInAnswer {
  ChallengeName?: string;
  Session?: string;
  ChallengeParameters: Record<string, string>;
  AuthenticationResult?: AuthenticationResult;
}

type Parameters = Readonly<Record<string, string>>;
type Step = "NEW_PASSWORD_REQUIRED" | "SOFTWARE_TOKEN_MFA" | "MFA_SETUP";

interface SrpState {
  clientId: string;
  userId: string;
  clientPublicHex: string;
  serverPrivateHex: string;
  serverPublicHex: string;
}

export interface SessionState {
  clientId: string;
  username: string;
  step: Step;
  /** MFA_SETUP: the new authenticator was verified in this session. */
  verified?: boolean;
}

const TIMESTAMP_TOLERANCE_MS = 5 * 60_000;
const wrong = () => new CognitoError("NotAuthorizedException", "Incorrect username or password.");
const badSession = () => new CognitoError("NotAuthorizedException", "Invalid session for the user.");

/** The sign-in dialogue. Its state travels sealed with the client, so any step may follow a restart. */
export class SignInDialogue {
  readonly #people: People;
  readonly #tokens: Tokens;
  readonly #now: () => number;

  constructor(people: People, tokens: Tokens, now: () => number) {
    this.#people = people;
    this.#tokens = tokens;
    this.#now = now;
  }

  async initiate(open: OpenPool, client: PoolClient, flow: string, parameters: Parameters): Promise<SignInAnswer> {
    switch (flow) {
      case "USER_SRP_AUTH":
        this.#requireFlow(client, "ALLOW_USER_SRP_AUTH", flow);
        return this.#beginSrp(open, client, parameters);
      case "USER_PASSWORD_AUTH":
      case "ADMIN_USER_PASSWORD_AUTH":
        this.#requireFlow(client, `ALLOW_${flow}`, flow);
        return this.#byPassword(open, client, parameters);
      case "REFRESH_TOKEN":
      case "REFRESH_TOKEN_AUTH":
        this.#requireFlow(client, "ALLOW_REFRESH_TOKEN_AUTH", flow);
        if (client.rotation)
          throw new CognitoError("InvalidParameterException", "Refresh token rotation is enabled: use GetTokensFromRefreshToken.");
        return { ChallengeParameters: {}, AuthenticationResult: await this.refresh(open, client, parameters.REFRESH_TOKEN) };
      default:
        throw new CognitoError("InvalidParameterException", `Unsupported auth flow: ${flow}`);
    }
  }

  refresh(open: OpenPool, client: PoolClient, token: string | undefined): Promise<AuthenticationResult> {
    if (!token) throw new CognitoError("InvalidParameterException", "Missing required parameter REFRESH_TOKEN");
    return this.#tokens.refresh(open, client, token, (username) => this.#people.find(open.pool, username));
  }

  async respond(
    open: OpenPool,
    client: PoolClient,
    challenge: string,
    session: string | undefined,
    responses: Parameters,
  ): Promise<SignInAnswer> {
    if (challenge === "PASSWORD_VERIFIER") return this.#verifySrp(open, client, responses);
    if (challenge !== "NEW_PASSWORD_REQUIRED" && challenge !== "SOFTWARE_TOKEN_MFA" && challenge !== "MFA_SETUP") {
      throw new CognitoError("InvalidParameterException", `Challenge ${challenge} is not served`);
    }
    const opened = this.openSession(open, session);
    const { state } = opened;
    if (state.step !== challenge || state.clientId !== client.id) throw badSession();
    const user = this.#people.require(open.pool, state.username);
    const named = responses.USERNAME;
    if (named !== undefined && this.#people.find(open.pool, named)?.sub !== user.sub) throw badSession();
    checkSecretHash(client, named ?? user.username, responses.SECRET_HASH);
    if (!user.enabled) throw new CognitoError("NotAuthorizedException", "User is disabled.");
    const answer = await this.#step(open, client, user, state, responses);
    open.sealer.spend(opened.token);
    return answer;
  }

  openSession(open: OpenPool, session: string | undefined): { state: SessionState; token: { id: string; until: number } } {
    const token = session === undefined ? null : open.sealer.open<SessionState>("session", session);
    if (!token) throw new CognitoError("NotAuthorizedException", "Invalid session for the user, session is expired.");
    return { state: token.content, token };
  }

  sealSession(open: OpenPool, client: PoolClient, state: SessionState): string {
    return open.sealer.seal("session", state, client.sessionMinutes * 60_000);
  }

  #requireFlow(client: PoolClient, allowance: string, flow: string): void {
    if (!client.flows.has(allowance)) throw new CognitoError("InvalidParameterException", `${flow} flow not enabled for this client`);
  }

  #beginSrp(open: OpenPool, client: PoolClient, parameters: Parameters): SignInAnswer {
    const { USERNAME, SRP_A } = parameters;
    if (!USERNAME) throw new CognitoError("InvalidParameterException", "Missing required parameter USERNAME");
    if (!SRP_A) throw new CognitoError("InvalidParameterException", "Missing required parameter SRP_A");
    checkSecretHash(client, USERNAME, parameters.SECRET_HASH);
    const user = this.#people.find(open.pool, USERNAME);
    if (!user && !client.hidesExistence) throw new CognitoError("UserNotFoundException", "User does not exist.");
    const userId = user?.username ?? this.#people.keyOf(open.pool, USERNAME);
    const kept = user?.password ?? decoyVerifier(open.keys.secret, userId);
    const challenge = serverChallenge(SRP_A, kept);
    if (!challenge) throw new CognitoError("InvalidParameterException", "SRP_A is not a valid public value");
    const state: SrpState = {
      clientId: client.id,
      userId,
      clientPublicHex: SRP_A,
      serverPrivateHex: challenge.privateHex,
      serverPublicHex: challenge.publicHex,
    };
    return {
      ChallengeName: "PASSWORD_VERIFIER",
      ChallengeParameters: {
        SALT: kept.saltHex,
        SECRET_BLOCK: open.sealer.seal("secret-block", state, client.sessionMinutes * 60_000),
        SRP_B: challenge.publicHex,
        USERNAME: userId,
        USER_ID_FOR_SRP: userId,
      },
    };
  }

  async #verifySrp(open: OpenPool, client: PoolClient, responses: Parameters): Promise<SignInAnswer> {
    const { USERNAME = "", PASSWORD_CLAIM_SECRET_BLOCK = "", PASSWORD_CLAIM_SIGNATURE = "", TIMESTAMP = "" } = responses;
    checkSecretHash(client, USERNAME, responses.SECRET_HASH);
    const block = open.sealer.open<SrpState>("secret-block", PASSWORD_CLAIM_SECRET_BLOCK);
    const told = parseTimestamp(TIMESTAMP);
    if (!block || block.content.clientId !== client.id) throw wrong();
    if (Math.abs(told - this.#now()) > TIMESTAMP_TOLERANCE_MS || Number.isNaN(told)) {
      throw new CognitoError("NotAuthorizedException", "Unable to verify the timestamp of the claim.");
    }
    open.sealer.spend(block);
    const state = block.content;
    const user = this.#people.find(open.pool, state.userId);
    if (user) this.#people.refuseWhileLocked(user);
    const kept = user?.password ?? decoyVerifier(open.keys.secret, state.userId);
    const claim = {
      ...state,
      poolName: open.pool.name,
      secretBlock: Buffer.from(PASSWORD_CLAIM_SECRET_BLOCK, "base64"),
      timestamp: TIMESTAMP,
      signature: PASSWORD_CLAIM_SIGNATURE,
    };
    const proven = claimProves(claim, kept);
    if (!user) throw wrong();
    if (!proven || !user.password) {
      this.#people.noteFailure(open.pool, user);
      throw wrong();
    }
    this.#people.noteSuccess(open.pool, user);
    return this.#afterPassword(open, client, user);
  }

  async #byPassword(open: OpenPool, client: PoolClient, parameters: Parameters): Promise<SignInAnswer> {
    const { USERNAME, PASSWORD } = parameters;
    if (!USERNAME) throw new CognitoError("InvalidParameterException", "Missing required parameter USERNAME");
    if (!PASSWORD) throw new CognitoError("InvalidParameterException", "Missing required parameter PASSWORD");
    checkSecretHash(client, USERNAME, parameters.SECRET_HASH);
    const user = this.#people.find(open.pool, USERNAME);
    if (!user) throw client.hidesExistence ? wrong() : new CognitoError("UserNotFoundException", "User does not exist.");
    this.#people.checkPassword(open.pool, user, PASSWORD);
    return this.#afterPassword(open, client, user);
  }

  /** The password is proven: what stands between the user and the tokens? */
  async #afterPassword(open: OpenPool, client: PoolClient, user: UserRecord): Promise<SignInAnswer> {
    if (!user.enabled) throw new CognitoError("NotAuthorizedException", "User is disabled.");
    if (user.status === "RESET_REQUIRED") throw new CognitoError("PasswordResetRequiredException", "Password reset required for the user");
    if (user.status === "UNCONFIRMED") throw new CognitoError("UserNotConfirmedException", "User is not confirmed.");
    if (user.status !== "FORCE_CHANGE_PASSWORD") return this.#afterPasswordChange(open, client, user, false);
    if (user.temporaryUntilMs !== null && user.temporaryUntilMs < this.#now()) {
      throw new CognitoError("NotAuthorizedException", "Temporary password has expired and must be reset by an administrator.");
    }
    const missing = [...open.pool.attributes].filter(([name, { required }]) => required && user.attributes[name] === undefined);
    return this.#challenge(open, client, user, "NEW_PASSWORD_REQUIRED", {
      USER_ID_FOR_SRP: user.username,
      requiredAttributes: JSON.stringify(missing.map(([name]) => `userAttributes.${name}`)),
      userAttributes: JSON.stringify(user.attributes),
    });
  }

  async #afterPasswordChange(open: OpenPool, client: PoolClient, user: UserRecord, changed: boolean): Promise<SignInAnswer> {
    const { mfa, softwareTokens } = open.pool;
    if (mfa !== "OFF" && softwareTokens) {
      if (user.totp?.verified && (mfa === "ON" || user.totp.enabled)) {
        return this.#challenge(open, client, user, "SOFTWARE_TOKEN_MFA", {
          USER_ID_FOR_SRP: user.username,
          FRIENDLY_DEVICE_NAME: "TOTP device",
        });
      }
      if (mfa === "ON")
        return this.#challenge(open, client, user, "MFA_SETUP", {
          USER_ID_FOR_SRP: user.username,
          MFAS_CAN_SETUP: '["SOFTWARE_TOKEN_MFA"]',
        });
    }
    return this.#finish(open, client, user, changed);
  }

  #challenge(open: OpenPool, client: PoolClient, user: UserRecord, step: Step, parameters: Record<string, string>): SignInAnswer {
    const session = this.sealSession(open, client, { clientId: client.id, username: user.username, step });
    return { ChallengeName: step, Session: session, ChallengeParameters: parameters };
  }

  async #step(open: OpenPool, client: PoolClient, user: UserRecord, state: SessionState, responses: Parameters): Promise<SignInAnswer> {
    switch (state.step) {
      case "NEW_PASSWORD_REQUIRED":
        if (!responses.NEW_PASSWORD) throw new CognitoError("InvalidParameterException", "Missing required parameter NEW_PASSWORD");
        if (user.status !== "FORCE_CHANGE_PASSWORD") throw badSession();
        this.#takeAttributes(open, client, user, responses);
        this.#people.setPassword(open.pool, user, responses.NEW_PASSWORD, "permanent");
        this.#people.save(open.pool, user);
        return this.#afterPasswordChange(open, client, user, true);
      case "SOFTWARE_TOKEN_MFA":
        this.#checkTotp(open, user, responses.SOFTWARE_TOKEN_MFA_CODE ?? "");
        return this.#finish(open, client, user, false);
      case "MFA_SETUP":
        if (!state.verified) throw badSession();
        return this.#finish(open, client, user, false);
    }
  }

  /** `userAttributes.<name>` given with a new password: only what this client may write. */
  #takeAttributes(open: OpenPool, client: PoolClient, user: UserRecord, responses: Parameters): void {
    for (const [key, value] of Object.entries(responses)) {
      if (!key.startsWith("userAttributes.")) continue;
      const name = key.slice("userAttributes.".length);
      if (!open.pool.attributes.has(name)) throw new CognitoError("InvalidParameterException", `Invalid user attribute: ${name}`);
      if (client.writable && !client.writable.has(name)) {
        throw new CognitoError("NotAuthorizedException", "A client attempted to write unauthorized attribute");
      }
      user.attributes[name] = value;
    }
  }

  #checkTotp(open: OpenPool, user: UserRecord, code: string): void {
    this.#people.refuseWhileLocked(user);
    const step = user.totp ? matchTotp(user.totp.secret, code, this.#now()) : null;
    if (!user.totp || step === null) {
      this.#people.noteFailure(open.pool, user);
      throw new CognitoError("CodeMismatchException", "Invalid code received for user");
    }
    if (step <= user.totp.lastStep) throw new CognitoError("ExpiredCodeException", "Your software token has already been used once.");
    user.totp.lastStep = step;
    user.failures = 0;
    this.#people.save(open.pool, user);
  }

  async #finish(open: OpenPool, client: PoolClient, user: UserRecord, changed: boolean): Promise<SignInAnswer> {
    const reason = changed ? "TokenGeneration_NewPasswordChallenge" : "TokenGeneration_Authentication";
    return { ChallengeParameters: {}, AuthenticationResult: await this.#tokens.issue(open, client, user, reason) };
  }
}

/** `Tue Jun 4 09:05:07 UTC 2024`. */
function parseTimestamp(text: string): number {
  const match = /^\w{3} (\w{3} \d{1,2}) (\d{2}:\d{2}:\d{2}) UTC (\d{4})$/.exec(text);
  return match ? Date.parse(`${match[1]} ${match[3]} ${match[2]} UTC`) : Number.NaN;
}
