/** What the calls of one invocation cost: read by benches and put out as metrics. Counters only rise until `reset`. */
export interface Meter {
  readUnits: number;
  writeUnits: number;
  /** Octets of the objects that S3 answered with. */
  blobOctets: number;
  /** AWS calls made, by service and operation, e.g. `dynamodb:Query`. */
  readonly calls: Map<string, number>;
  /**
   * The services of each sequential step: a call stands one step behind all calls that had ended when it began, so calls that overlap
   * share a step.
   */
  readonly steps: readonly ReadonlySet<string>[];
  count(call: string): void;
  /** A call goes out; what is given back is called when its answer is there. */
  begin(service: string): () => void;
  reset(): void;
}

export const createMeter = (): Meter => {
  let steps: Set<string>[] = [];
  let ended = 0;
  const meter: Meter = {
    readUnits: 0,
    writeUnits: 0,
    blobOctets: 0,
    calls: new Map(),
    get steps() {
      return steps;
    },
    count: (call) => void meter.calls.set(call, (meter.calls.get(call) ?? 0) + 1),
    begin: (service) => {
      const ofThisInvocation = steps;
      const step = ended + 1;
      (ofThisInvocation[step - 1] ??= new Set()).add(service);
      return () => {
        if (steps === ofThisInvocation) ended = Math.max(ended, step);
      };
    },
    reset: () => {
      meter.readUnits = 0;
      meter.writeUnits = 0;
      meter.blobOctets = 0;
      meter.calls.clear();
      steps = [];
      ended = 0;
    },
  };
  return meter;
};

/** The meter of this process: a Lambda process serves one invocation at a time. */
export const processMeter = createMeter();
