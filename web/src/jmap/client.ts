/**
 * A small JMAP client over fetch (RFC 8620 §3): one POST carries a batch of calls, later calls take results of earlier ones by back
 * reference. Reads are retried with backoff; a write is sent once, because the answer to the first may only have been lost.
 */
import { JmapProblem } from "./problems.ts";
import type { Invocation, Session } from "./types.ts";

export const capabilities = {
  core: "urn:ietf:params:jmap:core",
  mail: "urn:ietf:params:jmap:mail",
  submission: "urn:ietf:params:jmap:submission",
  socket: "urn:ietf:params:jmap:websocket",
  blob: "urn:ietf:params:jmap:blob",
  /** Penfold's own: Email `marks`, the verdicts to show a reader. */
  marks: "urn:penfold:params:jmap:marks",
} as const;

const attempts = 4;
const retryable = new Set([429, 500, 502, 503, 504]);
const readOnly = /\/(get|query|changes|queryChanges|lookup|echo)$/;

export interface TokenSource {
  accessToken(stale?: string): Promise<string>;
}

/** RFC 8620 §3.7: a later call's argument taken from an earlier call's result. */
export const reference = (resultOf: string, name: string, path: string) => ({ resultOf, name, path });

export class Responses {
  readonly #byCall = new Map<string, Invocation[]>();
  constructor(invocations: readonly Invocation[]) {
    for (const invocation of invocations) {
      this.#byCall.set(invocation[2], [...(this.#byCall.get(invocation[2]) ?? []), invocation]);
    }
  }

  /** The result of one call; its method error (RFC 8620 §3.6.2) is thrown. */
  of<T>(callId: string, name?: string): T {
    const found = this.#byCall.get(callId) ?? [];
    const answer = found.find((each) => each[0] === "error" || name === undefined || each[0] === name);
    if (!answer) throw new JmapProblem("server", "noAnswer");
    if (answer[0] === "error") throw new JmapProblem("method", String(answer[1].type), String(answer[1].description ?? ""));
    return answer[1] as T;
  }
}

const wait = (milliseconds: number) => new Promise((done) => setTimeout(done, milliseconds));
/** 0.4 s, 0.8 s, 1.6 s … with jitter so that a hospital of browsers does not return in step. */
export const backoffMilliseconds = (attempt: number, random = Math.random()) => Math.min(30_000, 400 * 2 ** attempt) * (0.5 + random);

export class JmapClient {
  readonly #tokens: TokenSource;
  readonly #apiOrigin: string;
  readonly #fetch: typeof fetch;
  #session: Promise<Session> | null = null;
  onOnline: (online: boolean) => void = () => {};

  constructor(tokens: TokenSource, apiOrigin: string, fetchImplementation: typeof fetch = (...args) => fetch(...args)) {
    this.#tokens = tokens;
    this.#apiOrigin = apiOrigin;
    this.#fetch = fetchImplementation;
  }

  session(): Promise<Session> {
    this.#session ??= this.#getJson<Session>("/jmap/session").catch((error) => {
      this.#session = null;
      throw error;
    });
    return this.#session;
  }

  async #getJson<T>(path: string): Promise<T> {
    const response = await this.send(path, { method: "GET" }, true);
    return (await response.json()) as T;
  }

  /** A URL that the session names is only followed at our own service: a token never travels elsewhere. */
  resolve(url: string): string {
    const resolved = new URL(url, this.#apiOrigin);
    if (resolved.origin !== new URL(this.#apiOrigin).origin) throw new JmapProblem("server", "foreignUrl");
    return resolved.href;
  }

  async call(calls: readonly Invocation[], signal?: AbortSignal): Promise<Responses> {
    const session = await this.session();
    const wanted = [capabilities.core, capabilities.mail, capabilities.submission, capabilities.blob, capabilities.marks];
    const using = wanted.filter((name) => name in session.capabilities);
    const body = JSON.stringify({ using, methodCalls: calls });
    const init: RequestInit = { method: "POST", headers: { "content-type": "application/json" }, body, signal };
    const response = await this.send(
      session.apiUrl,
      init,
      calls.every((each) => readOnly.test(each[0])),
    );
    const answer = (await response.json()) as { methodResponses: Invocation[]; sessionState: string };
    if (answer.sessionState !== session.state) this.#session = null;
    return new Responses(answer.methodResponses);
  }

  /** One authenticated request with token renewal; the same door serves downloads. */
  async send(url: string, init: RequestInit, mayRepeat: boolean): Promise<Response> {
    const target = this.resolve(url);
    let token = await this.#token();
    let renewed = false;
    for (let attempt = 0; ; attempt += 1) {
      const last = !mayRepeat || attempt >= attempts - 1;
      let response: Response;
      try {
        const headers = { ...(init.headers as Record<string, string> | undefined), authorization: `Bearer ${token}` };
        response = await this.#fetch(target, { ...init, headers, credentials: "omit", referrerPolicy: "no-referrer" });
      } catch (cause) {
        if (init.signal?.aborted) throw cause;
        if (last) {
          this.onOnline(false);
          throw new JmapProblem("offline", "network");
        }
        await wait(backoffMilliseconds(attempt));
        continue;
      }
      if (response.status === 401 && !renewed) {
        renewed = true;
        token = await this.#token(token);
        continue;
      }
      if (response.ok) {
        this.onOnline(true);
        return response;
      }
      if (retryable.has(response.status) && !last) {
        await wait(backoffMilliseconds(attempt));
        continue;
      }
      throw await problemOf(response);
    }
  }

  async #token(stale?: string): Promise<string> {
    try {
      return await this.#tokens.accessToken(stale);
    } catch (error) {
      const code = (error as { code?: string }).code;
      throw code === "network" ? new JmapProblem("offline", "network") : new JmapProblem("signedOut", "unauthorised");
    }
  }
}

/** RFC 8620 §3.6.1 problem documents; anything else by its status. */
async function problemOf(response: Response): Promise<JmapProblem> {
  if (response.status === 401) return new JmapProblem("signedOut", "unauthorised");
  const body = (await response.json().catch(() => null)) as { type?: string; detail?: string } | null;
  const type = body?.type?.replace("urn:ietf:params:jmap:error:", "") ?? String(response.status);
  return new JmapProblem(response.status >= 500 ? "server" : "request", type, body?.detail ?? "");
}
