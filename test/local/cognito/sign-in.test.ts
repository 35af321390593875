import {
  AdminCreateUserCommand,
  AdminDisableUserCommand,
  AdminEnableUserCommand,
  AdminGetUserCommand,
  AdminInitiateAuthCommand,
  AdminResetUserPasswordCommand,
  AdminSetUserPasswordCommand,
  AdminUserGlobalSignOutCommand,
  AssociateSoftwareTokenCommand,
  ChangePasswordCommand,
  GetUserCommand,
  GlobalSignOutCommand,
  InitiateAuthCommand,
  ListUsersCommand,
  RespondToAuthChallengeCommand,
  RevokeTokenCommand,
  SetUserMFAPreferenceCommand,
  SignUpCommand,
  UpdateUserAttributesCommand,
  VerifySoftwareTokenCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import { AuthenticationDetails, CognitoUser, CognitoUserPool, type CognitoUserSession } from "amazon-cognito-identity-js";
import { CognitoJwtVerifier } from "aws-jwt-verify";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { totpCode, totpStep } from "../../../local/cognito/totp.ts";
import { type PoolRig, refusal, startPool } from "./pool-rig.ts";
import { signInBySrp } from "./srp-client.ts";

const PASSWORD = "Correct-Horse-42";
let pool: PoolRig;

beforeAll(async () => {
  pool = await startPool();
});
afterAll(() => pool.stop());

async function person(Username: string, password = PASSWORD) {
  const at = { UserPoolId: pool.poolId, Username };
  await pool.admin.send(
    new AdminCreateUserCommand({ ...at, MessageAction: "SUPPRESS", UserAttributes: [{ Name: "email", Value: `${Username}@x.example` }] }),
  );
  await pool.admin.send(new AdminSetUserPasswordCommand({ ...at, Password: password, Permanent: true }));
  return at;
}
const signIn = (username: string, password = PASSWORD) => signInBySrp(pool.browser, pool, username, password);
const claimsOf = (token: string) => JSON.parse(Buffer.from(token.split(".")[1]!, "base64url").toString()) as Record<string, unknown>;

describe("USER_SRP_AUTH", () => {
  it("gives tokens like AWS's for the right password", async () => {
    await person("Ann");
    const answer = await signIn("ann");
    const { AccessToken, IdToken, RefreshToken, ExpiresIn, TokenType } = answer.AuthenticationResult!;
    expect([ExpiresIn, TokenType, typeof RefreshToken]).toEqual([3600, "Bearer", "string"]);
    const access = claimsOf(AccessToken!);
    const iss = `https://cognito-idp.eu-west-2.amazonaws.com/${pool.poolId}`;
    expect(pool.poolId).toMatch(/^eu-west-2_[A-Za-z0-9]{9}$/);
    expect(access).toMatchObject({
      iss,
      client_id: pool.clientId,
      token_use: "access",
      scope: "aws.cognito.signin.user.admin",
      username: "Ann",
    });
    for (const claim of ["sub", "origin_jti", "event_id", "jti", "auth_time", "iat", "exp"]) expect(access[claim]).toBeDefined();
    expect(access.email).toBeUndefined();
    expect(claimsOf(IdToken!)).toMatchObject({
      iss,
      aud: pool.clientId,
      token_use: "id",
      "cognito:username": "Ann",
      email: "Ann@x.example",
      sub: access.sub,
    });
  });

  it("gives tokens that aws-jwt-verify takes, and only of the right kind", async () => {
    await person("verify");
    const { AccessToken, IdToken } = (await signIn("verify")).AuthenticationResult!;
    const jwks = (await (await fetch(`${pool.rig.url}/${pool.poolId}/.well-known/jwks.json`)).json()) as { keys: never[] };
    expect(jwks.keys).toHaveLength(2);
    const verifier = CognitoJwtVerifier.create({ userPoolId: pool.poolId, clientId: pool.clientId, tokenUse: "access" });
    verifier.cacheJwks(jwks);
    await expect(verifier.verify(AccessToken!)).resolves.toMatchObject({ username: "verify" });
    await expect(verifier.verify(IdToken!)).rejects.toThrow();
    await expect(verifier.verify(`${AccessToken!.slice(0, -4)}AAAA`)).rejects.toThrow();
  });

  it("works with amazon-cognito-identity-js, new password included", async () => {
    const at = { UserPoolId: pool.poolId, Username: "library" };
    await pool.admin.send(new AdminCreateUserCommand({ ...at, TemporaryPassword: "Temporary-Pass-1", MessageAction: "SUPPRESS" }));
    const user = new CognitoUser({
      Username: "library",
      Pool: new CognitoUserPool({ UserPoolId: pool.poolId, ClientId: pool.clientId, endpoint: pool.rig.url }),
    });
    const session = await new Promise<CognitoUserSession>((resolve, reject) => {
      const callbacks = { onSuccess: resolve, onFailure: reject };
      user.authenticateUser(new AuthenticationDetails({ Username: "library", Password: "Temporary-Pass-1" }), {
        ...callbacks,
        newPasswordRequired: () => user.completeNewPasswordChallenge(PASSWORD, {}, callbacks),
      });
    });
    expect(session.isValid()).toBe(true);
    expect((await pool.admin.send(new AdminGetUserCommand(at))).UserStatus).toBe("CONFIRMED");
    const refreshed = await new Promise<CognitoUserSession>((resolve, reject) => {
      user.refreshSession(session.getRefreshToken(), (error, fresh: CognitoUserSession) => (error ? reject(error) : resolve(fresh)));
    });
    expect(refreshed.getAccessToken().getJwtToken()).not.toBe(session.getAccessToken().getJwtToken());
  });

  it("refuses a wrong password and an unknown user in the same words", async () => {
    await person("bob");
    const words = "NotAuthorizedException: Incorrect username or password.";
    expect(await refusal(signIn("bob", "Wrong-Password-1"))).toBe(words);
    expect(await refusal(signIn("nobody-at-all"))).toBe(words);
  });

  it("shows the same salt for an unknown user at each try", async () => {
    const salts = [1, 2].map(async () => {
      const input = {
        ClientId: pool.clientId,
        AuthFlow: "USER_SRP_AUTH" as const,
        AuthParameters: { USERNAME: "ghost", SRP_A: "ab".repeat(200) },
      };
      return (await pool.browser.send(new InitiateAuthCommand(input))).ChallengeParameters!.SALT;
    });
    expect(await salts[0]).toBe(await salts[1]);
  });

  it("refuses A = 0 mod N and an old claim", async () => {
    const zero = { ClientId: pool.clientId, AuthFlow: "USER_SRP_AUTH" as const, AuthParameters: { USERNAME: "bob", SRP_A: "00" } };
    expect(await refusal(pool.browser.send(new InitiateAuthCommand(zero)))).toMatch(/^InvalidParameterException/);
    await person("late");
    expect(await refusal(signInBySrp(pool.browser, pool, "late", PASSWORD, new Date(Date.now() - 3_600_000)))).toMatch(
      /^NotAuthorizedException/,
    );
  });

  it("T10: keeps to the flows that the client allows", async () => {
    await person("flows");
    const AuthParameters = { USERNAME: "flows", PASSWORD };
    const byPassword = new InitiateAuthCommand({ ClientId: pool.clientId, AuthFlow: "USER_PASSWORD_AUTH", AuthParameters });
    expect(await refusal(pool.browser.send(byPassword))).toMatch(/^InvalidParameterException: USER_PASSWORD_AUTH flow not enabled/);
    const asAdmin = { UserPoolId: pool.poolId, ClientId: pool.clientId, AuthFlow: "ADMIN_USER_PASSWORD_AUTH" as const, AuthParameters };
    expect((await pool.admin.send(new AdminInitiateAuthCommand(asAdmin))).AuthenticationResult).toBeDefined();
    expect(await refusal(pool.browser.send(new AdminInitiateAuthCommand(asAdmin)))).not.toBe("done");
    expect(await refusal(pool.browser.send(new SignUpCommand({ ClientId: pool.clientId, Username: "me", Password: PASSWORD })))).toMatch(
      /^NotAuthorizedException: SignUp/,
    );
  });
});

describe("accounts that may not sign in", () => {
  it("disabled: refused at sign-in, at refresh and at GetUser; enabled again: admitted", async () => {
    const at = await person("leaver");
    const { AccessToken, RefreshToken } = (await signIn("leaver")).AuthenticationResult!;
    await pool.admin.send(new AdminDisableUserCommand(at));
    expect(await refusal(signIn("leaver"))).toBe("NotAuthorizedException: User is disabled.");
    const refresh = new InitiateAuthCommand({
      ClientId: pool.clientId,
      AuthFlow: "REFRESH_TOKEN_AUTH",
      AuthParameters: { REFRESH_TOKEN: RefreshToken! },
    });
    expect(await refusal(pool.browser.send(refresh))).toMatch(/^NotAuthorizedException/);
    expect(await refusal(pool.browser.send(new GetUserCommand({ AccessToken })))).toMatch(/^NotAuthorizedException/);
    await pool.admin.send(new AdminEnableUserCommand(at));
    expect((await signIn("leaver")).AuthenticationResult).toBeDefined();
  });

  it("locks after five failures, longer each time, and opens again by time", async () => {
    await person("forgetful");
    for (let n = 0; n < 5; n++) expect(await refusal(signIn("forgetful", "Wrong-Password-1"))).toMatch(/Incorrect username/);
    expect(await refusal(signIn("forgetful"))).toBe("NotAuthorizedException: Password attempts exceeded");
    pool.rig.clock.set(Date.now() + 1_500);
    expect(await refusal(signIn("forgetful", "Wrong-Password-1"))).toMatch(/Incorrect username/);
    expect(await refusal(signIn("forgetful"))).toBe("NotAuthorizedException: Password attempts exceeded");
    pool.rig.clock.set(Date.now() + 10_000);
    expect(await refusal(signIn("forgetful"))).toBe("done");
    pool.rig.clock.set(null);
  });

  it("asks for a new password, judges it by the policy, and lets a temporary one expire", async () => {
    const at = { UserPoolId: pool.poolId, Username: "newcomer" };
    await pool.admin.send(new AdminCreateUserCommand({ ...at, TemporaryPassword: "Temporary-Pass-1", MessageAction: "SUPPRESS" }));
    const first = await signIn("newcomer", "Temporary-Pass-1");
    expect(first.ChallengeName).toBe("NEW_PASSWORD_REQUIRED");
    const answer = (NEW_PASSWORD: string, extra = {}) =>
      pool.browser.send(
        new RespondToAuthChallengeCommand({
          ClientId: pool.clientId,
          ChallengeName: "NEW_PASSWORD_REQUIRED",
          Session: first.Session,
          ChallengeResponses: { USERNAME: "newcomer", NEW_PASSWORD, ...extra },
        }),
      );
    expect(await refusal(answer("short"))).toMatch(/^InvalidPasswordException: Password did not conform with policy/);
    expect(await refusal(answer(PASSWORD, { "userAttributes.email": "boss@x.example" }))).toMatch(/unauthorized attribute/);
    expect((await answer(PASSWORD)).AuthenticationResult).toBeDefined();
    expect(await refusal(answer("Another-Good-1"))).toMatch(/^NotAuthorizedException: Invalid session/);
    const second = { UserPoolId: pool.poolId, Username: "slow" };
    await pool.admin.send(new AdminCreateUserCommand({ ...second, TemporaryPassword: "Temporary-Pass-1", MessageAction: "SUPPRESS" }));
    pool.rig.clock.set(Date.now() + 8 * 86_400_000);
    expect(await refusal(signInBySrp(pool.browser, pool, "slow", "Temporary-Pass-1", new Date(pool.rig.clock.now())))).toMatch(
      /Temporary password has expired/,
    );
    pool.rig.clock.set(null);
  });

  it("reset by an administrator: told so", async () => {
    const at = await person("reset");
    await pool.admin.send(new AdminResetUserPasswordCommand(at));
    expect(await refusal(signIn("reset"))).toMatch(/^PasswordResetRequiredException/);
  });
});

describe("tokens", () => {
  const refreshWith = (token: string) =>
    pool.browser.send(
      new InitiateAuthCommand({ ClientId: pool.clientId, AuthFlow: "REFRESH_TOKEN_AUTH", AuthParameters: { REFRESH_TOKEN: token } }),
    );

  it("refresh keeps the sign-in's time and origin", async () => {
    await person("refresher");
    const { AccessToken, RefreshToken } = (await signIn("refresher")).AuthenticationResult!;
    const fresh = (await refreshWith(RefreshToken!)).AuthenticationResult!;
    const [before, after] = [claimsOf(AccessToken!), claimsOf(fresh.AccessToken!)];
    expect([after.auth_time, after.origin_jti, after.sub]).toEqual([before.auth_time, before.origin_jti, before.sub]);
    expect(after.jti).not.toBe(before.jti);
    expect(fresh.RefreshToken).toBeUndefined();
    expect(await refusal(refreshWith("forged"))).toBe("NotAuthorizedException: Invalid Refresh Token");
  });

  it("RevokeToken ends one sign-in, GlobalSignOut all of them", async () => {
    const at = await person("signer");
    const [one, two] = [(await signIn("signer")).AuthenticationResult!, (await signIn("signer")).AuthenticationResult!];
    await pool.browser.send(new RevokeTokenCommand({ ClientId: pool.clientId, Token: one.RefreshToken }));
    expect(await refusal(refreshWith(one.RefreshToken!))).toMatch(/revoked/);
    expect(await refusal(pool.browser.send(new GetUserCommand({ AccessToken: one.AccessToken })))).toMatch(/revoked/);
    expect(await refusal(refreshWith(two.RefreshToken!))).toBe("done");
    await pool.browser.send(new GlobalSignOutCommand({ AccessToken: two.AccessToken }));
    expect(await refusal(refreshWith(two.RefreshToken!))).toMatch(/^NotAuthorizedException/);
    const three = (await signIn("signer")).AuthenticationResult!;
    await pool.admin.send(new AdminUserGlobalSignOutCommand(at));
    expect(await refusal(refreshWith(three.RefreshToken!))).toMatch(/^NotAuthorizedException/);
  });

  it("T08: GetUser, attributes and password only as far as the client may", async () => {
    await person("selfish");
    const { AccessToken, IdToken } = (await signIn("selfish")).AuthenticationResult!;
    const write = (Name: string, Value: string) =>
      pool.browser.send(new UpdateUserAttributesCommand({ AccessToken, UserAttributes: [{ Name, Value }] }));
    expect(await refusal(write("email", "chief@x.example"))).toMatch(
      /^NotAuthorizedException: A client attempted to write unauthorized attribute/,
    );
    await write("locale", "cy");
    const { UserAttributes } = await pool.browser.send(new GetUserCommand({ AccessToken }));
    expect(UserAttributes).toContainEqual({ Name: "locale", Value: "cy" });
    expect(await refusal(pool.browser.send(new GetUserCommand({ AccessToken: IdToken })))).toMatch(/^NotAuthorizedException/);
    const change = (PreviousPassword: string, ProposedPassword: string) =>
      pool.browser.send(new ChangePasswordCommand({ AccessToken, PreviousPassword, ProposedPassword }));
    expect(await refusal(change("Wrong-Password-1", "Another-Good-1"))).toMatch(/^NotAuthorizedException/);
    expect(await refusal(change(PASSWORD, PASSWORD))).toMatch(/^PasswordHistoryPolicyViolationException/);
    await change(PASSWORD, "Another-Good-1");
    expect(await refusal(signIn("selfish"))).toMatch(/Incorrect/);
    expect(await refusal(signIn("selfish", "Another-Good-1"))).toBe("done");
  });
});

describe("TOTP", () => {
  it("is set up by its owner, then asked for at sign-in, each code once", async () => {
    await person("careful");
    const { AccessToken } = (await signIn("careful")).AuthenticationResult!;
    const { SecretCode } = await pool.browser.send(new AssociateSoftwareTokenCommand({ AccessToken }));
    const code = (offset = 0) => totpCode(SecretCode!, totpStep(pool.rig.clock.now()) + offset);
    const verify = (UserCode: string) => pool.browser.send(new VerifySoftwareTokenCommand({ AccessToken, UserCode }));
    const prefer = () =>
      pool.browser.send(new SetUserMFAPreferenceCommand({ AccessToken, SoftwareTokenMfaSettings: { Enabled: true, PreferredMfa: true } }));
    expect(await refusal(prefer())).toMatch(/has not verified software token/);
    expect(await refusal(verify("000000"))).toMatch(/^EnableSoftwareTokenMFAException/);
    expect((await verify(code())).Status).toBe("SUCCESS");
    await prefer();
    pool.rig.clock.set(Date.now() + 60_000);
    const challenge = await signIn("careful");
    expect(challenge.ChallengeName).toBe("SOFTWARE_TOKEN_MFA");
    const answer = (Session: string | undefined, SOFTWARE_TOKEN_MFA_CODE: string) =>
      pool.browser.send(
        new RespondToAuthChallengeCommand({
          ClientId: pool.clientId,
          ChallengeName: "SOFTWARE_TOKEN_MFA",
          Session,
          ChallengeResponses: { USERNAME: "careful", SOFTWARE_TOKEN_MFA_CODE },
        }),
      );
    const right = code();
    expect(await refusal(answer(challenge.Session, code(7)))).toMatch(/^CodeMismatchException/);
    expect((await answer(challenge.Session, right)).AuthenticationResult).toBeDefined();
    expect(await refusal(answer((await signIn("careful")).Session, right))).toMatch(/^ExpiredCodeException/);
    pool.rig.clock.set(null);
  });
});

describe("administration", () => {
  it("lists by filter and page, and refuses a second user of the same name", async () => {
    for (const name of ["page-a", "page-b", "page-c"]) await person(name);
    const UserPoolId = pool.poolId;
    const byName = await pool.admin.send(new ListUsersCommand({ UserPoolId, Filter: 'username ^= "page-"' }));
    expect(byName.Users?.map((user) => user.Username)).toEqual(["page-a", "page-b", "page-c"]);
    const byMail = await pool.admin.send(new ListUsersCommand({ UserPoolId, Filter: 'email = "page-b@x.example"' }));
    expect(byMail.Users).toHaveLength(1);
    const seen: (string | undefined)[] = [];
    let PaginationToken: string | undefined;
    do {
      const page = await pool.admin.send(new ListUsersCommand({ UserPoolId, Limit: 2, PaginationToken }));
      seen.push(...(page.Users ?? []).map((user) => user.Username));
      PaginationToken = page.PaginationToken;
    } while (PaginationToken);
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toContain("page-c");
    expect(await refusal(pool.admin.send(new AdminCreateUserCommand({ UserPoolId, Username: "PAGE-A" })))).toMatch(
      /^UsernameExistsException/,
    );
  });
});
