import { Duration, RemovalPolicy } from "aws-cdk-lib";
import { AccountRecovery, ClientAttributes, FeaturePlan, Mfa, UserPool, UserPoolClient } from "aws-cdk-lib/aws-cognito";
import type { Construct } from "constructs";
import { acknowledge } from "../acknowledge.ts";
import { pinLogicalId } from "../constructs/pin-logical-id.ts";
import { type IdentityReference, readIdentity, replicateIdentity } from "../constructs/replicated-identity.ts";
import { PenfoldStack, type PenfoldStackProps } from "./penfold-stack.ts";

/** Who may sign in, and with which programs. People are created by administrators only. */
export class IdentityStack extends PenfoldStack {
  readonly userPoolId: string;
  /** `iss` of every token. */
  readonly issuer: string;
  readonly clientIds: { readonly webmail: string; readonly mailPrograms: string };

  constructor(scope: Construct, props: PenfoldStackProps) {
    super(scope, "Identity", "user pool and its clients", props);
    const primaryRegion = this.settings.regions[0]?.name as string;
    const found = this.isPrimary ? this.createIdentity() : readIdentity(this, primaryRegion);
    this.userPoolId = found.userPoolId;
    this.clientIds = { webmail: found.webmailClientId, mailPrograms: found.mailProgramsClientId };
    // A replicated pool has one issuer for both regions, named after the primary.
    const issuerHost = this.otherRegion ? `issuer-cognito-idp.${primaryRegion}` : `cognito-idp.${primaryRegion}`;
    this.issuer = `https://${issuerHost}.amazonaws.com/${this.userPoolId}`;
  }

  private createIdentity(): IdentityReference {
    const pool = this.createPool();
    const reference = {
      userPoolId: pool.userPoolId,
      webmailClientId: this.createClient(pool, "WebmailClient", "webmail", Duration.hours(12)).userPoolClientId,
      // JMAP programs stay signed in for longer than a shared ward computer may.
      mailProgramsClientId: this.createClient(pool, "MailProgramsClient", "mail-programs", Duration.days(30)).userPoolClientId,
    };
    if (this.otherRegion) replicateIdentity(this, pool, reference, this.otherRegion);
    return reference;
  }

  private createPool(): UserPool {
    const { removalProtection, serviceName } = this.settings;
    const pool = new UserPool(this, "UserPool", {
      userPoolName: serviceName,
      featurePlan: FeaturePlan.ESSENTIALS,
      // RFC 9670 §6.4
      selfSignUpEnabled: false,
      signInCaseSensitive: false,
      mfa: Mfa.OPTIONAL,
      mfaSecondFactor: { otp: true, sms: false },
      passwordPolicy: {
        minLength: 12,
        requireLowercase: true,
        requireUppercase: true,
        requireDigits: true,
        requireSymbols: true,
        tempPasswordValidity: Duration.days(3),
        passwordHistorySize: 5,
      },
      accountRecovery: AccountRecovery.NONE,
      standardAttributes: { email: { required: false, mutable: true } },
      deletionProtection: removalProtection,
      removalPolicy: removalProtection ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    pinLogicalId(pool, "UserPool");
    acknowledge(
      pool,
      "The Essentials tier has all that is used; the Plus tier's risk scoring is a deployer's choice at five times the price.",
      "AwsSolutions-COG8",
    );
    acknowledge(pool, "TOTP is offered to all, not forced: wards share computers and may forbid telephones.", "AwsSolutions-COG2");
    return pool;
  }

  private createClient(pool: UserPool, logicalId: string, name: string, refreshTokenValidity: Duration): UserPoolClient {
    const client = new UserPoolClient(this, logicalId, {
      userPool: pool,
      userPoolClientName: name,
      generateSecret: false,
      authFlows: { userSrp: true },
      disableOAuth: true,
      preventUserExistenceErrors: true,
      enableTokenRevocation: true,
      accessTokenValidity: Duration.minutes(60),
      idTokenValidity: Duration.minutes(60),
      refreshTokenValidity,
      authSessionValidity: Duration.minutes(5),
      readAttributes: new ClientAttributes().withStandardAttributes({ email: true, locale: true }),
      // The address is what mail is filed by: only administrators change it.
      writeAttributes: new ClientAttributes().withStandardAttributes({ locale: true }),
    });
    pinLogicalId(client, logicalId);
    return client;
  }
}
