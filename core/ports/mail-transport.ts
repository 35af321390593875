/** Hands mail to the outside (SES). Throws TransientError on throttling; returns refusal as a value. */
export interface MailTransport {
  send(message: {
    readonly reversePath: string;
    readonly recipients: readonly string[];
    readonly octets: Uint8Array;
    /** Correlates SES events with the submission. */
    readonly submissionKey: string;
  }): Promise<{ outcome: "sent"; transportId: string } | { outcome: "refused"; reason: string }>;

  /** Returns a message that came through SES to its reverse path (RFC 3464), in part or for all its recipients. */
  bounce(request: BounceRequest): Promise<{ outcome: "sent" } | { outcome: "refused"; reason: string }>;
}

export interface BounceRequest {
  /** SES's id of the received message. */
  readonly originalMessageId: string;
  /** An address of a domain of ours. */
  readonly bounceSender: string;
  readonly reportingMta: string;
  readonly arrivedAt: number;
  readonly explanation: string;
  /** `status` is an RFC 3463 code, `diagnostic` the text of an SMTP reply. */
  readonly recipients: readonly { readonly recipient: string; readonly status: string; readonly diagnostic: string }[];
}
