import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  AdminCreateUserCommand,
  AdminGetUserCommand,
  AdminResetUserPasswordCommand,
  AdminSetUserPasswordCommand,
  AssociateSoftwareTokenCommand,
  CognitoIdentityProviderClient,
  ConfirmForgotPasswordCommand,
  ForgotPasswordCommand,
  GetTokensFromRefreshTokenCommand,
  InitiateAuthCommand,
  RespondToAuthChallengeCommand,
  VerifySoftwareTokenCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import { afterEach, describe, expect, it } from "vitest";
import { totpCode, totpStep } from "../../../local/cognito/totp.ts";
import type { Ports } from "../../../local/ports.ts";
import { region } from "../service-rig.ts";
import { type PoolRig, refusal, startPool } from "./pool-rig.ts";
import { signInBySrp } from "./srp-client.ts";

const PASSWORD = "Correct-Horse-42";
const claimsOf = (token: string) => JSON.parse(Buffer.from(token.split(".")[1]!, "base64url").toString()) as Record<string, unknown>;
let pool: PoolRig;
const started: PoolRig[] = [];
const start = async (...given: Parameters<typeof startPool>) => {
  pool = await startPool(...given);
  started.push(pool);
};
afterEach(async () => {
  for (const one of started.splice(0)) await one.stop();
});

async function person(Username: string) {
  const at = { UserPoolId: pool.poolId, Username };
  const UserAttributes = [
    { Name: "email", Value: `${Username}@x.example` },
    { Name: "email_verified", Value: "true" },
  ];
  await pool.admin.send(new AdminCreateUserCommand({ ...at, MessageAction: "SUPPRESS", UserAttributes }));
  await pool.admin.send(new AdminSetUserPasswordCommand({ ...at, Password: PASSWORD, Permanent: true }));
  return at;
}

