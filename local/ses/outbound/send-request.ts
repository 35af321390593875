/** One call to send, whichever API it came by. */
export interface SendRequest {
  readonly operation: "SendRawEmail" | "SendEmail" | "SendBounce";
  /** Source (v1) or FromEmailAddress (v2); the From field otherwise. */
  readonly from?: string;
  /** Envelope recipients; none: those of To, Cc and Bcc. */
  readonly recipients: readonly string[];
  readonly octets: Buffer;
  /** Largest message that this API takes. */
  readonly limitOctets: number;
  readonly configurationSet?: string;
  readonly tags: readonly { readonly name: string; readonly value: string }[];
  /** A bounce: sent with the empty reverse path. */
  readonly nullReversePath?: boolean;
}

export const RECIPIENTS = 50;
