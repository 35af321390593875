import { createRequire } from "node:module";
import { describe, expect, it } from "vitest";
import { newSrpSecret, powerModulo, srpSignature, srpTimestamp } from "../../web/src/identity/srp.ts";

const require = createRequire(import.meta.url);
const { createHash, createHmac } = require("node:crypto") as typeof import("node:crypto");

/** The server's half, written from RFC 5054 §2.5 and §2.6 on Node's own hashes, to meet the browser's half in the middle. */
const prime = BigInt(
  "0xFFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7EDEE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F83655D23DCA3AD961C62F356208552BB9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3BE39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF6955817183995497CEA956AE515D2261898FA051015728E5A8AAAC42DAD33170D04507A33A85521ABDF1CBA64ECFB850458DBEF0A8AEA71575D060C7DB3970F85A6E1E4C7ABF5AE8CDB0933D71E8C94E04A25619DCEE3D2261AD2EE6BF12FFA06D98A0864D87602733EC86A64521F2B18177B200CBBE117577A615D6C770988C0BAD946E208E24FA074E5AB3143DB5BFCE0FD108E4B82D120A93AD2CAFFFFFFFFFFFFFFFF",
);
/** Java's BigInteger.toByteArray, which is how Cognito writes a number that it hashes. */
const numberHex = (value: bigint): string => {
  const even = value.toString(16).padStart(Math.ceil(value.toString(16).length / 2) * 2, "0");
  return Number.parseInt(even.slice(0, 2), 16) > 127 ? `00${even}` : even;
};
const sha = (hex: string) => createHash("sha256").update(Buffer.from(hex, "hex")).digest("hex");

function serverSide(pool: string, user: string, password: string, clientPublicHex: string, salt = "8f21c0ffee00112233445566778899aa") {
  const inner = createHash("sha256").update(`${pool}${user}:${password}`).digest("hex");
  const verifier = powerModulo(2n, BigInt(`0x${sha(numberHex(BigInt(`0x${salt}`)) + inner)}`), prime);
  const privateValue = BigInt(`0x${"5b".repeat(32)}`);
  const multiplier = BigInt(`0x${sha(`${numberHex(prime)}${numberHex(2n)}`)}`);
  const publicValue = (multiplier * verifier + powerModulo(2n, privateValue, prime)) % prime;
  const scramble = BigInt(`0x${sha(numberHex(BigInt(`0x${clientPublicHex}`)) + numberHex(publicValue))}`);
  const shared = powerModulo((BigInt(`0x${clientPublicHex}`) * powerModulo(verifier, scramble, prime)) % prime, privateValue, prime);
  const extracted = createHmac("sha256", Buffer.from(numberHex(scramble), "hex"))
    .update(Buffer.from(numberHex(shared), "hex"))
    .digest();
  const key = createHmac("sha256", extracted).update("Caldera Derived Key\u0001").digest().subarray(0, 16);
  return { salt, publicHex: publicValue.toString(16), key };
}

describe("SRP sign-in", () => {
  const pool = "Ab12Cd34E";
  const block = Buffer.from("a block that only the server reads").toString("base64");

  it.each([
    ["an ordinary password", "Correct-Horse-9-Battery"],
    ["letters beyond ASCII", "pâssŵord-Ünïcode-9"],
  ])("proves %s to the server", async (_, password) => {
    const secret = newSrpSecret();
    const server = serverSide(pool, "sub-1", password, secret.publicHex);
    const timestamp = srpTimestamp(new Date("2026-11-02T09:08:07Z"));
    const challenge = { userId: "sub-1", saltHex: server.salt, serverPublicHex: server.publicHex, secretBlock: block };
    const expected = createHmac("sha256", server.key)
      .update(`${pool}sub-1`)
      .update(Buffer.from(block, "base64"))
      .update(timestamp)
      .digest("base64");
    expect(await srpSignature(secret, challenge, `eu-west-2_${pool}`, password, timestamp)).toBe(expected);
    expect(await srpSignature(secret, challenge, `eu-west-2_${pool}`, `${password}x`, timestamp)).not.toBe(expected);
  });

  it.each(["0012ff00112233445566778899aabbcc", "00f2ff00112233445566778899aabbcc", "000000000000000000000000000000a1", "12ff", "f", "0"])(
    "takes the salt %s as the number that it is, however many zeros lead it",
    async (salt) => {
      const secret = newSrpSecret();
      const server = serverSide(pool, "sub-1", "Correct-Horse-9-Battery", secret.publicHex, salt);
      const expected = createHmac("sha256", server.key)
        .update(`${pool}sub-1`)
        .update(Buffer.from(block, "base64"))
        .update("t")
        .digest("base64");
      for (const zeros of ["", "0", "00", "0000"]) {
        const challenge = {
          userId: "sub-1",
          saltHex: zeros + salt,
          serverPublicHex: zeros + server.publicHex,
          secretBlock: block,
        };
        expect(await srpSignature(secret, challenge, `eu-west-2_${pool}`, "Correct-Horse-9-Battery", "t")).toBe(expected);
      }
    },
  );

  it("refuses a server that sends zero (RFC 5054 §2.5.4)", async () => {
    const challenge = { userId: "u", saltHex: "01", serverPublicHex: "0", secretBlock: block };
    await expect(srpSignature(newSrpSecret(), challenge, `eu-west-2_${pool}`, "p", "t")).rejects.toThrow();
  });

  it("writes the date as Cognito reads it", () => {
    expect(srpTimestamp(new Date("2026-11-02T09:08:07Z"))).toBe("Mon Nov 2 09:08:07 UTC 2026");
    expect(srpTimestamp(new Date("2026-11-22T23:59:59Z"))).toBe("Sun Nov 22 23:59:59 UTC 2026");
  });
});
