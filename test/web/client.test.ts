import { QueryClient } from "@tanstack/react-query";
import { describe, expect, it } from "vitest";
import { JmapClient, reference } from "../../web/src/jmap/client.ts";
import { JmapProblem } from "../../web/src/jmap/problems.ts";
import { partRanges } from "../../web/src/jmap/transfer.ts";
import type { EmailSummary, Invocation } from "../../web/src/jmap/types.ts";
import { EmailStore } from "../../web/src/mail/email-store.ts";
import { MailSync } from "../../web/src/mail/sync.ts";

const origin = "https://mail.example";
const session = {
  capabilities: { "urn:ietf:params:jmap:core": {}, "urn:ietf:params:jmap:mail": {} },
  apiUrl: `${origin}/jmap/api`,
  state: "s1",
};

type Answer = (body: { methodCalls: Invocation[]; using: string[] }, token: string) => Response | Promise<Response>;

function client(answer: Answer, apiUrl = session.apiUrl) {
  const asked: string[] = [];
  let token = 0;
  const tokens = { accessToken: async (stale?: string) => (stale === undefined ? `t${token}` : `t${++token}`) };
  const fetched: typeof fetch = async (url, init) => {
    asked.push(String(url));
    if (String(url).endsWith("/jmap/session")) return Response.json({ ...session, apiUrl });
    return answer(JSON.parse(String(init?.body)), new Headers(init?.headers).get("authorization") ?? "");
  };
  return { jmap: new JmapClient(tokens, origin, fetched), asked };
}
const ok = (responses: Invocation[]) => Response.json({ methodResponses: responses, sessionState: "s1" });
const get: Invocation = ["Mailbox/get", { accountId: "A" }, "0"];
const set: Invocation = ["Email/set", { accountId: "A" }, "0"];

describe("the JMAP client", () => {
  it("asks only for what the service offers and gives the call's own answer", async () => {
    const { jmap } = client((body) => {
      expect(body.using).toEqual(["urn:ietf:params:jmap:core", "urn:ietf:params:jmap:mail"]);
      return ok([["Mailbox/get", { list: [1] }, "0"]]);
    });
    expect((await jmap.call([get])).of<{ list: number[] }>("0").list).toEqual([1]);
  });

  it("tells a method error by its type", async () => {
    const { jmap } = client(() => ok([["error", { type: "cannotCalculateChanges" }, "0"]]));
    const responses = await jmap.call([get]);
    expect(() => responses.of("0")).toThrowError(expect.objectContaining({ kind: "method", type: "cannotCalculateChanges" }));
  });

  it("renews a refused token once, then gives up", async () => {
    const seen: string[] = [];
    const { jmap } = client((_, token) => {
      seen.push(token);
      return new Response("{}", { status: 401 });
    });
    await expect(jmap.call([get])).rejects.toMatchObject({ kind: "signedOut" });
    expect(seen).toEqual(["Bearer t0", "Bearer t1"]);
  });

  it("repeats a read that the network lost, never a write", async () => {
    let tries = 0;
    const reading = client(() => {
      tries += 1;
      if (tries < 3) throw new TypeError("network");
      return ok([["Mailbox/get", { list: [] }, "0"]]);
    });
    await reading.jmap.call([get]);
    expect(tries).toBe(3);
    tries = 0;
    const writing = client(() => {
      tries += 1;
      return new Response("{}", { status: 503 });
    });
    await expect(writing.jmap.call([set])).rejects.toBeInstanceOf(JmapProblem);
    expect(tries).toBe(1);
  });

  it("never takes a token to another service", async () => {
    const { jmap, asked } = client(() => ok([]), "https://evil.example/jmap/api");
    await expect(jmap.call([get])).rejects.toMatchObject({ type: "foreignUrl" });
    expect(asked).toEqual([`${origin}/jmap/session`]);
  });

  it("reads request-level problems (RFC 8620 §3.6.1)", async () => {
    const { jmap } = client(() => Response.json({ type: "urn:ietf:params:jmap:error:limit", limit: "maxSizeRequest" }, { status: 400 }));
    await expect(jmap.call([set])).rejects.toMatchObject({ kind: "request", type: "limit" });
  });

  it("cuts files into parts that the service takes", () => {
    expect(partRanges(0, 4)).toEqual([[0, 0]]);
    expect(partRanges(4, 4)).toEqual([[0, 4]]);
    expect(partRanges(9, 4)).toEqual([
      [0, 4],
      [4, 8],
      [8, 9],
    ]);
  });
});

