/** Ten devices of the mailbox's owner, each signed in by itself; together they stay below what one person may ask a minute. */
import type { AccountId } from "../../../core/ids.ts";
import { limits } from "../../../core/limits.ts";
import { accessToken, type BenchCloud } from "../bench-cloud.ts";

export const CLIENTS = 10;
const MILLISECONDS_A_REQUEST = 60_000 / (limits.edge.requestsPerMinute * 0.95);

export type Call = readonly [name: string, args: Record<string, unknown>, id: string];
type Response = [name: string, args: Record<string, unknown>, id: string];

export interface Client {
  readonly number: number;
  readonly accountId: AccountId;
  /** The arguments of each response. Throws for a refusal and for an error of any call. */
  ask(calls: readonly Call[]): Promise<Record<string, unknown>[]>;
}

export const openClients = async (bench: BenchCloud, person: BenchCloud["people"][number], accountId: AccountId): Promise<Client[]> => {
  const pace = paced(MILLISECONDS_A_REQUEST);
  const clients: Client[] = [];
  for (let number = 0; number < CLIENTS; number++) {
    const token = await accessToken(bench, person);
    const ask = async (calls: readonly Call[]) => {
      await pace();
      return answersOf(await post(`${bench.cloud.endpoints.web}/jmap/api`, token, calls));
    };
    clients.push({ number, accountId, ask });
  }
  return clients;
};

const post = async (url: string, token: string, methodCalls: readonly Call[]): Promise<Response[]> => {
  const using = ["urn:ietf:params:jmap:core", "urn:ietf:params:jmap:mail"];
  const answer = await fetch(url, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({ using, methodCalls }),
  });
  if (!answer.ok) throw new Error(`JMAP answered ${answer.status}: ${await answer.text()}`);
  return ((await answer.json()) as { methodResponses: Response[] }).methodResponses;
};

const answersOf = (responses: readonly Response[]): Record<string, unknown>[] =>
  responses.map(([name, args]) => {
    if (name === "error") throw new Error(`A call of the bench was refused: ${JSON.stringify(args)}`);
    return args;
  });

/** Lets callers through one after another, so many milliseconds apart. */
const paced = (milliseconds: number): (() => Promise<void>) => {
  let next = 0;
  return async () => {
    const now = performance.now();
    next = Math.max(now, next + milliseconds);
    if (next > now) await new Promise((wake) => setTimeout(wake, next - now));
  };
};
