/** A function as the template defines it. */
export interface FunctionDefinition {
  readonly name: string;
  readonly arn: string;
  readonly handler: string;
  readonly runtime: string;
  /** Folder with the unpacked code. */
  readonly codeDir: string;
  readonly timeoutSeconds: number;
  readonly memoryMegabytes: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly roleArn: string;
  readonly roleName: string;
  /** ReservedConcurrentExecutions, if given. */
  readonly reservedConcurrency: number | null;
  readonly deadLetterArn: string | null;
  /** Who may invoke it besides roles (AWS::Lambda::Permission). */
  readonly permissions: FunctionPermission[];
  later: LaterConfiguration;
}

interface FunctionPermission {
  readonly principal: string;
  readonly sourceArn: string | null;
  readonly sourceAccount: string | null;
}

/** How asynchronous invocations are tried again (AWS::Lambda::EventInvokeConfig). */
export interface LaterConfiguration {
  readonly maximumRetries: number;
  readonly maximumAgeSeconds: number;
  readonly onFailureArn: string | null;
  readonly onSuccessArn: string | null;
}

export type InvocationResult =
  | { readonly ok: true; readonly payload: string }
  /** `payload` is Lambda's JSON {errorType, errorMessage, trace}. */
  | { readonly ok: false; readonly payload: string };

/** What a function has done since the start, for summaries, tests and benches. */
export interface FunctionCounts {
  invocations: number;
  errors: number;
  coldStarts: number;
  /** CPU of the process within invocations. */
  cpuMilliseconds: number;
  /** Wall time of each cold start's initialisation, newest last (at most 50 kept). */
  initMilliseconds: number[];
  durationMilliseconds: number;
  /** Largest resident set seen. */
  residentOctets: number;
}
