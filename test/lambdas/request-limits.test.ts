import { expect, test } from "vitest";
import { CORE } from "../../core/jmap/capabilities.ts";
import { limits } from "../../core/limits.ts";
import { type Admission, admit } from "../../lambdas/edge/request-limits.ts";
import { ann, World } from "../jmap/world.ts";
import { MemoryAdmissionStore } from "../support/memory-admission-store.ts";

const asking = { who: "sub", client: "sign-in 1" };
const portsOf = (now: () => number) => ({ admissions: new MemoryAdmissionStore(), now, failed: () => {} });

// RFC 8620 §3.6.1, §8.5.
test("as many requests run at once as the session says, the next is refused with the RFC's limit, and served when one has ended", async () => {
  const world = await World.make();
  const { maxConcurrentRequests } = world.jmap.session(ann).capabilities[CORE] as { maxConcurrentRequests: number };
  const ports = portsOf(() => 0);
  const running: Admission[] = [];
  for (let each = 0; each < maxConcurrentRequests; each++) running.push(await admit(ports, asking, "request"));
  expect(running.every(({ outcome }) => outcome === "admitted")).toBe(true);
  expect(await admit(ports, asking, "request")).toMatchObject({
    outcome: "refused",
    problem: { type: "urn:ietf:params:jmap:error:limit", limit: "maxConcurrentRequests", status: 400 },
  });
  expect((await admit(ports, { ...asking, client: "sign-in 2" }, "request")).outcome).toBe("admitted");
  const [first] = running;
  if (first?.outcome === "admitted") await first.leave();
  expect((await admit(ports, asking, "request")).outcome).toBe("admitted");
});

test("past the rate the answer is 429 and says when to come back", async () => {
  const ports = portsOf(() => 15_000);
  for (let each = 0; each < limits.edge.uploadsPerMinute; each++) {
    const admission = await admit(ports, asking, "upload");
    if (admission.outcome === "admitted") await admission.leave();
  }
  expect(await admit(ports, asking, "upload")).toMatchObject({
    outcome: "refused",
    problem: { type: "urn:ietf:params:jmap:error:limit", limit: "uploadsPerMinute", status: 429 },
    retryAfterSeconds: 45,
  });
});

test("a count that cannot be had refuses nobody", async () => {
  const failures: unknown[] = [];
  const broken = { enter: () => Promise.reject(new Error("unreachable")), leave: async () => {} };
  const admission = await admit({ admissions: broken, now: () => 0, failed: (error) => void failures.push(error) }, asking, "request");
  expect(admission.outcome).toBe("admitted");
  expect(failures).toHaveLength(1);
});
