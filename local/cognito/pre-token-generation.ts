import { z } from "zod";
import type { ServiceContext } from "../service.ts";
import { CognitoError } from "./cognito-error.ts";
import type { PoolClient, UserPool } from "./user-pool.ts";
import type { UserRecord } from "./user-record.ts";

export type TokenReason = "TokenGeneration_Authentication" | "TokenGeneration_NewPasswordChallenge" | "TokenGeneration_RefreshTokens";

interface TokenChange {
  add: Record<string, unknown>;
  suppress: string[];
  scopes(given: string): string;
}

export interface ClaimsChange {
  id: TokenChange;
  access: TokenChange;
  groups: string[];
}

const claims = z.record(z.string(), z.unknown()).nullish();
const names = z.array(z.string()).nullish();
const tokenChange = z
  .object({ claimsToAddOrOverride: claims, claimsToSuppress: names, scopesToAdd: names, scopesToSuppress: names })
  .nullish();
const groupChange = z.object({ groupsToOverride: names }).nullish();
const answerSchema = z.object({
  response: z
    .object({
      claimsOverrideDetails: z
        .object({ claimsToAddOrOverride: claims, claimsToSuppress: names, groupOverrideDetails: groupChange })
        .nullish(),
      claimsAndScopeOverrideDetails: z
        .object({ idTokenGeneration: tokenChange, accessTokenGeneration: tokenChange, groupOverrideDetails: groupChange })
        .nullish(),
    })
    .nullish(),
});

/** Developer guide, "Pre token generation Lambda trigger": version 1 changes the ID token, versions 2 and 3 the access token too. */
export async function changeClaims(
  context: ServiceContext,
  pool: UserPool,
  client: PoolClient,
  user: UserRecord,
  reason: TokenReason,
): Promise<ClaimsChange> {
  const trigger = pool.preTokenGeneration;
  if (!trigger) return { id: changeOf(null), access: changeOf(null), groups: user.groups };
  const event = {
    version: trigger.version === "V1_0" ? "1" : trigger.version === "V2_0" ? "2" : "3",
    triggerSource: reason,
    region: context.region,
    userPoolId: pool.id,
    userName: user.username,
    callerContext: { awsSdkVersion: "aws-sdk-unknown-unknown", clientId: client.id },
    request: {
      userAttributes: { sub: user.sub, "cognito:user_status": user.status, ...user.attributes },
      groupConfiguration: { groupsToOverride: user.groups, iamRolesToOverride: [], preferredRole: null },
      ...(trigger.version === "V1_0" ? {} : { scopes: ["aws.cognito.signin.user.admin"] }),
    },
    response: trigger.version === "V1_0" ? { claimsOverrideDetails: null } : { claimsAndScopeOverrideDetails: null },
  };
  const caller = { service: "cognito-idp.amazonaws.com", sourceArn: pool.arn };
  const outcome = await context.port("functions").invoke(trigger.functionArn, JSON.stringify(event), caller);
  if (outcome.outcome === "refused")
    throw new CognitoError("UnexpectedLambdaException", `The trigger could not be invoked: ${outcome.code}`);
  if (outcome.outcome === "failed") throw new CognitoError("UserLambdaValidationException", "PreTokenGeneration failed with an error.");
  const { response } = answerSchema.parse(JSON.parse(outcome.payload));
  const first = response?.claimsOverrideDetails;
  const later = response?.claimsAndScopeOverrideDetails;
  const groups = (first ?? later)?.groupOverrideDetails?.groupsToOverride ?? user.groups;
  return { id: changeOf(later?.idTokenGeneration ?? first), access: changeOf(later?.accessTokenGeneration), groups };
}

function changeOf(change: z.infer<typeof tokenChange>): TokenChange {
  const suppressed = change?.scopesToSuppress ?? [];
  return {
    add: change?.claimsToAddOrOverride ?? {},
    suppress: change?.claimsToSuppress ?? [],
    scopes: (given) => [...given.split(" "), ...(change?.scopesToAdd ?? [])].filter((scope) => !suppressed.includes(scope)).join(" "),
  };
}
