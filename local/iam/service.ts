import type { ServerResponse } from "node:http";
import { type ApiCall, type LocalService, type ResourceProvider, ServiceError } from "../service.ts";
import { keyProviders } from "./keys.ts";
import type { PolicyStore } from "./policy-store.ts";

/** Roles, policies and keys of the template, and STS's answer to "who am I?". */
export class IamService implements LocalService {
  readonly name = "iam";
  readonly signingNames = ["sts"];
  readonly protocol = "query";
  readonly body = "buffered";
  readonly resources: Readonly<Record<string, ResourceProvider>>;
  readonly #accountId: string;

  constructor(store: PolicyStore, place: { region: string; accountId: string }) {
    this.#accountId = place.accountId;
    this.resources = { ...store.resources, ...keyProviders(store, place) };
  }

  async start(): Promise<void> {}

  /** sts:GetCallerIdentity needs no right. */
  iamOf(): [] {
    return [];
  }

  async handle(call: ApiCall, response: ServerResponse): Promise<void> {
    const action = new URLSearchParams(call.body.toString("utf8")).get("Action");
    if (action !== "GetCallerIdentity")
      throw new ServiceError(400, "InvalidAction", `STS of the laptop cloud does not know the action "${action}"`);
    response.writeHead(200, { "content-type": "text/xml" });
    response.end(
      `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Arn>${call.identity.arn}</Arn>` +
        `<UserId>${call.identity.accessKeyId}</UserId><Account>${this.#accountId}</Account></GetCallerIdentityResult>` +
        `<ResponseMetadata><RequestId>${call.requestId}</RequestId></ResponseMetadata></GetCallerIdentityResponse>`,
    );
  }

  async stop(): Promise<void> {}
}
