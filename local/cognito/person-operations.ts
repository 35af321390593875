import { z } from "zod";
import { chooseMfa } from "./admin-operations.ts";
import { CognitoError } from "./cognito-error.ts";
import {
  attributeList,
  attributesOf,
  bearerOf,
  type Cognito,
  clientOf,
  mfaOf,
  type Operation,
  operation,
  parameters,
  password,
  poolOf,
  toAttributes,
  username,
  withToken,
} from "./operation.ts";
import { checkSecretHash } from "./people.ts";
import type { OpenPool } from "./tokens.ts";
import { matchTotp, newTotpSecret } from "./totp.ts";
import type { PoolClient } from "./user-pool.ts";
import type { UserRecord } from "./user-record.ts";

const forClient = z.object({ ClientId: z.string() });
const session = z.string().max(8_192).optional();

/** Sign-in and what people do for themselves: called by browsers and mail programs, unsigned. */
const initiate = operation("public", forClient.extend({ AuthFlow: z.string(), AuthParameters: parameters }), (cognito, input) => {
  const { client, open } = clientOf(cognito, input.ClientId);
  if (input.AuthFlow.startsWith("ADMIN_")) throw new CognitoError("InvalidParameterException", "Initiate Auth method not supported");
  return cognito.dialogue.initiate(open, client, input.AuthFlow, input.AuthParameters);
});

const respond = operation(
  "public",
  forClient.extend({ ChallengeName: z.string(), Session: session, ChallengeResponses: parameters }),
  (cognito, input) => {
    const { client, open } = clientOf(cognito, input.ClientId);
    return cognito.dialogue.respond(open, client, input.ChallengeName, input.Session, input.ChallengeResponses);
  },
);

const refresh = operation("public", forClient.extend({ RefreshToken: z.string() }), async (cognito, input) => {
  const { client, open } = clientOf(cognito, input.ClientId);
  return { AuthenticationResult: await cognito.dialogue.refresh(open, client, input.RefreshToken) };
});

const revoke = operation("public", forClient.extend({ Token: z.string() }), (cognito, input) => {
  const { client, open } = clientOf(cognito, input.ClientId);
  cognito.tokens.revoke(open, client, input.Token);
  return {};
});

const getUser = operation("token", withToken, (cognito, input) => {
  const { client, user } = bearerOf(cognito, input.AccessToken);
  const readable = attributesOf(user).filter(({ Name }) => Name === "sub" || client.readable === null || client.readable.has(Name));
  return { Username: user.username, UserAttributes: readable, ...mfaOf(user) };
});

const updateAttributes = operation("token", withToken.extend({ UserAttributes: attributeList }), (cognito, input) => {
  const { open, client, user } = bearerOf(cognito, input.AccessToken);
  const given = toAttributes(open, input.UserAttributes, user.attributes);
  const writable = (name: string) => !name.endsWith("_verified") && (client.writable === null || client.writable.has(name));
  if (!Object.keys(given).every(writable))
    throw new CognitoError("NotAuthorizedException", "A client attempted to write unauthorized attribute");
  if (given.email !== undefined && given.email !== user.attributes.email) user.attributes.email_verified = "false";
  Object.assign(user.attributes, given);
  cognito.people.save(open.pool, user);
  return { CodeDeliveryDetailsList: [] };
});

const changePassword = operation(
  "token",
  withToken.extend({ PreviousPassword: password, ProposedPassword: password }),
  (cognito, input) => {
    const { open, user } = bearerOf(cognito, input.AccessToken);
    cognito.people.checkPassword(open.pool, user, input.PreviousPassword);
    cognito.people.setPassword(open.pool, user, input.ProposedPassword, "permanent");
    cognito.people.save(open.pool, user);
    return {};
  },
);

const globalSignOut = operation("token", withToken, (cognito, input) => {
  const { open, user } = bearerOf(cognito, input.AccessToken);
  cognito.store.removeSignIns(open.pool.id, user.username);
  return {};
});

interface TotpSubject {
  open: OpenPool;
  user: UserRecord;
  /** Set while setting up MFA inside a sign-in. */
  within: { client: PoolClient; poolId: string } | null;
}

/** By access token, or by the session of an MFA_SETUP challenge (whose pool is found by trying its seal). */
function totpSubject(cognito: Cognito, input: { AccessToken?: string; Session?: string }): TotpSubject {
  if (input.AccessToken) {
    const { open, user } = bearerOf(cognito, input.AccessToken);
    return { open, user, within: null };
  }
  for (const open of cognito.pools.values()) {
    const state = openState(cognito, open, input.Session);
    if (state?.step !== "MFA_SETUP") continue;
    const { client } = clientOf(cognito, state.clientId);
    return { open, user: cognito.people.require(open.pool, state.username), within: { client, poolId: open.pool.id } };
  }
  throw new CognitoError("NotAuthorizedException", "Invalid session for the user, session is expired.");
}

function openState(cognito: Cognito, open: OpenPool, given: string | undefined) {
  try {
    return cognito.dialogue.openSession(open, given).state;
  } catch {
    return null;
  }
}

const tokenOrSession = z.object({ AccessToken: z.string().optional(), Session: session });

