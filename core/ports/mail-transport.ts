/** Hands a composed message to the outside (SES). Throws TransientError on throttling; returns refusal as a value. */
export interface MailTransport {
  send(message: {
    readonly reversePath: string;
    readonly recipients: readonly string[];
    readonly octets: Uint8Array;
    /** Correlates SES events with the submission. */
    readonly submissionKey: string;
  }): Promise<{ outcome: "sent"; transportId: string } | { outcome: "refused"; reason: string }>;
}
