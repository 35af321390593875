import { type ServiceContext, type TemplateResource, UnknownInTemplate } from "../service.ts";
import { type PasswordPolicy, type PoolClient, standardAttributes, type UserPool } from "./user-pool.ts";

type Properties = Readonly<Record<string, unknown>>;
const object = (value: unknown): Properties => (value ?? {}) as Properties;
const strings = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);
const isTrue = (value: unknown): boolean => value === true || value === "true";
const numberOr = (value: unknown, otherwise: number): number => (value === undefined ? otherwise : Number(value));

const messages = { inert: "codes and invitations are written to a file instead of being sent" } as const;

export const userPoolProperties = {
  UserPoolName: { inert: "the pool is known by its id" },
  AccountRecoverySetting: "used",
  AdminCreateUserConfig: "used",
  AliasAttributes: "used",
  AutoVerifiedAttributes: { inert: "nobody signs up alone, so nothing is verified by a code" },
  DeletionProtection: { inert: "a laptop's pool goes with the data folder" },
  EmailConfiguration: messages,
  EmailVerificationMessage: messages,
  EmailVerificationSubject: messages,
  EnabledMfas: "used",
  LambdaConfig: "used",
  MfaConfiguration: "used",
  Policies: "used",
  Schema: "used",
  SmsVerificationMessage: messages,
  UserAttributeUpdateSettings: { inert: "addresses are changed by administrators" },
  UserPoolAddOns: { inert: "risk assessment is not done on a laptop" },
  UserPoolTags: { inert: "tags are for cost reports" },
  UserPoolTier: { inert: "features are served whatever the tier" },
  UsernameAttributes: "used",
  UsernameConfiguration: "used",
  VerificationMessageTemplate: messages,
} as const;