const associate = operation("public", tokenOrSession, (cognito, input) => {
  const { open, user, within } = totpSubject(cognito, input);
  if (!open.pool.softwareTokens)
    throw new CognitoError("SoftwareTokenMFANotFoundException", "Software Token MFA has not been enabled by the userPool");
  user.totpPending = newTotpSecret();
  cognito.people.save(open.pool, user);
  if (!within) return { SecretCode: user.totpPending };
  const state = { clientId: within.client.id, username: user.username, step: "MFA_SETUP" } as const;
  return { SecretCode: user.totpPending, Session: cognito.dialogue.sealSession(open, within.client, state) };
});

const verify = operation(
  "public",
  tokenOrSession.extend({ UserCode: z.string().regex(/^\d{6}$/), FriendlyDeviceName: z.string().max(131_072).optional() }),
  (cognito, input) => {
    const { open, user, within } = totpSubject(cognito, input);
    const secret = user.totpPending;
    if (!secret) throw new CognitoError("InvalidParameterException", "No software token is associated");
    const step = matchTotp(secret, input.UserCode, cognito.context.clock.now());
    if (step === null) throw new CognitoError("EnableSoftwareTokenMFAException", "Code mismatch");
    const keep = user.totp;
    user.totp = {
      secret,
      verified: true,
      enabled: within !== null || (keep?.enabled ?? false),
      preferred: within !== null || (keep?.preferred ?? false),
      lastStep: step,
    };
    user.totpPending = null;
    cognito.people.save(open.pool, user);
    if (!within) return { Status: "SUCCESS" };
    const state = { clientId: within.client.id, username: user.username, step: "MFA_SETUP", verified: true } as const;
    return { Status: "SUCCESS", Session: cognito.dialogue.sealSession(open, within.client, state) };
  },
);

const setMfa = operation(
  "token",
  withToken.extend({
    SoftwareTokenMfaSettings: z.object({ Enabled: z.boolean().default(false), PreferredMfa: z.boolean().default(false) }).optional(),
  }),
  (cognito, input) => {
    const { open, user } = bearerOf(cognito, input.AccessToken);
    chooseMfa(user, input.SoftwareTokenMfaSettings);
    cognito.people.save(open.pool, user);
    return {};
  },
);

const delivery = (user: UserRecord | null) => ({
  CodeDeliveryDetails: {
    AttributeName: "email",
    DeliveryMedium: "EMAIL",
    Destination: `${(user?.attributes.email ?? "u").slice(0, 1)}***@${(user?.attributes.email?.split("@")[1] ?? "e").slice(0, 1)}***`,
  },
});

const forgot = operation("public", forClient.extend({ Username: username, SecretHash: z.string().optional() }), (cognito, input) => {
  const { client, open } = clientOf(cognito, input.ClientId);
  checkSecretHash(client, input.Username, input.SecretHash);
  if (!open.pool.recoversByEmail) throw new CognitoError("NotAuthorizedException", "Contact administrator to reset password.");
  const user = cognito.people.find(open.pool, input.Username);
  if (!user && !client.hidesExistence) throw new CognitoError("UserNotFoundException", "Username/client id combination not found.");
  if (user) {
    if (!user.enabled) throw new CognitoError("NotAuthorizedException", "User is disabled.");
    if (user.status === "FORCE_CHANGE_PASSWORD")
      throw new CognitoError("NotAuthorizedException", "User password cannot be reset in the current state.");
    if (user.attributes.email_verified !== "true") {
      throw new CognitoError(
        "InvalidParameterException",
        "Cannot reset password for the user as there is no registered/verified email or phone_number",
      );
    }
    cognito.people.sendCode(open.pool, user);
  }
  return delivery(user);
});

const confirmForgot = operation(
  "public",
  forClient.extend({ Username: username, ConfirmationCode: z.string().min(1), Password: password, SecretHash: z.string().optional() }),
  (cognito, input) => {
    const { client, open } = clientOf(cognito, input.ClientId);
    checkSecretHash(client, input.Username, input.SecretHash);
    const user = cognito.people.find(open.pool, input.Username);
    if (!user) {
      const hidden = new CognitoError("ExpiredCodeException", "Invalid code provided, please request a code again.");
      throw client.hidesExistence ? hidden : new CognitoError("UserNotFoundException", "Username/client id combination not found.");
    }
    cognito.people.useCode(open.pool, user, input.ConfirmationCode);
    cognito.people.setPassword(open.pool, user, input.Password, "permanent");
    cognito.people.save(open.pool, user);
    return {};
  },
);

const signUp = operation("public", forClient, (cognito, input) => {
  poolOf(cognito, clientOf(cognito, input.ClientId).open.pool.id);
  throw new CognitoError("NotAuthorizedException", "SignUp is not permitted for this user pool");
});

export const personOperations: Readonly<Record<string, Operation>> = {
  AssociateSoftwareToken: associate,
  ChangePassword: changePassword,
  ConfirmForgotPassword: confirmForgot,
  ForgotPassword: forgot,
  GetTokensFromRefreshToken: refresh,
  GetUser: getUser,
  GlobalSignOut: globalSignOut,
  InitiateAuth: initiate,
  RespondToAuthChallenge: respond,
  RevokeToken: revoke,
  SetUserMFAPreference: setMfa,
  SignUp: signUp,
  UpdateUserAttributes: updateAttributes,
  VerifySoftwareToken: verify,
};
