/** What the template says about a CloudFront distribution, as far as a browser on this machine can see it. */
export interface Distribution {
  id: string;
  arn: string;
  domainName: string;
  defaultRootObject: string;
  /** In the template's order; the default behaviour (pattern `*`) last. */
  behaviours: Behaviour[];
  origins: Map<string, Origin>;
  errorPages: Map<number, { path: string; status: number }>;
}

export interface Behaviour {
  pattern: string;
  originId: string;
  methods: string[];
  /** Whether query, cookies and authorization reach the origin. */
  forwardsAll: boolean;
  headersPolicyId: string | null;
  /** ARN of the function that sees the request first. */
  viewerRequest: string | null;
}

export type Origin = { kind: "bucket"; bucket: string; path: string } | { kind: "api"; apiId: string; path: string };

/** AWS::CloudFront::ResponseHeadersPolicy. */
export interface HeadersPolicy {
  set: { name: string; value: string; override: boolean }[];
  remove: string[];
}

/** CloudFront path patterns: `*` and `?`, case-sensitive, a leading slash is optional. */
export function chooseBehaviour(distribution: Distribution, path: string): Behaviour {
  return distribution.behaviours.find(({ pattern }) => patternOf(pattern).test(path)) ?? distribution.behaviours.at(-1)!;
}

function patternOf(pattern: string): RegExp {
  const source = pattern
    .replace(/^\/?/, "/")
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${pattern === "*" ? ".*" : source}$`, "s");
}