describe("a pool", () => {
  it("is the same after a restart: people, keys, open sign-ins; and keeps no password", async () => {
    const dataDir = await mkdtemp(join(tmpdir(), "penfold-pool-"));
    await start({}, {}, { dataDir });
    await person("ann");
    const { RefreshToken } = (await signInBySrp(pool.browser, pool, "ann", PASSWORD)).AuthenticationResult!;
    const [poolId, clientId] = [pool.poolId, pool.clientId];
    const keys = await (await fetch(`${pool.rig.url}/${poolId}/.well-known/jwks.json`)).text();
    await started.pop()!.stop();
    const kept = await readFile(join(dataDir, "cognito", "users.sqlite"));
    expect(kept.includes(PASSWORD)).toBe(false);
    await start({}, {}, { dataDir });
    expect([pool.poolId, pool.clientId]).toEqual([poolId, clientId]);
    expect(await (await fetch(`${pool.rig.url}/${poolId}/.well-known/jwks.json`)).text()).toBe(keys);
    const AuthParameters = { REFRESH_TOKEN: RefreshToken! };
    expect(
      (await pool.browser.send(new InitiateAuthCommand({ ClientId: clientId, AuthFlow: "REFRESH_TOKEN_AUTH", AuthParameters })))
        .AuthenticationResult,
    ).toBeDefined();
    expect(await refusal(signInBySrp(pool.browser, pool, "ann", PASSWORD))).toBe("done");
    await rm(dataDir, { recursive: true, force: true });
  });

  it("that demands MFA has it set up at the first sign-in", async () => {
    await start({ MfaConfiguration: "ON" });
    await person("new");
    const first = await signInBySrp(pool.browser, pool, "new", PASSWORD);
    expect([first.ChallengeName, first.ChallengeParameters?.MFAS_CAN_SETUP]).toEqual(["MFA_SETUP", '["SOFTWARE_TOKEN_MFA"]']);
    const ClientId = pool.clientId;
    const finish = (Session: string | undefined) =>
      pool.browser.send(
        new RespondToAuthChallengeCommand({ ClientId, ChallengeName: "MFA_SETUP", Session, ChallengeResponses: { USERNAME: "new" } }),
      );
    expect(await refusal(finish(first.Session))).toMatch(/^NotAuthorizedException/);
    const associated = await pool.browser.send(new AssociateSoftwareTokenCommand({ Session: first.Session }));
    const UserCode = totpCode(associated.SecretCode!, totpStep(Date.now()));
    const verified = await pool.browser.send(new VerifySoftwareTokenCommand({ Session: associated.Session, UserCode }));
    expect((await finish(verified.Session)).AuthenticationResult).toBeDefined();
    expect((await signInBySrp(pool.browser, pool, "new", PASSWORD)).ChallengeName).toBe("SOFTWARE_TOKEN_MFA");
  });

  it("gives each refresh token once when the client rotates", async () => {
    await start({}, { RefreshTokenRotation: { Feature: "ENABLED", RetryGracePeriodSeconds: 0 } });
    await person("rotor");
    const { RefreshToken } = (await signInBySrp(pool.browser, pool, "rotor", PASSWORD)).AuthenticationResult!;
    const turn = (token: string | undefined) =>
      pool.browser.send(new GetTokensFromRefreshTokenCommand({ ClientId: pool.clientId, RefreshToken: token }));
    const next = (await turn(RefreshToken)).AuthenticationResult!;
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await refusal(turn(RefreshToken))).toMatch(/^RefreshTokenReuseException/);
    expect(await refusal(turn(next.RefreshToken))).toBe("done");
  });

  it("lets a forgotten password be replaced with the code, a few guesses allowed", async () => {
    await start({ AccountRecoverySetting: { RecoveryMechanisms: [{ Name: "verified_email", Priority: 1 }] } });
    await person("hazy");
    const ClientId = pool.clientId;
    await pool.browser.send(new ForgotPasswordCommand({ ClientId, Username: "hazy" }));
    const unknown = await pool.browser.send(new ForgotPasswordCommand({ ClientId, Username: "nobody" }));
    expect(unknown.CodeDeliveryDetails?.DeliveryMedium).toBe("EMAIL");
    const sent = (await readFile(join(pool.rig.dataDir, "cognito", "codes.jsonl"), "utf8")).trim().split("\n");
    const code = (JSON.parse(sent.at(-1)!) as { text: string }).text;
    const confirm = (ConfirmationCode: string, Password = "Another-Good-1") =>
      pool.browser.send(new ConfirmForgotPasswordCommand({ ClientId, Username: "hazy", ConfirmationCode, Password }));
    expect(await refusal(confirm(code === "000000" ? "111111" : "000000"))).toMatch(/^CodeMismatchException/);
    expect(await refusal(confirm(code))).toBe("done");
    expect(await refusal(confirm(code))).toMatch(/^ExpiredCodeException/);
    expect(await refusal(signInBySrp(pool.browser, pool, "hazy", "Another-Good-1"))).toBe("done");
    await pool.admin.send(new AdminResetUserPasswordCommand({ UserPoolId: pool.poolId, Username: "hazy" }));
    for (let n = 0; n < 5; n++) await refusal(confirm("wrong"));
    expect(await refusal(confirm("wrong"))).toMatch(/^LimitExceededException/);
  });

  it("where only administrators recover says so", async () => {
    await start({ AccountRecoverySetting: { RecoveryMechanisms: [{ Name: "admin_only", Priority: 1 }] } });
    await person("hazy");
    expect(await refusal(pool.browser.send(new ForgotPasswordCommand({ ClientId: pool.clientId, Username: "hazy" })))).toMatch(
      /^NotAuthorizedException/,
    );
  });

  it("asks its trigger before it issues tokens", async () => {
    const invoke: Ports["functions"]["invoke"] = async (_, payload) => {
      const event = JSON.parse(payload) as { triggerSource: string; version: string };
      const idTokenGeneration = { claimsToAddOrOverride: { organisation: "northvale", sub: "forged" } };
      const accessTokenGeneration = { claimsToAddOrOverride: { reason: event.triggerSource }, scopesToAdd: ["mail"] };
      return {
        outcome: "returned",
        payload: JSON.stringify({ response: { claimsAndScopeOverrideDetails: { idTokenGeneration, accessTokenGeneration } } }),
      };
    };
    const ports: Partial<Ports> = { functions: { invoke, invokeLater: async () => undefined, exists: () => true } };
    await start(
      { LambdaConfig: { PreTokenGenerationConfig: { LambdaArn: "arn:aws:lambda:eu-west-2:1:function:f", LambdaVersion: "V2_0" } } },
      {},
      { ports },
    );
    await person("claimed");
    const { AccessToken, IdToken } = (await signInBySrp(pool.browser, pool, "claimed", PASSWORD)).AuthenticationResult!;
    const [access, id] = [claimsOf(AccessToken!), claimsOf(IdToken!)];
    expect([access.reason, access.scope]).toEqual(["TokenGeneration_Authentication", "aws.cognito.signin.user.admin mail"]);
    expect([id.organisation, id.sub === access.sub]).toEqual(["northvale", true]);
  });

  it("T12: gives no tokens when its trigger fails", async () => {
    const invoke: Ports["functions"]["invoke"] = async () => ({ outcome: "failed", payload: '{"errorMessage":"broken"}' });
    const ports: Partial<Ports> = { functions: { invoke, invokeLater: async () => undefined, exists: () => true } };
    const PreTokenGenerationConfig = { LambdaArn: "arn:aws:lambda:eu-west-2:1:function:f", LambdaVersion: "V2_0" };
    await start({ LambdaConfig: { PreTokenGenerationConfig } }, {}, { ports });
    await person("unclaimed");
    expect(await refusal(signInBySrp(pool.browser, pool, "unclaimed", PASSWORD))).not.toBe("done");
  });

  it("is administered only with the right on it", async () => {
    await start();
    const at = await person("ann");
    const arn = `arn:aws:cognito-idp:eu-west-2:111122223333:userpool/${pool.poolId}`;
    const reader = await pool.rig.role("reader", { Effect: "Allow", Action: "cognito-idp:AdminGetUser", Resource: arn });
    const client = new CognitoIdentityProviderClient({ region, endpoint: pool.rig.url, credentials: reader });
    expect(await refusal(client.send(new AdminGetUserCommand(at)))).toBe("done");
    expect(await refusal(client.send(new AdminSetUserPasswordCommand({ ...at, Password: PASSWORD })))).toMatch(/^AccessDeniedException/);
    client.destroy();
  });

  it("that lets people sign up by themselves stops the start", async () => {
    await expect(startPool({ AdminCreateUserConfig: { AllowAdminCreateUserOnly: false } })).rejects.toThrow(/self sign-up is not served/);
  });
});
