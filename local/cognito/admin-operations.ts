import { z } from "zod";
import { CognitoError } from "./cognito-error.ts";
import {
  attributeList,
  attributesOf,
  type Cognito,
  clientOf,
  inPool,
  mfaOf,
  type Operation,
  onUser,
  operation,
  parameters,
  password,
  poolOf,
  seconds,
  toAttributes,
} from "./operation.ts";
import { generatePassword } from "./password-policy.ts";
import type { OpenPool } from "./tokens.ts";
import type { UserRecord } from "./user-record.ts";

const PAGE = 60;
const SCAN_PAGE = 500;

const found = (cognito: Cognito, input: { UserPoolId: string; Username: string }): { open: OpenPool; user: UserRecord } => {
  const open = poolOf(cognito, input.UserPoolId);
  return { open, user: cognito.people.require(open.pool, input.Username) };
};

const userType = (user: UserRecord) => ({
  Username: user.username,
  Attributes: attributesOf(user),
  UserCreateDate: seconds(user.createdMs),
  UserLastModifiedDate: seconds(user.modifiedMs),
  Enabled: user.enabled,
  UserStatus: user.status,
});

const create = operation(
  "admin",
  onUser.extend({
    UserAttributes: attributeList.default([]),
    TemporaryPassword: password.optional(),
    MessageAction: z.enum(["RESEND", "SUPPRESS"]).optional(),
    DesiredDeliveryMediums: z.array(z.enum(["SMS", "EMAIL"])).optional(),
    ForceAliasCreation: z.boolean().optional(),
  }),
  ({ people, ...rest }, input) => {
    const open = poolOf({ people, ...rest }, input.UserPoolId);
    const resend = input.MessageAction === "RESEND";
    const user = resend
      ? people.require(open.pool, input.Username)
      : people.create(open.pool, input.Username, toAttributes(open, input.UserAttributes, null));
    if (resend && user.status !== "FORCE_CHANGE_PASSWORD") {
      throw new CognitoError("UnsupportedOperationException", "Resend not possible: the user's status is not FORCE_CHANGE_PASSWORD");
    }
    const chosen = input.TemporaryPassword ?? generatePassword(open.pool.passwordPolicy);
    people.setPassword(open.pool, user, chosen, "temporary");
    if (resend) people.save(open.pool, user);
    else people.insert(open.pool, user);
    if (input.MessageAction !== "SUPPRESS") people.invite(open.pool, user, chosen);
    return { User: userType(user) };
  },
);

const setPassword = operation("admin", onUser.extend({ Password: password, Permanent: z.boolean().default(false) }), (cognito, input) => {
  const { open, user } = found(cognito, input);
  cognito.people.setPassword(open.pool, user, input.Password, input.Permanent ? "permanent" : "temporary");
  cognito.people.save(open.pool, user);
  return {};
});

const get = operation("admin", onUser, (cognito, input) => {
  const { user } = found(cognito, input);
  const { Attributes, ...rest } = userType(user);
  return { ...rest, UserAttributes: Attributes, ...mfaOf(user) };
});

/** Disabling also ends the refresh tokens (API reference, AdminDisableUser). */
const setEnabled = (enabled: boolean) =>
  operation("admin", onUser, (cognito, input) => {
    const { open, user } = found(cognito, input);
    user.enabled = enabled;
    cognito.people.save(open.pool, user);
    if (!enabled) cognito.store.removeSignIns(open.pool.id, user.username);
    return {};
  });

const remove = operation("admin", onUser, (cognito, input) => {
  const { open, user } = found(cognito, input);
  cognito.people.remove(open.pool, user);
  return {};
});

const resetPassword = operation("admin", onUser, (cognito, input) => {
  const { open, user } = found(cognito, input);
  if (user.status === "FORCE_CHANGE_PASSWORD")
    throw new CognitoError("NotAuthorizedException", "User password cannot be reset in the current state.");
  cognito.people.setStatus(open.pool, user, "RESET_REQUIRED");
  cognito.people.sendCode(open.pool, user);
  return {};
});

const signOut = operation("admin", onUser, (cognito, input) => {
  const { open, user } = found(cognito, input);
  cognito.store.removeSignIns(open.pool.id, user.username);
  return {};
});

/** A changed address is unverified unless the call says otherwise. */
const updateAttributes = operation("admin", onUser.extend({ UserAttributes: attributeList }), (cognito, input) => {
  const { open, user } = found(cognito, input);
  const given = toAttributes(open, input.UserAttributes, user.attributes);
  if (given.email !== undefined && given.email !== user.attributes.email) user.attributes.email_verified = "false";
  Object.assign(user.attributes, given);
  cognito.people.save(open.pool, user);
  return {};
});

const deleteAttributes = operation("admin", onUser.extend({ UserAttributeNames: z.array(z.string()) }), (cognito, input) => {
  const { open, user } = found(cognito, input);
  for (const name of input.UserAttributeNames) delete user.attributes[name];
  cognito.people.save(open.pool, user);
  return {};
});

