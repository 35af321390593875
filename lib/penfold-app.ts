import { readFileSync } from "node:fs";
import { App } from "aws-cdk-lib";
import { type Bundles, placeholderBundles } from "./bundles.ts";
import type { Environment } from "./environment.ts";
import { addPolicyChecks } from "./policy-checks.ts";
import { projectPath } from "./project-path.ts";
import { ApiStack } from "./stacks/api-stack.ts";
import { DataStack } from "./stacks/data-stack.ts";
import { IdentityStack } from "./stacks/identity-stack.ts";
import { InboundStack } from "./stacks/inbound-stack.ts";
import { OperationsStack } from "./stacks/operations-stack.ts";
import { PipelineStack } from "./stacks/pipeline-stack.ts";
import { WebStack } from "./stacks/web-stack.ts";

/** The whole deployment that an environment file describes: seven stacks a region. */
export const addPenfold = (app: App, environment: Environment, bundles: Bundles): void => {
  addPolicyChecks(app);
  // The second region's data comes first: the first region's tables and buckets replicate into it.
  const data = new Map([...environment.regions].reverse().map((region) => [region.name, new DataStack(app, { environment, region })]));
  const dataStacks = [...data.values()];
  dataStacks.forEach((stack, index) => {
    const earlier = dataStacks[index - 1];
    if (earlier) stack.addStackDependency(earlier, "tables and buckets replicate into the other region");
  });
  let primaryIdentity: IdentityStack | undefined;
  for (const region of environment.regions) {
    const props = { environment, region, data: data.get(region.name) as DataStack };
    const identity = new IdentityStack(app, props);
    const inbound = new InboundStack(app, props);
    const api = new ApiStack(app, { ...props, identity });
    const web = new WebStack(app, { ...props, identity, api });
    if (primaryIdentity) identity.addStackDependency(primaryIdentity, "reads the user pool's ids");
    primaryIdentity ??= identity;
    const pipeline = new PipelineStack(app, { ...props, identity, inbound, api, bundles, addresses: web.addresses });
    for (const stack of dataStacks) pipeline.addStackDependency(stack, "reads the tables, which the primary region's stack makes");
    new OperationsStack(app, { ...props, api, pipeline });
  }
};

/** An app of its own, as cdk.json would start it but without the functions' code: for tests and tools that look at what would be deployed. */
export const penfoldApp = (environment: Environment): App => {
  const { context } = JSON.parse(readFileSync(projectPath("cdk.json"), "utf8")) as { context: Record<string, unknown> };
  const app = new App({ context, analyticsReporting: false });
  addPenfold(app, environment, placeholderBundles());
  return app;
};
