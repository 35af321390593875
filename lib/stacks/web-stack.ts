import { existsSync } from "node:fs";
import { CfnOutput, Duration, RemovalPolicy } from "aws-cdk-lib";
import { Certificate } from "aws-cdk-lib/aws-certificatemanager";
import {
  AllowedMethods,
  type BehaviorOptions,
  CachePolicy,
  Distribution,
  Function as EdgeFunction,
  FunctionCode,
  FunctionEventType,
  FunctionRuntime,
  HeadersFrameOption,
  HeadersReferrerPolicy,
  HttpVersion,
  OriginProtocolPolicy,
  OriginRequestPolicy,
  OriginSslPolicy,
  PriceClass,
  ResponseHeadersPolicy,
  SecurityPolicyProtocol,
  ViewerProtocolPolicy,
} from "aws-cdk-lib/aws-cloudfront";
import { HttpOrigin, S3BucketOrigin } from "aws-cdk-lib/aws-cloudfront-origins";
import { BlockPublicAccess, Bucket, BucketEncryption, type IBucket, ObjectOwnership } from "aws-cdk-lib/aws-s3";
import { BucketDeployment, CacheControl, Source } from "aws-cdk-lib/aws-s3-deployment";
import type { Construct } from "constructs";
import { acknowledge } from "../acknowledge.ts";
import { acknowledgeDeployment } from "../constructs/custom-resource-handlers.ts";
import { MailPolicySite } from "../constructs/mail-policy-site.ts";
import { pinLogicalId } from "../constructs/pin-logical-id.ts";
import { ZoneRecords } from "../constructs/zone-records.ts";
import { mtaStsPolicy, webRecords } from "../dns-plan.ts";
import { projectPath } from "../project-path.ts";
import { socketStage } from "../resource-names.ts";
import { contentSecurityPolicy, permissionsPolicy } from "../security-headers.ts";
import type { ApiStack } from "./api-stack.ts";
import type { DataStack } from "./data-stack.ts";
import type { IdentityStack } from "./identity-stack.ts";
import { PenfoldStack, type PenfoldStackProps } from "./penfold-stack.ts";

export interface WebStackProps extends PenfoldStackProps {
  readonly data: DataStack;
  readonly identity: IdentityStack;
  readonly api: ApiStack;
}

/** The webmail's files and the one origin that a browser sees: files from S3, `/jmap/*` from the APIs. */
export class WebStack extends PenfoldStack {
  readonly distribution: Distribution;
  private readonly parts: WebStackProps;
  private readonly edgeLogs: IBucket;

  constructor(scope: Construct, props: WebStackProps) {
    super(scope, "Web", "webmail and its distribution", props);
    this.parts = props;
    const { accessLogs } = props.data.stores;
    this.edgeLogs = Bucket.fromBucketAttributes(this, "EdgeLogs", {
      bucketName: accessLogs.bucketName,
      bucketRegionalDomainName: accessLogs.bucketRegionalDomainName,
    });
    const bucket = this.createBucket();
    this.distribution = this.createDistribution(bucket);
    this.deployFiles(bucket);
    new CfnOutput(this, "WebDistributionName", {
      value: this.distribution.distributionDomainName,
      description: "Target of the webmail's DNS name",
    });
    if (this.isPrimary) this.publishNames(bucket);
  }

  /** The MTA-STS policy and the web's DNS names, once for all regions. */
  private publishNames(bucket: Bucket): void {
    const policy = mtaStsPolicy(this.settings);
    let mailPolicy = "";
    if (policy !== null && this.settings.mtaSts) {
      const { certificateArn } = this.settings.mtaSts;
      mailPolicy = new MailPolicySite(this, "MailPolicy", { policy, certificateArn, bucket, logBucket: this.edgeLogs }).domainName;
      new CfnOutput(this, "MailPolicyDistributionName", { value: mailPolicy, description: "Target of the mta-sts DNS names" });
    }
    new ZoneRecords(this, "Records", webRecords(this.settings, { web: this.distribution.distributionDomainName, mailPolicy }));
  }

