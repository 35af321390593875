import { appendFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { join } from "node:path";
import {
  type ApiCall,
  type IamCheck,
  type LocalService,
  type RequestHead,
  type ResourceProvider,
  type ServiceContext,
  ServiceError,
  type TemplateResource,
  UnknownInTemplate,
} from "../service.ts";
import { adminOperations } from "./admin-operations.ts";
import type { Cognito, Operation } from "./operation.ts";
import { People } from "./people.ts";
import { personOperations } from "./person-operations.ts";
import { PoolKeys } from "./pool-keys.ts";
import { clientFromTemplate, clientProperties, poolFromTemplate, userPoolProperties } from "./pool-template.ts";
import { Sealer } from "./sealed.ts";
import { SignInDialogue } from "./sign-in.ts";
import { type OpenPool, Tokens } from "./tokens.ts";
import type { PoolClient } from "./user-pool.ts";
import { UserStore } from "./user-store.ts";

const operations: Readonly<Record<string, Operation>> = { ...adminOperations, ...personOperations };
const TARGET_PREFIX = "AWSCognitoIdentityProviderService.";
const WELL_KNOWN = /^\/([\w-]+_[A-Za-z0-9]+)\/\.well-known\/(jwks\.json|openid-configuration)$/;
const SWEEP_MS = 3_600_000;

/** Amazon Cognito user pools: see README.md. */
export class CognitoService implements LocalService {
  readonly name = "cognito";
  readonly signingNames = ["cognito-idp"];
  readonly protocol = "json";
  readonly body = "buffered";
  readonly resources: Readonly<Record<string, ResourceProvider>>;
  readonly #pools = new Map<string, OpenPool>();
  readonly #clients = new Map<string, PoolClient>();
  #context!: ServiceContext;
  #cognito: Cognito | null = null;
  #sweep: NodeJS.Timeout | undefined;

  constructor() {
    this.resources = this.#providers();
  }

  async start(context: ServiceContext): Promise<void> {
    this.#context = context;
    const store = new UserStore(join(context.dataDir, "users.sqlite"));
    const now = () => context.clock.now();
    const outbox = join(context.dataDir, "codes.jsonl");
    const people = new People(store, now, ({ poolId, username, kind, text }) => {
      appendFileSync(outbox, `${JSON.stringify({ at: new Date(now()).toISOString(), poolId, username, kind, text })}\n`, { mode: 0o600 });
      context.log.info(`A ${kind} waits in ${outbox}`);
    });
    const tokens = new Tokens(store, context);
    const dialogue = new SignInDialogue(people, tokens, now);
    this.#cognito = { context, pools: this.#pools, clients: this.#clients, store, people, tokens, dialogue };
    this.#sweep = setInterval(() => store.removeExpiredSignIns(now()), SWEEP_MS).unref();
    context.provide("tokenKeys", {
      jwks: async (issuer) => [...this.#pools.values()].find(({ pool }) => pool.issuer === issuer)?.keys.jwks ?? null,
    });
  }

  async stop(): Promise<void> {
    clearInterval(this.#sweep);
    this.#cognito?.store.close();
  }

  /** Sign-in comes unsigned from browsers, as do its preflight and the public keys. */
  claimsUnsigned(head: RequestHead): boolean {
    if (WELL_KNOWN.test(head.path)) return true;
    if (head.method === "OPTIONS") return /x-amz-target/i.test(String(head.headers["access-control-request-headers"] ?? ""));
    const name = operationName(head);
    return name !== null && operations[name] !== undefined && operations[name].access !== "admin";
  }

  iamOf(call: ApiCall): IamCheck[] {
    const name = operationName(call);
    const found = name === null ? undefined : operations[name];
    if (found?.access !== "admin") return [];
    const { UserPoolId } = readJson(call.body) as { UserPoolId?: unknown };
    const { region, accountId } = this.#context;
    return [{ action: `cognito-idp:${name}`, resource: `arn:aws:cognito-idp:${region}:${accountId}:userpool/${String(UserPoolId)}` }];
  }

  async handle(call: ApiCall, response: ServerResponse): Promise<void> {
    allowBrowsers(call, response);
    if (call.method === "OPTIONS") {
      response.writeHead(200, { "content-length": 0 }).end();
      return;
    }
    const wellKnown = WELL_KNOWN.exec(call.path);
    if (wellKnown) {
      this.#answerWellKnown(wellKnown[1]!, wellKnown[2]!, response);
      return;
    }
    const name = operationName(call);
    const found = name === null ? undefined : operations[name];
    if (!found) throw new ServiceError(400, "UnknownOperationException", `The operation ${name} is not served by the laptop's Cognito`);
    if (found.access === "admin" && call.identity.kind === "anonymous") {
      throw new ServiceError(400, "MissingAuthenticationTokenException", "Missing Authentication Token");
    }
    answerJson(response, 200, "application/x-amz-json-1.1", await found.run(this.#cognito!, readJson(call.body)));
  }

  #answerWellKnown(poolId: string, document: string, response: ServerResponse): void {
    const open = this.#pools.get(poolId);
    if (!open) throw new ServiceError(404, "ResourceNotFoundException", `User pool ${poolId} does not exist.`);
    if (document === "jwks.json") {
      answerJson(response, 200, "application/json", open.keys.jwks);
      return;
    }
    answerJson(response, 200, "application/json", {
      id_token_signing_alg_values_supported: ["RS256"],
      issuer: open.pool.issuer,
      jwks_uri: `${this.#context.gatewayUrl}/${poolId}/.well-known/jwks.json`,
      response_types_supported: ["code", "token"],
      scopes_supported: ["openid", "email", "phone", "profile"],
      subject_types_supported: ["public"],
    });
  }

  #providers(): Record<string, ResourceProvider> {
    return {
      "AWS::Cognito::UserPool": {
        properties: userPoolProperties,
        create: async (resource) => {
          const pool = poolFromTemplate(resource, this.#context);
          const keys = new PoolKeys(this.#context.dataDir, pool.id);
          this.#pools.set(pool.id, { pool, keys, sealer: new Sealer(keys.secret, () => this.#context.clock.now()), groups: new Set() });
          const attributes = {
            Arn: pool.arn,
            UserPoolId: pool.id,
            ProviderName: pool.issuer.replace("https://", ""),
            ProviderURL: pool.issuer,
          };
          return { ref: pool.id, attributes };
        },
      },
      "AWS::Cognito::UserPoolClient": {
        properties: clientProperties,
        create: async (resource) => {
          const client = clientFromTemplate(resource);
          this.#poolNamed(resource, client.poolId);
          this.#clients.set(client.id, client);
          const attributes = { ClientId: client.id, Name: client.name, ...(client.secret === null ? {} : { ClientSecret: client.secret }) };
          return { ref: client.id, attributes };
        },
      },
      "AWS::Cognito::UserPoolGroup": {
        properties: {
          UserPoolId: "used",
          GroupName: "used",
          Description: { inert: "for people" },
          Precedence: { inert: "no roles are chosen by group" },
        },
        create: async (resource) => {
          const name = String(resource.properties.GroupName ?? resource.physicalName());
          this.#poolNamed(resource, String(resource.properties.UserPoolId)).groups.add(name);
          return { ref: name, attributes: {} };
        },
      },
    };
  }

  #poolNamed(resource: TemplateResource, id: string): OpenPool {
    const open = this.#pools.get(id);
    if (!open) throw new UnknownInTemplate(resource, `it names the user pool ${id}, which no stack makes`);
    return open;
  }
}

function operationName(head: RequestHead): string | null {
  const target = head.headers["x-amz-target"];
  return typeof target === "string" && target.startsWith(TARGET_PREFIX) ? target.slice(TARGET_PREFIX.length) : null;
}

function readJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    throw new ServiceError(400, "SerializationException", "The request body is not JSON");
  }
}

/** As cognito-idp.<region>.amazonaws.com answers browsers of any origin. */
function allowBrowsers(call: ApiCall, response: ServerResponse): void {
  if (call.headers.origin === undefined) return;
  response.setHeader("access-control-allow-origin", "*");
  response.setHeader("access-control-expose-headers", "x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date");
  if (call.method !== "OPTIONS") return;
  response.setHeader("access-control-allow-methods", "POST");
  response.setHeader("access-control-allow-headers", String(call.headers["access-control-request-headers"] ?? ""));
  response.setHeader("access-control-max-age", "172800");
}

function answerJson(response: ServerResponse, status: number, contentType: string, value: object): void {
  const body = Buffer.from(JSON.stringify(value));
  response.writeHead(status, { "content-type": contentType, "content-length": body.length }).end(body);
}
