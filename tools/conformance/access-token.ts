/** An access token by the webmail's own half of SRP: the password does not leave this process. */
import {
  CognitoIdentityProviderClient,
  InitiateAuthCommand,
  RespondToAuthChallengeCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import { newSrpSecret, srpSignature, srpTimestamp } from "../../web/src/identity/srp.ts";

export const accessToken = async (
  { poolId, clientId }: { readonly poolId: string; readonly clientId: string },
  mail: string,
  password: string,
): Promise<string> => {
  const client = new CognitoIdentityProviderClient({});
  const secret = newSrpSecret();
  const { ChallengeParameters: given } = await client.send(
    new InitiateAuthCommand({
      ClientId: clientId,
      AuthFlow: "USER_SRP_AUTH",
      AuthParameters: { USERNAME: mail, SRP_A: secret.publicHex },
    }),
  );
  const { USER_ID_FOR_SRP: userId = mail, SALT: saltHex = "", SRP_B: serverPublicHex = "", SECRET_BLOCK: secretBlock = "" } = given ?? {};
  const TIMESTAMP = srpTimestamp(new Date());
  const { AuthenticationResult } = await client.send(
    new RespondToAuthChallengeCommand({
      ClientId: clientId,
      ChallengeName: "PASSWORD_VERIFIER",
      ChallengeResponses: {
        USERNAME: userId,
        PASSWORD_CLAIM_SECRET_BLOCK: secretBlock,
        PASSWORD_CLAIM_SIGNATURE: await srpSignature(
          secret,
          { userId, saltHex, serverPublicHex, secretBlock },
          poolId,
          password,
          TIMESTAMP,
        ),
        TIMESTAMP,
      },
    }),
  );
  if (!AuthenticationResult?.AccessToken) throw new Error(`${mail} could not sign in with a password alone.`);
  return AuthenticationResult.AccessToken;
};