export function poolFromTemplate(resource: TemplateResource, context: ServiceContext): UserPool {
  const { properties } = resource;
  if (!isTrue(object(properties.AdminCreateUserConfig).AllowAdminCreateUserOnly)) {
    throw new UnknownInTemplate(resource, "self sign-up is not served on a laptop; set AdminCreateUserConfig.AllowAdminCreateUserOnly");
  }
  const enabled = strings(properties.EnabledMfas);
  if (enabled.some((kind) => kind !== "SOFTWARE_TOKEN_MFA"))
    throw new UnknownInTemplate(resource, "EnabledMfas knows only SOFTWARE_TOKEN_MFA");
  const name = resource.stableId(9, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789");
  const id = `${context.region}_${name}`;
  const recovery = object(properties.AccountRecoverySetting).RecoveryMechanisms as Properties[] | undefined;
  return {
    id,
    name,
    arn: `arn:aws:cognito-idp:${context.region}:${context.accountId}:userpool/${id}`,
    issuer: `https://cognito-idp.${context.region}.amazonaws.com/${id}`,
    caseSensitive: object(properties.UsernameConfiguration).CaseSensitive !== false,
    aliases: [...strings(properties.AliasAttributes), ...strings(properties.UsernameAttributes)],
    usernameIsAlias: strings(properties.UsernameAttributes).length > 0,
    passwordPolicy: passwordPolicyOf(object(object(properties.Policies).PasswordPolicy), properties),
    mfa: mfaOf(resource),
    softwareTokens: enabled.includes("SOFTWARE_TOKEN_MFA"),
    recoversByEmail: recovery === undefined || recovery.some((one) => one.Name === "verified_email"),
    attributes: attributesOf((properties.Schema ?? []) as Properties[]),
    preTokenGeneration: triggerOf(resource),
  };
}

function passwordPolicyOf(policy: Properties, pool: Properties): PasswordPolicy {
  const unused = object(pool.AdminCreateUserConfig).UnusedAccountValidityDays;
  return {
    minimumLength: numberOr(policy.MinimumLength, 8),
    lowercase: policy.RequireLowercase !== false,
    uppercase: policy.RequireUppercase !== false,
    numbers: policy.RequireNumbers !== false,
    symbols: policy.RequireSymbols !== false,
    temporaryDays: numberOr(policy.TemporaryPasswordValidityDays ?? unused, 7),
    historySize: numberOr(policy.PasswordHistorySize, 0),
  };
}

function mfaOf(resource: TemplateResource): UserPool["mfa"] {
  const mfa = resource.properties.MfaConfiguration ?? "OFF";
  if (mfa === "OFF" || mfa === "OPTIONAL" || mfa === "ON") return mfa;
  throw new UnknownInTemplate(resource, `MfaConfiguration is ${String(mfa)}, not OFF, OPTIONAL or ON`);
}

function attributesOf(schema: Properties[]): UserPool["attributes"] {
  const attributes: UserPool["attributes"] = new Map(
    standardAttributes.map((name) => [name, { mutable: name !== "sub", required: false }]),
  );
  for (const one of schema) {
    const plain = String(one.Name);
    const name = attributes.has(plain) ? plain : `custom:${plain}`;
    attributes.set(name, {
      mutable: name.startsWith("custom:") ? isTrue(one.Mutable) : one.Mutable !== false,
      required: isTrue(one.Required),
    });
  }
  return attributes;
}

function triggerOf(resource: TemplateResource): UserPool["preTokenGeneration"] {
  const config = object(resource.properties.LambdaConfig);
  const unknown = Object.keys(config).filter((name) => name !== "PreTokenGeneration" && name !== "PreTokenGenerationConfig");
  if (unknown.length > 0) throw new UnknownInTemplate(resource, `the trigger ${unknown[0]} is not known to the laptop cloud`);
  const configured = object(config.PreTokenGenerationConfig);
  if (configured.LambdaArn)
    return { functionArn: String(configured.LambdaArn), version: configured.LambdaVersion as "V1_0" | "V2_0" | "V3_0" };
  return config.PreTokenGeneration ? { functionArn: String(config.PreTokenGeneration), version: "V1_0" } : null;
}

const oauth = { inert: "the hosted sign-in pages are not served: programs sign in by SRP" } as const;

export const clientProperties = {
  UserPoolId: "used",
  ClientName: "used",
  AccessTokenValidity: "used",
  AllowedOAuthFlows: oauth,
  AllowedOAuthFlowsUserPoolClient: oauth,
  AllowedOAuthScopes: oauth,
  AuthSessionValidity: "used",
  CallbackURLs: oauth,
  EnableTokenRevocation: "used",
  ExplicitAuthFlows: "used",
  GenerateSecret: "used",
  IdTokenValidity: "used",
  LogoutURLs: oauth,
  PreventUserExistenceErrors: "used",
  ReadAttributes: "used",
  RefreshTokenRotation: "used",
  RefreshTokenValidity: "used",
  SupportedIdentityProviders: "used",
  TokenValidityUnits: "used",
  WriteAttributes: "used",
} as const;

const unitSeconds: Readonly<Record<string, number>> = { seconds: 1, minutes: 60, hours: 3_600, days: 86_400 };
const defaultFlows = ["ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_CUSTOM_AUTH"];
const knownFlows = [...defaultFlows, "ALLOW_USER_PASSWORD_AUTH", "ALLOW_ADMIN_USER_PASSWORD_AUTH"];

export function clientFromTemplate(resource: TemplateResource): PoolClient {
  const { properties } = resource;
  const providers = strings(properties.SupportedIdentityProviders);
  if (providers.some((provider) => provider !== "COGNITO"))
    throw new UnknownInTemplate(resource, "SupportedIdentityProviders knows only COGNITO");
  const flows = properties.ExplicitAuthFlows === undefined ? defaultFlows : strings(properties.ExplicitAuthFlows);
  const unknown = flows.find((flow) => !knownFlows.includes(flow));
  if (unknown) throw new UnknownInTemplate(resource, `the flow ${unknown} is not known to the laptop cloud`);
  const units = object(properties.TokenValidityUnits);
  const seconds = (value: unknown, unit: unknown, otherwise: number, defaultUnit: string) =>
    value === undefined ? otherwise : Number(value) * unitSeconds[String(unit ?? defaultUnit)]!;
  const rotation = object(properties.RefreshTokenRotation);
  return {
    id: resource.stableId(26),
    poolId: String(properties.UserPoolId),
    name: String(properties.ClientName ?? resource.logicalId),
    secret: isTrue(properties.GenerateSecret) ? resource.stableId(52) : null,
    flows: new Set(flows),
    hidesExistence: properties.PreventUserExistenceErrors === "ENABLED",
    revocable: properties.EnableTokenRevocation !== false,
    readable: properties.ReadAttributes === undefined ? null : new Set(strings(properties.ReadAttributes)),
    writable: properties.WriteAttributes === undefined ? null : new Set(strings(properties.WriteAttributes)),
    accessSeconds: seconds(properties.AccessTokenValidity, units.AccessToken, 3_600, "hours"),
    idSeconds: seconds(properties.IdTokenValidity, units.IdToken, 3_600, "hours"),
    refreshSeconds: seconds(properties.RefreshTokenValidity, units.RefreshToken, 30 * 86_400, "days"),
    sessionMinutes: numberOr(properties.AuthSessionValidity, 3),
    rotation: rotation.Feature === "ENABLED" ? { graceSeconds: numberOr(rotation.RetryGracePeriodSeconds, 0) } : null,
  };
}
