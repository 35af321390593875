/** What the template makes of SES, in the words of its API. */
export interface ReceiptRule {
  readonly name: string;
  readonly arn: string;
  readonly enabled: boolean;
  /** False: spam and virus verdicts are DISABLED. */
  readonly scanEnabled: boolean;
  readonly tlsRequired: boolean;
  /** "user@example.org", "example.org", ".example.org" (all subdomains); none: every domain identity. */
  readonly recipients: readonly string[];
  readonly actions: readonly ReceiptAction[];
}

export type ReceiptAction =
  | {
      readonly type: "S3";
      readonly bucketName: string;
      readonly objectKeyPrefix: string;
      readonly topicArn?: string;
      readonly roleArn?: string;
    }
  | { readonly type: "SNS"; readonly topicArn: string; readonly encoding: "UTF-8" | "Base64" }
  | { readonly type: "AddHeader"; readonly headerName: string; readonly headerValue: string }
  | { readonly type: "Stop"; readonly scope: "RuleSet"; readonly topicArn?: string }
  | {
      readonly type: "Bounce";
      readonly sender: string;
      readonly message: string;
      readonly smtpReplyCode: string;
      readonly statusCode?: string;
      readonly topicArn?: string;
    };

/** A verified domain or address. On a laptop everything in the template counts as verified. */
export interface Identity {
  /** Lower case. */
  readonly name: string;
  readonly arn: string;
  readonly configurationSet?: string;
  /** Custom MAIL FROM domain. */
  readonly mailFromDomain?: string;
  /** DKIM: selector (SES calls it a token) and key; null when signing is off. */
  readonly dkim: DkimKey | null;
}

export interface DkimKey {
  readonly selectors: readonly string[];
  readonly privateKeyPem: string;
  readonly publicKeyBase64: string;
}

/** Event types as the API spells them. */
export const eventTypes = ["Send", "Reject", "Bounce", "Complaint", "Delivery", "DeliveryDelay"] as const;
export type SendingEventType = (typeof eventTypes)[number];

export interface EventDestination {
  readonly name: string;
  readonly enabled: boolean;
  readonly types: ReadonlySet<SendingEventType>;
  readonly topicArn: string;
}

export interface ConfigurationSet {
  readonly name: string;
  readonly arn: string;
  readonly sendingEnabled: boolean;
  readonly tlsRequired: boolean;
  readonly destinations: Map<string, EventDestination>;
}

/** All that was made; one per laptop. */
export class SesModel {
  readonly ruleSets = new Map<string, ReceiptRule[]>();
  activeRuleSet: string | null = null;
  readonly identities = new Map<string, Identity>();
  readonly configurationSets = new Map<string, ConfigurationSet>();

  activeRules(): readonly ReceiptRule[] {
    return (this.activeRuleSet !== null && this.ruleSets.get(this.activeRuleSet)) || [];
  }

  /** The identity that lets `address` send: the address itself, its domain or a parent domain (SES: a verified domain covers its subdomains). */
  identityOf(address: string): Identity | null {
    const lower = address.toLowerCase();
    const exact = this.identities.get(lower);
    if (exact) return exact;
    const labels = lower.slice(lower.lastIndexOf("@") + 1).split(".");
    for (let first = 0; first < labels.length - 1; first++) {
      const identity = this.identities.get(labels.slice(first).join("."));
      if (identity) return identity;
    }
    return null;
  }
}
