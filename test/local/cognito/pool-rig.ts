import { CognitoIdentityProviderClient } from "@aws-sdk/client-cognito-identity-provider";
import { CognitoService } from "../../../local/cognito/cognito-service.ts";
import type { Ports } from "../../../local/ports.ts";
import { region, type ServiceRig, startRig } from "../service-rig.ts";

export interface PoolRig {
  rig: ServiceRig;
  poolId: string;
  clientId: string;
  admin: CognitoIdentityProviderClient;
  /** As a browser: no credentials at all. */
  browser: CognitoIdentityProviderClient;
  stop(): Promise<void>;
}

export const poolProperties = {
  AdminCreateUserConfig: { AllowAdminCreateUserOnly: true },
  EnabledMfas: ["SOFTWARE_TOKEN_MFA"],
  MfaConfiguration: "OPTIONAL",
  Policies: {
    PasswordPolicy: {
      MinimumLength: 12,
      PasswordHistorySize: 3,
      RequireLowercase: true,
      RequireNumbers: true,
      RequireSymbols: true,
      RequireUppercase: true,
    },
  },
  UsernameConfiguration: { CaseSensitive: false },
};

export const clientProperties = {
  ClientName: "webmail",
  ExplicitAuthFlows: ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_ADMIN_USER_PASSWORD_AUTH"],
  PreventUserExistenceErrors: "ENABLED",
  ReadAttributes: ["email", "locale"],
  WriteAttributes: ["locale"],
};

export async function startPool(
  pool: object = {},
  client: object = {},
  options: { dataDir?: string; ports?: Partial<Ports> } = {},
): Promise<PoolRig> {
  const rig = await startRig([new CognitoService()], options);
  const poolId = (await rig.make("AWS::Cognito::UserPool", "Pool", { ...poolProperties, ...pool })).ref;
  const clientId = (await rig.make("AWS::Cognito::UserPoolClient", "Client", { UserPoolId: poolId, ...clientProperties, ...client })).ref;
  const admin = new CognitoIdentityProviderClient({ region, endpoint: rig.url, credentials: rig.operator });
  const noCredentials = () => Promise.reject(new Error("a browser has no credentials"));
  const browser = new CognitoIdentityProviderClient({ region, endpoint: rig.url, credentials: noCredentials });
  return {
    rig,
    poolId,
    clientId,
    admin,
    browser,
    stop: async () => {
      admin.destroy();
      browser.destroy();
      await rig.stop();
    },
  };
}

/** What the API refused, as "Name: message". */
export const refusal = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "done",
    (error: Error) => `${error.name}: ${error.message}`,
  );
