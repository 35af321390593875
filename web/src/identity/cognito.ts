/** The calls of Amazon Cognito user pools that a browser makes, and the sign-in conversation as a series of steps. */
import type { WebConfig } from "../app/config.ts";
import { newSrpSecret, srpSignature, srpTimestamp } from "./srp.ts";

export interface Tokens {
  readonly accessToken: string;
  readonly refreshToken: string;
  /** Milliseconds since 1970 by this computer's clock. */
  readonly expiresAt: number;
}

/** What the sign-in page shows next. */
export type SignInStep =
  | { readonly kind: "signedIn"; readonly tokens: Tokens }
  | { readonly kind: "newPassword"; readonly username: string; readonly session: string; readonly problem?: string }
  | { readonly kind: "totp"; readonly username: string; readonly session: string; readonly problem?: string }
  | { readonly kind: "enrol"; readonly username: string; readonly session: string; readonly secret: string; readonly problem?: string }
  | { readonly kind: "refused"; readonly problem: string };

export class CognitoError extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

interface AuthenticationResult {
  readonly AccessToken: string;
  readonly RefreshToken?: string;
  readonly ExpiresIn: number;
}
interface AuthAnswer {
  readonly AuthenticationResult?: AuthenticationResult;
  readonly ChallengeName?: string;
  readonly ChallengeParameters?: Record<string, string>;
  readonly Session?: string;
}

const sentences: Record<string, string> = {
  NotAuthorizedException: "The email address or password is not right. Check them and try again.",
  UserNotFoundException: "The email address or password is not right. Check them and try again.",
  PasswordResetRequiredException: "Your password has to be reset. Ask your local administrator to send you a new one.",
  UserNotConfirmedException: "This account is not ready yet. Ask your local administrator.",
  TooManyRequestsException: "Too many tries. Wait a few minutes, then try again.",
  LimitExceededException: "Too many tries. Wait a few minutes, then try again.",
  CodeMismatchException: "That code is not right. Enter the 6 digits that your authenticator app shows now.",
  EnableSoftwareTokenMFAException: "That code is not right. Enter the 6 digits that your authenticator app shows now.",
  ExpiredCodeException: "That code is too old. Enter the 6 digits that your authenticator app shows now.",
  InvalidPasswordException:
    "This password is not strong enough. Use at least 12 characters with capital and small letters, numbers and a symbol.",
  PasswordHistoryPolicyViolationException: "You have used this password before. Choose another.",
  network: "Penfold cannot be reached. Check that this computer is connected, then try again.",
};

export function cognitoSentence(error: unknown): string {
  const code = error instanceof CognitoError ? error.code : "network";
  if (error instanceof CognitoError && code === "NotAuthorizedException" && /disabled/i.test(error.message)) {
    return "This account has been disabled. Ask your local administrator.";
  }
  return sentences[code] ?? "Signing in did not work. Try again, and tell your IT service desk if it keeps happening.";
}

export class Cognito {
  readonly #config: WebConfig;
  constructor(config: WebConfig) {
    this.#config = config;
  }

