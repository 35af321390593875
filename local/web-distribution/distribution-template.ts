import { type ServiceContext, type TemplateResource, UnknownInTemplate } from "../service.ts";
import type { Behaviour, Distribution, HeadersPolicy, Origin } from "./distribution.ts";

type Properties = Readonly<Record<string, unknown>>;
const object = (value: unknown): Properties => (value ?? {}) as Properties;
const list = (value: unknown): Properties[] => (Array.isArray(value) ? (value as Properties[]) : []);

/** Managed origin request policies that hand everything on (AllViewer, AllViewerExceptHostHeader). */
const forwardAllPolicies = new Set(["216adef6-5c7f-47e4-b989-5492eafa07d3", "b689b0a8-53d0-40ab-baf2-68738e2966ac"]);

const knownConfig = new Set([
  "Aliases",
  "CacheBehaviors",
  "Comment",
  "CustomErrorResponses",
  "DefaultCacheBehavior",
  "DefaultRootObject",
  "Enabled",
  "HttpVersion",
  "IPV6Enabled",
  "Logging",
  "Origins",
  "PriceClass",
  "Restrictions",
  "Staging",
  "ViewerCertificate",
  "WebACLId",
]);
const knownBehaviour = new Set([
  "AllowedMethods",
  "CachedMethods",
  "CachePolicyId",
  "Compress",
  "FunctionAssociations",
  "OriginRequestPolicyId",
  "PathPattern",
  "ResponseHeadersPolicyId",
  "TargetOriginId",
  "ViewerProtocolPolicy",
]);
const knownOrigin = new Set([
  "ConnectionAttempts",
  "ConnectionTimeout",
  "CustomOriginConfig",
  "DomainName",
  "Id",
  "OriginAccessControlId",
  "OriginPath",
  "OriginShield",
  "S3OriginConfig",
]);

function refuseUnknown(resource: TemplateResource, where: string, given: Properties, known: ReadonlySet<string>): void {
  const unknown = Object.keys(given).find((name) => !known.has(name));
  if (unknown) throw new UnknownInTemplate(resource, `${where}.${unknown} is not known to the laptop cloud`);
}