describe("keeping the screen equal to the service", () => {
  const email = (id: string, fields: Partial<EmailSummary> = {}): EmailSummary => ({
    id,
    threadId: `T${id}`,
    mailboxIds: { inbox: true },
    keywords: {},
    from: null,
    to: null,
    subject: id,
    receivedAt: "2026-11-22T10:00:00Z",
    preview: "",
    hasAttachment: false,
    size: 1,
    ...fields,
  });

  function rig(changes: () => Invocation) {
    const calls: Invocation[][] = [];
    const { jmap } = client((body) => {
      calls.push(body.methodCalls);
      const answer = changes();
      const created = (answer[1].created ?? []) as string[];
      const updated = (answer[1].updated ?? []) as string[];
      return ok([
        answer,
        ["Email/get", { list: created.map((id) => email(id)) }, "created"],
        ["Email/get", { list: updated.map((id) => ({ id, keywords: { $seen: true }, mailboxIds: { inbox: true } })) }, "updated"],
        ["Mailbox/get", { list: [{ id: "inbox" }] }, "mailboxes"],
      ]);
    });
    const store = new EmailStore();
    const queries = new QueryClient();
    const arrived: string[] = [];
    const sync = new MailSync({ client: jmap, store, queries, onArrived: (_, emails) => arrived.push(...emails.map((each) => each.id)) });
    store.put("A", [email("1"), email("2")]);
    queries.setQueryData(["list", "A", "mailbox", "inbox", 0], { ids: ["1", "2"], total: 2 });
    sync.know("A", "s1");
    const stale = () => queries.getQueryState(["list", "A", "mailbox", "inbox", 0])?.isInvalidated;
    return { sync, store, arrived, calls, stale, queries };
  }
  const settled = () => new Promise((done) => setTimeout(done, 30));
  const answer = (fields: Record<string, unknown>): Invocation => [
    "Email/changes",
    { newState: "s2", hasMoreChanges: false, created: [], updated: [], destroyed: [], ...fields },
    "changes",
  ];

  it("takes a keyword without loading the list again", async () => {
    const { sync, store, stale } = rig(() => answer({ updated: ["1"] }));
    sync.changed({ A: { Email: "s2" } });
    await settled();
    expect(store.get("A", "1")?.keywords).toEqual({ $seen: true });
    expect(stale()).toBe(false);
  });

  it("loads the list again and tells of new mail", async () => {
    const { sync, arrived, stale, calls } = rig(() => answer({ created: ["3"] }));
    sync.changed({ A: { Email: "s2" } });
    await settled();
    expect(arrived).toEqual(["3"]);
    expect(stale()).toBe(true);
    expect(calls[0]?.[0]).toEqual(["Email/changes", { accountId: "A", sinceState: "s1", maxChanges: 200 }, "changes"]);
    expect(calls[0]?.[1]?.[1]["#ids"]).toEqual(reference("changes", "Email/changes", "/created"));
  });

  it("forgets what was destroyed", async () => {
    const { sync, store, stale } = rig(() => answer({ destroyed: ["2"] }));
    sync.changed(null);
    await settled();
    expect(store.get("A", "2")).toBeUndefined();
    expect(stale()).toBe(true);
  });

  it("begins again when the service cannot say what changed", async () => {
    const { sync, stale, calls } = rig(() => ["error", { type: "cannotCalculateChanges" }, "changes"]);
    sync.changed(null);
    await settled();
    expect(stale()).toBe(true);
    expect(calls).toHaveLength(1);
  });

  it("asks nothing for a state that it already has", async () => {
    const { sync, calls } = rig(() => answer({}));
    sync.changed({ A: { Email: "s1" } });
    await settled();
    expect(calls).toHaveLength(0);
  });
});
