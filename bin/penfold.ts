/** The CDK app. `cdk.json` starts it: `npx cdk synth -c environment=config/example-one-region.json`. */
import { App } from "aws-cdk-lib";
import { bundleStages } from "../lib/bundles.ts";
import { EnvironmentError, readEnvironment } from "../lib/environment.ts";
import { addPenfold } from "../lib/penfold-app.ts";

try {
  const app = new App();
  const environment = readEnvironment(app.node.tryGetContext("environment"));
  addPenfold(app, environment, await bundleStages());
  app.synth();
} catch (error) {
  if (!(error instanceof EnvironmentError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
