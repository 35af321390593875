import { createDecipheriv, createECDH, createPublicKey, generateKeyPairSync, hkdfSync, randomBytes, verify } from "node:crypto";
import { describe, expect, test } from "vitest";
import { arePushKeys, encryptPush, PAYLOAD_OCTETS } from "../../core/push/encrypt.ts";
import { readVapidKey, vapidAuthorization } from "../../core/push/vapid.ts";

describe("encryption (RFC 8291 §2.1, §3.1 to §3.4, §4)", () => {
  test("gives the octets of the example (RFC 8291 §5)", () => {
    const body = encryptPush(
      Buffer.from("When I grow up, I want to be a watermelon"),
      { p256dh: "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4", auth: "BTBZMqHH6r4Tts7J_aSIgg" },
      {
        privateKey: Buffer.from("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw", "base64url"),
        salt: Buffer.from("DGv6ra1nlYgDCS1FRnbzlw", "base64url"),
      },
    );
    expect(body.toString("base64url")).toBe(
      "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN",
    );
  });

  test("can be read by the subscriber, up to the longest payload and no further", () => {
    const device = createECDH("prime256v1");
    device.generateKeys();
    const auth = randomBytes(16);
    const keys = { p256dh: device.getPublicKey("base64url"), auth: auth.toString("base64url") };
    const payload = randomBytes(PAYLOAD_OCTETS);
    const body = encryptPush(payload, keys, { privateKey: randomBytes(32), salt: randomBytes(16) });
    expect(body.length).toBeLessThanOrEqual(4096);
    const [salt, sender, record] = [body.subarray(0, 16), body.subarray(21, 86), body.subarray(86)];
    const info = Buffer.concat([Buffer.from("WebPush: info\0"), device.getPublicKey(), sender]);
    const input = Buffer.from(hkdfSync("sha256", device.computeSecret(sender), auth, info, 32));
    const derive = (label: string, octets: number) =>
      Buffer.from(hkdfSync("sha256", input, salt, Buffer.from(`Content-Encoding: ${label}\0`), octets));
    const decipher = createDecipheriv("aes-128-gcm", derive("aes128gcm", 16), derive("nonce", 12));
    decipher.setAuthTag(record.subarray(-16));
    const plain = Buffer.concat([decipher.update(record.subarray(0, -16)), decipher.final()]);
    expect(plain.subarray(0, -1).equals(payload)).toBe(true);
    expect(() => encryptPush(randomBytes(PAYLOAD_OCTETS + 1), keys, { privateKey: randomBytes(32), salt: randomBytes(16) })).toThrow(
      RangeError,
    );
  });

  test.each([
    ["", ""],
    ["AAAA", "BTBZMqHH6r4Tts7J_aSIgg"],
    [Buffer.concat([Buffer.of(4), Buffer.alloc(64, 1)]).toString("base64url"), "BTBZMqHH6r4Tts7J_aSIgg"],
    ["BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4", "short"],
  ])("keys that no browser makes are known: %s %s", (p256dh, auth) => {
    expect(arePushKeys({ p256dh, auth })).toBe(false);
  });
});

test("a VAPID header (RFC 8292 §2, §2.1, §3, §3.1, §3.2) names the push service, its own end and its key, and verifies", () => {
  const pem = generateKeyPairSync("ec", { namedCurve: "prime256v1" }).privateKey.export({ type: "pkcs8", format: "pem" }) as string;
  const key = readVapidKey(pem);
  const header = vapidAuthorization(new URL("https://push.example/abc?d=1"), key, "mailto:ops@health.example", 1_700_000_000_000);
  const [, token, point] = /^vapid t=([^,]+), k=(.+)$/.exec(header)!;
  expect(point).toBe(key.publicKey);
  const [head, claims, signature] = token!.split(".");
  expect(JSON.parse(Buffer.from(claims!, "base64url").toString())).toEqual({
    aud: "https://push.example",
    exp: 1_700_043_200,
    sub: "mailto:ops@health.example",
  });
  const isSound = verify(
    "sha256",
    Buffer.from(`${head}.${claims}`),
    { key: createPublicKey(pem), dsaEncoding: "ieee-p1363" },
    Buffer.from(signature!, "base64url"),
  );
  expect(isSound).toBe(true);
});

test("a key that is not on P-256 is refused", () => {
  const pem = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ type: "pkcs8", format: "pem" }) as string;
  expect(() => readVapidKey(pem)).toThrow("P-256");
});
