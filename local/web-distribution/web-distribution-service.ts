import type { IamCheck, LocalService, ResourceProvider, ServiceContext } from "../service.ts";
import { ServiceError, UnknownInTemplate } from "../service.ts";
import { distributionFromTemplate, headersPolicyFromTemplate } from "./distribution-template.ts";
import { EdgeFunction } from "./edge-functions.ts";
import { type Edge, WebServer } from "./web-server.ts";

/** CloudFront as one browser on this machine sees it: see README.md. */
export class WebDistributionService implements LocalService {
  readonly name = "web-distribution";
  readonly signingNames = ["cloudfront"];
  readonly protocol = "query";
  readonly body = "buffered";
  readonly resources: Readonly<Record<string, ResourceProvider>>;
  readonly #edge: Edge = { distributions: [], functions: new Map(), policies: new Map() };
  #context!: ServiceContext;
  #server: WebServer | null = null;

  constructor() {
    this.resources = this.#providers();
  }

  async start(context: ServiceContext): Promise<void> {
    this.#context = context;
  }

  async opened(): Promise<void> {
    this.#server = new WebServer(this.#context, this.#edge);
    await this.#server.listen(this.#context.listenPorts.web);
  }

  async stop(): Promise<void> {
    await this.#server?.close();
  }

  iamOf(): IamCheck[] {
    throw new ServiceError(501, "NotImplemented", "The CloudFront API is not served on a laptop: distributions come from the template");
  }

  async handle(): Promise<void> {
    this.iamOf();
  }

  #providers(): Record<string, ResourceProvider> {
    const tags = { inert: "tags are for cost reports" } as const;
    return {
      "AWS::CloudFront::Distribution": {
        properties: { DistributionConfig: "used", Tags: tags },
        create: async (resource) => {
          const distribution = distributionFromTemplate(resource, this.#context);
          if (this.#edge.distributions.length > 0)
            throw new UnknownInTemplate(resource, "a laptop has one web address, for one distribution");
          for (const { headersPolicyId } of distribution.behaviours) {
            if (headersPolicyId !== null && !this.#edge.policies.has(headersPolicyId)) {
              throw new UnknownInTemplate(resource, `the response headers policy ${headersPolicyId} is not of the template`);
            }
          }
          this.#edge.distributions.push(distribution);
          return { ref: distribution.id, attributes: { Id: distribution.id, DomainName: distribution.domainName } };
        },
      },
      "AWS::CloudFront::OriginAccessControl": {
        properties: { OriginAccessControlConfig: "used" },
        create: async (resource) => {
          const id = resource.stableId(14, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");
          return { ref: id, attributes: { Id: id } };
        },
      },
      "AWS::CloudFront::Function": {
        properties: {
          Name: "used",
          FunctionCode: "used",
          FunctionConfig: "used",
          AutoPublish: "used",
          FunctionMetadata: { inert: "for people" },
          Tags: tags,
        },
        create: async (resource) => {
          const arn = `arn:aws:cloudfront::${this.#context.accountId}:function/${String(resource.properties.Name)}`;
          this.#edge.functions.set(arn, new EdgeFunction(String(resource.properties.FunctionCode)));
          return { ref: arn, attributes: { FunctionARN: arn, "FunctionMetadata.FunctionARN": arn, Stage: "LIVE" } };
        },
      },
      "AWS::CloudFront::ResponseHeadersPolicy": {
        properties: { ResponseHeadersPolicyConfig: "used" },
        create: async (resource) => {
          const id = resource.stableId(36);
          this.#edge.policies.set(id, headersPolicyFromTemplate(resource));
          return { ref: id, attributes: { Id: id } };
        },
      },
    };
  }
}