/** `email = "a@b"`, `username ^= "an"`; an empty filter takes all. */
function filterOf(filter: string | undefined): (user: UserRecord) => boolean {
  if (!filter?.trim()) return () => true;
  const match = /^\s*([\w:]+)\s*(\^?=)\s*"((?:[^"\\]|\\.)*)"\s*$/.exec(filter);
  if (!match) throw new CognitoError("InvalidParameterException", "One or more parameters in filter are invalid.");
  const [, name = "", operator, raw = ""] = match;
  const wanted = raw.replace(/\\(.)/g, "$1");
  return (user) => {
    const special: Record<string, string> = {
      username: user.username,
      sub: user.sub,
      "cognito:user_status": user.status,
      status: user.enabled ? "Enabled" : "Disabled",
    };
    const value = special[name] ?? user.attributes[name];
    return value !== undefined && (operator === "=" ? value === wanted : value.startsWith(wanted));
  };
}

const list = operation(
  "admin",
  inPool.extend({
    Limit: z.number().int().min(0).max(PAGE).optional(),
    PaginationToken: z.string().optional(),
    Filter: z.string().max(256).optional(),
    AttributesToGet: z.array(z.string()).optional(),
  }),
  ({ store, ...rest }, input) => {
    const open = poolOf({ store, ...rest }, input.UserPoolId);
    const accepts = filterOf(input.Filter);
    const limit = input.Limit || PAGE;
    const users: UserRecord[] = [];
    let after = input.PaginationToken === undefined ? "" : Buffer.from(input.PaginationToken, "base64url").toString("utf8");
    for (;;) {
      const page = store.list(open.pool.id, after, SCAN_PAGE);
      for (const { key, user } of page) {
        if (users.length === limit)
          return { Users: users.map((one) => shown(one)), PaginationToken: Buffer.from(after).toString("base64url") };
        after = key;
        if (accepts(user)) users.push(user);
      }
      if (page.length < SCAN_PAGE) return { Users: users.map((one) => shown(one)) };
    }

    function shown(user: UserRecord) {
      const { Attributes, ...type } = userType(user);
      return { ...type, Attributes: Attributes.filter(({ Name }) => !input.AttributesToGet || input.AttributesToGet.includes(Name)) };
    }
  },
);

const initiate = operation(
  "admin",
  inPool.extend({ ClientId: z.string(), AuthFlow: z.string(), AuthParameters: parameters }),
  (cognito, input) => {
    const { client, open } = clientOf(cognito, input.ClientId);
    if (open.pool.id !== input.UserPoolId)
      throw new CognitoError("ResourceNotFoundException", `User pool client ${input.ClientId} does not exist.`);
    const flow = input.AuthFlow === "ADMIN_NO_SRP_AUTH" ? "ADMIN_USER_PASSWORD_AUTH" : input.AuthFlow;
    return cognito.dialogue.initiate(open, client, flow, input.AuthParameters);
  },
);

const respond = operation(
  "admin",
  inPool.extend({ ClientId: z.string(), ChallengeName: z.string(), Session: z.string().optional(), ChallengeResponses: parameters }),
  (cognito, input) => {
    const { client, open } = clientOf(cognito, input.ClientId);
    return cognito.dialogue.respond(open, client, input.ChallengeName, input.Session, input.ChallengeResponses);
  },
);

const setMfa = operation(
  "admin",
  onUser.extend({
    SoftwareTokenMfaSettings: z.object({ Enabled: z.boolean().default(false), PreferredMfa: z.boolean().default(false) }).optional(),
  }),
  (cognito, input) => {
    const { open, user } = found(cognito, input);
    chooseMfa(user, input.SoftwareTokenMfaSettings);
    cognito.people.save(open.pool, user);
    return {};
  },
);

export function chooseMfa(user: UserRecord, settings: { Enabled: boolean; PreferredMfa: boolean } | undefined): void {
  if (!settings) return;
  if (settings.Enabled && !user.totp?.verified)
    throw new CognitoError("InvalidParameterException", "User has not verified software token mfa");
  if (user.totp) Object.assign(user.totp, { enabled: settings.Enabled, preferred: settings.Enabled && settings.PreferredMfa });
}

const inGroup = onUser.extend({ GroupName: z.string() });

const changeGroups = (change: (groups: string[], name: string) => string[]) =>
  operation("admin", inGroup, (cognito, input) => {
    const { open, user } = found(cognito, input);
    if (!open.groups.has(input.GroupName)) throw new CognitoError("ResourceNotFoundException", "Group not found.");
    user.groups = change(user.groups, input.GroupName);
    cognito.people.save(open.pool, user);
    return {};
  });

export const adminOperations: Readonly<Record<string, Operation>> = {
  AdminAddUserToGroup: changeGroups((groups, name) => [...new Set([...groups, name])]),
  AdminCreateUser: create,
  AdminDeleteUser: remove,
  AdminDeleteUserAttributes: deleteAttributes,
  AdminDisableUser: setEnabled(false),
  AdminEnableUser: setEnabled(true),
  AdminGetUser: get,
  AdminInitiateAuth: initiate,
  AdminListGroupsForUser: operation("admin", onUser, (cognito, input) => {
    const { user } = found(cognito, input);
    return { Groups: user.groups.map((GroupName) => ({ GroupName, UserPoolId: input.UserPoolId })) };
  }),
  AdminRemoveUserFromGroup: changeGroups((groups, name) => groups.filter((one) => one !== name)),
  AdminResetUserPassword: resetPassword,
  AdminRespondToAuthChallenge: respond,
  AdminSetUserMFAPreference: setMfa,
  AdminSetUserPassword: setPassword,
  AdminUpdateUserAttributes: updateAttributes,
  AdminUserGlobalSignOut: signOut,
  ListUsers: list,
};