  /** Where clients find the service: through this distribution, or at the APIs themselves. */
  get addresses(): { publicUrl: string; socketUrl: string; allowedOrigins: readonly string[] } {
    const { web, publicEndpoint, browserOrigins } = this.settings;
    const { api } = this.parts;
    const host = this.webHost;
    const allowedOrigins = [...(web ? [`https://${web.domain}`] : []), ...browserOrigins];
    return publicEndpoint === "web"
      ? { publicUrl: `https://${host}`, socketUrl: `wss://${host}/jmap/ws`, allowedOrigins }
      : { publicUrl: api.httpApi.attrApiEndpoint, socketUrl: `${api.socketApi.attrApiEndpoint}/${socketStage}`, allowedOrigins };
  }

  /** The web domain belongs to the primary region's distribution; the other's keeps the name CloudFront gave it. */
  private get ownDomain(): { domain: string; certificateArn: string } | undefined {
    return this.isPrimary ? this.settings.web : undefined;
  }

  private get webHost(): string {
    return this.ownDomain?.domain ?? this.distribution.distributionDomainName;
  }

  private createBucket(): Bucket {
    const bucket = new Bucket(this, "WebBucket", {
      bucketName: this.names.bucket("web", this.region),
      // Public code only; a customer key would need the distribution's name in its policy and protects nothing.
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      versioned: true,
      serverAccessLogsBucket: this.edgeLogs,
      serverAccessLogsPrefix: "web/",
      lifecycleRules: [
        { id: "tidy", noncurrentVersionExpiration: Duration.days(30), abortIncompleteMultipartUploadAfter: Duration.days(2) },
      ],
      removalPolicy: this.settings.removalProtection ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    pinLogicalId(bucket, "WebBucket");
    acknowledge(
      bucket,
      "The data stack's bucket policy admits this bucket's access logs by name.",
      "@aws-cdk/aws-s3:accessLogsPolicyNotAdded",
    );
    return bucket;
  }

  private createDistribution(bucket: Bucket): Distribution {
    const { api } = this.parts;
    // RFC 8620 §8.1, RFC 8887 §5.1: nothing but TLS, from the viewer and to the API.
    const secureOrigin = { protocolPolicy: OriginProtocolPolicy.HTTPS_ONLY, originSslProtocols: [OriginSslPolicy.TLS_V1_2] };
    const passThrough: Omit<BehaviorOptions, "origin"> = {
      allowedMethods: AllowedMethods.ALLOW_ALL,
      cachePolicy: CachePolicy.CACHING_DISABLED,
      originRequestPolicy: OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
      viewerProtocolPolicy: ViewerProtocolPolicy.HTTPS_ONLY,
      compress: true,
    };
    const toApi: BehaviorOptions = { ...passThrough, origin: new HttpOrigin(api.httpHost, secureOrigin) };
    const toSocket: BehaviorOptions = {
      ...passThrough,
      origin: new HttpOrigin(api.socketHost, secureOrigin),
      functionAssociations: [{ function: this.edgeFunction("SocketPath", socketPathCode), eventType: FunctionEventType.VIEWER_REQUEST }],
    };
    const files: BehaviorOptions = {
      origin: S3BucketOrigin.withOriginAccessControl(bucket),
      viewerProtocolPolicy: ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
      cachePolicy: CachePolicy.CACHING_OPTIMIZED,
      compress: true,
    };
    // Built files carry a hash of their content in their names.
    const builtFiles = { ...files, responseHeadersPolicy: this.createHeaders("AssetHeaders", "public, max-age=31536000, immutable") };
    const distribution = new Distribution(this, "Distribution", {
      comment: `Penfold webmail (${this.settings.serviceName})`,
      ...(this.ownDomain
        ? {
            domainNames: [this.ownDomain.domain],
            certificate: Certificate.fromCertificateArn(this, "Certificate", this.ownDomain.certificateArn),
            minimumProtocolVersion: SecurityPolicyProtocol.TLS_V1_2_2021,
          }
        : {}),
      defaultRootObject: "index.html",
      httpVersion: HttpVersion.HTTP2_AND_3,
      priceClass: PriceClass.PRICE_CLASS_100,
      logBucket: this.edgeLogs,
      logFilePrefix: "cloudfront/",
      defaultBehavior: {
        ...files,
        // A new deployment is seen at the next visit: a page asks each time whether it is still the newest.
        responseHeadersPolicy: this.createHeaders("PageHeaders", "no-cache"),
        functionAssociations: [{ function: this.edgeFunction("PagePath", pagePathCode), eventType: FunctionEventType.VIEWER_REQUEST }],
      },
      additionalBehaviors: { "/jmap/ws": toSocket, "/jmap/*": toApi, "/.well-known/jmap": toApi, "/assets/*": builtFiles },
    });
    acknowledge(distribution, "Staff read mail wherever they are sent; where from is a deployer's choice.", "AwsSolutions-CFR1");
    acknowledge(
      distribution,
      "Only static files are public; the APIs check a token and throttle. A deployer may add a web ACL.",
      "AwsSolutions-CFR2",
    );
    if (!this.ownDomain)
      acknowledge(distribution, "CloudFront's own domain name fixes the TLS policy; a web domain sets TLS 1.2.", "AwsSolutions-CFR4");
    return distribution;
  }

  private edgeFunction(id: string, code: string): EdgeFunction {
    return new EdgeFunction(this, id, { code: FunctionCode.fromInline(code), runtime: FunctionRuntime.JS_2_0 });
  }

  private createHeaders(id: string, cacheControl: string): ResponseHeadersPolicy {
    const { api } = this.parts;
    const connectTo = [
      `https://cognito-idp.${this.region}.amazonaws.com`,
      // Large downloads are redirected to a link at the mail bucket.
      `https://${this.names.bucket("mail", this.region)}.s3.${this.region}.amazonaws.com`,
      `wss://${api.socketHost}`,
    ];
    if (this.settings.publicEndpoint === "api") connectTo.push(`https://${api.httpHost}`);
    else if (this.ownDomain) connectTo.push(`wss://${this.ownDomain.domain}`);
    return new ResponseHeadersPolicy(this, id, {
      comment: `Strict headers of the webmail (${cacheControl})`,
      securityHeadersBehavior: {
        contentSecurityPolicy: { contentSecurityPolicy: contentSecurityPolicy(connectTo), override: true },
        contentTypeOptions: { override: true },
        frameOptions: { frameOption: HeadersFrameOption.DENY, override: true },
        referrerPolicy: { referrerPolicy: HeadersReferrerPolicy.NO_REFERRER, override: true },
        strictTransportSecurity: { accessControlMaxAge: Duration.days(730), includeSubdomains: true, override: true },
      },
      customHeadersBehavior: {
        customHeaders: [
          { header: "Cache-Control", value: cacheControl, override: true },
          { header: "Permissions-Policy", value: permissionsPolicy, override: true },
          { header: "Cross-Origin-Opener-Policy", value: "same-origin", override: true },
          { header: "Cross-Origin-Resource-Policy", value: "same-origin", override: true },
        ],
      },
    });
  }

  /** The built webmail, and beside it the file that tells it where it is. Files that exist only on an older page stay. */
  private deployFiles(bucket: Bucket): void {
    const { identity } = this.parts;
    const { publicUrl, socketUrl } = this.addresses;
    const built = projectPath("web/dist");
    if (existsSync(built)) {
      new BucketDeployment(this, "WebFiles", {
        destinationBucket: bucket,
        sources: [Source.asset(built)],
        prune: false,
        memoryLimit: 512,
        distribution: this.distribution,
        distributionPaths: ["/index.html"],
      });
    }
    new BucketDeployment(this, "WebConfiguration", {
      destinationBucket: bucket,
      sources: [
        Source.jsonData("config.json", {
          region: this.region,
          userPoolId: identity.userPoolId,
          userPoolClientId: identity.clientIds.webmail,
          cognitoEndpoint: `https://cognito-idp.${this.region}.amazonaws.com`,
          apiUrl: publicUrl,
          socketUrl,
        }),
      ],
      prune: false,
      memoryLimit: 512,
      cacheControl: [CacheControl.noCache()],
      distribution: this.distribution,
      distributionPaths: ["/config.json"],
    });
    acknowledgeDeployment(this, bucket);
  }
}

/** A page of the webmail has no file of its own: the application shows it. */
const pagePathCode = `function handler(event) {
  var request = event.request;
  if (!request.uri.split("/").pop().includes(".")) request.uri = "/index.html";
  return request;
}`;

/** A WebSocket API is reached at its stage's path. */
const socketPathCode = `function handler(event) {
  event.request.uri = "/${socketStage}";
  return event.request;
}`;
