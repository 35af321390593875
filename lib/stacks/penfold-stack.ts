import { Aws, Stack, Tags } from "aws-cdk-lib";
import type { Construct } from "constructs";
import type { Environment, EnvironmentRegion } from "../environment.ts";
import { resourceNames } from "../resource-names.ts";

export interface PenfoldStackProps {
  readonly environment: Environment;
  readonly region: EnvironmentRegion;
}

/** What every stack of a deployment shares: where it goes, what it is called, and the file it was made from. */
export abstract class PenfoldStack extends Stack {
  readonly settings: Environment;
  readonly place: EnvironmentRegion;
  readonly names: ReturnType<typeof resourceNames>;

  constructor(scope: Construct, part: string, description: string, props: PenfoldStackProps) {
    const { environment, region } = props;
    const two = environment.regions.length === 2;
    super(scope, two ? `Penfold${part}-${region.name}` : `Penfold${part}`, {
      description: `Penfold: ${description}`,
      env: { account: environment.account, region: region.name },
      terminationProtection: environment.removalProtection,
    });
    this.settings = environment;
    this.place = region;
    this.names = resourceNames(environment.serviceName, environment.account ?? Aws.ACCOUNT_ID);
    Tags.of(this).add("penfold:service", environment.serviceName);
  }

  get isPrimary(): boolean {
    return this.place.role === "primary";
  }

  /** The other region of a two-region deployment. */
  get otherRegion(): string | undefined {
    return this.settings.regions.find((region) => region.name !== this.place.name)?.name;
  }

  /** ARN of one of the service's buckets in this region, written out so that policies show which it is. */
  bucketArn(name: "mail" | "state" | "access-logs" | "web"): string {
    return `arn:aws:s3:::${this.names.bucket(name, this.region)}`;
  }

  /** An ARN in this stack's region and account unless told otherwise. */
  arn(service: string, resource: string, region: string = this.region): string {
    return `arn:aws:${service}:${region}:${this.account}:${resource}`;
  }
}
