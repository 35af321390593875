/** Sign-ins of the sample people in the user pool: the address is the user name. */
import {
  AdminCreateUserCommand,
  AdminGetUserCommand,
  AdminSetUserPasswordCommand,
  type AttributeType,
  CognitoIdentityProviderClient,
  UsernameExistsException,
} from "@aws-sdk/client-cognito-identity-provider";
import type { SeedPerson } from "./people.ts";

export const createSignIn = (UserPoolId: string) => {
  const client = new CognitoIdentityProviderClient({ maxAttempts: 4 });
  const subjectOf = (attributes: readonly AttributeType[] | undefined): string => {
    const subject = attributes?.find(({ Name }) => Name === "sub")?.Value;
    if (!subject) throw new Error("The user pool gave a user without a sub.");
    return subject;
  };
  const create = async (Username: string): Promise<string> => {
    try {
      const UserAttributes = [
        { Name: "email", Value: Username },
        { Name: "email_verified", Value: "true" },
      ];
      const { User } = await client.send(new AdminCreateUserCommand({ UserPoolId, Username, UserAttributes, MessageAction: "SUPPRESS" }));
      return subjectOf(User?.Attributes);
    } catch (error) {
      if (!(error instanceof UsernameExistsException)) throw error;
      return subjectOf((await client.send(new AdminGetUserCommand({ UserPoolId, Username }))).UserAttributes);
    }
  };
  return async ({ mail }: SeedPerson, Password: string): Promise<{ subject: string }> => {
    const subject = await create(mail);
    await client.send(new AdminSetUserPasswordCommand({ UserPoolId, Username: mail, Password, Permanent: true }));
    return { subject };
  };
};
