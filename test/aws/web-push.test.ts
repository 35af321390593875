import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createWebPush, isPublicAddress } from "../../aws/web-push.ts";
import { certificateIn } from "../../local/ses/inbound/certificate.ts";

test.each([
  ...["8.8.8.8", "1.1.1.1", "172.32.0.1", "2606:4700:4700::1111"].map((address) => [address, true] as const),
  ...["127.0.0.1", "0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254", "100.64.0.1"].map(
    (address) => [address, false] as const,
  ),
  ...["224.0.0.1", "255.255.255.255", "198.18.0.1", "::1", "::", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1"].map(
    (address) => [address, false] as const,
  ),
  ...["::ffff:127.0.0.1", "::ffff:8.8.8.8", "64:ff9b::a00:1", "2002:a00:1::", "2001::1", "2001:db8::1", "localhost", ""].map(
    (address) => [address, false] as const,
  ),
])("%s is called: %s", (address, expected) => {
  expect(isPublicAddress(address)).toBe(expected);
});

describe("a call (RFC 8620 §8.6)", () => {
  const folder = mkdtempSync(join(tmpdir(), "penfold-web-push-"));
  const received: { headers: Record<string, unknown>; body: string }[] = [];
  const server = createServer(certificateIn(folder, "localhost", Date.now()), (request, response) => {
    let body = "";
    request.on("data", (piece) => {
      body += piece;
    });
    request.on("end", () => {
      received.push({ headers: request.headers, body });
      if (request.url === "/moved") response.writeHead(302, { location: "/device" }).end();
      else response.writeHead(429, { "retry-after": "120" }).end("x".repeat(100_000));
    });
  });
  const at = (host: string, path = "/device") => `https://${host}:${(server.address() as AddressInfo).port}${path}`;
  const post = (url: string, allowLoopback: boolean) =>
    createWebPush({ allowLoopback }).post({ url, headers: { ttl: "60" }, body: Buffer.from("{}") });
  beforeAll(() => new Promise<void>((ready) => void server.listen(0, "127.0.0.1", ready)));
  afterAll(() => {
    server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test("never goes to this machine, by name, number or disguise, unless the configuration allows it", async () => {
    for (const host of ["127.0.0.1", "localhost", "[::1]", "2130706433", "0x7f.1", "[::ffff:7f00:1]"])
      expect(await post(at(host), false)).toEqual({ outcome: "refused" });
    expect(await post(at("169.254.169.254"), true)).toEqual({ outcome: "refused" });
    expect(await post("http://127.0.0.1/", true)).toEqual({ outcome: "refused" });
    expect(received).toEqual([]);
  });

  test("gives the status and when to come back, and follows no redirect", async () => {
    expect(await post(at("localhost"), true)).toEqual({ outcome: "answered", status: 429, retryAfterSeconds: 120 });
    expect(received.at(-1)).toMatchObject({ body: "{}", headers: { ttl: "60", "content-length": "2" } });
    expect(await post(at("127.0.0.1", "/moved"), true)).toMatchObject({ outcome: "answered", status: 302 });
    expect(received).toHaveLength(2);
  });

  test("is unreachable where nobody listens", async () => {
    expect(await post("https://127.0.0.1:1/", true)).toEqual({ outcome: "unreachable" });
  });
});
