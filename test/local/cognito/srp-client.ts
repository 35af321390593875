import { createHash, createHmac, hkdfSync, randomBytes } from "node:crypto";
import {
  type CognitoIdentityProviderClient,
  InitiateAuthCommand,
  RespondToAuthChallengeCommand,
  type RespondToAuthChallengeCommandOutput,
} from "@aws-sdk/client-cognito-identity-provider";

/** A second, plain implementation of the client's side of SRP, by BigInt: it shares nothing with the service. */
const N = BigInt(
  "0xFFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7EDEE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F83655D23DCA3AD961C62F356208552BB9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3BE39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF6955817183995497CEA956AE515D2261898FA051015728E5A8AAAC42DAD33170D04507A33A85521ABDF1CBA64ECFB850458DBEF0A8AEA71575D060C7DB3970F85A6E1E4C7ABF5AE8CDB0933D71E8C94E04A25619DCEE3D2261AD2EE6BF12FFA06D98A0864D87602733EC86A64521F2B18177B200CBBE117577A615D6C770988C0BAD946E208E24FA074E5AB3143DB5BFCE0FD108E4B82D120A93AD2CAFFFFFFFFFFFFFFFF",
);
const hash = (...parts: (Buffer | string)[]) => parts.reduce((h, part) => h.update(part), createHash("sha256")).digest();
const big = (octets: Buffer) => BigInt(`0x${octets.toString("hex")}`);
const pad = (value: bigint) => {
  const hex = value.toString(16);
  const even = hex.length % 2 ? `0${hex}` : hex;
  return Buffer.from(/^[89a-f]/.test(even) ? `00${even}` : even, "hex");
};
function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  let square = ((base % N) + N) % N;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % N;
    square = (square * square) % N;
  }
  return result;
}

export async function signInBySrp(
  client: CognitoIdentityProviderClient,
  at: { poolId: string; clientId: string },
  username: string,
  password: string,
  timestamp = new Date(),
): Promise<RespondToAuthChallengeCommandOutput> {
  const a = big(randomBytes(128));
  const A = power(2n, a);
  const first = await client.send(
    new InitiateAuthCommand({
      ClientId: at.clientId,
      AuthFlow: "USER_SRP_AUTH",
      AuthParameters: { USERNAME: username, SRP_A: A.toString(16) },
    }),
  );
  const { SALT, SRP_B, SECRET_BLOCK, USER_ID_FOR_SRP } = first.ChallengeParameters as Record<string, string>;
  const poolName = at.poolId.split("_")[1]!;
  const B = BigInt(`0x${SRP_B}`);
  const u = big(hash(pad(A), pad(B)));
  const x = big(hash(pad(BigInt(`0x${SALT}`)), hash(`${poolName}${USER_ID_FOR_SRP}:${password}`)));
  const k = big(hash(pad(N), pad(2n)));
  const S = power(B - k * power(2n, x), a + u * x);
  const key = Buffer.from(hkdfSync("sha256", pad(S), pad(u), "Caldera Derived Key", 16));
  const [, weekday, day, month, year, time] = /^(\w{3}), (\d{2}) (\w{3}) (\d{4}) (\S+) GMT$/.exec(timestamp.toUTCString())!;
  const TIMESTAMP = `${weekday} ${month} ${Number(day)} ${time} UTC ${year}`;
  const signature = createHmac("sha256", key)
    .update(poolName)
    .update(USER_ID_FOR_SRP!)
    .update(Buffer.from(SECRET_BLOCK!, "base64"))
    .update(TIMESTAMP)
    .digest("base64");
  return client.send(
    new RespondToAuthChallengeCommand({
      ClientId: at.clientId,
      ChallengeName: "PASSWORD_VERIFIER",
      ChallengeResponses: {
        USERNAME: USER_ID_FOR_SRP!,
        PASSWORD_CLAIM_SECRET_BLOCK: SECRET_BLOCK!,
        PASSWORD_CLAIM_SIGNATURE: signature,
        TIMESTAMP,
      },
    }),
  );
}