/** Caching, compression, TLS, logging and price class change nothing that one browser on loopback could tell. */
export function distributionFromTemplate(resource: TemplateResource, context: ServiceContext): Distribution {
  const config = object(resource.properties.DistributionConfig);
  refuseUnknown(resource, "DistributionConfig", config, knownConfig);
  const id = resource.stableId(14, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");
  return {
    id,
    arn: `arn:aws:cloudfront::${context.accountId}:distribution/${id}`,
    domainName: context.webUrl.replace(/^https?:\/\//, ""),
    defaultRootObject: String(config.DefaultRootObject ?? ""),
    behaviours: [...list(config.CacheBehaviors), { ...object(config.DefaultCacheBehavior), PathPattern: "*" }].map((one) =>
      behaviourOf(resource, one),
    ),
    origins: new Map(list(config.Origins).map((origin) => [String(origin.Id), originOf(resource, origin)])),
    errorPages: new Map(
      list(config.CustomErrorResponses)
        .filter((page) => page.ResponsePagePath !== undefined)
        .map((page) => [
          Number(page.ErrorCode),
          { path: String(page.ResponsePagePath), status: Number(page.ResponseCode ?? page.ErrorCode) },
        ]),
    ),
  };
}

function behaviourOf(resource: TemplateResource, given: Properties): Behaviour {
  refuseUnknown(resource, "CacheBehavior", given, knownBehaviour);
  const associations = list(given.FunctionAssociations);
  const unrun = associations.find((one) => one.EventType !== "viewer-request");
  if (unrun) throw new UnknownInTemplate(resource, `functions on ${String(unrun.EventType)} are not known; those on viewer-request are`);
  const policy = given.OriginRequestPolicyId;
  if (policy !== undefined && !forwardAllPolicies.has(String(policy))) {
    throw new UnknownInTemplate(
      resource,
      `the origin request policy ${String(policy)} is not known; AllViewer and AllViewerExceptHostHeader are`,
    );
  }
  return {
    pattern: String(given.PathPattern),
    originId: String(given.TargetOriginId),
    methods: Array.isArray(given.AllowedMethods) ? given.AllowedMethods.map(String) : ["GET", "HEAD"],
    forwardsAll: policy !== undefined,
    headersPolicyId: given.ResponseHeadersPolicyId === undefined ? null : String(given.ResponseHeadersPolicyId),
    viewerRequest: (associations[0]?.FunctionARN as string | undefined) ?? null,
  };
}

function originOf(resource: TemplateResource, given: Properties): Origin {
  refuseUnknown(resource, "Origin", given, knownOrigin);
  const host = String(given.DomainName);
  const path = String(given.OriginPath ?? "");
  const bucket = /^(.+)\.s3[.-](?:[a-z0-9-]+\.)?amazonaws\.com$/.exec(host)?.[1];
  if (bucket) {
    if (given.OriginAccessControlId === undefined)
      throw new UnknownInTemplate(resource, `the bucket origin ${host} has no origin access control`);
    return { kind: "bucket", bucket, path };
  }
  const apiId = /^([a-z0-9]+)\.execute-api\.[a-z0-9-]+\.amazonaws\.com$/.exec(host)?.[1];
  if (apiId) return { kind: "api", apiId, path };
  throw new UnknownInTemplate(resource, `the origin ${host} is neither a bucket nor an API of the template`);
}

/** Response header names of SecurityHeadersConfig, each with how its value is built. */
const securityHeaders: Readonly<Record<string, { name: string; value(given: Properties): string }>> = {
  ContentSecurityPolicy: { name: "content-security-policy", value: (given) => String(given.ContentSecurityPolicy) },
  ContentTypeOptions: { name: "x-content-type-options", value: () => "nosniff" },
  FrameOptions: { name: "x-frame-options", value: (given) => String(given.FrameOption) },
  ReferrerPolicy: { name: "referrer-policy", value: (given) => String(given.ReferrerPolicy) },
  StrictTransportSecurity: {
    name: "strict-transport-security",
    value: (given) =>
      [
        `max-age=${Number(given.AccessControlMaxAgeSec)}`,
        given.IncludeSubdomains ? "includeSubDomains" : "",
        given.Preload ? "preload" : "",
      ]
        .filter(Boolean)
        .join("; "),
  },
  XSSProtection: {
    name: "x-xss-protection",
    value: (given) => (given.Protection ? `1${given.ModeBlock ? "; mode=block" : ""}` : "0"),
  },
};

export function headersPolicyFromTemplate(resource: TemplateResource): HeadersPolicy {
  const config = object(resource.properties.ResponseHeadersPolicyConfig);
  const known = new Set([
    "Comment",
    "CustomHeadersConfig",
    "Name",
    "RemoveHeadersConfig",
    "SecurityHeadersConfig",
    "ServerTimingHeadersConfig",
  ]);
  refuseUnknown(resource, "ResponseHeadersPolicyConfig", config, known);
  const security = Object.entries(object(config.SecurityHeadersConfig)).map(([kind, value]) => {
    const header = securityHeaders[kind];
    if (!header) throw new UnknownInTemplate(resource, `the security header ${kind} is not known to the laptop cloud`);
    return { name: header.name, value: header.value(object(value)), override: object(value).Override === true };
  });
  const custom = list(object(config.CustomHeadersConfig).Items).map((item) => ({
    name: String(item.Header).toLowerCase(),
    value: String(item.Value),
    override: item.Override === true,
  }));
  const remove = list(object(config.RemoveHeadersConfig).Items).map((item) => String(item.Header).toLowerCase());
  return { set: [...security, ...custom], remove };
}
