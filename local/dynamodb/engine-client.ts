import { Agent, request } from "node:http";
import { ServiceError } from "../service.ts";

export interface EngineAnswer {
  readonly status: number;
  readonly body: Buffer;
}

/** Speaks DynamoDB's JSON protocol to the engine behind the gateway. The engine checks no signature; the gateway has done so. */
export class EngineClient {
  readonly #url: URL;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 128 });

  constructor(url: string) {
    this.#url = new URL(url);
  }

  send(target: string, body: Buffer | string): Promise<EngineAnswer> {
    return new Promise((resolve, reject) => {
      const outgoing = request(
        {
          agent: this.#agent,
          host: this.#url.hostname,
          port: this.#url.port,
          path: "/",
          method: "POST",
          headers: {
            "content-type": "application/x-amz-json-1.0",
            "content-length": Buffer.byteLength(body),
            "x-amz-target": target,
            authorization: "AWS4-HMAC-SHA256 Credential=laptop/20260101/eu-west-2/dynamodb/aws4_request, SignedHeaders=host, Signature=0",
            "x-amz-date": "20260101T000000Z",
          },
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on("data", (chunk: Buffer) => chunks.push(chunk));
          response.on("end", () => resolve({ status: response.statusCode ?? 500, body: Buffer.concat(chunks) }));
          response.on("error", reject);
        },
      );
      outgoing.on("error", reject);
      outgoing.end(body);
    });
  }

  /** One call, answered as an object; DynamoDB's own errors come as ServiceError. */
  async call<T>(target: string, input: object): Promise<T> {
    const { status, body } = await this.send(target, JSON.stringify(input));
    const answer = JSON.parse(body.toString("utf8") || "{}") as Record<string, unknown>;
    if (status >= 400) {
      const { __type, message, Message, ...details } = answer;
      throw new ServiceError(status, String(__type ?? "InternalServerError"), String(message ?? Message ?? ""), details);
    }
    return answer as T;
  }

  close(): void {
    this.#agent.destroy();
  }
}
