import { Certificate } from "aws-cdk-lib/aws-certificatemanager";
import {
  CachePolicy,
  Distribution,
  Function as EdgeFunction,
  FunctionCode,
  FunctionEventType,
  FunctionRuntime,
  PriceClass,
  SecurityPolicyProtocol,
  ViewerProtocolPolicy,
} from "aws-cdk-lib/aws-cloudfront";
import { S3BucketOrigin } from "aws-cdk-lib/aws-cloudfront-origins";
import type { IBucket } from "aws-cdk-lib/aws-s3";
import { Construct } from "constructs";
import { acknowledge } from "../acknowledge.ts";
import { policyHost } from "../dns-plan.ts";
import type { PenfoldStack } from "../stacks/penfold-stack.ts";

export interface MailPolicySiteProps {
  readonly policy: string;
  readonly certificateArn: string;
  readonly bucket: IBucket;
  readonly logBucket: IBucket;
}

/** Serves the MTA-STS policy at `https://mta-sts.<domain>/.well-known/mta-sts.txt` from the edge itself, and nothing else. */
export class MailPolicySite extends Construct {
  readonly domainName: string;

  constructor(stack: PenfoldStack, id: string, props: MailPolicySiteProps) {
    super(stack, id);
    const answer = new EdgeFunction(this, "Policy", {
      code: FunctionCode.fromInline(policyCode(props.policy)),
      runtime: FunctionRuntime.JS_2_0,
    });
    const distribution = new Distribution(this, "Distribution", {
      comment: `Penfold MTA-STS policy (${stack.settings.serviceName})`,
      domainNames: stack.settings.domains.map(policyHost),
      certificate: Certificate.fromCertificateArn(this, "Certificate", props.certificateArn),
      minimumProtocolVersion: SecurityPolicyProtocol.TLS_V1_2_2021,
      priceClass: PriceClass.PRICE_CLASS_100,
      logBucket: props.logBucket,
      logFilePrefix: "mail-policy/",
      defaultBehavior: {
        // Never asked: the function answers every request. A distribution must name an origin.
        origin: S3BucketOrigin.withOriginAccessControl(props.bucket),
        viewerProtocolPolicy: ViewerProtocolPolicy.HTTPS_ONLY,
        cachePolicy: CachePolicy.CACHING_DISABLED,
        functionAssociations: [{ function: answer, eventType: FunctionEventType.VIEWER_REQUEST }],
      },
    });
    acknowledge(distribution, "Any mail server anywhere must be able to read the policy.", "AwsSolutions-CFR1");
    acknowledge(distribution, "It serves one constant text.", "AwsSolutions-CFR2");
    this.domainName = distribution.distributionDomainName;
  }
}

const policyCode = (policy: string): string => `function handler(event) {
  if (event.request.uri !== "/.well-known/mta-sts.txt") return { statusCode: 404, statusDescription: "Not Found" };
  return {
    statusCode: 200,
    statusDescription: "OK",
    headers: { "content-type": { value: "text/plain; charset=utf-8" }, "x-content-type-options": { value: "nosniff" } },
    body: ${JSON.stringify(policy)},
  };
}`;