  async #call<T>(operation: string, body: object): Promise<T> {
    let response: Response;
    try {
      response = await fetch(this.#config.cognitoEndpoint, {
        method: "POST",
        headers: {
          "content-type": "application/x-amz-json-1.1",
          "x-amz-target": `AWSCognitoIdentityProviderService.${operation}`,
        },
        body: JSON.stringify(body),
        credentials: "omit",
        referrerPolicy: "no-referrer",
      });
    } catch (cause) {
      throw new CognitoError("network", String(cause));
    }
    const answer = (await response.json().catch(() => ({}))) as { __type?: string; message?: string; Message?: string };
    if (response.ok) return answer as T;
    const code = (answer.__type ?? "Unknown").split("#").at(-1) ?? "Unknown";
    throw new CognitoError(code, answer.message ?? answer.Message ?? "");
  }

  async signIn(username: string, password: string): Promise<SignInStep> {
    try {
      const secret = newSrpSecret();
      const started = await this.#call<AuthAnswer>("InitiateAuth", {
        AuthFlow: "USER_SRP_AUTH",
        ClientId: this.#config.userPoolClientId,
        AuthParameters: { USERNAME: username, SRP_A: secret.publicHex },
      });
      if (started.ChallengeName !== "PASSWORD_VERIFIER") return await this.#next(username, started);
      const given = started.ChallengeParameters ?? {};
      const userId = given.USER_ID_FOR_SRP ?? username;
      const timestamp = srpTimestamp(new Date());
      const challenge = { userId, saltHex: given.SALT ?? "", serverPublicHex: given.SRP_B ?? "", secretBlock: given.SECRET_BLOCK ?? "" };
      const answer = await this.#respond("PASSWORD_VERIFIER", started.Session, {
        USERNAME: userId,
        PASSWORD_CLAIM_SECRET_BLOCK: challenge.secretBlock,
        PASSWORD_CLAIM_SIGNATURE: await srpSignature(secret, challenge, this.#config.userPoolId, password, timestamp),
        TIMESTAMP: timestamp,
      });
      return await this.#next(userId, answer);
    } catch (error) {
      return { kind: "refused", problem: cognitoSentence(error) };
    }
  }

  async chooseNewPassword(step: SignInStep & { kind: "newPassword" }, password: string): Promise<SignInStep> {
    return this.#continue(step, "NEW_PASSWORD_REQUIRED", { USERNAME: step.username, NEW_PASSWORD: password });
  }

  async enterCode(step: SignInStep & { kind: "totp" }, code: string): Promise<SignInStep> {
    return this.#continue(step, "SOFTWARE_TOKEN_MFA", { USERNAME: step.username, SOFTWARE_TOKEN_MFA_CODE: code });
  }

  /** The MFA_SETUP challenge: the pool asks for an authenticator app before it lets the person in. */
  async finishEnrolment(step: SignInStep & { kind: "enrol" }, code: string): Promise<SignInStep> {
    try {
      const verified = await this.#call<{ Session?: string }>("VerifySoftwareToken", { Session: step.session, UserCode: code });
      return await this.#next(step.username, await this.#respond("MFA_SETUP", verified.Session, { USERNAME: step.username }));
    } catch (error) {
      return this.#problem(step, error);
    }
  }

  async refresh(refreshToken: string): Promise<Tokens> {
    const answer = await this.#call<AuthAnswer>("InitiateAuth", {
      AuthFlow: "REFRESH_TOKEN_AUTH",
      ClientId: this.#config.userPoolClientId,
      AuthParameters: { REFRESH_TOKEN: refreshToken },
    });
    if (!answer.AuthenticationResult) throw new CognitoError("NotAuthorizedException", "no tokens");
    return this.#tokens(answer.AuthenticationResult, refreshToken);
  }

  /** Ends the refresh token and every access token that came from it. */
  async revoke(refreshToken: string): Promise<void> {
    await this.#call("RevokeToken", { ClientId: this.#config.userPoolClientId, Token: refreshToken });
  }

  async startAuthenticator(accessToken: string): Promise<string> {
    return (await this.#call<{ SecretCode: string }>("AssociateSoftwareToken", { AccessToken: accessToken })).SecretCode;
  }

  async finishAuthenticator(accessToken: string, code: string): Promise<void> {
    await this.#call("VerifySoftwareToken", { AccessToken: accessToken, UserCode: code, FriendlyDeviceName: "Authenticator app" });
    await this.#call("SetUserMFAPreference", {
      AccessToken: accessToken,
      SoftwareTokenMfaSettings: { Enabled: true, PreferredMfa: true },
    });
  }

  #respond(challenge: string, session: string | undefined, responses: Record<string, string>): Promise<AuthAnswer> {
    return this.#call("RespondToAuthChallenge", {
      ChallengeName: challenge,
      ClientId: this.#config.userPoolClientId,
      ...(session ? { Session: session } : {}),
      ChallengeResponses: responses,
    });
  }

  async #continue(step: SignInStep & { kind: "newPassword" | "totp" }, challenge: string, responses: Record<string, string>) {
    try {
      return await this.#next(step.username, await this.#respond(challenge, step.session, responses));
    } catch (error) {
      return this.#problem(step, error);
    }
  }

  /** A wrong code or weak password leaves the person on the same step; an ended session begins again. */
  #problem<T extends SignInStep & { kind: "newPassword" | "totp" | "enrol" }>(step: T, error: unknown): SignInStep {
    const problem = cognitoSentence(error);
    const again = [
      "CodeMismatchException",
      "InvalidPasswordException",
      "EnableSoftwareTokenMFAException",
      "ExpiredCodeException",
      "network",
      "PasswordHistoryPolicyViolationException",
    ];
    if (error instanceof CognitoError && again.includes(error.code)) return { ...step, problem };
    if (error instanceof CognitoError && error.code === "NotAuthorizedException") {
      return { kind: "refused", problem: "That took too long. Enter your email address and password again." };
    }
    return { kind: "refused", problem };
  }

  async #next(username: string, answer: AuthAnswer): Promise<SignInStep> {
    if (answer.AuthenticationResult) return { kind: "signedIn", tokens: this.#tokens(answer.AuthenticationResult, "") };
    const session = answer.Session ?? "";
    switch (answer.ChallengeName) {
      case "NEW_PASSWORD_REQUIRED":
        return { kind: "newPassword", username, session };
      case "SOFTWARE_TOKEN_MFA":
        return { kind: "totp", username, session };
      case "MFA_SETUP": {
        const started = await this.#call<{ SecretCode: string; Session?: string }>("AssociateSoftwareToken", { Session: session });
        return { kind: "enrol", username, session: started.Session ?? session, secret: started.SecretCode };
      }
      default:
        return { kind: "refused", problem: "This account signs in by a way that this page does not know. Tell your IT service desk." };
    }
  }

  #tokens(result: AuthenticationResult, refreshToken: string): Tokens {
    return {
      accessToken: result.AccessToken,
      refreshToken: result.RefreshToken ?? refreshToken,
      expiresAt: Date.now() + result.ExpiresIn * 1000,
    };
  }
}
