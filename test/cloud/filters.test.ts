/** Filters and vacation on the booted service: what one person sets over JMAP, mail by SMTP and between people goes by. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually, type JmapSession, MAIL } from "./support/jmap-session.ts";
import { outboxOf } from "./support/outbox.ts";
import { at, bootSmallService, type SmallService, textMessage } from "./support/small-service.ts";
import { submit } from "./support/submit.ts";

const nia = at("nia.hart");
const owen = at("owen.reid");
const PATIENCE = 30_000;
const USING = [...MAIL, "urn:ietf:params:jmap:sieve", "urn:ietf:params:jmap:vacationresponse", "urn:ietf:params:jmap:blob"];

let service: SmallService;
let sessions: { nia: JmapSession; owen: JmapSession };
beforeAll(async () => {
  service = await bootSmallService({ people: { "nia.hart": [], "owen.reid": [] } });
  sessions = { nia: await service.signIn(nia), owen: await service.signIn(owen) };
});
afterAll(() => service?.stop());

const call = async (session: JmapSession, ...methodCalls: [string, Record<string, unknown>][]): Promise<Record<string, unknown>[]> => {
  const { accountId } = session;
  const calls = methodCalls.map(([name, args], index) => [name, { accountId, ...args }, `c${index}`]);
  const body = JSON.stringify({ using: USING, methodCalls: calls });
  const answer = await session.fetch("/jmap/api", { method: "POST", headers: { "content-type": "application/json" }, body });
  const { methodResponses } = (await answer.json()) as { methodResponses: [string, Record<string, unknown>][] };
  return methodResponses.map(([name, args]) => ({ name, ...args }));
};

const script = `require ["fileinto","mailbox","copy"];
if header :contains "subject" "rota" { fileinto :create "Ward/Rota"; redirect :copy "${owen}"; redirect :copy "desk@lakeside-clinic.example"; }
elsif header :contains "subject" "offer" { discard; }`;

describe("filters", () => {
  it("are stored and activated over JMAP and run at delivery", async () => {
    const [, , set] = await call(
      sessions.nia,
      ["Blob/upload", { create: { s: { data: [{ "data:asText": script }], type: "application/sieve" } } }],
      ["SieveScript/validate", { blobId: "#s" }],
      ["SieveScript/set", { create: { a: { name: "main", blobId: "#s" } }, onSuccessActivateScript: "#a" }],
    );
    expect(set).toMatchObject({ name: "SieveScript/set", notCreated: null, created: { a: { isActive: true } } });
    await service.send(textMessage({ subject: "Special offer", to: nia }), nia);
    await service.send(textMessage({ subject: "New rota", to: nia }), nia);
    const filed = await eventually(async () => (await sessions.nia.withSubject("rota"))[0], PATIENCE, "the filed message");
    const { list } = await sessions.nia.call("Mailbox/get", { ids: Object.keys(filed.mailboxIds) });
    expect(list).toMatchObject([{ name: "Rota" }]);
    await eventually(async () => (await sessions.owen.withSubject("rota"))[0], PATIENCE, "the redirected copy");
    const left = await eventually(async () => (await outboxOf(service.cloud))[0], PATIENCE, "the copy to the outside");
    expect(left.recipients.map(({ address }) => address)).toEqual(["desk@lakeside-clinic.example"]);
    expect(left.octets).toContain(`via ${nia}`);
    expect(await sessions.nia.withSubject("offer")).toEqual([]);
  }, 90_000);
});

describe("a vacation response", () => {
  it("is answered, once", async () => {
    const away = { isEnabled: true, subject: "Owen is away", textBody: "Back on Monday." };
    const [set] = await call(sessions.owen, ["VacationResponse/set", { update: { singleton: away } }]);
    expect(set).toMatchObject({ name: "VacationResponse/set", notUpdated: null });
    for (const subject of ["Lunch", "Dinner"]) await submit(sessions.nia, { from: nia, to: [owen], subject, text: "?" });
    await eventually(async () => (await sessions.owen.withSubject("Dinner"))[0], PATIENCE, "the second message");
    const answer = await eventually(async () => (await sessions.nia.withSubject("Owen is away"))[0], PATIENCE, "the answer");
    expect(answer.from).toMatchObject([{ email: owen }]);
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(await sessions.nia.withSubject("Owen is away")).toHaveLength(1);
  }, 90_000);
});
